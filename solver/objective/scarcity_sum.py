"""The sum of the shares of all bounded memories, in ppm (design §6, 6).

Each placement's share of a memory is rounded up to a whole ppm. A block that a heap's first
buffer locks is memory used, once for all its buffers: joint, so the model adds it, and what
live buffers use, so that no share is ever larger than the sum.
"""

from __future__ import annotations

from heapwright.solver.objective.term import Counted

NAME = "scarcity-sum"
SCOPE = "counted"


def value(counted: Counted) -> int:
    return sum([share for _, share in counted.shares])
