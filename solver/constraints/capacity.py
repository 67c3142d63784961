"""Buffers must fit the memory their heap draws from.

Each costs its size rounded up to the heap's alignment for that size: the slots
that CMA was measured to need. A heap over several memories takes from any, so
for every set of memories the heaps confined to it must fit their summed free
size. A heap of whole runs splits none between memories, so of what is more than a
page it promises no more than its largest memory holds. Two names of one heap are one
pool; a lazily locked pool costs its block at its first buffer, and its buffers live in
that block.

Source: linux-7.2.13:mm/cma.c cma_alloc() (bitmap aligned to the order);
drivers/dma-buf/heaps/cma_heap.c cma_heap_allocate(); drivers/tee/optee/protmem.c.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from platforms.values import in_units
from solver.board import TOGETHER, Board, HeapView, Pool
from solver.constraint import Budget, Charge, Placed

NAME = "capacity"
SCOPE = "budget"
ONE_MEMORY = "one memory of"


def charges(placed: Placed) -> Iterable[Charge]:
    home = placed.home
    split = home.unsplit and max(map(home.allocated, placed.sizes), default=0) > placed.board.page
    key = (NAME, home.name, split)
    found = placed.board.budgets.get(key)
    if found is None:
        found = placed.board.budgets[key] = tuple(_budgets(placed.board, home, split))
    each = placed.allocated
    return [(budget, each, 0) for budget in found]


def _budgets(board: Board, home: HeapView, split: bool) -> Iterator[Budget]:
    """Every pool that the heap draws from, or the block that its first buffer locks.

    `split`: what is allocated is more than a page, so memories do not share a buffer.
    """
    if home.memories is None:
        return
    mine = frozenset(memory.name for memory in home.memories)
    lock = home.spec.locks
    if lock is not None and mine <= {lock.from_}:
        yield Budget(NAME, home.name, lock.size, f"bytes locked by {home.name}", False)
        return
    largest = board.largest(home)
    if split and largest is not None:
        yield Budget(NAME, home.name, largest, f"bytes of {ONE_MEMORY} {home.name}", False)
    for pool in board.pools:
        if mine <= pool.memories:
            yield budget(pool)


def locks(placed: Placed) -> Iterable[tuple[Budget, int]]:
    """What the heap's first buffer takes, once."""
    lock = placed.home.spec.locks
    if lock is None:
        return ()
    return [(budget(pool), lock.size) for pool in placed.board.pools if lock.from_ in pool.memories]


def members(subject: str) -> list[str]:
    """The memories of a pool by its name."""
    return subject.split(TOGETHER)


def budget(pool: Pool) -> Budget:
    return Budget(NAME, pool.name, pool.free, f"bytes of {pool.name}", True)


def sentence(budget: Budget, used: int, who: str) -> str:
    if ONE_MEMORY in budget.what:
        return (
            f"{who} {in_units(used)} of {budget.subject}, which splits no buffer between memories, "
            f"the largest of which has {in_units(budget.limit)} free"
        )
    if not budget.shared:
        return f"{who} {in_units(used)} of the {in_units(budget.limit)} that {budget.subject} locks"
    return f"{who} {in_units(used)} of {budget.subject}, which has {in_units(budget.limit)} free"


def source(board: Board, budget: Budget) -> str:
    if not budget.shared:
        return board.heaps[budget.subject].source
    return "; ".join(board.memories[name].spec.source for name in members(budget.subject))
