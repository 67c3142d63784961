"""Protected content lives only where the CPU and strangers cannot touch it.

That is a heap with a stated `access` and no CPU mapping. An unknown access set
counts as no firewall, and an unknown mapping as a mapping: failing closed. One range
of memory has one access list, so where another heap uses the same memory otherwise
there is no firewall either (see platforms.firewalls).

Source: linux-7.2.13:drivers/tee/tee_heap.c tee_heap_buf_ops; design §5, 33.

Example:
    heaps.system.access: [camera, panel]
    devices.camera.ports.capture.protected: allowed
    devices.panel.ports.scanout.protected: allowed
    buffers.frame.protected: true
    heaps.system.cpu: {violates: cached, passes: none}
"""

from heapwright.platforms.checks.firewalls import AccessConflict
from heapwright.solver.board.board import Board
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_heap


def _open(protected: bool, guarded: bool) -> bool:
    return protected and not guarded


def _words(case: Case) -> str:
    if case.heap.disputed is not None:
        return f"{case.question.shielded}, and {_dispute(case.board, case.heap.disputed)}"
    if case.heap.access is None:
        return f"{case.question.shielded}, and {case.heap.name} has no known firewall"
    can = "may be able to" if case.heap.spec.cpu == "unknown" else "can"
    return f"{case.question.shielded}, and the CPU {can} map buffers of {case.heap.name}"


def _dispute(board: Board, clash: AccessConflict) -> str:
    """`a has no known firewall: b allocates from tz too and has none`."""
    other = board.heaps[clash.other]
    how = f"allocates from {clash.memory} too" if clash.memory else "may allocate from the same memory"
    whom = "has none" if not other.closed else "admits others"
    return f"{clash.heap} has no known firewall: {other.name} {how} and {whom}"


KIND = ConstraintKind(
    name="protected-needs-firewall",
    scope="heap",
    concerned_by=("question.domain.protected",),
    concern=bool,
    reads=("question.domain.protected", "heap.guarded"),
    rule=_open,
    words=_words,
    source=of_heap,
)
