"""Conversions: every way to serve a buffer's readers from copies of it.

A buffer becomes a tree of placements. The root is touched by its writers; each other
placement is written by one conversion; each reader reads one placement. Readers served by
one placement share its conversion; conversions follow each other up to DEEPEST deep.

Trees are never spelled out. A `TreeState` says what is left to do: these readers are to be
served by what this edge writes, so deep. A `Step` is one way to do it: some of the readers
read the placement itself, the others are handed to further edges. Steps are shared by all
trees they occur in, so there are few, and the model (solver.planting) counts how many
buffers take each.

    state: rga writes, for {panel, encoder}
      step: both read it
      step: the panel reads it, the gpu converts it once more for {encoder}
      ...

What a placement can be depends on who touches it alone. It is a question like any other
(`Part`), propagated once for the same attachments. Only steps that some tree within a price
can take are looked at, cheapest numbers of conversions first; an edge costs
at least what its smallest image does, so that most are never propagated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import Final

from heapwright.platforms.errors import Diagnostic, InputError
from heapwright.solver.board.board import Board
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.images import CHOICE
from heapwright.solver.candidates.relaxation import DroppedFacts
from heapwright.solver.constraints import ATTACHMENT, KINDS
from heapwright.solver.constraints.graph import count, resource
from heapwright.solver.constraints.kind import ConstraintKind
from heapwright.solver.conversions.edges import Price, least_bytes, loss, user_of, weight
from heapwright.solver.conversions.pricing import Pricing
from heapwright.solver.conversions.sites import UNLIMITED, Site, Sites, Step, TreeState, less, total
from heapwright.solver.question.facts import End
from heapwright.solver.question.resolve import (
    MAX_CHOICES,
    AttachmentSet,
    Part,
    Problem,
    Question,
    User,
    in_order,
)
from heapwright.solver.question.terms import Edge
from heapwright.solver.search.bounds import least_charges

DEEPEST: Final = 3
"""Conversions from the buffer to any copy of it."""


class Grove:
    """The trees of one question, taken in one way under one protection.

    `found` propagates each placement; `freed` are devices whose formats are taken out of the question.
    """

    def __init__(
        self,
        problem: Problem,
        question: Question,
        attachment_set: AttachmentSet,
        edges: Sequence[Edge],
        found: Propagation,
        colours: tuple[str, ...],
        *,
        known: dict[object, Site],
        freed: frozenset[str] = frozenset(),
        number: int = 0,
    ) -> None:
        self.problem = problem
        self.question = question
        self.attachment_set = attachment_set
        self.edges = edges
        self.found = found
        self.known = known
        self.colours = colours
        self.freed = freed
        self.users = attachment_set.users
        readers = tuple(i for i, p in enumerate(self.users) if p.use.access == "read")
        self.root = TreeState(None, readers, 0, number)
        self.sites: Sites = {}
        variables = [p.variable for p in self.users]
        self.ties = frozenset(v for v in variables if variables.count(v) > 1)
        rate = question.spec.rate
        self._kept = {edge.name: edge.kept for edge in edges}
        self._weights = [weight(edge, rate) for edge in edges]
        self._sizes = [least_bytes(question, edge) for edge in edges]
        self._known: dict[tuple[object, ...], Site] = {}
        self._cores: dict[Site, bool] = {}
        self._served: bool | None = None
        self._alone = not (problem.board.has_moving or _helped(problem.board, KINDS))
        self._admitting = not _helped(problem.board, (*ATTACHMENT, *CHOICE))
        self._able: list[int] = []
        self._seen: dict[TreeState, list[tuple[Price, int, bool]]] = {}
        self.most = DEEPEST * len(readers)
        """Conversions in a tree."""
        self._work = 0

    def cheapest(self) -> Price | None:
        """Look at all trees that may be cheapest; the least price of one, if there is one."""
        best: Price | None = None
        for number in range(1, self.most + 1):
            cut = self.grow(best or UNLIMITED, number)
            best = self.prices().least.get(self.root)
            if not cut:
                break
        return best

    def prices(self) -> Pricing:
        """What the trees found so far cost."""
        return Pricing(self.sites, self.edges)

    def within(self, limit: Price) -> list[Step]:
        """The steps of the trees found so far within a price."""
        return self.prices().within(self.root, limit)

    def grow(self, limit: Price, most: int) -> bool:
        """Look at all trees within a price and a number of conversions; whether the number left any out."""
        return self._served_alone() and self._expand(self.root, limit, most)

    def _served_alone(self) -> bool:
        """Whether each reader could be served if it were the only one: else no tree serves it.

        Of a chain of conversions each placement is looked at with the two that must touch it.
        """
        if self._served is None:
            self._served = all(self._possible(self._apart((reader,), ())) for reader in self.root.readers)
            self._able = sorted(self._reached()) if self._served else []
            self._served = self._served and all(
                any(self._possible(self._site(edge, (reader,), ())) for edge in (None, *self._able))
                for reader in self.root.readers
            )
        return self._served

    def _reached(self) -> set[int]:
        """Edges that could read the buffer, or what such an edge writes."""
        found: set[int] = set()
        rest = {n for n, e in enumerate(self.edges) if self._possible(self._apart((), (e.writing,)))}
        pending: list[int | None] = [None]
        while pending and rest:
            edge = pending.pop()
            further = {each for each in rest if self._possible(self._site(edge, (), (each,)))}
            found |= further
            rest -= further
            pending += further
        return found

    def floor(self) -> dict[Budget, int]:
        """What any tree charges to each budget at least: its writers by themselves, and each reader.

        What is counted by attachment adds up; bytes are counted once for all who share a placement.
        """
        found: dict[Budget, int] = {}
        alone = [self._site(None, (), ()), *(self._apart((reader,), ()) for reader in self.root.readers)]
        for site in alone:
            for budget, amount in least_charges(site.options).items() if self._judged(site) else ():
                known = found.get(budget, 0)
                found[budget] = known + amount if budget.kind == resource.NAME else max(known, amount)
        return found

    def _possible(self, site: Site) -> bool:
        """Whether a placement could be that these touch, and maybe others.

        Where one more attachment may help, only who is admitted is asked, and what formats they know.
        """
        if site not in self._cores:
            if self._judged(site):
                self._cores[site] = site.possible
            else:
                admissible = self.found.admissible
                self._cores[site] = not self._admitting or admissible(site.question, site.about)
        return self._cores[site]

    def _judged(self, site: Site) -> bool:
        """Whether one more attachment never helps those who touch a placement.

        It may, on some boards, where it drives the buffer into another heap or a kind says so; where its label makes a device one of an audience; and
        where a dropped fact lets a device take what it does not list, what others list counts.
        """
        variables = self.problem.variables
        devices = {name for p in site.question.users for name in variables[p.variable].candidates}
        return self._alone and not self.question.domain.audiences and not devices & self.freed

    def _apart(self, own: tuple[int, ...], ends: tuple[End, ...]) -> Site:
        """A placement that no more than these touch, whatever makes it."""
        name = own, tuple([(end.device.name, end.number, end.access) for end in ends])
        return self._shared(name, self._part([self.users[i] for i in own], ends, root=False))

    def _expand(self, state: TreeState, room: Price, most: int) -> bool:
        """Find the steps of a state that may cost `room`, with `most` further conversions; whether some need more."""
        seen = self._seen.setdefault(state, [])
        known = [cut for price, number, cut in seen if price >= room and number >= most]
        if known:
            return all(known)
        sites, cut = self.sites.setdefault(state, {}), False
        for own, feeds in self._splits(state):
            if (state.edge is None and not feeds) or self._again(state, own, feeds):
                continue
            ahead = total(self._written(feed) for feed in feeds)
            if total([self._written(state), self._read(state, feeds), ahead]) > room:
                continue
            if len(feeds) > most:
                cut = True
                continue
            if len(own) > 1 and not self._possible(self._apart(own, ())):
                continue
            fed = tuple(sorted(feed.edge for feed in feeds if feed.edge is not None))
            site = self._site(state.edge, own, fed)
            left = self._left(site, room, ahead)
            if left is None:
                continue
            for feed in feeds:
                further = left if left == UNLIMITED else total([left, self._written(feed)])
                cut |= self._expand(feed, further, most - len(feeds))
            sites[own, feeds] = site
        seen.append((room, most, cut))
        return cut

    def _left(self, site: Site, room: Price, ahead: Price) -> Price | None:
        """What is left of the room once a placement is paid for; None where it cannot be."""
        if room == UNLIMITED:
            return UNLIMITED if site.possible else None
        left = less(room, total([site.price, ahead]))
        return left if left >= (0, 0) else None

    def _again(self, state: TreeState, own: tuple[int, ...], feeds: tuple[TreeState, ...]) -> bool:
        """Whether an edge only converts once more what it made: it could have done so at once.

        Not for sure where colours are told apart: they may change along with a format.
        """
        return not own and len(feeds) == 1 and feeds[0].edge == state.edge and not self.colours

    def _splits(self, state: TreeState) -> Iterator[tuple[tuple[int, ...], tuple[TreeState, ...]]]:
        """Every way to split readers between a placement and conversions of it, fewest of these first."""
        deep = state.depth + 1
        for number in range(len(state.readers), -1, -1):
            for own in combinations(state.readers, number):
                rest = [reader for reader in state.readers if reader not in own]
                if rest and deep > DEEPEST:
                    continue
                for blocks in sorted(_partitions(rest), key=len):
                    for made in product(self._able, repeat=len(blocks)):
                        self._count()
                        pairs = zip(made, blocks, strict=True)
                        found = [state._replace(edge=e, readers=tuple(b), depth=deep) for e, b in pairs]
                        yield own, tuple(sorted(found))

    def _count(self) -> None:
        self._work += 1
        if self._work > MAX_CHOICES * 64:
            text = (
                f"{self.question.label} could be converted in more than {MAX_CHOICES * 64} ways for its "
                f"{len(self.root.readers)} readers; forbid it (conversions: forbid) or name fewer readers"
            )
            raise InputError(
                [Diagnostic(self.question.pipeline, None, ("buffers", self.question.name), text)]
            )

    def _written(self, state: TreeState) -> Price:
        """What the edge that serves a state costs at least where it writes."""
        if state.edge is None:
            return 0, 0
        edge = state.edge
        return loss(self.edges[edge]), self._weights[edge] * self._sizes[edge]

    def _read(self, state: TreeState, feeds: Sequence[TreeState]) -> Price:
        """What conversions cost at least where they read this placement."""
        if state.edge is None:
            return 0, 0
        size = self._sizes[state.edge]
        return 0, sum(self._weights[feed.edge] * size for feed in feeds if feed.edge is not None)

    def _site(self, made_by: int | None, own: tuple[int, ...], fed: tuple[int, ...]) -> Site:
        """The placement that these touch: the buffer itself, or what an edge makes."""
        key = made_by, own, fed
        if key not in self._known:
            writing = None if made_by is None else self.edges[made_by].name
            name = writing, own, tuple([self.edges[edge].name for edge in fed])
            self._known[key] = self._shared(name, self._placement(made_by, own, fed))
        return self._known[key]

    def _shared(self, name: object, question: Question) -> Site:
        """What is known of a placement from other questions about the same buffer, where no other fact matters."""
        about = self._about(question)
        key = self.question.signature, self.root.grove, self.colours, name, about
        if key not in self.known:
            self.known[key] = Site(question, self.found, about)
        return self.known[key]

    def _about(self, question: Question) -> DroppedFacts | None:
        """What is dropped about those who touch a placement, and about heaps."""
        whole = self.found.drops.about(self.question.label)
        if whole is None:
            return None
        variables = self.problem.variables
        devices = {n for p in question.users for n in variables[p.variable].candidates}
        own = {pair for pair in whole.own if pair[1] in devices or pair == (count.NAME, "")}
        return DroppedFacts(frozenset(own), whole.shared) if own or whole.shared else None

    def _placement(self, made_by: int | None, own: tuple[int, ...], fed: Sequence[int]) -> Question:
        """The question about a placement of a tree."""
        ends = [self.edges[edge].reading for edge in fed]
        users = [self.users[i] for i in own]
        if made_by is None:
            users += [p for p in self.users if p.use.access == "write"]
        else:
            ends.append(self.edges[made_by].writing)
        return self._part(users, tuple(ends), root=made_by is None)

    def _part(self, users: list[User], ends: tuple[End, ...], *, root: bool) -> Question:
        """The question about a placement that these touch."""
        kept = frozenset[str]().union(*(self._kept[end.device.name, end.number] for end in ends))
        if self.colours:
            kept |= {"format", "colour"}
        found = replace(self.question, part=Part(self.attachment_set, ends, self.ties, kept, self.colours))
        if not root:
            nothing = {"formats": None, "modifiers": None, "colours": None, "dmabufs": None, "count": None}
            found.spec = found.spec.model_copy(update=nothing)
            found.pins = tuple(pin for pin in found.pins if pin.field == "device")
            found.flow = None
            found.domain = found.domain._replace(wider=frozenset())  # minded where content comes in
        touching = [*users, *(user_of(self.problem, end) for end in ends)]
        found.attachment_sets = (
            AttachmentSet(self.attachment_set.rank if root else 0, tuple(sorted(touching, key=in_order))),
        )
        return found


def _helped(board: Board, kinds: Sequence[ConstraintKind]) -> bool:
    """Whether one more attachment may mend what these kinds say against others."""
    return any(kind.helped(board) for kind in kinds)


def _partitions(items: Sequence[int]) -> Iterator[list[list[int]]]:
    """Every way to split items into groups."""
    if not items:
        yield []
        return
    for rest in _partitions(items[1:]):
        yield [[items[0]], *rest]
        for place, block in enumerate(rest):
            yield [*rest[:place], [items[0], *block], *rest[place + 1 :]]
