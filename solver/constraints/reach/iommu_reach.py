"""An IOMMU maps only memory that fits the width of its page-table entries.

rk-iommu v1 holds 32-bit physical addresses: memory above 4 GiB cannot be mapped
at all, whatever the device behind it. An IOMMU that the device tree names but
the driver does not use is no IOMMU, and a profile does not list it.

Source: linux-7.2.13:drivers/iommu/rockchip-iommu.c iommu_data_ops_v1 .dma_bit_mask.

Example:
    memory.dram: {base: 0x0, size: 8GiB}
    devices.panel.dma: {bits: 40, iommu: mmu0}
    iommus.mmu0.bits: {violates: 32, passes: 33}
"""

from heapwright.platforms.schema import Iommu
from heapwright.solver.board.board import Board
from heapwright.solver.board.memories import MemoryView
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_iommu


def _concern(board: Board, iommu: Iommu | None) -> bool:
    return not board.within(_bits(iommu))


def _misses(iommu: Iommu | None, memories: tuple[MemoryView, ...] | None) -> bool:
    bits = _bits(iommu)
    return bits is not None and (memories is None or any(memory.beyond(1 << bits) for memory in memories))


def _bits(iommu: Iommu | None) -> int | None:
    bits = iommu.bits if iommu is not None else None
    return bits if isinstance(bits, int) and bits < 64 else None


def _words(case: Case) -> str:
    bits = _bits(case.device.iommu)
    memory = next((m for m in case.backing.memories or () if m.beyond(1 << (bits or 0))), None)
    where = f"{case.backing.name} takes {case.label} from {memory.name if memory else 'memory'}"
    end = "an unknown address" if memory is None or memory.highest is None else f"{memory.highest:#x}"
    return (
        f"{case.device.dma.iommu}, through which {case.device.name} reaches memory, holds {bits}-bit "
        f"physical addresses; {where}, which may reach {end}"
    )


KIND = ConstraintKind(
    name="iommu-reach",
    scope="reach",
    concerned_by=("board", "attachment.device.iommu"),
    concern=_concern,
    reads=("attachment.device.iommu", "backing.memories"),
    rule=_misses,
    words=_words,
    source=of_iommu,
)
