"""A heap may limit the size of one buffer, and how many it hands out.

udmabuf refuses more than `size_limit_mb` (64 MiB on 6.12); RDMA and BAR
exporters have a number of regions.

Source: linux-6.12.107:drivers/dma-buf/udmabuf.c size_limit_mb.

Example:
    buffers.frame.size: 512x512  # 1 MiB
    heaps.system.largest: {violates: 512KiB, passes: 1MiB}
"""

from __future__ import annotations

from collections.abc import Iterable

from heapwright.platforms.values import INT64_MAX, in_units
from heapwright.solver.board.board import Board
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.constraints.kind import Case, Placed

NAME = "heap-limits"
SCOPE = "room"


def broken(case: Case) -> bool:
    assert case.layout is not None
    if case.backing.costs(case.layout.sizes) > INT64_MAX:
        return True
    largest = case.heap.spec.largest
    return isinstance(largest, int) and any(case.heap.exported(size) > largest for size in case.layout.sizes)


def charges(placed: Placed) -> Iterable[Charge]:
    most = placed.heap.spec.buffers
    if not isinstance(most, int):
        return ()
    budget = Budget(NAME, placed.heap.name, most, f"buffers of {placed.heap.name}", False)
    return [(budget, len(placed.sizes), 0)]


def sentence(case: Case) -> str:
    assert case.layout is not None
    size, largest = max(case.layout.sizes), case.heap.spec.largest
    limit = in_units(largest if isinstance(largest, int) else INT64_MAX)
    given = case.heap.exported(size)
    rounded = f" ({case.heap.name} hands out {given})" if given != size else ""
    return (
        f"{case.label} needs {size} bytes{rounded}, and {case.heap.name} allocates at most {limit} at a time"
    )


def buffers_sentence(budget: Budget, used: int, who: str) -> str:
    return f"{who} {used} buffers of {budget.subject}, which hands out {budget.limit}"


def source(case: Case) -> str:
    return case.heap.source


def buffers_source(board: Board, budget: Budget) -> str:
    return board.heaps[budget.subject].source
