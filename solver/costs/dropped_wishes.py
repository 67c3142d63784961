"""Buffers wished for and not granted (design §6, 4)."""

from __future__ import annotations

from solver.costs.term import Priced

NAME = "dropped-wishes"


def value(priced: Priced) -> int:
    return priced.dropped
