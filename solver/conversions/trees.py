"""Conversion trees: every way to serve a buffer's readers from copies of it, within a price.

A buffer becomes a tree of placements. The root is touched by its writers; each other
placement is written by one conversion; each reader reads one placement. Readers served by
one placement share its conversion; conversions follow each other up to DEEPEST deep.

Trees are never spelled out. A `TreeState` says what is left to do: these readers are to be
served by what this edge writes, so deep. A `Step` is one way to do it: some of the readers
read the placement itself, the others are handed to further edges. Steps are shared by all
trees they occur in, so there are few, and the model (heapwright.solver.conversions.model) counts how many
buffers take each.

    state: rga writes, for {panel, encoder}
      step: both read it
      step: the panel reads it, the gpu converts it once more for {encoder}
      ...

What a tree costs at least stands in a table (heapwright.solver.conversions.table); only steps that it
allows within a price are looked at. What their placements can be depends on who touches them alone: that
is a question like any other (`Part`), propagated once for the same attachments.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any, Final

from heapwright.platforms.errors import Diagnostic, InputError
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.enumerate import Allowed, Propagation
from heapwright.solver.candidates.relaxation import DroppedFacts, is_dropped
from heapwright.solver.constraints import KINDS
from heapwright.solver.constraints.graph import conversion, count, resource
from heapwright.solver.conversions.edges import LOSS, UNLIMITED, Price, price
from heapwright.solver.conversions.steps import Step, fitted
from heapwright.solver.conversions.table import Table, TreeState
from heapwright.solver.objective import conversion_bytes, lossy_conversions
from heapwright.solver.question.facts import End
from heapwright.solver.question.resolve import MAX_CHOICES, AttachmentSet, Part, Question, User, in_order
from heapwright.solver.question.terms import Edge, attachment_of
from heapwright.solver.search.bounds import least_charges

MOST_ENTRIES: Final = MAX_CHOICES * 256
"""In a table: about 100 MB."""
MOST_STEPS: Final = MAX_CHOICES * 2
"""In the trees of a buffer."""


class Trees:
    """The trees of one buffer, taken in one way under one protection.

    `found` propagates each placement, `known` keeps what it found; `freed` are devices whose formats are
    taken out of the question.
    """

    def __init__(
        self,
        found: Propagation,
        question: Question,
        attachment_set: AttachmentSet,
        edges: Sequence[Edge],
        colours: tuple[str, ...],
        known: dict[object, Any],
        freed: frozenset[str],
        number: int,
    ) -> None:
        self.found = found
        self.question = question
        self.attachment_set = attachment_set
        self.edges = edges
        self.colours = colours
        self.known = known
        self.freed = freed
        self.users = attachment_set.users
        readers = tuple(i for i, p in enumerate(self.users) if p.use.access == "read")
        self.root = TreeState(None, readers, 0, number)
        self.writers = [p for p in self.users if p.use.access == "write"]
        variables = [p.variable for p in self.users]
        self.ties = frozenset(v for v in variables if variables.count(v) > 1)
        nothing = {"formats": None, "modifiers": None, "colours": None, "dmabufs": None, "count": None}
        self._copied = replace(
            question,
            spec=question.spec.model_copy(update=nothing),
            pins=tuple(pin for pin in question.pins if pin.field == "device"),
            flow=None,
            domain=question.domain._replace(wider=frozenset()),  # minded where content comes in
        )
        """What is asked of its copies."""
        self._kept = {edge.name: edge.kept for edge in edges}
        board, audiences = found.board, question.domain.audiences
        self._monotone = not (audiences or board.moving or any(kind.helped(board) for kind in KINDS))

    @cached_property
    def table(self) -> Table:
        """What trees cost at least."""
        about, rate = self.found.drops.about(self.question.label), self.question.spec.rate
        return self._table(
            [
                (0, 0) if is_dropped(about, conversion.KIND, edge.device.name)
                else (lossy_conversions.loss(edge.writing) * LOSS, conversion_bytes.weight(edge.reading, rate))
                for edge in self.edges
            ]
        )  # fmt: skip

    @cached_property
    def numbers(self) -> Table:
        """How many conversions trees have at least."""
        return self._table([(1, 0)] * len(self.edges))

    def _table(self, prices: Sequence[tuple[Price, int]]) -> Table:
        touching = [self._allowed(self.writers, (), root=True)]
        touching += [self._allowed([self.users[reader]], ()) for reader in self.root.readers]
        for edge in self.edges:
            touching += [self._allowed([], (end,)) for end in (edge.reading, edge.writing)]
        table = Table(touching, self.edges, prices, self.question.spec, self.root, self.found.problem.limits)
        if table.size > MOST_ENTRIES:
            raise self._too_many(MOST_ENTRIES)
        return table

    @cached_property
    def _taken(self) -> bool:
        """Whether its writers, and each reader, can take some placement; else no table is asked."""
        alone = [self._allowed([self.users[reader]], ()) for reader in self.root.readers]
        alone.append(self._allowed(self.writers, (), root=True))
        return all(each.heaps and (each.free or each.images) for each in alone)

    @cached_property
    def possible(self) -> bool:
        """Whether the table knows a tree."""
        return self._taken and self.numbers.least(self.root) < UNLIMITED

    @cached_property
    def cheapest(self) -> Price:
        """The least price of a tree; UNLIMITED if there is none."""
        limit = self.table.least(self.root) if self._taken else UNLIMITED
        while limit < UNLIMITED:
            least, _ = fitted(self._steps(self.table, limit), self.edges)
            if least <= limit or self.table.excess is None:
                return least
            limit = min(least, limit + max(self.table.excess, limit % LOSS // 8))
        return UNLIMITED

    def within(self, limit: Price) -> list[Step]:
        """The steps of all trees within a price."""
        return fitted(self._steps(self.table, limit), self.edges, limit)[1]

    def up_to(self, number: int) -> list[Step]:
        """The steps of all trees of so many conversions; what `numbers` then has in excess is more."""
        return fitted(self._steps(self.numbers, number), self.edges)[1]

    def _steps(self, table: Table, limit: Price) -> list[Step]:
        """The steps that trees within a price in a table may take, those nearer to the root first."""
        found: list[Step] = []
        rooms, table.excess = {self.root: limit}, None
        while rooms:
            every = ((s, split) for s in sorted(rooms) for split in table.splits(s, rooms[s]))
            splits = list(islice(every, MOST_STEPS + 1 - len(found)))
            if len(splits) + len(found) > MOST_STEPS:
                raise self._too_many(MOST_STEPS)
            before, rooms = rooms, {}
            for state, split in splits:
                step = None if self._idle(state, *split) else self._step(state, *split)
                if step is None or not step.options:
                    continue
                least = [table.least(feed) for feed in step.feeds]
                once = min(map(price, step.options)) if table is self.table else int(state.edge is not None)
                spare = before[state] - once - sum(least)
                if spare < 0:
                    table.leave(-spare)
                    continue
                found.append(step)
                for feed, cost in zip(step.feeds, least, strict=True):
                    rooms[feed] = max(rooms.get(feed, 0), spare + cost)
        return found

    def _idle(self, state: TreeState, own: tuple[int, ...], feeds: tuple[TreeState, ...]) -> bool:
        """Whether nothing is converted, or an edge only converts once more what it made: it could have done so at once.

        Not for sure where colours are told apart: they may change along with a format.
        """
        if state.edge is None:
            return not feeds
        return not own and len(feeds) == 1 and feeds[0].edge == state.edge and not self.colours

    def _too_many(self, number: int) -> InputError:
        text = (
            f"{self.question.label} could be converted in more than {number} ways for its "
            f"{len(self.root.readers)} readers; forbid it (conversions: forbid) or name fewer readers"
        )
        return InputError([Diagnostic(self.question.pipeline, None, ("buffers", self.question.name), text)])

    def floor(self) -> dict[Budget, int]:
        """What any tree charges to each budget at least: its writers by themselves, and each reader.

        What is counted by attachment adds up; bytes are counted once for all who share a placement.
        """
        alone = [(self.writers, True), *(([self.users[reader]], False) for reader in self.root.readers)]
        found: dict[Budget, int] = {}
        for users, root in alone if self._monotone else ():
            if self.freed & self._devices(users, ()):
                continue
            for budget, amount in least_charges(self._placement(users, (), root=root)[1]).items():
                known = found.get(budget, 0)
                found[budget] = known + amount if budget.kind == resource.KIND.name else max(known, amount)
        return found

    def _step(self, state: TreeState, own: tuple[int, ...], feeds: tuple[TreeState, ...]) -> Step:
        """A split, with what its placement can be."""
        users = [self.users[i] for i in own]
        ends = [self.edges[feed.edge].reading for feed in feeds if feed.edge is not None]
        if state.edge is None:
            users += self.writers
        else:
            ends.append(self.edges[state.edge].writing)
        return Step(state, own, feeds, *self._placement(users, ends, root=state.edge is None))

    def _placement(
        self, users: Sequence[User], ends: Sequence[End], *, root: bool
    ) -> tuple[Question, tuple[Option, ...]]:
        """The question about a placement that these touch, and its options."""
        key, about = self._key(users, ends, root)
        if key not in self.known:
            question = self._part(users, ends, root=root)
            self.known[key] = question, self.found.of(question, about)
        known: tuple[Question, tuple[Option, ...]] = self.known[key]
        return known

    def _allowed(self, users: Sequence[User], ends: Sequence[End], *, root: bool = False) -> Allowed:
        """What these allow of a placement, whoever else touches it.

        Heaps are not judged where one more attachment may help: where it may drive the buffer into another
        heap or a kind says so, and where its label makes a device one of an audience. Where a dropped fact
        lets a device take what it does not list, what others list counts.
        """
        key, about = self._key(users, ends, root)
        if (key, None) not in self.known:
            question = self._part(users, ends, root=root)
            assert question.part is not None  # it is about one
            question.part = question.part._replace(kept=question.part.kept | {"memory"})
            question.pins = tuple(pin for pin in question.pins if pin.field != "device")
            question.flow = None
            self.known[key, None] = self.found.allowed(question, about, in_heaps=self._monotone)
        allowed: Allowed = self.known[key, None]
        return allowed._replace(free=True) if self.freed & self._devices(users, ends) else allowed

    def _devices(self, users: Sequence[User], ends: Sequence[End]) -> frozenset[str]:
        """All that may touch a placement."""
        variables = self.found.problem.variables
        named = [name for user in users for name in variables[user.variable].candidates]
        return frozenset([*named, *(end.device.name for end in ends)])

    def _key(
        self, users: Sequence[User], ends: Sequence[End], root: bool
    ) -> tuple[object, DroppedFacts | None]:
        """What is equal of placements of alike buffers that are alike; what is dropped about them, and about heaps."""
        whole = self.found.drops.about(self.question.label)
        about = None
        if whole is not None:
            devices = self._devices(users, ends)
            own = {pair for pair in whole.own if pair[1] in devices or pair == (count.KIND.name, "")}
            about = DroppedFacts(frozenset(own), whole.shared) if own or whole.shared else None
        named = tuple([(end.device.name, end.number, end.access) for end in ends])
        key = self.question.signature, self.root.number, self.colours, root, tuple(users), named, about
        return key, about

    def _part(self, users: Sequence[User], ends: Sequence[End], *, root: bool) -> Question:
        """The question about a placement that these touch."""
        kept = frozenset[str]().union(*(self._kept[end.device.name, end.number] for end in ends))
        if self.colours:
            kept |= {"format", "colour"}
        part = Part(self.attachment_set, tuple(ends), self.ties, kept, self.colours)
        converter = self.found.problem.converter
        touching = [*users, *(User(attachment_of(end), converter(end.device.name)) for end in ends)]
        rank = self.attachment_set.rank if root else 0
        attached = AttachmentSet(rank, tuple(sorted(touching, key=in_order)))
        return replace(self.question if root else self._copied, part=part, attachment_sets=(attached,))
