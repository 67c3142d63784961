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

from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_heap, stated
from heapwright.solver.constraints.reach.local_only import PlacedIn, WorksFrom, allows


def _moved(moved: bool, wanted: WorksFrom, heap: PlacedIn, backing: PlacedIn) -> bool:
    return moved and allows(wanted, heap) and not allows(wanted, backing)


def _words(case: Case) -> str:
    mover = next(
        t.device.name
        for t in case.attachments
        if any(m.local and not t.device.reaches_local(m) for m in case.heap.memories or ())
    )
    return (
        f"{mover} cannot take {case.heap.name} peer-to-peer, so {case.label} moves to {case.backing.name}, "
        f"where {case.attached.title} cannot use it"
    )


KIND = ConstraintKind(
    name="pinned-elsewhere",
    scope="reach",
    concerned_by=("attachment.port.memory",),
    concern=stated,
    reads=("moved", "attachment.port.memory", "heap.memories", "backing.memories"),
    rule=_moved,
    words=_words,
    source=of_heap,
)
