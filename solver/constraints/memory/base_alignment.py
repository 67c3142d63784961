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

from math import gcd

from heapwright.platforms.schema import BytesMultiple
from heapwright.solver.board.board import Board, DeviceView, Promise
from heapwright.solver.board.iova import aligned
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_multiple, of_port


def _concern(base: BytesMultiple | None, translation: str) -> bool:
    return of_multiple(base) and translation != "cpu"


def _misaligned(
    board: Board, device: DeviceView, base: int | None, promise: Promise, sizes: tuple[int, ...]
) -> bool:
    if base is None or device.translation == "cpu":
        return False
    return any(_aligned(board, device, promise, size) % base for size in sizes)


def _aligned(board: Board, device: DeviceView, promise: Promise, size: int) -> int:
    """What the address that the device sees is a multiple of."""
    exported = promise.exported(size)
    if device.translation != "none":
        return aligned(board, device, exported)
    return gcd(promise.alignment(exported), device.offset)


def _helped(board: Board) -> bool:
    """A heap that aligns by size aligns a larger buffer better."""
    ports = (port for device in board.devices.values() for port in device.spec.ports.values())
    by_size = any(heap.promise.align_cap is not None for heap in board.heaps.values())
    return by_size and any(port.base for port in ports)


def _words(case: Case) -> str:
    board, device, base, promise, sizes = KIND.given(case)
    offset = device.offset
    shifted = f", and the bus shifts addresses by {offset:#x}" if offset else ""
    by_heap = min(promise.alignment(promise.exported(size)) for size in sizes)
    says = f"{case.backing.name} aligns to {by_heap}{shifted}"
    if device.translation != "none":
        promised = min(_aligned(board, device, promise, size) for size in sizes)
        says = f"its bus addresses are sure to be multiples of {promised} only"
    return f"{case.attached.title} needs {case.label} on a multiple of {base} bytes; {says}"


KIND = ConstraintKind(
    name="base-alignment",
    scope="run",
    concerned_by=("attachment.port.base", "attachment.device.translation"),
    concern=_concern,
    reads=("board", "attachment.device", "attachment.port.base.multiple", "backing.promise", "layout.sizes"),
    rule=_misaligned,
    words=_words,
    source=of_port,
    helped=_helped,
)
