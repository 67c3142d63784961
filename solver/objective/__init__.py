"""The objective: one module per term, in the order in which they are closed (design §6).

To add a term, write its module and put it into TERMS where it ranks.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from heapwright.solver.objective import (
    bytes,
    conversion_bytes,
    dropped_wishes,
    lossy_conversions,
    preference,
    scarcity_largest,
    scarcity_sum,
    traffic,
)

TERMS: Final[tuple[ModuleType, ...]] = (
    lossy_conversions,
    conversion_bytes,
    preference,
    dropped_wishes,
    traffic,
    scarcity_largest,
    scarcity_sum,
    bytes,
)
NAMES: Final = tuple(term.NAME for term in TERMS)
PLACED: Final = tuple((level, term) for level, term in enumerate(TERMS) if term.SCOPE == "placed")
COUNTED: Final = tuple((level, term) for level, term in enumerate(TERMS) if term.SCOPE == "counted")
LARGEST: Final = NAMES.index(scarcity_largest.NAME)
"""The one level that belongs to all placements together."""
SUM: Final = NAMES.index(scarcity_sum.NAME)
"""The one level that is more than a sum over placements: a heap's locked block is added once."""
