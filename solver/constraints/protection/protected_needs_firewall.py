"""Protected content lives only where the CPU and strangers cannot touch it.

That is a heap with a stated `access` and no CPU mapping. An unknown access set
counts as no firewall, and an unknown mapping as a mapping: failing closed. One range
of memory has one access list, so where another heap uses the same memory otherwise
there is no firewall either (see `heapwright.platforms.checks.firewalls`).

Source: linux-7.2.13:drivers/tee/tee_heap.c tee_heap_buf_ops; design §5, 33.

Example:
    heaps.system.access: [camera, panel]
    devices.camera.ports.capture.protected: allowed
    devices.panel.ports.scanout.protected: allowed
    buffers.frame.protected: true
    heaps.system.cpu: {violates: cached, passes: none}
"""

from __future__ import annotations

from heapwright.solver.board.board import HeapView
from heapwright.solver.constraints.kind import Case

NAME = "protected-needs-firewall"
SCOPE = "heap"


def closed(heap: HeapView) -> bool:
    """Whether it is known who gets into the heap, and that the CPU does not."""
    return heap.access is not None and heap.spec.cpu == "none"


def broken(case: Case) -> bool:
    return case.question.protected and not closed(case.heap)


def sentence(case: Case) -> str:
    if case.heap.disputed is not None:
        return f"{case.question.shielded}, and {_dispute(case)}"
    if case.heap.access is None:
        return f"{case.question.shielded}, and {case.heap.name} has no known firewall"
    can = "may be able to" if case.heap.spec.cpu == "unknown" else "can"
    return f"{case.question.shielded}, and the CPU {can} map buffers of {case.heap.name}"


def source(case: Case) -> str:
    return case.heap.source


def _dispute(case: Case) -> str:
    """`a has no known firewall: b allocates from tz too and has none`."""
    clash = case.heap.disputed
    assert clash is not None
    other = case.board.heaps[clash.other]
    how = f"allocates from {clash.memory} too" if clash.memory else "may allocate from the same memory"
    whom = "has none" if not other.closed else "admits others"
    return f"{case.heap.name} has no known firewall: {other.name} {how} and {whom}"
