"""Conversions that may lose something; borne by what they write (design §6, 1).

An edge that is not known to be lossless is lossy.
"""

from __future__ import annotations

from solver.constraint import End
from solver.costs.term import Priced

NAME = "lossy-conversions"


def value(priced: Priced) -> int:
    return sum(map(lossy, priced.placed.ends))


def lossy(end: End) -> bool:
    return end.access == "write" and end.edge.lossless is not True
