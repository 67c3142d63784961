"""What conversion trees cost at least: one table over placements × edges × subsets of readers.

What an attachment allows of a placement is found once: images that its rules list, and heaps. What
several allow is what each of them does, or less: layouts, runs and sizes are not looked at, so the
table knows a lower bound of what a tree costs, and leaves no tree out. It is filled as Dreyfus and
Wagner fill theirs for Steiner trees, from few readers to many:

    served(p, R)  = 0 if R is empty, else the least of
                    served(p, R - r) where r, the first of R, takes p itself,
                    handed(e, p, B) + served(p, R - B) for an edge e and a block B of R with r in it
    handed(e, p, B) = bytes read of p + the least of made(e, q, B) over all q that e can make of p
    made(e, q, B) = price of e + bytes written of q + served(q, B), one conversion deeper

Its size follows from the numbers of these, and is known before anything is filled in.
"""

from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple

from heapwright.solver.candidates.enumerate import Allowed
from heapwright.solver.conversions.edges import UNLIMITED, Price, Side, least_bytes, seen
from heapwright.solver.question.limits import NO_LIMITS, Limits
from heapwright.solver.question.pipeline import Buffer
from heapwright.solver.question.terms import Edge

DEEPEST: Final = 3
"""Conversions from the buffer to any copy of it."""

Costs = dict[int, Price]
"""By placement."""
ServedReaders = tuple[tuple[int, ...], "TreeState | None"]
"""Some readers, and the conversion that serves them; None if the placement does."""


class TreeState(NamedTuple):
    """Readers that are to be served by what an edge writes (the buffer itself if none)."""

    edge: int | None
    readers: tuple[int, ...]
    depth: int
    number: int = 0
    """Of the way in which the buffer is taken: states of different ways are different."""


Split = tuple[tuple[int, ...], tuple[TreeState, ...]]
"""One way to serve a state: who reads the placement itself, and what is left to conversions of it."""


