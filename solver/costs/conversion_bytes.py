"""Bytes per second that conversions move; none before conversions exist (design §6, 2)."""

from __future__ import annotations

from solver.costs.term import Priced

NAME = "conversion-bytes"


def value(priced: Priced) -> int:
    return 0
