"""Traffic and the shares of all bounded memories, in ppm: what the steps of `load` leave open (design §6, 14).

Without the largest share, which only a search over all placements together can close: so the last
number before names is a sum.

Example:
    memory.dram.size: {costs 22: 1GiB, costs 30: 512MiB}
"""

from heapwright.solver.objective import load
from heapwright.solver.objective.term import CostTerm

TERM = CostTerm(
    name="fine-load",
    scope="placed",
    reads=load.TERM.reads,
    rule=load.TERM.rule,
    grows=load.TERM.grows,
    fills=True,
    unit="ppm",
)
