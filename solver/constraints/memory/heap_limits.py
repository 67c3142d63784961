"""A heap may limit the size of one buffer, and how many it hands out.

udmabuf refuses more than `size_limit_mb` (64 MiB on 6.12); RDMA and BAR
exporters have a number of regions.

Source: linux-6.12.107:drivers/dma-buf/udmabuf.c size_limit_mb.

Example:
    buffers.frame.size: 512x512  # 1 MiB
    heaps.system.largest: {violates: 512KiB, passes: 1MiB}
"""

from collections.abc import Iterable

from heapwright.platforms.values import INT64_MAX, in_units
from heapwright.solver.board.board import Board, LimitedBuffers, Promise
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import Budgeting, ConstraintKind, of_heap


def _too_large(largest: int | None, promise: Promise, backing: Promise, sizes: tuple[int, ...]) -> bool:
    if backing.costs(sizes) > INT64_MAX:
        return True
    return largest is not None and any(promise.exported(size) > largest for size in sizes)


def _charges(limited: LimitedBuffers | None, sizes: tuple[int, ...]) -> Iterable[Charge]:
    if limited is None:
        return ()
    heap, most = limited
    return [(Budget(KIND.name, heap, most, f"buffers of {heap}", False), len(sizes), 0)]


def _words(case: Case) -> str:
    largest, promise, _, sizes = KIND.given(case)
    size = max(sizes)
    limit = in_units(largest if largest is not None else INT64_MAX)
    given = promise.exported(size)
    rounded = f" ({case.heap.name} hands out {given})" if given != size else ""
    return (
        f"{case.label} needs {size} bytes{rounded}, and {case.heap.name} allocates at most {limit} at a time"
    )


def _exceeded(budget: Budget, used: int, who: str) -> str:
    return f"{who} {used} buffers of {budget.subject}, which hands out {budget.limit}"


def _source(board: Board, budget: Budget) -> str:
    return board.heaps[budget.subject].source


KIND = ConstraintKind(
    name="heap-limits",
    scope="room",
    reads=("heap.largest", "heap.promise", "backing.promise", "layout.sizes"),
    rule=_too_large,
    words=_words,
    source=of_heap,
    budget=Budgeting(
        reads=("heap.limited", "sizes"),
        charges=_charges,
        grows=frozenset({"sizes"}),
        exceeded=_exceeded,
        source=_source,
    ),
)
