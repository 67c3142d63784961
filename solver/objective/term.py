"""What a cost term is, and what it is given. Every term is an integer ≥ 0.

A term is a module of `solver/objective/` with a NAME (public, stable) and a SCOPE:

    placed     value(placed)      the same however many buffers there are: priced once for all counts
    counted    value(counted)     depends on the count, or on what the pipeline prefers
    joint      (in model)         belongs to all placements together; alone an option has none
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heapwright.solver.board.budget import Budget
from heapwright.solver.constraints.kind import Placed


class Counted(NamedTuple):
    """So many buffers of one placement."""

    placed: Placed
    number: int
    """Of buffers."""
    rank: int
    """Places behind the first choice in the orders the pipeline gives."""
    dropped: int
    """Buffers wished for and not granted."""
    shares: Sequence[tuple[Budget, int]]
    """Their share of each bounded memory, in ppm."""
