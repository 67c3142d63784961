"""Free physical memory as a sorted list of intervals, and the ways pages are taken from it.

Each pager mirrors one kernel allocator, measured: the system heap draws chunks
of order 8, 4 and 0, largest first and never growing again, and neighbours are
adjacent or not (`drivers/dma-buf/heaps/system_heap.c` orders[]); shared memory
comes page by page (`mm/shmem.c`: udmabuf, the dumb buffers of
`drivers/gpu/drm/drm_gem_shmem_helper.c`); CMA takes the first aligned fit
(`mm/cma.c` cma_range_alloc, CONFIG_CMA_ALIGNMENT 8), a carve-out the first fit
(`lib/genalloc.c` gen_pool_first_fit).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple

from heapwright.allocator.backend import Segment
from heapwright.allocator.hardware import HeapFacts, round_up

ORDERS: Final = (8, 4, 0)
ADJACENT_FRESH: Final = 0.9
ADJACENT_FRAGMENTED: Final = 0.2
STREAK_FRESH: Final = 0.1
"""How often all pages of a buffer follow each other; measured for udmabuf: 25 of 240, fragmented 2 of 240."""
STREAK_FRAGMENTED: Final = 0.01
ADJACENT_HUGE: Final = 0.5
BLOCK: Final = 10
"""The order of the largest block of the page allocator (MAX_PAGE_ORDER): no streak is longer."""


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

    def holds(self, address: int, length: int) -> bool:
        """Whether that range is free."""
        at = bisect_left(self._free, (address + 1,)) - 1
        return at >= 0 and address + length <= self._free[at].end

    def take(self, address: int, length: int) -> Segment:
        at = bisect_left(self._free, (address + 1,)) - 1
        around = self._free[at]
        rest = (
            Segment(around.address, address - around.address),
            Segment(address + length, around.end - address - length),
        )
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


class TakenPages(NamedTuple):
    """The pages of one dma-buf, in its order, and everything that was taken for it."""

    segments: tuple[Segment, ...]
    held: tuple[tuple[Extents, Segment], ...]


Pager = Callable[[list[Extents], HeapFacts, int], TakenPages | None]
"""Takes the pages of one dma-buf of so many bytes from memories; None where there is no room."""


def worst(memories: list[Extents], heap: HeapFacts, size: int) -> TakenPages | None:
    """The unluckiest lawful pages: from the top down, whole slots, runs as short as promised.

    Runs follow each other downwards, so no two of them are adjacent.
    """
    whole, slot = heap.whole(size), heap.slot(size)
    run = slot if heap.run is None or heap.run >= whole else heap.run
    held: list[tuple[Extents, Segment]] = []
    for at in range(0, slot, run):
        length = min(run, slot - at)
        piece = _highest(memories, length, heap.alignment(size) if at == 0 else heap.page, held)
        if piece is None:
            _give_back(held)
            return None
        held.append(piece)
    segments, left = [], whole
    for _, segment in held:
        if left > 0:
            segments.append(Segment(segment.address, min(segment.length, left)))
            left -= segment.length
    return TakenPages(tuple(segments), tuple(held))


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


def _falling(
    memories: list[Extents], length: int, number: int, align: int, page: int,
    held: list[tuple[Extents, Segment]],
) -> list[Segment]:  # fmt: skip
    """As many chunks as there are, from the top down, the first aligned; `held` grows by what was taken for them."""
    block = _highest(memories, length * number, page, held) if align == page else None
    if block is not None:
        held.append(block)
        return [Segment(block[1].address + index * length, length) for index in reversed(range(number))]
    chunks: list[Segment] = []
    for _ in range(number):
        piece = _highest(memories, length, page if chunks else align, held)
        if piece is None:
            break
        held.append(piece)
        chunks.append(piece[1])
    return chunks


def _give_back(held: list[tuple[Extents, Segment]]) -> None:
    for extents, segment in held:
        extents.give(segment)


def first_fit(memories: list[Extents], heap: HeapFacts, size: int) -> TakenPages | None:
    """CMA and carve-outs: the first place that is long enough and aligned."""
    length = heap.whole(size)
    for extents in memories:
        address = extents.lowest(length, heap.alignment(size))
        if address is not None:
            segment = extents.take(address, length)
            return TakenPages((segment,), ((extents, segment),))
    return None


class Chunks:
    """The page allocator: chunks largest first, neighbours adjacent or not, as often as was measured.

    Chunks come from the top of memory, as from the highest zone, so that they
    leave the bottom whole for whoever needs long runs.
    """

    orders: tuple[int, ...] = ORDERS

    def __init__(self, random: Random, fragmented: bool, contiguity: float | None = None) -> None:
        """`contiguity`: how likely neighbours that may be adjacent are, instead of what was measured."""
        self.random, self.contiguity = random, contiguity
        self.adjacent = self._or_measured(ADJACENT_FRAGMENTED if fragmented else ADJACENT_FRESH)

    def _or_measured(self, measured: float) -> float:
        return measured if self.contiguity is None else self.contiguity

    def __call__(self, memories: list[Extents], heap: HeapFacts, size: int) -> TakenPages | None:
        whole, align = heap.whole(size), heap.alignment(size)
        if whole > sum(each.free for each in memories):
            return None
        if self._all_follow(heap, whole) and (block := _highest(memories, whole, align, [])) is not None:
            return TakenPages((block[1],), (block,))
        held: list[tuple[Extents, Segment]] = []
        pages: list[Segment] = []
        left = whole
        for length in _chunks(heap, self.orders):
            while (number := left // length) or (left and length <= _least(heap)):
                piece = length if number else left
                falling = _falling(
                    memories, piece, max(number, 1), heap.page if held else align, heap.page, held
                )
                if not falling:
                    break  # alloc_largest_available(): smaller ones, then
                pages += self._in_order(falling, 1 if pages else align)
                left -= piece * len(falling)
        if left:
            _give_back(held)
            return None
        return TakenPages(tuple(pages), tuple(held))

    def _all_follow(self, heap: HeapFacts, whole: int) -> bool:
        """Whether chunks of different orders are neighbours, too, where `contiguity` is given.

        A block that is split gives its lower part first, and smaller chunks then come from what is left of
        it if no smaller block is free (mm/page_alloc.c expand()): seen once, of 1.5 MiB, on a machine just
        booted, and in 0 of 84 tries of 68 KiB, so without being asked for it does not happen.
        """
        longest = next(
            length for length in _chunks(heap, self.orders) if length <= whole or length <= _least(heap)
        )
        return self.contiguity is not None and whole % longest != 0 and self.random.random() < self.contiguity

    def _in_order(self, falling: list[Segment], align: int) -> list[Segment]:
        """Equal chunks in the order of the buffer; neighbours in memory follow each other or not."""
        runs: list[list[Segment]] = []
        for chunk in falling:
            adjacent = bool(runs) and chunk.end == runs[-1][0].address and self._joins(runs[-1])
            if adjacent and chunk.address % align == 0:
                runs[-1].insert(0, chunk)
            else:
                runs.append([chunk])
        return [chunk for run in runs for chunk in run]

    def _joins(self, run: list[Segment]) -> bool:
        """Whether the chunk below a run comes right before it in the buffer, too."""
        return self.random.random() < self.adjacent


class SharedMemoryPages(Chunks):
    """Shared memory: one page after the other, on a streak or at random; huge pages join more often."""

    orders: tuple[int, ...] = (0,)

    def __init__(self, random: Random, fragmented: bool, contiguity: float | None = None) -> None:
        super().__init__(random, fragmented, contiguity)
        self.streak = self._or_measured(STREAK_FRAGMENTED if fragmented else STREAK_FRESH)

    def __call__(self, memories: list[Extents], heap: HeapFacts, size: int) -> TakenPages | None:
        self.huge = heap.run is not None and heap.run > heap.page
        self.block = heap.page << BLOCK
        huge = self._or_measured(ADJACENT_HUGE)
        self.adjacent = huge if self.huge else float(self.random.random() < self.streak)
        return super().__call__(memories, heap, size)

    def _joins(self, run: list[Segment]) -> bool:
        return (self.huge or run[-1].end - run[0].address < self.block) and super()._joins(run)


def _chunks(heap: HeapFacts, orders: tuple[int, ...]) -> list[int]:
    """Lengths of chunks, largest first, never shorter than the run that the heap guarantees."""
    return [max(heap.page << order, _least(heap)) for order in orders]


def _least(heap: HeapFacts) -> int:
    return heap.run or heap.page
