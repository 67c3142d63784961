"""A device may need buffers to start on a multiple of some bytes.

A heap promises the alignment it allocates with, of physical addresses; the device counts
on the bus, where a `window` may be shifted by an offset. Behind an IOMMU or page tables of
its own a device sees bus addresses, whatever the heap: aligned as their allocator does it
(to the size rounded up to a power of two by dma-iommu), or to pages where that is not known.

Source: linux-7.2.13:drivers/media/platform/st/stm32/stm32-dcmipp/dcmipp-bytecap.c
(16 bytes); linux-7.3.4:drivers/iommu/dma-iommu.c iommu_dma_alloc_iova().

Example:
    devices.panel.dma: {bits: 32}
    devices.panel.ports.scanout.base.multiple: 65536
    heaps.system.align: {violates: 4KiB, passes: 64KiB}
"""

from __future__ import annotations

from math import gcd

from heapwright.solver.board.board import Board
from heapwright.solver.board.iova import aligned
from heapwright.solver.constraints.kind import BoundAttachment, Case

NAME = "base-alignment"
SCOPE = "run"


def concerns(board: Board, attachment: BoundAttachment) -> bool:
    return attachment.port.base is not None and attachment.device.translation != "cpu"


def broken(case: Case) -> bool:
    assert case.attachment is not None and case.layout is not None
    base = case.attachment.port.base
    if base is None or not isinstance(base.multiple, int) or case.device.translation == "cpu":
        return False
    return any(_aligned(case, size) % base.multiple for size in case.layout.sizes)


def _aligned(case: Case, size: int) -> int:
    """What the address that the device sees is a multiple of."""
    backing = case.backing
    if case.device.translation != "none":
        return aligned(case.board, case.device, backing.exported(size))
    return gcd(backing.alignment(backing.exported(size)), case.device.offset)


def sentence(case: Case) -> str:
    assert case.attachment is not None and case.layout is not None and case.attachment.port.base is not None
    backing = case.backing
    offset = case.device.offset
    shifted = f", and the bus shifts addresses by {offset:#x}" if offset else ""
    by_heap = min(backing.alignment(backing.exported(size)) for size in case.layout.sizes)
    says = f"{backing.name} aligns to {by_heap}{shifted}"
    if case.device.translation != "none":
        promised = min(_aligned(case, size) for size in case.layout.sizes)
        says = f"its bus addresses are sure to be multiples of {promised} only"
    return f"{case.attachment.title} needs {case.label} on a multiple of {case.attachment.port.base.multiple} bytes; {says}"


def source(case: Case) -> str:
    assert case.attachment is not None
    return case.attachment.port.source
