"""Bytes allocated (design §6, 7)."""

from __future__ import annotations

from solver.costs.term import Priced

NAME = "bytes"


def value(priced: Priced) -> int:
    return priced.placed.number * priced.placed.allocated
