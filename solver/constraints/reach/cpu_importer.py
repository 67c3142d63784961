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

from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_device


def _unmapped(by_cpu: bool, kind: str, cpu: str) -> bool:
    return by_cpu and kind != "cpu" and cpu == "none"


def _words(case: Case) -> str:
    return (
        f"{case.device.name} reads {case.label} through a CPU mapping, and {case.heap.name} cannot be mapped"
    )


KIND = ConstraintKind(
    name="cpu-importer",
    scope="reach",
    concerned_by=("attachment.device.spec.by_cpu",),
    concern=bool,
    reads=("attachment.device.spec.by_cpu", "attachment.device.spec.kind", "heap.cpu"),
    rule=_unmapped,
    words=_words,
    source=of_device,
)
