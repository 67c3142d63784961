"""Rank in the orders the pipeline gives: its formats, and `any_of` (design §6, 3)."""

from __future__ import annotations

from heapwright.solver.objective.term import Counted

NAME = "preference"
SCOPE = "counted"


def value(counted: Counted) -> int:
    return counted.rank
