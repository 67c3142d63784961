"""Buffers wished for and not granted, borne fairly (design §6, 7).

A buffer's first lost wish costs 1, its second 2, its third 3: nobody loses a second
while another could give its first for the same room. Among equals the later levels
and at last the names decide who gives.

Example:
    buffers.frame: {size: 512x512, count: {min: 2, wish: 5}}  # 1 MiB each
    memory.dram.size: {costs 0: 5MiB, costs 1: 4MiB, costs 3: 3MiB}
"""

from heapwright.solver.objective.term import CostTerm


def _lost(dropped: int) -> int:
    return dropped * (dropped + 1) // 2


TERM = CostTerm(name="dropped-wishes", scope="counted", reads=("dropped",), rule=_lost)
