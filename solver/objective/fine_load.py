"""Traffic and the shares of all bounded memories, in ppm: what the steps of `load` leave open (design §6, 14).

Without the largest share, which only a search over all placements together can close: so the last
number before names is a sum. Three digits of what each placement takes count: nobody cares for the
fourth, and sums of numbers that all differ a little keep a search busy that has found the best long ago.

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
    digits=3,
    unit="ppm",
)
