"""Rank in the orders the pipeline gives: its formats and modifiers, and `any_of` (design §6, 4).

Example:
    buffers.frame.formats: {costs 0: [XR24, NV12], costs 1: [NV12, XR24]}
"""

from heapwright.solver.objective.term import CostTerm


def _rank(rank: int) -> int:
    return rank


TERM = CostTerm(name="preference", scope="counted", reads=("rank",), rule=_rank, grows=frozenset({"rank"}))
