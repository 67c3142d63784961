"""Every device attached to a protected buffer stands inside its firewall.

The chain is all or nothing: one stranger and the bus faults, or reads zeroes.

Source: linux-7.2.13:drivers/tee/optee/protmem.c protmem_pool_op_dyn_alloc() (the
members are given when memory is lent); design §5, 35.
"""

from __future__ import annotations

from solver.constraint import Case

NAME = "outside-firewall"
SCOPE = "reach"


def broken(case: Case) -> bool:
    return (
        case.question.protected and case.heap.access is not None and case.device.name not in case.heap.access
    )


def sentence(case: Case) -> str:
    inside = ", ".join(sorted(case.heap.access or ())) or "nobody"
    return (
        f"{case.device.name} stands outside the firewall of {case.heap.name} around {case.label}, "
        f"which admits {inside}"
    )


def source(case: Case) -> str:
    return case.heap.source
