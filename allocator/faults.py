"""What goes wrong with a plan, told as the kernel would tell it.

The wording is the kernel's where it has one:
`drivers/media/common/videobuf2/videobuf2-dma-contig.c` (vb2_dc_map_dmabuf),
`kernel/dma/direct.c` (dma_direct_map_resource), `kernel/dma/swiotlb.c`
(swiotlb_tbl_map_single), `drivers/dma-buf/heaps/cma_heap.c`.
"""

from __future__ import annotations

from errno import EFAULT, EINVAL, ENODEV, ENOENT, ENOMEM
from typing import NamedTuple

from heapwright.allocator.backend import KernelRefused


class PlanFault(NamedTuple):
    """One thing that a plan gets wrong; `errno` is None where no call would fail."""

    kind: str
    """The constraint that is broken, by its public name, or what was seen."""
    buffer: str
    device: str
    errno: int | None
    text: str


class Objection(NamedTuple):
    """A Fault before it is known which buffer and device it belongs to."""

    kind: str
    errno: int | None
    text: str

    def against(self, buffer: str, device: str) -> PlanFault:
        return PlanFault(self.kind, buffer, device, self.errno, self.text)


def chunk_too_small(got: int, wanted: int) -> Objection:
    """videobuf2-dma-contig.c: the first run of the mapping is shorter than the buffer."""
    return Objection("contiguous-memory", EFAULT, f"contiguous chunk is too small {got}/{wanted}")


def beyond_mask(address: int | None, size: int, bits: int) -> Objection:
    """kernel/dma/direct.c: a bus address that the device's mask cannot express."""
    at = "unknown" if address is None else f"{address:#x}"
    text = f"DMA addr {at}+{size} overflow (mask {(1 << bits) - 1:x}, bus limit 0)."
    return Objection("address-reach", EINVAL, text)


def unaligned(address: int, size: int, page: int) -> Objection:
    """drivers/iommu/iommu.c __iommu_map_domain_pgtbl(): memory that is no whole number of the IOMMU's pages."""
    text = f"unaligned: pa {address:#x} size {size:#x} min_pagesz {page:#x}"
    return Objection("iommu-page", EINVAL, text)


def no_room(kind: str, text: str) -> Objection:
    return Objection(kind, ENOMEM, text)


def refused(kind: str, text: str) -> Objection:
    return Objection(kind, EINVAL, text)


def absent(kind: str, text: str) -> Objection:
    return Objection(kind, ENODEV, text)


def no_node(kind: str, text: str) -> Objection:
    return Objection(kind, ENOENT, text)


def seen(kind: str, text: str) -> Objection:
    """Nothing fails when it happens; it is found by looking."""
    return Objection(kind, None, text)


def refusal(objection: Objection) -> KernelRefused:
    """An objection as the call that fails."""
    return KernelRefused(objection.errno or EINVAL, objection.text)
