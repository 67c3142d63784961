"""The objective: one module per term, in the order in which they are closed (design §6).

To add a term, write its module and put it into TERMS where it ranks.
"""

from typing import Final

from heapwright.solver.objective import (
    avoided_heaps,
    bytes,
    conversion_bytes,
    dropped_wishes,
    exporter,
    lossy_conversions,
    moved_buffers,
    preference,
    scarcity_largest,
    scarcity_sum,
    traffic,
)
from heapwright.solver.objective.term import CostTerm

TERMS: Final[tuple[CostTerm, ...]] = tuple(
    module.TERM
    for module in (
        lossy_conversions,
        conversion_bytes,
        preference,
        avoided_heaps,
        dropped_wishes,
        traffic,
        scarcity_largest,
        scarcity_sum,
        bytes,
        moved_buffers,
        exporter,
    )
)
NAMES: Final = tuple(term.name for term in TERMS)
PLACED: Final = tuple((level, term) for level, term in enumerate(TERMS) if term.scope == "placed")
COUNTED: Final = tuple((level, term) for level, term in enumerate(TERMS) if term.scope == "counted")
LARGEST: Final = TERMS.index(scarcity_largest.TERM)
"""The one level that belongs to all placements together."""
SUM: Final = TERMS.index(scarcity_sum.TERM)
"""The one level that is more than a sum over placements: a heap's locked block is added once."""
LOSSY: Final = TERMS.index(lossy_conversions.TERM)
MOVED: Final = TERMS.index(conversion_bytes.TERM)
"""What conversions cost: levels that come before all others, and are 0 for what is not converted."""
