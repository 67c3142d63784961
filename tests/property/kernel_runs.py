"""A CMA area as the kernel keeps it: a bitmap, read from its source alone.

Source: linux-7.3.4:mm/cma.c cma_range_alloc(), cma_bitmap_aligned_mask(),
cma_bitmap_aligned_offset(); lib/bitmap.c bitmap_find_next_zero_area_off();
drivers/dma-buf/heaps/cma_heap.c cma_heap_allocate().
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence


class Area:
    """Pages of one area, those taken as a set of numbers; `base` is the number of its first page."""

    def __init__(self, base: int, pages: int) -> None:
        self.base, self.pages = base, pages
        self.taken: set[int] = set()

    def allocate(self, count: int, order: int) -> int | None:
        """`count` pages from the first zero area whose page number is a multiple of 2^order."""
        mask = (1 << order) - 1
        offset = self.base & mask
        start = 0
        while start < self.pages:
            if start in self.taken:  # for_each_clear_bit_from()
                start += 1
                continue
            start = ((start + offset + mask) & ~mask) - offset
            if start + count > self.pages:
                return None
            busy = [page for page in range(start, start + count) if page in self.taken]
            if not busy:
                self.taken.update(range(start, start + count))
                return start
            start = busy[-1]
        return None


def get_order(pages: int) -> int:
    """asm-generic/getorder.h"""
    return (pages - 1).bit_length()


def order_of(pages: int, most: int) -> int:
    """cma_heap_allocate(): align = get_order(size), at most CONFIG_CMA_ALIGNMENT."""
    return min(get_order(pages), most)


def placements(area: Area, live: Sequence[int], most: int) -> Iterator[set[int]]:
    """Every way in which live buffers of so many pages may lie in the area, aligned as they were made."""
    if not live:
        yield set()
        return
    first, *rest = live
    align = 1 << order_of(first, most)
    for taken in placements(area, rest, most):
        for start in range(-area.base % align, area.pages - first + 1, align):
            mine = set(range(start, start + first))
            if not mine & taken:
                yield taken | mine
