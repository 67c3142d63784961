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

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from typing import Final, NamedTuple

from platforms.errors import InputError
from platforms.errors import Problem as Fault
from solver.edges import Edge, Price, leads, least_bytes, party
from solver.option import Option
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
    options: tuple[Option, ...]

    @property
    def price(self) -> Price:
        """What the placement costs at least, as conversions count."""
        return min(option.values[:2] for option in self.options)  # type: ignore[return-value]


Propagate = Callable[[Question], tuple[Option, ...]]


class Grove:
    """The trees of one question, taken in one way under one protection.

    `propagate` gives the options of one placement; `plain` says that no fact is dropped.
    """

    def __init__(
        self,
        problem: Problem,
        question: Question,
        way: Way,
        edges: Sequence[Edge],
        propagate: Propagate,
        colours: tuple[str, ...],
        *,
        plain: bool,
        number: int = 0,
    ) -> None:
        self.problem = problem
        self.question = question
        self.way = way
        self.edges = edges
        self.propagate = propagate
        self.colours = colours
        self._stricter = not question.guard.audiences and plain
        """Whether one more attachment never helps. It does where its label makes a device one of an audience."""
        self.parties = way.parties
        readers = tuple(i for i, p in enumerate(self.parties) if p.use.access == "read")
        self.root = State(None, readers, 0, number)
        self.steps: dict[State, list[Step]] = {}
        variables = [p.variable for p in self.parties]
        self.ties = frozenset(v for v in variables if variables.count(v) > 1)
        rate = question.spec.rate
        self._weights = [edge.weight(rate) for edge in edges]
        self._sizes = [least_bytes(question, edge) for edge in edges]
        self._known: dict[tuple[object, ...], tuple[Question, tuple[Option, ...]]] = {}
        self._hopeless: list[frozenset[object]] = []
        self._seen: dict[State, list[tuple[Price, int]]] = {}
        self._cut = False
        self._work = 0

    def grow(self, limit: Price | None = None) -> Price | None:
        """Look at all trees within `limit` (by default the cheapest); the least price of a tree, if there is one."""
        most = DEEPEST * len(self.root.readers)
        if limit is not None:
            self._expand(self.root, limit, most)
            return self.prices().get(self.root)
        best: Price | None = None
        for number in range(1, most + 1):
            self._cut = False
            self._expand(self.root, best or UNLIMITED, number)
            best = self.prices().get(self.root)
            if not self._cut:
                break
        return best

    def _expand(self, state: State, room: Price, most: int) -> None:
        """Find the steps of a state that may cost `room`, with `most` further conversions."""
        seen = self._seen.setdefault(state, [])
        if any(known >= room and number >= most for known, number in seen):
            return
        seen.append((room, most))
        steps = {(step.own, step.feeds): step for step in self.steps.get(state, ())}
        for own, feeds in self._splits(state):
            if state.edge is None and not feeds:
                continue  # that is no conversion
            ahead = _sum(self._written(feed) for feed in feeds)
            if _sum([self._written(state), self._read(state, feeds), ahead]) > room:
                continue
            if len(feeds) > most:
                self._cut = True
                continue
            step = steps.get((own, feeds)) or self._step(state, own, feeds)
            if step is None or _sum([step.price, ahead]) > room:
                continue
            left = _less(room, _sum([step.price, ahead]))
            for feed in feeds:
                self._expand(feed, _sum([left, self._written(feed)]), most - len(feeds))
            steps[own, feeds] = step
        self.steps[state] = list(steps.values())

    def _splits(self, state: State) -> Iterator[tuple[tuple[int, ...], tuple[State, ...]]]:
        """Every way to split readers between a placement and conversions of it, fewest of these first."""
        deep = state.depth + 1
        for number in range(len(state.readers), -1, -1):
            for own in combinations(state.readers, number):
                rest = [reader for reader in state.readers if reader not in own]
                if rest and deep > DEEPEST:
                    continue
                for blocks in sorted(_partitions(rest), key=len):
                    for made in product(range(len(self.edges)), repeat=len(blocks)):
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

    def _step(self, state: State, own: tuple[int, ...], feeds: tuple[State, ...]) -> Step | None:
        """The placement that these touch, unless nothing suits all of them."""
        fed = tuple(feed.edge for feed in feeds if feed.edge is not None)
        key = (state.edge, own, tuple(sorted(fed)))
        if key not in self._known:
            touched = frozenset([("to", state.edge), *(("own", i) for i in own), *(("fed", e) for e in fed)])
            question = self._part(state.edge, own, fed)
            found: tuple[Option, ...] = ()
            if not any(known <= touched for known in self._hopeless):
                found = self.propagate(question)
                if not found and self._stricter:
                    self._hopeless.append(touched)
            self._known[key] = (question, found)
        question, options = self._known[key]
        return Step(state, own, feeds, question, options) if options else None

    def _part(self, made_by: int | None, own: tuple[int, ...], fed: Sequence[int]) -> Question:
        """The question about one placement."""
        ends = [self.edges[edge].reading for edge in fed]
        if made_by is not None:
            ends.append(self.edges[made_by].writing)
        kept = frozenset().union(*(self.edges[edge].kept for edge in fed))
        if made_by is not None:
            kept |= self.edges[made_by].kept
        if self.colours:
            kept |= {"format", "colour"}
        found = self.question.as_part(Part(self.way, tuple(ends), self.ties, kept, self.colours))
        parties: list[Party] = [self.parties[i] for i in own]
        if made_by is None:
            parties += [p for p in self.parties if p.use.access == "write"]
        else:
            nothing = {"formats": None, "modifiers": None, "colours": None, "dmabufs": None, "count": None}
            found.spec = found.spec.model_copy(update=nothing)
            found.pins = ()
            found.flow = None
        parties += [party(self.problem, end) for end in ends]
        rank = self.way.rank if made_by is None else 0
        found.ways = (Way(rank, tuple(sorted(parties, key=in_order))),)
        return found

    def prices(self) -> dict[State, Price]:
        """What each state costs at least; those that cannot be served are missing."""
        found: dict[State, Price] = {}
        for state in sorted(self.steps, key=lambda s: -s.depth):
            costs = [
                _sum([step.price, *(found[feed] for feed in step.feeds)])
                for step in self.steps[state]
                if all(feed in found for feed in step.feeds)
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
        for state in sorted(self.steps, key=lambda s: (s.depth, s.edge is not None, s.edge, s.readers)):
            if state not in before:
                continue
            for step in self.steps[state]:
                if not all(feed in prices for feed in step.feeds):
                    continue
                total = _sum([before[state], step.price, *(prices[feed] for feed in step.feeds)])
                if total > limit:
                    continue
                found.append(step)
                for feed in step.feeds:
                    other = _less(total, prices[feed])
                    before[feed] = min(before.get(feed, UNLIMITED), other)
        return found


def joined(steps: Sequence[Step], edges: Sequence[Edge]) -> list[Step]:
    """The steps without the options that no neighbour's option goes with."""
    current = {(step.state, step.own, step.feeds): step for step in steps}
    while True:
        given: dict[State, list[Option]] = {}
        taken: dict[State, list[Option]] = {}
        for step in current.values():
            given.setdefault(step.state, []).extend(step.options)
            for feed in step.feeds:
                taken.setdefault(feed, []).extend(step.options)
        fewer = {}
        for key, step in current.items():
            options = tuple(o for o in step.options if _goes(step, o, given, taken, edges))
            if options:
                fewer[key] = step._replace(options=options)
        size = sum(len(step.options) for step in current.values())
        if sum(len(step.options) for step in fewer.values()) == size:
            return list(fewer.values())
        current = fewer


def _goes(
    step: Step,
    option: Option,
    given: dict[State, list[Option]],
    taken: dict[State, list[Option]],
    edges: Sequence[Edge],
) -> bool:
    if step.state.edge is not None:
        edge = edges[step.state.edge]
        if not any(leads(edge, before, option) for before in taken.get(step.state, ())):
            return False
    return all(
        any(leads(edges[feed.edge], option, after) for after in given.get(feed, ()))
        for feed in step.feeds
        if feed.edge is not None
    )


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
