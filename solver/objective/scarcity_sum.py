"""The sum of the shares of all bounded memories, in ppm (design §6, 6).

Each placement's share of a memory is rounded up to a whole ppm. A block that a heap's first
buffer locks is memory used, once for all its buffers: joint, so the model adds it, and what
live buffers use, so that no share is ever larger than the sum.

Example:
    buffers: {film: {size: 512x512, count: 3}, menu: {size: 512x512, count: 3}}
    memory.dram: {base: 0x0, size: 4MiB}
    heaps.sram.memory: [sram]
    memory.sram.base: 0x40000000
    memory.sram.size: {costs 1500000: 4MiB, costs 1750000: 3MiB}
"""

from collections.abc import Sequence

from heapwright.solver.board.budget import Budget
from heapwright.solver.objective.term import CostTerm


def _sum(shares: Sequence[tuple[Budget, int]]) -> int:
    return sum([share for _, share in shares])


TERM = CostTerm(
    name="scarcity-sum",
    scope="counted",
    reads=("shares",),
    rule=_sum,
    grows=frozenset({"shares"}),
    unit="ppm",
)
