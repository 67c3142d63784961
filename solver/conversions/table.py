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
from heapwright.solver.candidates.images import ListedImage
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


class AllowedPlacements:
    """Every placement that matters, and who allows it: writers, each reader, each edge where it reads and writes."""

    def __init__(
        self, touching: Sequence[Allowed], edges: Sequence[Edge], spec: Buffer, readers: Sequence[int]
    ) -> None:
        images, heaps = _placements(touching, edges, spec)
        self.alike = [(of_heap, of_image) for of_image in images for of_heap in heaps]
        """Of each placement all heaps and images that it stands for."""
        self.placed = [(of_heap[0], *of_image[0]) for of_heap, of_image in self.alike]
        self.bytes_of = [placement_bytes(spec, image) for _, *image in self.placed]
        allowed = [
            [
                p
                for p, (heap, *image) in enumerate(self.placed)
                if heap in by.heaps and (by.free or (*image,) in by.images)
            ]
            for by in touching
        ]
        first = 1 + len(readers)
        self.takes: dict[int | None, list[int]] = dict(zip((None, *readers), allowed, strict=False))
        self.reads, self.writes = allowed[first::2], allowed[first + 1 :: 2]
        self.holds: dict[int | None, int] = dict(
            zip((None, *readers), [by.holds for by in touching], strict=False)
        )
        held = [by.holds for by in touching[first:]]
        self.held_reading, self.held_writing = held[::2], held[1::2]
        self.able = [e for e in range(len(edges)) if self.reads[e] and self.writes[e]]
        self.seen = [[seen(edge, *each) for each in self.placed] for edge in edges]
        self._suited: dict[int, dict[Side, list[Side]]] = {}

    def size(self, readers: int) -> int:
        """How many entries a table of them may have."""
        return DEEPEST * len(self.placed) * (len(self.able) + 1) << readers

    def fitting(self, edge: int) -> dict[Side, list[Side]]:
        """All sides that an edge can make of each that it may read."""
        if edge not in self._suited:
            sides = self.seen[edge]
            after = {sides[p] for p in self.writes[edge]}
            before = {sides[p] for p in self.reads[edge]}
            self._suited[edge] = {one: [other for other in after if one.suits(other)] for one in before}
        return self._suited[edge]


class Costed(NamedTuple):
    """What it costs to take a placement, by who does (None: the writers), and to read and write it, by edge."""

    takes: dict[int | None, Costs]
    reads: Sequence[Costs]
    writes: Sequence[Costs]
    root_is_whole: bool = False
    """Whether the writers bear all that the root costs, whoever else takes or reads it."""


class EdgePrice(NamedTuple):
    """What an edge costs by itself, for each byte that it moves, and for each bit of the picture that its sides lose."""

    once: Price
    byte: Price
    bit: Price


def priced(allowed: AllowedPlacements, prices: Sequence[EdgePrice], losses: Sequence[int]) -> Costed:
    """What edges cost where they read and write placements that lose so much of the picture."""

    def side(price: EdgePrice, p: int) -> Price:
        return price.byte * allowed.bytes_of[p] + price.bit * losses[p]

    return Costed(
        {who: dict.fromkeys(each, 0) for who, each in allowed.takes.items()},
        [{p: side(price, p) for p in ps} for price, ps in zip(prices, allowed.reads, strict=True)],
        [
            {p: price.once + side(price, p) for p in ps}
            for price, ps in zip(prices, allowed.writes, strict=True)
        ],
    )


def charged(allowed: AllowedPlacements, charges: Sequence[int], number: int | None, *, once: bool) -> Costed:
    """What a budget is charged at least: so much for each buffer in a placement.

    There are as many buffers as those who touch a placement hold, but `number` of the root if that is said,
    and just one of each copy if counts are taken out of the question (`once`).
    """

    def of(placements: Sequence[int], holds: int) -> Costs:
        return {p: holds * charges[p] for p in placements}

    writers = allowed.holds[None] if number is None else number
    takes = {who: of(ps, 0 if once else allowed.holds[who]) for who, ps in allowed.takes.items()}
    takes[None] = of(allowed.takes[None], writers)
    return Costed(
        takes,
        [of(ps, 0 if once else n) for ps, n in zip(allowed.reads, allowed.held_reading, strict=True)],
        [of(ps, 1 if once else n) for ps, n in zip(allowed.writes, allowed.held_writing, strict=True)],
        root_is_whole=number is not None,
    )


