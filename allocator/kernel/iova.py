"""Bus addresses as three allocators of the kernel allot them, on a pretended board.

    DmaIommu   drivers/iommu/iova.c: from the top down, beginning below the mapping made last;
               each on its size rounded up to a power of two pages
    DrmMm      drivers/gpu/drm/drm_mm.c, DRM_MM_INSERT_BEST: in the smallest hole, at its lower end
    Bitmaps    arch/arm/mm/dma-mapping.c: first fit in one bitmap after the other

Addresses are bytes here. Freed addresses can be had again at once; the kernel's per-CPU caches
and flush queues give them back when they are asked for, or within 10 ms.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final, Protocol

from heapwright.allocator.addresses import Addresses
from heapwright.allocator.hardware import round_up

CACHED: Final = 1 << 5
"""Fewer pages than this come in powers of two: drivers/iommu/iova.c alloc_iova_fast()."""
BELOW_4G: Final = 1 << 32


class AddressAllocator(Protocol):
    """Allots runs of one domain's addresses."""

    def allot(self, size: int, place: Addresses) -> int | None: ...

    def free(self, address: int) -> None: ...


def address_allocator(place: Addresses) -> AddressAllocator:
    """An allocator as the domain has it, of which nothing is taken yet."""
    if place.way == "drm-mm":
        return DrmMmAllocator()
    return BitmapAllocator() if place.way == "bitmaps" else DmaIommuAllocator()


class _TakenAddresses:
    """Runs that are taken, by address."""

    def __init__(self) -> None:
        self.runs: list[tuple[int, int]] = []
        """(start, end)"""

    def add(self, start: int, size: int) -> None:
        insort(self.runs, (start, start + size))

    def free(self, address: int) -> None:
        index = bisect_left(self.runs, (address, 0))
        assert self.runs[index][0] == address
        del self.runs[index]

    def holes(self, start: int, stop: int) -> list[tuple[int, int]]:
        """What is free between two addresses, upwards."""
        found, at = [], start
        for low, high in self.runs:
            if low > at:
                found.append((at, min(low, stop)))
            at = max(at, high)
        found.append((at, stop))
        return [(low, high) for low, high in found if low < high]


class DmaIommuAllocator(_TakenAddresses):
    """`last` and `last32` are where the search begins: mappings made last, above and below 4 GiB."""

    def __init__(self) -> None:
        super().__init__()
        self.last: int | None = None
        self.last32: int | None = None

    def allot(self, size: int, place: Addresses) -> int | None:
        pages = -(-size // place.page)
        step = 1
        while step < pages:
            step *= 2
        taken = (step if pages < CACHED else pages) * place.page
        step *= place.page
        begin = self.last32 if place.stop <= BELOW_4G else self.last
        found = None
        if begin is not None:
            found = self._highest(taken, step, place.start, min(begin, place.stop))
        if found is None:
            found = self._highest(taken, step, place.start, place.stop)
        if found is None:
            return None
        self.add(found, taken)
        if found + taken <= BELOW_4G:
            self.last32 = found
        else:
            self.last = found
        return found

    def _highest(self, size: int, step: int, start: int, stop: int) -> int | None:
        for low, high in reversed(self.holes(start, stop)):
            at = (high - size) // step * step
            if at >= low:
                return at
        return None

    def free(self, address: int) -> None:
        """The search begins above what was freed from now on."""
        super().free(address)
        above = next((low for low, _ in self.runs if low > address), None)
        if self.last32 is not None and address < BELOW_4G and address >= self.last32:
            self.last32 = above
        if self.last is not None and address >= self.last:
            self.last = above


class DrmMmAllocator(_TakenAddresses):
    def allot(self, size: int, place: Addresses) -> int | None:
        wanted = round_up(size, place.page)
        start, stop = round_up(place.start, place.page), place.stop
        fitting = [(high - low, low) for low, high in self.holes(start, stop) if high - low >= wanted]
        if not fitting:
            return None
        _, found = min(fitting)
        self.add(found, wanted)
        return found


class BitmapAllocator(_TakenAddresses):
    """Of a device that sees a part of the addresses only, those of its part."""

    def allot(self, size: int, place: Addresses) -> int | None:
        wanted = round_up(size, place.page)
        step = place.page
        while step < wanted and step < place.aligned:
            step *= 2
        for number in range(max(1, place.width // place.bitmap)):
            base = place.start + number * place.bitmap
            for low, high in self.holes(base, min(base + place.bitmap, place.stop)):
                at = base + round_up(low - base, step)
                if at + wanted <= high:
                    self.add(at, wanted)
                    return at
        return None
