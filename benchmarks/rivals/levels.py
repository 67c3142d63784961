"""As `tuples`, but closed goal by goal: how a lexicographic objective is mostly written."""

from __future__ import annotations

from benchmarks.rivals import tuples
from benchmarks.rivals.tuples import version
from benchmarks.table import Answer, Table

__all__ = ["solve", "version"]


def solve(table: Table, cap: float) -> Answer:
    return tuples.solve(table, cap, share=False)
