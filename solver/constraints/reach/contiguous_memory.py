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

from __future__ import annotations

from math import gcd

from heapwright.platforms.values import in_units
from heapwright.solver.board.board import Board
from heapwright.solver.constraints.kind import BoundAttachment, Case

NAME = "contiguous-memory"
SCOPE = "run"


def concerns(board: Board, attachment: BoundAttachment) -> bool:
    return attachment.device.translation == "none"


def broken(case: Case) -> bool:
    if case.device.translation != "none":
        return False
    layout, dma = case.layout, case.device.dma
    assert layout is not None  # scope `run`
    if case.backing.run is None and dma.segment_size is None and dma.boundary is None:
        return False
    most = _segments(case)
    for size in layout.sizes:
        if _pieces(case, size) > most:
            return True
    return dma.boundary is not None and _straddles(case)


def _segments(case: Case) -> int:
    stated = case.device.dma.segments
    return stated if isinstance(stated, int) else 1


def _piece(case: Case, size: int) -> int:
    """The longest piece the device is sure to get, in bytes."""
    run = case.backing.run
    longest = size if run is None else min(run, size)
    limit = case.device.dma.segment_size
    if isinstance(limit, int) and isinstance(case.device.dma.segments, int):
        longest = min(longest, limit)
    return longest


def _pieces(case: Case, size: int) -> int:
    if case.device.dma.segments == "unknown":
        return 0
    exported = case.backing.exported(size)
    return -(-exported // _piece(case, exported))


def _straddles(case: Case) -> bool:
    boundary = case.device.dma.boundary
    if not isinstance(boundary, int) or case.layout is None:
        return False
    exported = [case.backing.exported(size) for size in case.layout.sizes]
    if all(_piece(case, size) <= gcd(_start(case, size), boundary) for size in exported):
        return False
    if case.backing.memories is None:
        return True
    offset = case.device.offset
    for memory in case.backing.memories:
        if memory.highest is None:
            return True
        if (memory.lowest + offset) // boundary != (memory.highest + offset - 1) // boundary:
            return True
    return False


def _start(case: Case, size: int) -> int:
    """What the bus address of every piece is a multiple of: runs after the first start on any page."""
    backing, piece = case.backing, _piece(case, size)
    run = size if backing.run is None else min(backing.run, size)
    start = backing.alignment(size) if run == size else backing.page
    if piece < run:
        start = gcd(start, piece)
    return gcd(start, case.device.offset)


def sentence(case: Case) -> str:
    device, backing = case.device.name, case.backing
    if case.layout is not None and not any(_pieces(case, s) > _segments(case) for s in case.layout.sizes):
        return (
            f"{device} has no IOMMU and no piece of {case.label} may straddle a boundary of "
            f"{in_units(_int(case.device.dma.boundary))}; {backing.name} does not promise that"
        )
    run = "whole buffers" if backing.run is None else f"runs of {in_units(backing.run)}"
    pieces = _segments(case)
    must = "one physical run" if pieces == 1 else f"at most {pieces} physical runs"
    limit = case.device.dma.segment_size
    if isinstance(limit, int) and isinstance(case.device.dma.segments, int):
        must += f" of at most {in_units(limit)}"
    return f"{device} has no IOMMU, so {case.label} must be {must}; {backing.name} guarantees {run}"


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def source(case: Case) -> str:
    return case.device.spec.source
