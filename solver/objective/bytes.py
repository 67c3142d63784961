"""Bytes allocated (design §6, 9).

Example:
    buffers.frame.count: 3  # 16 × 16 × 4 = 1024 bytes each
    heaps.system.align: {costs 12288: 4KiB, costs 196608: 64KiB}
"""

from heapwright.solver.board.board import Promise
from heapwright.solver.objective.term import CostTerm


def _allocated(number: int, promise: Promise, sizes: tuple[int, ...]) -> int:
    return number * promise.costs(sizes)


TERM = CostTerm(
    name="bytes",
    scope="counted",
    reads=("number", "placed.backing.promise", "placed.sizes"),
    rule=_allocated,
    grows=frozenset({"placed.sizes"}),
    unit="bytes",
)
