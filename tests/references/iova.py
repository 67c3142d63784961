"""Allocators of bus addresses, ported from their sources alone, line by line where it matters.

    IovaDomain   linux-7.3.4:drivers/iommu/iova.c, with iommu_dma_init_domain() and
                 iommu_dma_alloc_iova() of drivers/iommu/dma-iommu.c around it
    Holes        drivers/gpu/drm/drm_mm.c drm_mm_insert_node_in_range(), DRM_MM_INSERT_BEST
    ArmMapping   arch/arm/mm/dma-mapping.c __alloc_iova(), arm_iommu_create_mapping()

A sorted list stands for the red-black tree. Everything is counted in page frames.
"""

from __future__ import annotations

from typing import Any, Protocol

ANCHOR = (1 << 64) - 1


class Reference(Protocol):
    def alloc(self, pages: int, limit: int | None = None) -> int | None: ...

    def free(self, pfn: int) -> None: ...


class Iova:
    def __init__(self, lo: int, hi: int) -> None:
        self.lo, self.hi = lo, hi


class IovaDomain:
    def __init__(self, aperture_start: int, aperture_end: int, shift: int = 12) -> None:
        """`aperture_end` is the last address, as a domain's geometry has it."""
        self.shift = shift
        self.start_pfn = max(1, aperture_start >> shift)
        self.end = aperture_end
        self.dma_32bit_pfn = 1 << (32 - shift)
        self.max32_alloc_size = self.dma_32bit_pfn
        self.anchor = Iova(ANCHOR, ANCHOR)
        self.tree = [self.anchor]
        self.cached_node = self.cached32_node = self.anchor

    def alloc(self, pages: int, limit: int | None = None) -> int | None:
        """iommu_dma_alloc_iova(), alloc_iova_fast(), alloc_iova(); `limit` is the device's mask."""
        size = pages
        dma_limit = self.end if limit is None else min(limit, self.end)
        if size < 1 << 5:
            size = 1 << (size - 1).bit_length()
        return self._insert(size, (dma_limit >> self.shift) + 1)

    def _prev(self, node: Iova) -> Iova | None:
        index = self.tree.index(node)
        return self.tree[index - 1] if index else None

    def _next(self, node: Iova) -> Iova:
        return self.tree[self.tree.index(node) + 1]

    def _find_limit(self, limit_pfn: int) -> Iova:
        if limit_pfn > self.dma_32bit_pfn:
            return self.anchor
        return next(node for node in self.tree if node.hi >= limit_pfn or node is self.anchor)

    def _insert(self, size: int, limit_pfn: int) -> int | None:
        """__alloc_and_insert_iova_range()"""
        high_pfn, low_pfn = limit_pfn, self.start_pfn
        align = 1 << (size - 1).bit_length()
        if limit_pfn <= self.dma_32bit_pfn and size >= self.max32_alloc_size:
            return None
        curr: Iova | None = self.cached32_node if limit_pfn <= self.dma_32bit_pfn else self.cached_node
        assert curr is not None
        curr_iova = curr
        retry_pfn = curr_iova.hi
        while True:
            while True:
                high_pfn = min(high_pfn, curr_iova.lo)
                new_pfn = (high_pfn - size) // align * align
                assert curr is not None
                curr = self._prev(curr)
                if curr is None:
                    break
                curr_iova = curr
                if not (new_pfn <= curr_iova.hi and new_pfn >= low_pfn):
                    break
            if high_pfn >= size and new_pfn >= low_pfn:
                break
            if low_pfn == self.start_pfn and retry_pfn < limit_pfn:
                high_pfn, low_pfn = limit_pfn, retry_pfn + 1
                curr_iova = curr = self._find_limit(limit_pfn)
                continue
            self.max32_alloc_size = size
            return None
        new = Iova(new_pfn, new_pfn + size - 1)
        self.tree.append(new)
        self.tree.sort(key=lambda node: node.lo)
        if new.hi < self.dma_32bit_pfn:
            self.cached32_node = new
        else:
            self.cached_node = new
        return new.lo

    def free(self, pfn: int) -> None:
        """free_iova(), with __cached_rbnode_delete_update(); what caches hold is flushed on failure anyway."""
        node = next(each for each in self.tree if each.lo == pfn)
        cached = self.cached32_node
        if node is cached or (node.hi < self.dma_32bit_pfn and node.lo >= cached.lo):
            self.cached32_node = self._next(node)
        if node.lo < self.dma_32bit_pfn:
            self.max32_alloc_size = self.dma_32bit_pfn
        if node.lo >= self.cached_node.lo:
            self.cached_node = self._next(node)
        self.tree.remove(node)


class Holes:
    def __init__(self, start: int, size: int) -> None:
        self.nodes: dict[int, int] = {}
        self.start, self.end = start, start + size

    def alloc(self, pages: int, limit: int | None = None) -> int | None:
        """The best hole is the smallest that is large enough; a node goes to its start."""
        holes, at = [], self.start
        for node in [*sorted(self.nodes), self.end]:
            if node - at >= pages:
                holes.append((node - at, at))
            at = node + self.nodes.get(node, 0)
        if not holes:
            return None
        found = min(holes)[1]
        self.nodes[found] = pages
        return found

    def free(self, pfn: int) -> None:
        del self.nodes[pfn]


class ArmMapping:
    def __init__(self, base: int, size: int, alignment: int = 8, page: int = 4096) -> None:
        """`base` and `size` in bytes, `alignment` as CONFIG_ARM_DMA_IOMMU_ALIGNMENT."""
        bits = size // page
        bitmap_size = -(-bits // 32) * 4
        extensions = 1
        if bitmap_size > page:
            extensions = bitmap_size // page
            bitmap_size = page
        self.order, self.base, self.bits = alignment, base // page, 8 * bitmap_size
        self.bitmaps = [0]
        self.extensions = extensions
        self.sizes: dict[int, int] = {}

    def alloc(self, pages: int, limit: int | None = None) -> int | None:
        order = min((pages - 1).bit_length(), self.order)
        align = (1 << order) - 1
        for number in range(self.extensions):
            if number == len(self.bitmaps):
                self.bitmaps.append(0)
            start = self._find_next_zero_area(self.bitmaps[number], pages, align)
            if start is None:
                continue
            self.bitmaps[number] |= ((1 << pages) - 1) << start
            found = self.base + number * self.bits + start
            self.sizes[found] = pages
            return found
        return None

    def _find_next_zero_area(self, bitmap: int, count: int, align: int) -> int | None:
        """lib/bitmap.c bitmap_find_next_zero_area_off()"""
        index = 0
        while True:
            while bitmap >> index & 1:
                index += 1
            index = (index + align) & ~align
            if index + count > self.bits:
                return None
            area = bitmap >> index & ((1 << count) - 1)
            if not area:
                return index
            index += area.bit_length()

    def free(self, pfn: int) -> None:
        number, start = divmod(pfn - self.base, self.bits)
        self.bitmaps[number] &= ~(((1 << self.sizes.pop(pfn)) - 1) << start)


def reference(iova: Any, base: int, size: int, page: int = 4096) -> Reference:
    """The allocator that serves an aperture."""
    shift = page.bit_length() - 1
    if iova == "drm-mm":
        return Holes(base // page, size // page)
    if isinstance(iova, dict):
        return ArmMapping(base, size, (iova["by_size_up_to"] // page).bit_length() - 1, page)
    return IovaDomain(base, base + size - 1, shift)
