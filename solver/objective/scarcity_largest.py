"""The largest share of any bounded memory used, in ppm (design §6, 6).

Joint: the model bounds it over all placements and the blocks that their heaps lock; alone an
option has none.

Example:
    buffers.frame: {size: 512x512, count: 3}  # 1 MiB each
    memory.dram.size: {costs 750000: 4MiB, costs 1000000: 3MiB}
"""

from heapwright.solver.objective.term import CostTerm

TERM = CostTerm(name="scarcity-largest", scope="joint", unit="ppm")
