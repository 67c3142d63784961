"""Places of formats in the orders of the drivers that touch them: what they would pick (design §6, 12).

Example:
    devices.camera.ports.capture.prefers: {source: made up, formats: {costs 0: [XR24], costs 4096: [NV12, XR24]}}
"""

from heapwright.solver.objective.term import CostTerm

TERM = CostTerm(
    name="driver-formats",
    scope="counted",
    reads=("preferred.format",),
    rule=int,
    grows=frozenset({"preferred.format"}),
)
