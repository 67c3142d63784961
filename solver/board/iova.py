"""Bus addresses: what their allocators are sure to have room for.

A dma-buf that is mapped gets one run of bus addresses. Who allots them aligns the run: to its
size rounded up to a power of two (`dma-iommu`), the same up to a limit (the bitmaps of 32-bit
ARM), or to a page (`drm-mm`). So sizes fall into classes, the powers of two that they are rounded
up to, and what counts for a class is aligned blocks, its *grains*: as large as the class, or as the
largest alignment there is. Mappings are made largest first, and for every class

    Σ grains of mappings of this class and larger ones  ≤  grains of the space

is sufficient, and with grains as large as the class necessary as well. What is mapped already may
stand anywhere: it blocks every grain that it touches, and where a mapping is made of several
grains it cuts what is free in one more piece, in which all but one grain may be too few. The proof
is in docs/bus-addresses.md.

Source: linux-7.3.4:drivers/iommu/iova.c __alloc_and_insert_iova_range(), alloc_iova_fast();
drivers/iommu/dma-iommu.c iommu_dma_init_domain(), iommu_dma_alloc_iova(); drivers/gpu/drm/drm_mm.c
drm_mm_insert_node_in_range(); arch/arm/mm/dma-mapping.c __alloc_iova(), arm_iommu_create_mapping().
"""

from collections.abc import Iterator, Sequence
from math import gcd
from typing import Final, NamedTuple

from heapwright.platforms.schema import Aperture, Bitmaps
from heapwright.solver.board.board import Board, DeviceView, remembered

CACHED: Final = 32
"""Mappings of fewer pages are rounded up to a power of two by dma-iommu: IOVA_RANGE_CACHE_MAX_SIZE."""


