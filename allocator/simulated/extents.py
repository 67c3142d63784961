"""Free physical memory as a sorted list of intervals, and the ways pages are taken from it.

Each pager mirrors one kernel allocator, measured: the system heap draws chunks
of order 8, 4 and 0, largest first and never growing again, and neighbours are
adjacent by luck (`drivers/dma-buf/heaps/system_heap.c` orders[]); CMA takes
the first aligned fit (`mm/cma.c` cma_alloc, CONFIG_CMA_ALIGNMENT 8).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple

from allocator.backend import Segment
from allocator.hardware import HeapFacts, round_up

ORDERS: Final = (8, 4, 0)
ADJACENT_FRESH: Final = 0.9
ADJACENT_FRAGMENTED: Final = 0.2


class Extents:
    """The free intervals of one memory, sorted, never touching."""

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end
        self._free = [Segment(start, end - start)] if end > start else []

    @property
    def free(self) -> int:
        return sum(each.length for each in self._free)

    def lowest(self, length: int, align: int) -> int | None:
        """The lowest aligned address with so much room."""
        for each in self._free:
            address = round_up(each.address, align)
            if address + length <= each.end:
                return address
        return None

    def highest(self, length: int, align: int, below: int | None = None) -> int | None:
        """The highest aligned address with so much room, all of it below an address if one is given."""
        for each in reversed(self._free):
            end = each.end if below is None else min(each.end, below)
            address = (end - length) // align * align
            if address >= each.address:
                return address
        return None

    def anywhere(self, length: int, align: int, random: Random) -> int | None:
        """An aligned address with so much room, by luck."""
        fits = [each for each in self._free if round_up(each.address, align) + length <= each.end]
        if not fits:
            return None
        chosen = random.choice(fits)
        first = round_up(chosen.address, align)
        return first + random.randrange((chosen.end - length - first) // align + 1) * align

    def holds(self, address: int, length: int) -> bool:
        """Whether that range is free."""
        at = bisect_left(self._free, (address + 1,)) - 1
        return at >= 0 and address + length <= self._free[at].end

    def take(self, address: int, length: int) -> Segment:
        at = bisect_left(self._free, (address + 1,)) - 1
        around = self._free[at]
        rest = (Segment(around.address, address - around.address), Segment(address + length, around.end - address - length))
        self._free[at : at + 1] = [each for each in rest if each.length > 0]
        return Segment(address, length)

    def drain(self, length: int) -> None:
        """Take so many bytes from the bottom, for good."""
        while length > 0 and self._free:
            lowest = self._free[0]
            length -= self.take(lowest.address, min(lowest.length, length)).length

    def give(self, segment: Segment) -> None:
        at = bisect_left(self._free, segment)
        if at < len(self._free) and self._free[at].address == segment.end:
            segment = Segment(segment.address, segment.length + self._free.pop(at).length)
        if at > 0 and self._free[at - 1].end == segment.address:
            before = self._free.pop(at - 1)
            segment = Segment(before.address, before.length + segment.length)
            at -= 1
        self._free.insert(at, segment)


class Taken(NamedTuple):
    """The pages of one dma-buf, in its order, and everything that was taken for it."""

    segments: tuple[Segment, ...]
    held: tuple[tuple[Extents, Segment], ...]


Pager = Callable[[list[Extents], HeapFacts, int], Taken | None]
"""Takes the pages of one dma-buf of so many bytes from memories; None where there is no room."""


def worst(memories: list[Extents], heap: HeapFacts, size: int) -> Taken | None:
    """The unluckiest lawful pages: from the top down, whole slots, runs as short as promised.

    Runs follow each other downwards, so no two of them are adjacent.
    """
    whole, slot, from_top = heap.whole(size), heap.slot(size), sorted(memories, key=lambda each: -each.end)
    run = slot if heap.run is None or heap.run >= whole else heap.run
    held: list[tuple[Extents, Segment]] = []
    for at in range(0, slot, run):
        length = min(run, slot - at)
        piece = _highest(from_top, length, heap.alignment(size) if at == 0 else heap.page, held)
        if piece is None:
            _give_back(held)
            return None
        held.append(piece)
    segments, left = [], whole
    for _, segment in held:
        if left > 0:
            segments.append(Segment(segment.address, min(segment.length, left)))
            left -= segment.length
    return Taken(tuple(segments), tuple(held))


def _highest(
    memories: list[Extents], length: int, align: int, before: list[tuple[Extents, Segment]]
) -> tuple[Extents, Segment] | None:
    below = before[-1][1].address if before else None
    for limit in (below, None):
        for extents in memories:
            address = extents.highest(length, align, limit)
            if address is not None:
                return extents, extents.take(address, length)
    return None


def _give_back(held: list[tuple[Extents, Segment]]) -> None:
    for extents, segment in held:
        extents.give(segment)


def first_fit(memories: list[Extents], heap: HeapFacts, size: int) -> Taken | None:
    """CMA and carve-outs: the first place that is long enough and aligned."""
    length = heap.whole(size)
    for extents in memories:
        address = extents.lowest(length, heap.alignment(size))
        if address is not None:
            segment = extents.take(address, length)
            return Taken((segment,), ((extents, segment),))
    return None


class Chunks:
    """The page allocator's luck: chunks largest first, neighbours adjacent or not."""

    def __init__(self, random: Random, fragmented: bool) -> None:
        self.random = random
        self.adjacent = ADJACENT_FRAGMENTED if fragmented else ADJACENT_FRESH

    def __call__(self, memories: list[Extents], heap: HeapFacts, size: int) -> Taken | None:
        left, held, most = heap.whole(size), list[tuple[Extents, Segment]](), heap.page << ORDERS[0]
        lengths = sorted({max(heap.page << order, heap.run or 0) for order in ORDERS}, reverse=True)
        while left > 0:
            chunk = None
            for length in (each for each in lengths if each <= max(most, lengths[-1])):
                if length <= left or length == lengths[-1]:
                    align = length if held else max(length, heap.alignment(size))
                    chunk = self._chunk(memories, min(length, left), align, held)
                if chunk is not None:
                    most = length
                    break
            if chunk is None:
                _give_back(held)
                return None
            held.append(chunk)
            left -= chunk[1].length
        return Taken(tuple(segment for _, segment in held), tuple(held))

    def _chunk(
        self, memories: list[Extents], length: int, align: int, before: list[tuple[Extents, Segment]]
    ) -> tuple[Extents, Segment] | None:
        if before:
            extents, last = before[-1]
            if last.length == length and self.random.random() < self.adjacent and extents.holds(last.end, length):
                return extents, extents.take(last.end, length)
        for extents in memories:
            address = extents.anywhere(length, align, self.random)
            if address is not None:
                return extents, extents.take(address, length)
        return None
