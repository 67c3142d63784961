"""Every device attached to a protected buffer stands inside its firewall.

The chain is all or nothing: one stranger and the bus faults, or reads zeroes. A
buffer that an importer drives into another heap needs a firewall there as well.

Source: linux-7.2.13:drivers/tee/optee/protmem.c protmem_pool_op_dyn_alloc() (the
members are given when memory is lent); design §5, 35.

Example:
    heaps.system.cpu: none
    devices.camera.ports.capture.protected: allowed
    devices.panel.ports.scanout.protected: allowed
    buffers.frame.protected: true
    heaps.system.access: {violates: [camera], passes: [camera, panel]}
"""

from __future__ import annotations

from heapwright.solver.board.board import Board
from heapwright.solver.constraints.kind import BoundAttachment, Case
from heapwright.solver.constraints.protection import audience
from heapwright.solver.constraints.protection.protected_needs_firewall import closed

NAME = "outside-firewall"
SCOPE = "reach"


def concerns(board: Board, attachment: BoundAttachment) -> bool:
    return board.has_closed or board.has_moving  # a buffer may move to where no firewall is


def broken(case: Case) -> bool:
    if not case.question.protected:
        return False
    if case.heap.access is not None and case.device.name not in case.heap.access:
        return True
    return case.backing is not case.heap and (
        not closed(case.backing)
        or case.device.name not in (case.backing.access or ())
        or audience.broken(case._replace(heap=case.backing))
    )


def sentence(case: Case) -> str:
    heap = case.heap
    moved = ""
    if case.device.name in (heap.access or ()) and case.backing is not heap:
        heap, moved = case.backing, f", to which {case.label} moves from {case.heap.name}"
        if not closed(heap):
            return f"{heap.name}{moved}, has no known firewall, and {case.question.shielded}"
        if case.device.name in (heap.access or ()):
            return f"{audience.sentence(case._replace(heap=heap))}; it moves there from {case.heap.name}"
    inside = ", ".join(sorted(heap.access or ())) or "nobody"
    around = moved or f" around {case.label}"
    return f"{case.device.name} stands outside the firewall of {heap.name}{around}, which admits {inside}"


def source(case: Case) -> str:
    return case.heap.source
