"""Placements in heaps that the profile says to avoid (design §6, 6).

Such a heap works, but is needed for something else, or costs what no profile can count: decrypted
memory of a confidential guest, a DMA32 pool, a small carve-out. It is avoided before wishes are
granted: a wish is granted from it only where the first buffers live there as well.

Example:
    heaps.system.avoid: {costs 0: null, costs 1: scarce}
"""

from heapwright.solver.objective.term import CostTerm


def _avoided(of_heap: str | None, of_backing: str | None) -> int:
    return int(of_heap is not None or of_backing is not None)


TERM = CostTerm(
    name="avoided-heaps",
    scope="placed",
    reads=("heap.spec.avoid", "backing.spec.avoid"),
    rule=_avoided,
)
