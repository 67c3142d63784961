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

from __future__ import annotations

from heapwright.solver.board.board import Board
from heapwright.solver.constraints.kind import BoundAttachment, Case

NAME = "unreachable-memory"
SCOPE = "reach"


def concerns(board: Board, attachment: BoundAttachment) -> bool:
    return board.has_local


def broken(case: Case) -> bool:
    local = case.backing.local
    return bool(local) and not all(case.device.reaches_local(memory) for memory in local)


def sentence(case: Case) -> str:
    memory = next(m for m in case.backing.memories or () if m.local and not case.device.reaches_local(m))
    owners = ", ".join(sorted(memory.local))
    return (
        f"{case.backing.name} takes {case.label} from {memory.name}, which is local to {owners}, "
        f"and {case.device.name} has no peer-to-peer way there"
    )


def source(case: Case) -> str:
    memory = next(m for m in case.backing.memories or () if m.local and not case.device.reaches_local(m))
    return memory.spec.source
