"""IOMMU groups, and what sysfs tells of the device behind a node.

Source: Documentation/ABI/testing/sysfs-kernel-iommu_groups: a group of type `identity`
is not translated. How bus addresses are allotted (`iova`) is left out: `DMA` is the type of the group's
default domain, and DRM drivers (rockchip-drm, msm) attach one of their own.
"""

from __future__ import annotations

from pathlib import Path

from heapwright.allocator.linux.discover.files import folders, number, text
from heapwright.platforms.importers.naming import name_for
from heapwright.platforms.importers.records import BusFacts, IommuGroup

_PREFETCH = 0x2000
_MEMORY = 0x200


def groups(root: Path) -> tuple[IommuGroup, ...]:
    """Groups whose devices have their addresses translated."""
    return tuple(
        IommuGroup(_name(each), f"probed: /sys/kernel/iommu_groups/{each.name}/type {text(each / 'type')}")
        for each in folders(root / "sys/kernel/iommu_groups")
        if _translated(each)
    )


def _name(group: Path) -> str:
    return name_for(f"group-{group.name}")


def _translated(group: Path) -> bool:
    return (text(group / "type") or "identity") not in ("identity", "blocked")


def reach(device: Path) -> BusFacts:
    """What a device's folder in sysfs tells of how it reaches memory."""
    group = device / "iommu_group"
    translated = group.exists() and _translated(group.resolve())
    return BusFacts(
        _name(group.resolve()) if translated else None, number(device / "dma_mask_bits"), _local(device)
    )


def _local(device: Path) -> int | None:
    """The size of the largest prefetchable BAR: include/linux/ioport.h IORESOURCE_PREFETCH."""
    sizes = []
    for line in (text(device / "resource") or "").splitlines():
        words = [int(word, 16) for word in line.split()]
        if len(words) == 3 and words[1] > words[0] and words[2] & _PREFETCH and words[2] & _MEMORY:
            sizes.append(words[1] - words[0] + 1)
    return max(sizes, default=None)
