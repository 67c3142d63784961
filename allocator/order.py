"""The order in which the buffers of a plan are made, on which the promise of a plan rests (design §5.27).

First what is confined to fewer memories, so that who may choose takes what is left. Of those alike
the largest alignment first, then the longest runs: each run then finds a multiple of its alignment
behind the last one, and holes are left only where something was live before. A heap that locks a
block is counted by its block.

Dma-bufs of dma-heaps are made one by one, those of one buffer among all others; a device that
exports makes all of a buffer at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from heapwright.allocator.hardware import HeapFacts
from heapwright.solver.answer.plan import Placement

Turn = tuple[Any, ...]


class AllocationCall(NamedTuple):
    """What is made by one call: a buffer, or one of its dma-bufs."""

    placement: Placement
    number: int
    """Of the buffer among those of its placement."""
    part: int
    """Of the first dma-buf."""
    sizes: tuple[int, ...]


def units(heaps: Mapping[str, HeapFacts], placements: Sequence[Placement]) -> list[AllocationCall]:
    """Everything to be made, in order."""
    found = []
    for placement in placements:
        parts = [placement.sizes]
        if (heap := heaps.get(placement.heap)) is not None and heap.one_by_one:
            parts = [(size,) for size in placement.sizes]
        for part, sizes in enumerate(parts):
            found += [AllocationCall(placement, number, part, sizes) for number in range(placement.count)]
    return sorted(found, key=lambda unit: turn(heaps, unit.placement, unit.sizes))


def turn(heaps: Mapping[str, HeapFacts], placement: Placement, sizes: Sequence[int]) -> Turn:
    """What is made of dma-bufs of these sizes is made in the order of turns."""
    heap = heaps.get(placement.heap)
    if heap is None:
        return (0, [])
    within = _largest_first(max((run_of(heap, size) for size in sizes), default=(0, 0)))
    lock = heap.facts.locks
    if lock is not None:
        return (
            *_confined(frozenset([lock.from_])),
            *_largest_first(locked_run(heaps, heap)),
            heap.name,
            *within,
        )
    return (*_confined(heap.memories or frozenset()), *within, "", 0, 0)


def _confined(memories: frozenset[str]) -> Turn:
    return len(memories), sorted(memories)


def _largest_first(run: tuple[int, int]) -> tuple[int, int]:
    return -run[0], -run[1]


def run_of(heap: HeapFacts, size: int) -> tuple[int, int]:
    """The largest run that a dma-buf is made of: the power of two it is aligned to, and its length."""
    align = heap.alignment(size)
    even = max(align & -align, heap.page)
    slot = heap.slot(size) + align - even
    return even, slot if heap.run is None else min(slot, heap.run)


def locked_run(heaps: Mapping[str, HeapFacts], heap: HeapFacts) -> tuple[int, int]:
    """The alignment and length of the block that a heap locks.

    Of a CMA area it is aligned as all that is allocated there (drivers/tee/tee_shm.c
    tee_shm_alloc_dma_mem(), kernel/dma/contiguous.c cma_alloc_aligned()).
    """
    lock = heap.facts.locks
    assert lock is not None  # who asks has seen it
    areas = [each for each in heaps.values() if each.memories and lock.from_ in each.memories]
    align = max([each.alignment(lock.size) for each in areas if each.by_size], default=heap.page)
    return align, -(-lock.size // align) * align
