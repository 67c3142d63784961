"""Some importers read through a CPU mapping: the exporter must be mappable.

udl, vivid with vmalloc queues and shmem displays do no DMA at all; what counts
for them is `dma_buf_vmap()`, not contiguity or addresses. A protected heap has
no such mapping.

Source: linux-7.2.13:drivers/media/common/videobuf2/videobuf2-vmalloc.c
vb2_vmalloc_map_dmabuf(); drivers/gpu/drm/drm_gem_shmem_helper.c.

Example:
    devices.panel.by_cpu: true
    heaps.system.cpu: {violates: none, passes: uncached}
"""

from __future__ import annotations

from heapwright.solver.board.board import Board
from heapwright.solver.constraints.kind import BoundAttachment, Case

NAME = "cpu-importer"
SCOPE = "reach"


def concerns(board: Board, attachment: BoundAttachment) -> bool:
    return attachment.device.spec.by_cpu


def broken(case: Case) -> bool:
    return case.device.spec.by_cpu and case.device.spec.kind != "cpu" and case.heap.cpu == "none"


def sentence(case: Case) -> str:
    return (
        f"{case.device.name} reads {case.label} through a CPU mapping, and {case.heap.name} cannot be mapped"
    )


def source(case: Case) -> str:
    return case.device.spec.source
