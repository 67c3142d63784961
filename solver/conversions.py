"""Conversions: every way to serve a buffer's readers from copies of it.

A buffer becomes a tree of placements. The root is touched by its writers; each other
placement is written by one conversion; each reader reads one placement. Readers served by
one placement share its conversion; conversions follow each other up to DEEPEST deep.

Trees are never spelled out. A `State` says what is left to do: these readers are to be
served by what this edge writes, so deep. A `Step` is one way to do it: some of the readers
read the placement itself, the others are handed to further edges. Steps are shared by all
trees they occur in, so there are few, and the model (solver.planting) counts how many
buffers take each.

    state: rga writes, for {panel, encoder}
      step: both read it
      step: the panel reads it, the gpu converts it once more for {encoder}
      ...

What a placement can be depends on who touches it alone. It is a question like any other
(`Part`), propagated once for the same touches. Only steps that some tree within a price
can take are looked at, cheapest numbers of conversions first; an edge costs
at least what its smallest image does, so that most are never propagated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Final, NamedTuple

from platforms.errors import InputError
from platforms.errors import Problem as Fault
from solver.constraint import Budget, End
from solver.constraints import resource
from solver.edges import Edge, Price, least_bytes, party
from solver.option import Option
from solver.options import Propagation
from solver.problem import WAYS, Part, Party, Problem, Question, Way, in_order

DEEPEST: Final = 3
"""Conversions from the buffer to any copy of it."""
UNLIMITED: Final = (1 << 62, 0)


class State(NamedTuple):
    """Readers that are to be served by what an edge writes (the buffer itself if none)."""

    edge: int | None
    readers: tuple[int, ...]
    depth: int
    grove: int = 0
    """States of different groves are different."""


class Step(NamedTuple):
    """One way to serve the readers of a state."""

    state: State
    own: tuple[int, ...]
    feeds: tuple[State, ...]
    """What is left to the conversions that read this placement."""
    question: Question
    options: tuple[Option, ...] = ()


class Site:
    """A placement that certain devices touch, propagated only as far as is asked."""

    def __init__(self, question: Question, found: Propagation, *, possible: bool | None = None) -> None:
        self.question = question
        self.found = found
        self._possible = possible
        self._options: tuple[Option, ...] | None = None

    @property
    def options(self) -> tuple[Option, ...]:
        if self._options is None:
            self._options = () if self._possible is False else self.found.of_part(self.question)
            self._possible = bool(self._options)
        return self._options

    @property
    def possible(self) -> bool:
        if self._possible is None:
            self._possible = self.found.possible(self.question)
        return self._possible

    @property
    def price(self) -> Price:
        """What it costs at least, as conversions count."""
        return min([option.values[:2] for option in self.options], default=UNLIMITED)  # type: ignore[return-value]


class Grove:
    """The trees of one question, taken in one way under one protection.

    `found` propagates each placement; `freed` are devices whose formats are taken out of the question.
    """

    def __init__(
        self,
        problem: Problem,
        question: Question,
        way: Way,
        edges: Sequence[Edge],
        found: Propagation,
        colours: tuple[str, ...],
        *,
        freed: frozenset[str] = frozenset(),
        number: int = 0,
    ) -> None:
        self.problem = problem
        self.question = question
        self.way = way
        self.edges = edges
        self.found = found
        self.colours = colours
        self.freed = freed
        self.parties = way.parties
        readers = tuple(i for i, p in enumerate(self.parties) if p.use.access == "read")
        self.root = State(None, readers, 0, number)
        self.sites: dict[State, dict[tuple[tuple[int, ...], tuple[State, ...]], Site]] = {}
        """By state, and by who reads the placement itself and what is left to others."""
        variables = [p.variable for p in self.parties]
        self.ties = frozenset(v for v in variables if variables.count(v) > 1)
        rate = question.spec.rate
        self._kept = {edge.name: edge.kept for edge in edges}
        self._weights = [edge.weight(rate) for edge in edges]
        self._sizes = [least_bytes(question, edge) for edge in edges]
        self._known: dict[tuple[object, ...], Site] = {}
        self._cores: dict[object, bool] = {}
        self._served: bool | None = None
        self._able: list[int] = []
        self._seen: dict[State, list[tuple[Price, int]]] = {}
        self.most = DEEPEST * len(readers)
        """Conversions in a tree."""
        self._cut = False
        self._work = 0

    def cheapest(self) -> Price | None:
        """Look at all trees that may be cheapest; the least price of one, if there is one."""
        best: Price | None = None
        for number in range(1, self.most + 1):
            cut = self.grow(best or UNLIMITED, number)
            best = self.prices().get(self.root)
            if not cut:
                break
        return best

    def grow(self, limit: Price, most: int) -> bool:
        """Look at all trees within a price and a number of conversions; whether the number left any out."""
        self._cut = False
        if self._served_alone():
            self._expand(self.root, limit, most)
        return self._cut

    def _served_alone(self) -> bool:
        """Whether each reader could be served by a placement of its own: else no tree serves it."""
        if self._served is None:
            self._served = all(self._possible((reader,), ()) for reader in self.root.readers)
            if self._served:
                self._able = [
                    number
                    for number, edge in enumerate(self.edges)
                    if self._possible((), (edge.reading,)) and self._possible((), (edge.writing,))
                ]
        return self._served

    def floor(self) -> dict[Budget, int]:
        """What any tree charges to each budget at least: its writers by themselves, and each reader.

        What is counted by attachment adds up; bytes are counted once for all who share a placement.
        """
        found: dict[Budget, int] = {}
        writers = [p for p in self.parties if p.use.access == "write"]
        alone = [self._part(writers, (), root=True)] if self._judged_parties(writers) else []
        readers = [self.parties[reader] for reader in self.root.readers]
        alone += [self._part([p], (), root=False) for p in readers if self._judged_parties([p])]
        for question in alone:
            for budget, amount in least_charges(self.found.of_part(question)).items():
                known = found.get(budget, 0)
                found[budget] = known + amount if budget.kind == resource.NAME else max(known, amount)
        return found

    def _served_together(self, own: tuple[int, ...]) -> bool:
        return self._possible(own, ())

    def _possible(self, own: tuple[int, ...], ends: tuple[End, ...]) -> bool:
        """Whether a placement touched by no more than these can be. Else none that others touch as well can."""
        key = own, ends
        if key not in self._cores:
            question = self._part([self.parties[i] for i in own], ends, root=False)
            self._cores[key] = not self._judged(own, ends) or self.found.possible(question)
        return self._cores[key]

    def _judged(self, own: tuple[int, ...], ends: tuple[End, ...]) -> bool:
        """Whether one more attachment never helps these.

        It may, where its label makes a device one of an audience; and where a dropped fact lets
        a device take what it does not list, what others list counts.
        """
        if self.freed & {end.device.name for end in ends}:
            return False
        return self._judged_parties([self.parties[reader] for reader in own])

    def _judged_parties(self, parties: Sequence[Party]) -> bool:
        devices = {name for p in parties for name in self.problem.variables[p.variable].candidates}
        return not self.question.guard.audiences and not devices & self.freed

    def _expand(self, state: State, room: Price, most: int) -> None:
        """Find the steps of a state that may cost `room`, with `most` further conversions."""
        seen = self._seen.setdefault(state, [])
        if any(known >= room and number >= most for known, number in seen):
            return
        seen.append((room, most))
        sites = self.sites.setdefault(state, {})
        for own, feeds in self._splits(state):
            if (state.edge is None and not feeds) or self._again(state, own, feeds):
                continue
            ahead = _sum(self._written(feed) for feed in feeds)
            if _sum([self._written(state), self._read(state, feeds), ahead]) > room:
                continue
            if len(feeds) > most:
                self._cut = True
                continue
            site = self._site(state, own, feeds)
            left = UNLIMITED
            if room < UNLIMITED:
                left = _less(room, _sum([site.price, ahead]))
                if left < (0, 0):
                    continue
            elif not site.possible:
                continue
            for feed in feeds:
                further = left if left == UNLIMITED else _sum([left, self._written(feed)])
                self._expand(feed, further, most - len(feeds))
            sites[own, feeds] = site

    def _again(self, state: State, own: tuple[int, ...], feeds: tuple[State, ...]) -> bool:
        """Whether an edge only converts once more what it made: it could have done so at once.

        Not for sure where colours are told apart: they may change along with a format.
        """
        return not own and len(feeds) == 1 and feeds[0].edge == state.edge and not self.colours

    def _splits(self, state: State) -> Iterator[tuple[tuple[int, ...], tuple[State, ...]]]:
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
        if self._work > WAYS * 64:
            text = (
                f"{self.question.label} could be converted in more than {WAYS * 64} ways for its "
                f"{len(self.root.readers)} readers; forbid it (conversions: forbid) or name fewer readers"
            )
            raise InputError([Fault(self.question.pipeline, None, ("buffers", self.question.name), text)])

    def _written(self, state: State) -> Price:
        """What the edge that serves a state costs at least where it writes."""
        if state.edge is None:
            return 0, 0
        edge = state.edge
        return int(self.edges[edge].lossy), self._weights[edge] * self._sizes[edge]

    def _read(self, state: State, feeds: Sequence[State]) -> Price:
        """What conversions cost at least where they read this placement."""
        if state.edge is None:
            return 0, 0
        size = self._sizes[state.edge]
        return 0, sum(self._weights[feed.edge] * size for feed in feeds if feed.edge is not None)

    def _site(self, state: State, own: tuple[int, ...], feeds: tuple[State, ...]) -> Site:
        """The placement that these touch."""
        fed = tuple(feed.edge for feed in feeds if feed.edge is not None)
        key = (state.edge, own, tuple(sorted(fed)))
        if key not in self._known:
            question = self._placement(state.edge, own, fed)
            possible = None if len(own) < 2 or self._served_together(own) else False
            self._known[key] = Site(question, self.found, possible=possible)
        return self._known[key]

    def _placement(self, made_by: int | None, own: tuple[int, ...], fed: Sequence[int]) -> Question:
        """The question about a placement of a tree."""
        ends = [self.edges[edge].reading for edge in fed]
        parties = [self.parties[i] for i in own]
        if made_by is None:
            parties += [p for p in self.parties if p.use.access == "write"]
        else:
            ends.append(self.edges[made_by].writing)
        return self._part(parties, tuple(ends), root=made_by is None)

    def _part(self, parties: list[Party], ends: tuple[End, ...], *, root: bool) -> Question:
        """The question about a placement that these touch."""
        kept = frozenset[str]().union(*(self._kept[end.device.name, end.number] for end in ends))
        if self.colours:
            kept |= {"format", "colour"}
        found = self.question.as_part(Part(self.way, ends, self.ties, kept, self.colours))
        if not root:
            nothing = {"formats": None, "modifiers": None, "colours": None, "dmabufs": None, "count": None}
            found.spec = found.spec.model_copy(update=nothing)
            found.pins = ()
            found.flow = None
        touching = [*parties, *(party(self.problem, end) for end in ends)]
        found.ways = (Way(self.way.rank if root else 0, tuple(sorted(touching, key=in_order))),)
        return found

    def prices(self) -> dict[State, Price]:
        """What each state costs at least; those that cannot be served are missing."""
        found: dict[State, Price] = {}
        for state in sorted(self.sites, key=lambda s: -s.depth):
            costs = [
                _sum([site.price, *(found[feed] for feed in feeds)])
                for (_, feeds), site in self.sites[state].items()
                if all(feed in found for feed in feeds) and site.options
            ]
            if costs:
                found[state] = min(costs)
        return found

    def within(self, limit: Price) -> list[Step]:
        """The steps that some tree of at most this price takes, the root's first."""
        prices = self.prices()
        if prices.get(self.root, UNLIMITED) > limit:
            return []
        before: dict[State, Price] = {self.root: (0, 0)}
        found: list[Step] = []
        for state in sorted(self.sites, key=lambda s: (s.depth, s.edge is not None, s.edge, s.readers)):
            if state not in before:
                continue
            for (own, feeds), site in self.sites[state].items():
                if not all(feed in prices for feed in feeds) or not site.options:
                    continue
                total = _sum([before[state], site.price, *(prices[feed] for feed in feeds)])
                if total > limit:
                    continue
                found.append(Step(state, own, feeds, site.question, site.options))
                for feed in feeds:
                    other = _less(total, prices[feed])
                    before[feed] = min(before.get(feed, UNLIMITED), other)
        return found


def least_charges(options: Sequence[Option]) -> dict[Budget, int]:
    """What every one of some options charges."""
    if not options:
        return {}
    least = dict(options[0].charges)
    for option in options[1:]:
        charges = dict(option.charges)
        least = {budget: min(n, charges[budget]) for budget, n in least.items() if budget in charges}
    return least


def _sum(prices: Sequence[Price] | Iterator[Price]) -> Price:
    lossy = moved = 0
    for price in prices:
        lossy += price[0]
        moved += price[1]
    return lossy, moved


def _less(one: Price, other: Price) -> Price:
    return one[0] - other[0], one[1] - other[1]


def _partitions(items: Sequence[int]) -> Iterator[list[list[int]]]:
    """Every way to split items into groups."""
    if not items:
        yield []
        return
    for rest in _partitions(items[1:]):
        yield [[items[0]], *rest]
        for place, block in enumerate(rest):
            yield [*rest[:place], [items[0], *block], *rest[place + 1 :]]
