"""Protected content lives only where the CPU and strangers cannot touch it.

That is a heap with a stated `access` and no CPU mapping. An unknown access set
counts as no firewall: failing closed.

Source: linux-7.2.13:drivers/tee/tee_heap.c tee_heap_buf_ops; design §5, 33.
"""

from __future__ import annotations

from solver.constraint import Case

NAME = "protected-needs-firewall"
SCOPE = "heap"


def broken(case: Case) -> bool:
    return case.question.protected and (case.heap.access is None or case.heap.cpu != "none")


def sentence(case: Case) -> str:
    if case.heap.access is None:
        return f"{case.question.shielded}, and {case.heap.name} has no known firewall"
    return f"{case.question.shielded}, and the CPU can map buffers of {case.heap.name}"


def source(case: Case) -> str:
    return case.heap.source
