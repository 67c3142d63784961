"""An importer without peer-to-peer moves the buffer away from where it is needed.

Attaching such an importer makes the exporter move a VRAM buffer to system
memory and pin it there; a port that works from VRAM only then refuses it.

Source: linux-7.2.13:drivers/gpu/drm/amd/amdgpu/amdgpu_dma_buf.c
amdgpu_dma_buf_pin(); amdgpu_object.c amdgpu_bo_pin().

Example:
    memory.vram: {local: panel, reached_by: [camera]}
    heaps.vram: {via: drm, memory: [vram], moves_to: system}
    devices.panel.ports.scanout.memory: [vram]
    devices.camera.dma.p2p: {violates: none, passes: dynamic}
    clashes_with: [local-only]
"""

from __future__ import annotations

from heapwright.solver.board.board import Board
from heapwright.solver.constraints.kind import BoundAttachment, Case
from heapwright.solver.constraints.reach import local_only

NAME = "pinned-elsewhere"
SCOPE = "reach"


def concerns(board: Board, attachment: BoundAttachment) -> bool:
    return attachment.port.memory is not None


def broken(case: Case) -> bool:
    if case.backing is case.heap or case.attachment is None:
        return False
    return local_only.allows(case.board, case.attachment, case.heap) and not local_only.allows(
        case.board, case.attachment, case.backing
    )


def sentence(case: Case) -> str:
    assert case.attachment is not None
    mover = next(
        t.device.name
        for t in case.attachments
        if any(m.local and not t.device.reaches_local(m) for m in case.heap.memories or ())
    )
    return (
        f"{mover} cannot take {case.heap.name} peer-to-peer, so {case.label} moves to {case.backing.name}, "
        f"where {case.attachment.title} cannot use it"
    )


def source(case: Case) -> str:
    return case.heap.source
