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

from typing import Any

from heapwright.solver.board.board import Board
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_heap
from heapwright.solver.constraints.protection import audience


def _concern(board: Board, protected: bool) -> bool:
    return protected and (board.has_closed or bool(board.moving))  # it may move to where no firewall is


def _stranger(
    protected: bool,
    device: str,
    access: audience.MayAccess,
    moved: bool,
    home_closed: bool,
    board: Board,
    audiences: audience.Audiences,
    *of_home: Any,
) -> bool:
    if not protected:
        return False
    if access is not None and device not in access:
        return True
    return moved and (
        not home_closed
        or device not in (of_home[0] or ())
        or bool(audience.outside(board, audiences, *of_home))
    )


def _words(case: Case) -> str:
    heap = case.heap
    moved = ""
    if case.device.name in (heap.access or ()) and case.moved:
        heap, moved = case.backing, f", to which {case.label} moves from {case.heap.name}"
        if not heap.guarded:
            return f"{heap.name}{moved}, has no known firewall, and {case.question.shielded}"
        if case.device.name in (heap.access or ()):
            return f"{audience.words(case._replace(heap=heap))}; it moves there from {case.heap.name}"
    inside = ", ".join(sorted(heap.access or ())) or "nobody"
    around = moved or f" around {case.label}"
    return f"{case.device.name} stands outside the firewall of {heap.name}{around}, which admits {inside}"


KIND = ConstraintKind(
    name="outside-firewall",
    scope="reach",
    concerned_by=("board", "question.domain.protected"),
    concern=_concern,
    reads=(
        "question.domain.protected", "attachment.device.name", "heap.access", "moved", "backing.guarded", "board",
        "question.domain.audiences", "backing.access", "backing.spec.firewall", "attachments.*.device.name",
        "attachments.*.use.selector.label",
    ),
    rule=_stranger,
    words=_words,
    source=of_heap,
)  # fmt: skip
