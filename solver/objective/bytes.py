"""Bytes allocated (design §6, 7)."""

from __future__ import annotations

from heapwright.solver.objective.term import Counted

NAME = "bytes"
SCOPE = "counted"


def value(counted: Counted) -> int:
    return counted.number * counted.placed.allocated
