"""What a cost term is given: a placement, its rank, and its shares of memories."""

from __future__ import annotations

from typing import NamedTuple

from solver.constraint import Budget, Placed


class Priced(NamedTuple):
    """One option of one buffer, to be priced. Every term is an integer ≥ 0."""

    placed: Placed
    rank: int
    """Places behind the first choice in the orders the pipeline gives."""
    dropped: int
    """Buffers wished for and not granted."""
    shares: tuple[tuple[Budget, int], ...]
    """Its share of each bounded memory, in ppm."""