class Table:
    """The table of one buffer that is taken in one way, about one kind of cost."""

    def __init__(
        self, allowed: AllowedPlacements, costed: Costed, root: TreeState, limits: Limits = NO_LIMITS
    ) -> None:
        self._limits = limits
        self._allowed = allowed
        self._root = root
        self._every: Costs = dict.fromkeys(range(len(allowed.placed)), 0)
        self._costed = costed
        self._free = (
            {who: dict.fromkeys(ps, 0) for who, ps in allowed.takes.items()},
            [dict.fromkeys(ps, 0) for ps in allowed.reads],
        )
        """What those pay who take and read a root for which the writers pay all."""
        self._known: dict[Hashable, Costs] = {}
        self._lowest: dict[TreeState, Price] = {}
        self.excess: Price | None = None
        """How much dearer than allowed the cheapest split was that `splits` left out."""

    def least(self, state: TreeState) -> Price:
        """What a state costs at least."""
        return min(self._made(state).values(), default=UNLIMITED)

    def least_of(self, state: TreeState, own: Sequence[int], feeds: Sequence[TreeState]) -> Price:
        """What one split of a state costs at least."""
        parts = [self._part(state.depth, (reader,), None) for reader in own]
        parts += [self._handed(feed) for feed in feeds]
        found = (
            cost + sum([part[p] for part in parts])
            for p, cost in self._written(state).items()
            if all(p in part for part in parts)
        )
        return min(found, default=UNLIMITED)

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
            added = self._part(depth, taken, feed)
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
                for edge in self._allowed.able:
                    yield taken, TreeState(edge, taken, depth + 1, self._root.number)

    def _part(self, depth: int, taken: tuple[int, ...], feed: TreeState | None) -> Costs:
        """What that costs, so deep."""
        if feed is not None:
            return self._handed(feed)
        takes = self._free[0] if self._costed.root_is_whole and depth == 0 else self._costed.takes
        return takes[taken[0]]

    def _written(self, state: TreeState) -> Costs:
        """What writing costs, by the placement that a state may have."""
        return self._costed.takes[None] if state.edge is None else self._costed.writes[state.edge]

    def _served(self, depth: int, readers: tuple[int, ...]) -> Costs:
        """What it costs to serve readers from a placement, so deep."""
        found = self._known.get((depth, readers))
        if found is None:
            self._limits.check()
            found = {} if readers else self._every
            for taken, feed in self._parts(depth, readers):
                ahead = self._served(depth, _without(readers, taken))
                for p, cost in self._part(depth, taken, feed).items():
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
            sides, least = self._allowed.seen[feed.edge], dict[Side, Price]()
            for p, cost in self._made(feed).items():
                least[sides[p]] = min(cost, least.get(sides[p], UNLIMITED))
            suited = {
                before: min([least[after] for after in fits if after in least], default=UNLIMITED)
                for before, fits in self._allowed.fitting(feed.edge).items()
            }
            free = self._costed.root_is_whole and feed.depth == 1
            reads = (self._free[1] if free else self._costed.reads)[feed.edge]
            costs = ((p, cost + suited[sides[p]]) for p, cost in reads.items())
            found = self._known[feed] = {p: cost for p, cost in costs if cost < UNLIMITED}
            self._lowest[feed] = min(found.values(), default=UNLIMITED)
        return found

    def leave(self, excess: Price) -> None:
        """Note that something was too dear by so much."""
        self.excess = excess if self.excess is None else min(excess, self.excess)


def _without(readers: tuple[int, ...], taken: tuple[int, ...]) -> tuple[int, ...]:
    return tuple([reader for reader in readers if reader not in taken])


def placement_bytes(spec: Buffer, image: Sequence[str | None]) -> int:
    """No placement that holds this can be smaller."""
    if spec.size is None or image[0] is None or image[1] is None:
        return spec.bytes or 0
    return least_bytes(image[0], image[1], spec.size)


def _placements(
    touching: Sequence[Allowed], edges: Sequence[Edge], spec: Buffer
) -> tuple[list[list[ListedImage]], list[list[str]]]:
    """Every image, and every heap; of those that all touch alike and no edge tells apart, one with the others."""
    kept = frozenset().union(*(edge.kept for edge in edges))
    images: dict[Hashable, list[ListedImage]] = {}
    heaps: dict[Hashable, list[str]] = {}
    for image in frozenset().union(*(each.images for each in touching)):
        who = tuple([each.free or image in each.images for each in touching])
        told = image.modifier if "modifier" in kept else placement_bytes(spec, image)
        images.setdefault((image.fourcc, image.colour, told, who), []).append(image)
    for heap in frozenset().union(*(each.heaps for each in touching)):
        who = tuple([heap in each.heaps for each in touching])
        heaps.setdefault(("memory" in kept and heap, who), []).append(heap)
    return [*images.values()], [*heaps.values()]
