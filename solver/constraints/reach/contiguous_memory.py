"""A device without an IOMMU needs physically contiguous buffers.

Such a device gets bus addresses as they are. It walks `segments` pieces at most
(one, unless the profile says more), so scattered pages would send it into
someone else's memory. Contiguity by luck is no guarantee: only the heap's
promised run counts. A `boundary` that no piece may straddle is kept where every
piece starts on a multiple of its own length or more, or by memory that lies between
two boundaries; boundaries are those of bus addresses.

Source: linux-7.2.13:drivers/media/common/videobuf2/videobuf2-dma-contig.c
vb2_dc_get_contiguous_size(); drivers/gpu/drm/drm_gem_dma_helper.c
drm_gem_dma_prime_import_sg_table().

Example:
    devices.panel.dma: {bits: 32}
    buffers.frame.size: 32x64  # 8 KiB
    heaps.system.run: {violates: 4KiB, passes: 8KiB}
"""

from math import gcd

from heapwright.platforms.values import in_units
from heapwright.solver.board.board import DeviceView, Promise
from heapwright.solver.board.memories import MemoryView
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_device


def _concern(translation: str) -> bool:
    return translation == "none"


def _scattered(
    device: DeviceView, promise: Promise, memories: tuple[MemoryView, ...] | None, sizes: tuple[int, ...]
) -> bool:
    boundary = device.boundary
    if device.translation != "none" or (promise.run is None and device.longest is None and boundary is None):
        return False
    if _too_many(device, promise, sizes):
        return True
    return boundary is not None and _straddles(device, boundary, promise, memories, sizes)


def _too_many(device: DeviceView, promise: Promise, sizes: tuple[int, ...]) -> bool:
    """Whether a dma-buf may come in more pieces than the device walks."""
    most = device.segments
    return most is not None and any(_pieces(device, promise, size) > most for size in sizes)


def _pieces(device: DeviceView, promise: Promise, size: int) -> int:
    exported = promise.exported(size)
    return -(-exported // _piece(device, promise, exported))


def _piece(device: DeviceView, promise: Promise, size: int) -> int:
    """The longest piece the device is sure to get, in bytes."""
    return min(each for each in (size, promise.run, device.longest) if each is not None)


def _straddles(
    device: DeviceView,
    boundary: int,
    promise: Promise,
    memories: tuple[MemoryView, ...] | None,
    sizes: tuple[int, ...],
) -> bool:
    exported = [promise.exported(size) for size in sizes]
    if all(
        _piece(device, promise, size) <= gcd(_start(device, promise, size), boundary) for size in exported
    ):
        return False
    if memories is None:
        return True
    offset = device.offset
    for memory in memories:
        if memory.highest is None:
            return True
        if (memory.lowest + offset) // boundary != (memory.highest + offset - 1) // boundary:
            return True
    return False


def _start(device: DeviceView, promise: Promise, size: int) -> int:
    """What the bus address of every piece is a multiple of: runs after the first start on any page."""
    piece = _piece(device, promise, size)
    run = size if promise.run is None else min(promise.run, size)
    start = promise.alignment(size) if run == size else promise.page
    if piece < run:
        start = gcd(start, piece)
    return gcd(start, device.offset)


def _words(case: Case) -> str:
    device, backing, pieces = case.device, case.backing, case.device.segments
    if case.layout is not None and not _too_many(device, backing.promise, case.layout.sizes):
        return (
            f"{device.name} has no IOMMU and no piece of {case.label} may straddle a boundary of "
            f"{in_units(device.boundary or 0)}; {backing.name} does not promise that"
        )
    run = "whole buffers" if backing.promise.run is None else f"runs of {in_units(backing.promise.run)}"
    must = "one physical run" if pieces in (1, None) else f"at most {pieces} physical runs"
    if device.longest is not None:
        must += f" of at most {in_units(device.longest)}"
    return f"{device.name} has no IOMMU, so {case.label} must be {must}; {backing.name} guarantees {run}"


KIND = ConstraintKind(
    name="contiguous-memory",
    scope="run",
    concerned_by=("attachment.device.translation",),
    concern=_concern,
    reads=("attachment.device", "backing.promise", "backing.memories", "layout.sizes"),
    rule=_scattered,
    words=_words,
    source=of_device,
)
