"""Lossy conversions inserted; none before conversions exist (design §6, 1)."""

from __future__ import annotations

from solver.costs.term import Priced

NAME = "lossy-conversions"


def value(priced: Priced) -> int:
    return 0
