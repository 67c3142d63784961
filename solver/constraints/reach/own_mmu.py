"""A device with page tables of its own takes scattered memory.

GPUs such as Mali (lima, panfrost), Vivante (etnaviv) and V3D, and blitters such
as RGA2, map buffers page by page. Contiguity is nothing to them; the width of
the physical addresses in their tables still counts (`address-reach`). This kind
never forbids: it is the reason why a scattered heap is good enough.

Source: linux-7.2.13:drivers/gpu/drm/lima/lima_drv.c, v3d_mmu.c, etnaviv_gem_prime.c;
drivers/media/platform/rockchip/rga/rga-buf.c fill_descriptors().

Example:
    heaps.system.run: 4KiB
    buffers.frame.size: 32x64  # 8 KiB
    devices.panel.dma: {permits: {bits: 32, mmu: true}, otherwise: {bits: 32}}
    clashes_with: [contiguous-memory]
"""

from heapwright.platforms.values import in_units
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_device


def _permits(translation: str, run: int | None) -> bool:
    return translation == "mmu" and run is not None


def _words(case: Case) -> str:
    run = in_units(case.backing.promise.run or 0)
    return f"{case.device.name} has page tables of its own, so runs of {run} in {case.backing.name} are enough for {case.label}"


KIND = ConstraintKind(
    name="own-mmu",
    scope="permit",
    reads=("attachment.device.translation", "backing.promise.run"),
    rule=_permits,
    words=_words,
    source=of_device,
)
