"""An IOMMU maps whole pages of its own.

Where its smallest page is larger than the CPU's, memory that starts or ends within such a
page cannot be mapped: every run that a heap hands out must be a whole number of them, and
start on one.

Source: linux-7.3.4:drivers/iommu/iommu.c __iommu_map_domain_pgtbl() ("unaligned: iova …
min_pagesz", EINVAL); drivers/iommu/iova.c init_iova_domain() (dma-iommu refuses to work with
pages larger than the CPU's at all).

Example:
    devices.panel.dma: {bits: 40, iommu: mmu0}
    iommus.mmu0.page: 16KiB
    buffers.frame.size: 64x64  # 16 KiB
    heaps.system.align: {violates: 4KiB, passes: 16KiB}
"""

from __future__ import annotations

from heapwright.platforms.values import in_units
from heapwright.solver.board.board import Board, DeviceView
from heapwright.solver.constraints.kind import BoundAttachment, Case

NAME = "iommu-page"
SCOPE = "run"


def concerns(board: Board, attachment: BoundAttachment) -> bool:
    return _page(board, attachment.device) > board.page


def broken(case: Case) -> bool:
    assert case.layout is not None  # scope `run`
    page = _page(case.board, case.device)
    return page > 1 and any(_unaligned(case, page, case.backing.exported(size)) for size in case.layout.sizes)


def _page(board: Board, device: DeviceView) -> int:
    name = device.dma.iommu
    if device.translation != "iommu" or name is None:
        return 1
    return board.platform.iommus[name].page or 1


def _unaligned(case: Case, page: int, size: int) -> bool:
    run = case.backing.run
    cut = run is not None and run < size and run % page != 0
    return cut or size % page != 0 or case.backing.alignment(size) % page != 0


def sentence(case: Case) -> str:
    backing, page = case.backing, in_units(_page(case.board, case.device))
    run = "whole buffers" if backing.run is None else f"runs of {in_units(backing.run)}"
    sizes = [backing.exported(size) for size in case.layout.sizes] if case.layout is not None else []
    of = ", ".join(f"{size} bytes on a multiple of {in_units(backing.alignment(size))}" for size in sizes)
    return (
        f"{case.device.dma.iommu}, through which {case.device.name} reaches {case.label}, maps pages of {page}; "
        f"{backing.name} guarantees {run}" + (f", here {of}" if of else "")
    )


def source(case: Case) -> str:
    name = case.device.dma.iommu
    return case.board.platform.iommus[name].source if name else case.device.spec.source
