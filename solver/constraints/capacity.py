"""Buffers must fit the memory their heap draws from.

Each costs its size rounded up to the heap's alignment for that size: the slots
that CMA was measured to need. A heap over several memories takes from any, so
for every set of memories the heaps confined to it must fit their summed free
size: a guarantee whatever the order of allocation. A heap of whole runs splits none
between memories, so what is more than a page is counted in its largest memory. Two
names of one heap are one pool; a lazily locked pool costs its block at its first buffer, and its buffers live
in that block.

Source: linux-7.2.13:mm/cma.c cma_alloc() (bitmap aligned to the order);
drivers/dma-buf/heaps/cma_heap.c cma_heap_allocate(); drivers/tee/optee/protmem.c.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from platforms.values import in_units
from solver.board import Board, HeapView, Pool
from solver.constraint import Budget, Placed

NAME = "capacity"
SCOPE = "budget"


def charges(placed: Placed) -> Iterable[tuple[Budget, int]]:
    home = placed.home
    split = home.run is None and max(map(home.allocated, placed.sizes), default=0) > placed.board.page
    key = (NAME, home.name, split)
    found = placed.board.budgets.get(key)
    if found is None:
        found = placed.board.budgets[key] = tuple(_budgets(placed.board, home, split))
    amount = placed.number * placed.allocated
    return [(budget, amount) for budget in found]


def _budgets(board: Board, home: HeapView, split: bool) -> Iterator[Budget]:
    """Every pool that the heap draws from, or the block that its first buffer locks.

    `split`: what is allocated is more than a page, so memories do not share it.
    """
    if home.memories is None:
        return
    mine = frozenset(memory.name for memory in home.memories)
    lock = home.spec.locks
    if lock is not None and mine <= {lock.from_}:
        yield Budget(NAME, home.name, lock.size, f"bytes locked by {home.name}", False)
        return
    if split:
        mine = board.largest(home)
    for pool in board.pools:
        if mine <= pool.memories:
            yield budget(pool)


def locks(placed: Placed) -> Iterable[tuple[Budget, int]]:
    """What the heap's first buffer takes, once."""
    lock = placed.home.spec.locks
    if lock is None:
        return ()
    return [(budget(pool), lock.size) for pool in placed.board.pools if lock.from_ in pool.memories]


def budget(pool: Pool) -> Budget:
    return Budget(NAME, pool.name, pool.free, f"bytes of {pool.name}", True)


def sentence(budget: Budget, used: int, who: str) -> str:
    return f"{who} {in_units(used)} of {budget.subject}, which has {in_units(budget.limit)} free"


def source(board: Board, budget: Budget) -> str:
    names = budget.subject.split("+")
    if budget.subject in board.heaps and budget.subject not in board.memories:
        return board.heaps[budget.subject].source
    return "; ".join(board.memories[name].spec.source for name in names)