class Space(NamedTuple):
    """Bus addresses from `low` to `high`, as a device is given them."""

    subject: str
    """The IOMMU, or a device that has addresses of its own or sees a part of the IOMMU's only."""
    shared: bool
    """Whether it is all that the IOMMU has."""
    low: int
    high: int
    page: int
    most: int | None
    """What mappings are aligned to at most; None: to their size rounded up, however large."""
    bitmaps: int = 1
    """No mapping goes on in another."""

    def rounded(self, size: int) -> int:
        """The bytes that a mapping takes."""
        pages = -(-size // self.page)
        if self.most is None and pages < CACHED:
            pages = _power(pages)
        return pages * self.page

    def of_class(self, size: int) -> int:
        """A size rounded up to a power of two pages."""
        return _power(-(-size // self.page)) * self.page

    def grain(self, of_class: int) -> int:
        return of_class if self.most is None else min(of_class, self.most)

    def room(self, of_class: int) -> int:
        """What mappings of a class and of larger ones may take together."""
        grain = self.grain(of_class)
        if self.most is None:
            free = self.high // grain * grain - -(-self.low // grain) * grain
        else:
            free = (self.high - self.low) // grain * grain
        return max(0, free - (self.bitmaps - 1) * (of_class - grain))

    def takes(self, sizes: Sequence[int], of_class: int) -> int:
        """What the mappings of one buffer, made one after the other, take of what its class may take.

        Those of smaller classes are made before others of this class, and may stand anywhere.
        """
        grain = self.grain(of_class)
        taken = sum(-(-self.rounded(size) // grain) for size in sizes) * grain
        if of_class > grain:
            taken += (of_class - grain) * sum(self.of_class(size) < of_class for size in sizes)
        return taken

    def blocks(self, sizes: Sequence[int], of_class: int) -> int:
        """The same of mappings of which nobody knows where they stand."""
        grain = self.grain(of_class)
        return sum(-(-self.rounded(size) // grain) * grain + of_class - grain for size in sizes)

    def classes(self, sizes: Sequence[int] = ()) -> Iterator[int]:
        """All classes up to that of the largest size, or of the space."""
        top = self.of_class(max(sizes, default=max(self.high - self.low, 1)))
        each = self.page
        while each <= top:
            yield each
            each *= 2


def _power(pages: int) -> int:
    return 1 << max(0, pages - 1).bit_length()


class Spaces(NamedTuple):
    """Where mappings of a device are promised room, and which spaces they may stand in."""

    own: Space | None
    touched: tuple[Space, ...] = ()


@remembered
def spaces(board: Board, device: DeviceView) -> Spaces:
    """What is bounded of the bus addresses that a device's mappings may get."""
    seen = _space(board, device)
    if seen is None:
        return Spaces(None)
    if _shared(device) is None:
        return Spaces(seen, (seen,))
    behind = [each for each in board.devices.values() if each.dma.iommu == device.dma.iommu]
    ranges = sorted({each for one in behind if (each := _space(board, one)) is not None}, key=_order)
    own = {each: _beside(each, ranges[:index]) for index, each in enumerate(ranges)}
    return Spaces(
        own[seen], tuple(each for each in own.values() if each.low < seen.high and seen.low < each.high)
    )


def _order(space: Space) -> tuple[int, int, str]:
    """Devices that see less of what they share map first."""
    return space.high - space.low, space.low, space.subject


def _beside(space: Space, earlier: Sequence[Space]) -> Space:
    """What is left of a space above those of devices that map earlier: they may fill all of theirs."""
    ends = [each.high for each in earlier if each.low < space.high and space.low < each.high]
    low = max([space.low, *ends])
    return space._replace(low=min(low, space.high))


def _shared(device: DeviceView) -> Aperture | None:
    aperture = device.iommu.aperture if device.iommu is not None else None
    return aperture if isinstance(aperture, Aperture) else None


def _space(board: Board, device: DeviceView) -> Space | None:
    """The addresses that a device can be given, where there is an end of them."""
    if device.translation not in ("iommu", "mmu"):
        return None
    shared = _shared(device)
    low, high = _range(shared, device)
    if high == 1 << 64:
        return None
    whole = shared is not None and (low, high) == (shared.base, shared.base + shared.size)
    subject = str(device.dma.iommu) if whole else _first(board, device, low, high)
    page, allotted = _page(board, device), _allotted(device)
    if allotted == "drm-mm":
        return Space(subject, whole, low, high, page, page)
    if isinstance(allotted, Bitmaps):
        whole_size, bitmap = high - low, 8 * board.page * board.page
        bitmaps = max(1, whole_size // bitmap)
        if whole_size > bitmap:
            high = low + bitmaps * bitmap
        return Space(subject, whole, low, high, page, max(allotted.by_size_up_to, page), bitmaps)
    low = max(low, page)
    return Space(subject, whole, low, max(low, high), page, None)


def _first(board: Board, device: DeviceView, low: int, high: int) -> str:
    """Under whose name a part of an IOMMU's addresses goes: the first device's that sees it."""
    shared = _shared(device)
    if shared is None:
        return device.name
    return min(
        name
        for name, each in board.devices.items()
        if each.dma.iommu == device.dma.iommu and _range(shared, each) == (low, high)
    )


def _range(shared: Aperture | None, device: DeviceView) -> tuple[int, int]:
    """The addresses that a device can be given, from and to; 1 << 64 where there is no end."""
    low, high = 0, 1 << 64
    for each in (shared, device.dma.aperture):
        if each is not None:
            low, high = max(low, each.base), min(high, each.base + each.size)
    if device.translation == "iommu" and device.bits is not None and device.bits < 63:
        high = min(high, 1 << device.bits)
    return low, max(low, high)


def end(device: DeviceView) -> int:
    """Where the addresses end that a device can be given, however wide its IOMMU's aperture is."""
    return _range(None, device)[1]


def _page(board: Board, device: DeviceView) -> int:
    return (device.iommu.page if device.iommu is not None else None) or board.page


def _allotted(device: DeviceView) -> object:
    """How addresses are allotted to a device; who shares those of an IOMMU shares the way as well."""
    if device.dma.iova is not None and _shared(device) is None:
        return device.dma.iova
    return device.iommu.iova if device.iommu is not None else None


def aligned(board: Board, device: DeviceView, size: int) -> int:
    """What the bus address of a dma-buf is a multiple of for sure."""
    page, allotted = _page(board, device), _allotted(device)
    of_class = _power(-(-size // page)) * page
    if allotted == "dma-iommu":
        return of_class
    own = _space(board, device)
    if isinstance(allotted, Bitmaps) and own is not None:
        return gcd(min(of_class, max(allotted.by_size_up_to, page)), own.low)
    return page
