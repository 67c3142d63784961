"""Which bus addresses a device may be given, who else takes from them, and who allots them.

Sources: linux-7.3.4:drivers/iommu/dma-iommu.c iommu_dma_init_domain() (the first page is not
given out), iommu_dma_alloc_iova() (the device's mask ends what it may get); arch/arm/mm/dma-mapping.c
arm_iommu_create_mapping() (bitmaps of a page each, so of 128 MiB with pages of 4 KiB).
"""

from __future__ import annotations

from dataclasses import dataclass

from heapwright.allocator.hardware import DeviceFacts, known
from heapwright.platforms.schema import Aperture, Bitmaps, Platform


@dataclass(frozen=True, slots=True)
class Addresses:
    """What one device may be given of the addresses of a domain."""

    domain: str
    """Devices with the same one take from each other."""
    start: int
    stop: int
    page: int
    way: str
    """dma-iommu, drm-mm or bitmaps."""
    aligned: int
    """The largest alignment of bitmaps; of drm-mm, its page."""
    bitmap: int
    """Addresses in one bitmap."""

    @property
    def width(self) -> int:
        return max(0, self.stop - self.start)


def addresses(platform: Platform, device: DeviceFacts) -> Addresses | None:
    """What a device may be given; None where it sees memory itself, or nothing ends its addresses."""
    if device.by_cpu or device.linear:
        return None
    unit = platform.iommus.get(device.dma.iommu or "")
    common = unit.aperture if unit is not None and isinstance(unit.aperture, Aperture) else None
    pieces = [each for each in (common, device.dma.aperture) if each is not None]
    stops = [each.base + each.size for each in pieces]
    if unit is not None and device.bits is not None and device.bits < 63:
        stops.append(1 << device.bits)
    if not stops:
        return None
    way, aligned = allotter(platform, device)
    page, stop = page_of(platform, device), min(stops)
    start = max([each.base for each in pieces], default=0)
    return Addresses(
        domain=f"iommu {device.dma.iommu}" if common is not None else f"device {device.name}",
        start=page if way == "dma-iommu" and start < page else start,
        stop=stop,
        page=page,
        way=way,
        aligned=aligned,
        bitmap=platform.page * 8 * platform.page,
    )


def page_of(platform: Platform, device: DeviceFacts) -> int:
    """The smallest piece that the device's page tables map."""
    unit = platform.iommus.get(device.dma.iommu or "")
    return (unit.page if unit is not None else None) or platform.page


def allotter(platform: Platform, device: DeviceFacts) -> tuple[str, int]:
    """Who allots the device's addresses, and what it aligns to at most; dma-iommu where that is unknown."""
    unit = platform.iommus.get(device.dma.iommu or "")
    stated = unit.iova if unit is not None else None
    if device.dma.iova is not None and not (unit is not None and isinstance(unit.aperture, Aperture)):
        stated = device.dma.iova
    page = page_of(platform, device)
    if isinstance(stated, Bitmaps):
        return "bitmaps", max(page, known(stated.by_size_up_to) or page)
    return ("drm-mm", page) if stated == "drm-mm" else ("dma-iommu", 1 << 64)


def sure_alignment(platform: Platform, device: DeviceFacts, size: int) -> int:
    """What the address at which a device sees a dma-buf of `size` bytes is a multiple of, whoever allots it.

    Nobody promises more than a page where it is not known who does.
    """
    page = page_of(platform, device)
    unit = platform.iommus.get(device.dma.iommu or "")
    shared = unit is not None and isinstance(unit.aperture, Aperture)
    stated = device.dma.iova if device.dma.iova is not None and not shared else unit.iova if unit else None
    whole = page
    while whole < size:
        whole *= 2
    if stated == "dma-iommu":
        return whole
    place = addresses(platform, device)
    if not isinstance(stated, Bitmaps) or place is None:
        return page
    promised = min(whole, place.aligned)
    while place.start % promised:
        promised //= 2
    return promised
