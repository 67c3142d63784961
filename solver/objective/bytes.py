"""Bytes allocated (design §6, 7).

Example:
    buffers.frame.count: 3  # 16 × 16 × 4 = 1024 bytes each
    heaps.system.align: {costs 12288: 4KiB, costs 196608: 64KiB}
"""

from __future__ import annotations

from heapwright.solver.objective.term import Counted

NAME = "bytes"
SCOPE = "counted"


def value(counted: Counted) -> int:
    return counted.number * counted.placed.allocated
