"""Another device's local memory is out of reach without a peer-to-peer edge.

VRAM, FPGA BARs and NIC memory belong to a card. Another device gets there only
along a declared edge (`reached_by`) and with a driver that attaches as a
peer-to-peer importer.

Source: linux-7.2.13:drivers/pci/p2pdma.c calc_map_type_and_dist();
drivers/dma-buf/dma-buf.c dma_buf_dynamic_attach().

Example:
    memory.vram: {local: panel, reached_by: [camera]}
    heaps.system.memory: [vram]
    devices.camera.dma.p2p: {violates: none, passes: static}
"""

from heapwright.solver.board.board import DeviceView
from heapwright.solver.board.memories import MemoryView
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind


def _out_of_reach(device: DeviceView, local: tuple[MemoryView, ...]) -> bool:
    return not all(device.reaches_local(memory) for memory in local)


def _memory(case: Case) -> MemoryView:
    return next(m for m in case.backing.local if not case.device.reaches_local(m))


def _words(case: Case) -> str:
    memory = _memory(case)
    owners = ", ".join(sorted(memory.local))
    return (
        f"{case.backing.name} takes {case.label} from {memory.name}, which is local to {owners}, "
        f"and {case.device.name} has no peer-to-peer way there"
    )


def _source(case: Case) -> str:
    return _memory(case).spec.source


KIND = ConstraintKind(
    name="unreachable-memory",
    scope="reach",
    concerned_by=("board.has_local",),
    concern=bool,
    reads=("attachment.device", "backing.local"),
    rule=_out_of_reach,
    words=_words,
    source=_source,
)
