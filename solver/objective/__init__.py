"""The objective: one module per term, in the order in which they are closed (design §6).

To add a term, write its module and put it into TERMS where it ranks.
"""

from typing import Final

from heapwright.solver.objective import (
    avoided_heaps,
    bytes,
    dropped_wishes,
    exporter,
    fine_load,
    load,
    moved_buffers,
    picture,
)
from heapwright.solver.objective.conversions import conversion_bytes, converted_picture, lossy_conversions
from heapwright.solver.objective.orders import driver_formats, driver_modifiers, preference
from heapwright.solver.objective.term import CostTerm

TERMS: Final[tuple[CostTerm, ...]] = tuple(
    module.TERM
    for module in (
        lossy_conversions,
        converted_picture,
        conversion_bytes,
        preference,
        picture,
        avoided_heaps,
        dropped_wishes,
        load,
        bytes,
        moved_buffers,
        exporter,
        driver_formats,
        driver_modifiers,
        fine_load,
    )
)
NAMES: Final = tuple(term.name for term in TERMS)
PLACED: Final = tuple((level, term) for level, term in enumerate(TERMS) if term.scope == "placed")
COUNTED: Final = tuple((level, term) for level, term in enumerate(TERMS) if term.scope == "counted")
FILLING: Final = tuple(level for level, term in enumerate(TERMS) if term.fills)
LOAD: Final = TERMS.index(load.TERM)
"""The one level that belongs to all placements together: the largest share of any memory is a part of it."""
LOSSY: Final = TERMS.index(lossy_conversions.TERM)
PICTURED: Final = TERMS.index(converted_picture.TERM)
MOVED: Final = TERMS.index(conversion_bytes.TERM)
"""What conversions cost: levels that come before all others, and are 0 for what is not converted."""
