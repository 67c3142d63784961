"""Places of modifiers in the orders of the drivers that touch them: what they would pick (design §6, 13).

Example:
    devices.camera.ports.capture.prefers: {source: made up, modifiers: {costs 0: [LINEAR], costs 4096: [BROADCOM_UIF, LINEAR]}}
"""

from heapwright.solver.objective.term import CostTerm

TERM = CostTerm(
    name="driver-modifiers",
    scope="counted",
    reads=("preferred.modifier",),
    rule=int,
    grows=frozenset({"preferred.modifier"}),
)
