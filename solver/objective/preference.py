"""Rank in the orders the pipeline gives: its formats, and `any_of` (design §6, 3).

Example:
    buffers.frame.formats: {costs 0: [XR24, NV12], costs 1: [NV12, XR24]}
"""

from __future__ import annotations

from heapwright.solver.objective.term import Counted

NAME = "preference"
SCOPE = "counted"


def value(counted: Counted) -> int:
    return counted.rank
