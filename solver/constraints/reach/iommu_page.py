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

from heapwright.platforms.schema import Iommu
from heapwright.platforms.values import in_units
from heapwright.solver.board.board import Board, Promise
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_iommu


def _concern(iommu: Iommu | None, page: int) -> bool:
    return iommu is not None and (iommu.page or 1) > page


def _unaligned(iommu: Iommu | None, promise: Promise, sizes: tuple[int, ...]) -> bool:
    if iommu is None or iommu.page is None:
        return False
    page = iommu.page
    return any(_cut(promise, page, promise.exported(size)) for size in sizes)


def _cut(promise: Promise, page: int, size: int) -> bool:
    run = promise.run
    within = run is not None and run < size and run % page != 0
    return within or size % page != 0 or promise.alignment(size) % page != 0


def _helped(board: Board) -> bool:
    """A larger buffer may be whole pages of the IOMMU."""
    return any(_concern(each.iommu, board.page) for each in board.devices.values())


def _words(case: Case) -> str:
    iommu, promise, _ = KIND.given(case)
    run = "whole buffers" if promise.run is None else f"runs of {in_units(promise.run)}"
    sizes = [promise.exported(size) for size in case.layout.sizes] if case.layout is not None else []
    of = ", ".join(f"{size} bytes on a multiple of {in_units(promise.alignment(size))}" for size in sizes)
    return (
        f"{case.device.dma.iommu}, through which {case.device.name} reaches {case.label}, "
        f"maps pages of {in_units(iommu.page)}; "
        f"{case.backing.name} guarantees {run}" + (f", here {of}" if of else "")
    )


KIND = ConstraintKind(
    name="iommu-page",
    scope="run",
    concerned_by=("attachment.device.iommu", "board.page"),
    concern=_concern,
    reads=("attachment.device.iommu", "backing.promise", "layout.sizes"),
    rule=_unaligned,
    words=_words,
    source=of_iommu,
    helped=_helped,
)