class Table:
    """The table of one buffer that is taken in one way.

    `touching` is what its writers allow, each reader, and each edge where it reads and where it writes;
    `prices` what each edge costs by itself, and for each byte that it moves.
    """

    def __init__(
        self,
        touching: Sequence[Allowed],
        edges: Sequence[Edge],
        prices: Sequence[tuple[Price, int]],
        spec: Buffer,
        root: TreeState,
        limits: Limits = NO_LIMITS,
    ) -> None:
        self._limits = limits
        placed = _placements(touching, edges, spec)
        bytes_of = [_least_bytes(spec, image) for _, *image in placed]
        allowed = [
            [
                p
                for p, (heap, *image) in enumerate(placed)
                if heap in by.heaps and (by.free or (*image,) in by.images)
            ]
            for by in touching
        ]
        first = 1 + len(root.readers)
        self._root = root
        self._every: Costs = dict.fromkeys(range(len(placed)), 0)
        self._takes: dict[int | None, Costs] = {
            who: dict.fromkeys(each, 0) for who, each in zip((None, *root.readers), allowed, strict=False)
        }
        self._reads: list[Costs] = []
        self._writes: list[Costs] = []
        for (once, each), reading, writing in zip(
            prices, allowed[first::2], allowed[first + 1 :: 2], strict=True
        ):
            self._reads.append({p: each * bytes_of[p] for p in reading})
            self._writes.append({p: once + each * bytes_of[p] for p in writing})
        self._able = [e for e in range(len(edges)) if self._reads[e] and self._writes[e]]
        self._seen = [[seen(edge, *each) for each in placed] for edge in edges]
        self._suited: dict[int, dict[Side, list[Side]]] = {}
        self._known: dict[Hashable, Costs] = {}
        self._lowest: dict[TreeState, Price] = {}
        self.excess: Price | None = None
        """How much dearer than allowed the cheapest split was that `splits` left out."""

    @property
    def size(self) -> int:
        """How many entries there may be."""
        return DEEPEST * len(self._every) * (len(self._able) + 1) << len(self._root.readers)

    def least(self, state: TreeState) -> Price:
        """What a state costs at least."""
        return min(self._made(state).values(), default=UNLIMITED)

    def splits(self, state: TreeState, room: Price) -> Iterator[Split]:
        """Every split of a state that may cost no more than `room`."""
        yield from self._splits(state.depth, state.readers, (), (), self._written(state), room)

    def _splits(
        self,
        depth: int,
        rest: tuple[int, ...],
        own: tuple[int, ...],
        feeds: tuple[TreeState, ...],
        costs: Costs,
        room: Price,
    ) -> Iterator[Split]:
        """Those of readers of whom all but the rest are served, at these costs."""
        self._limits.check()
        if not rest:
            yield own, tuple(sorted(feeds))
        lowest = min(costs.values(), default=UNLIMITED)
        for taken, feed in self._parts(depth, rest):
            added = self._part(taken, feed)
            if (
                feed and room < lowest + self._lowest[feed] < UNLIMITED
            ):  # told before placements are looked at
                self.leave(lowest + self._lowest[feed] - room)
                continue
            left = _without(rest, taken)
            ahead = self._served(depth, left)
            found = {p: costs[p] + added[p] for p in costs if p in added and p in ahead}
            least = min([cost + ahead[p] for p, cost in found.items()], default=UNLIMITED)
            if room < least < UNLIMITED:
                self.leave(least - room)
            elif least < UNLIMITED:
                both = (own, (*feeds, feed)) if feed else (own + taken, feeds)
                yield from self._splits(depth, left, *both, found, room)

    def _parts(self, depth: int, rest: tuple[int, ...]) -> Iterator[ServedReaders]:
        """Every way to serve the first reader, and others with it: by the placement, or by a conversion of it."""
        if rest:
            yield rest[:1], None
        for more in range(len(rest) if depth < DEEPEST else 0):
            for others in combinations(rest[1:], more):
                taken = rest[:1] + others
                for edge in self._able:
                    yield taken, TreeState(edge, taken, depth + 1, self._root.number)

    def _part(self, taken: tuple[int, ...], feed: TreeState | None) -> Costs:
        """What that costs."""
        return self._takes[taken[0]] if feed is None else self._handed(feed)

    def _written(self, state: TreeState) -> Costs:
        """What writing costs, by the placement that a state may have."""
        return self._takes[None] if state.edge is None else self._writes[state.edge]

    def _served(self, depth: int, readers: tuple[int, ...]) -> Costs:
        """What it costs to serve readers from a placement, so deep."""
        found = self._known.get((depth, readers))
        if found is None:
            self._limits.check()
            found = {} if readers else self._every
            for taken, feed in self._parts(depth, readers):
                ahead = self._served(depth, _without(readers, taken))
                for p, cost in self._part(taken, feed).items():
                    if p in ahead and cost + ahead[p] < found.get(p, UNLIMITED):
                        found[p] = cost + ahead[p]
            self._known[depth, readers] = found
        return found

    def _made(self, state: TreeState) -> Costs:
        """What a state costs, by its placement."""
        served = self._served(state.depth, state.readers)
        return {p: cost + served[p] for p, cost in self._written(state).items() if p in served}

    def _handed(self, feed: TreeState) -> Costs:
        """What a state and reading for it cost, by the placement that its edge reads."""
        found = self._known.get(feed)
        if found is None:
            self._limits.check()
            assert feed.edge is not None  # the root is not made by any
            sides, least = self._seen[feed.edge], dict[Side, Price]()
            for p, cost in self._made(feed).items():
                least[sides[p]] = min(cost, least.get(sides[p], UNLIMITED))
            suited = {
                before: min([least[after] for after in fits if after in least], default=UNLIMITED)
                for before, fits in self._fitting(feed.edge).items()
            }
            costs = ((p, cost + suited[sides[p]]) for p, cost in self._reads[feed.edge].items())
            found = self._known[feed] = {p: cost for p, cost in costs if cost < UNLIMITED}
            self._lowest[feed] = min(found.values(), default=UNLIMITED)
        return found

    def _fitting(self, edge: int) -> dict[Side, list[Side]]:
        """All sides that an edge can make of each that it may read."""
        if edge not in self._suited:
            sides = self._seen[edge]
            after = {sides[p] for p in self._writes[edge]}
            before = {sides[p] for p in self._reads[edge]}
            self._suited[edge] = {one: [other for other in after if one.suits(other)] for one in before}
        return self._suited[edge]

    def leave(self, excess: Price) -> None:
        """Note that something was too dear by so much."""
        self.excess = excess if self.excess is None else min(excess, self.excess)


def _without(readers: tuple[int, ...], taken: tuple[int, ...]) -> tuple[int, ...]:
    return tuple([reader for reader in readers if reader not in taken])


def _least_bytes(spec: Buffer, image: Sequence[str | None]) -> int:
    """No placement that holds this can be smaller."""
    if spec.size is None or image[0] is None or image[1] is None:
        return spec.bytes or 0
    return least_bytes(image[0], image[1], spec.size)


def _placements(
    touching: Sequence[Allowed], edges: Sequence[Edge], spec: Buffer
) -> list[tuple[str, str | None, str | None, str | None]]:
    """Every image in every heap; of those that all touch alike and no edge tells apart, one."""
    kept = frozenset().union(*(edge.kept for edge in edges))
    images, heaps = {}, {}
    for image in frozenset().union(*(each.images for each in touching)):
        who = tuple([each.free or image in each.images for each in touching])
        told = image.modifier if "modifier" in kept else _least_bytes(spec, image)
        images[image.fourcc, image.colour, told, who] = image
    for heap in frozenset().union(*(each.heaps for each in touching)):
        who = tuple([heap in each.heaps for each in touching])
        heaps["memory" in kept and heap, who] = heap
    return [(heap, *image) for image in images.values() for heap in heaps.values()]
