"""Buffers must fit the memory their heap draws from.

Each costs its size rounded up to the heap's alignment for that size: the slots
that CMA was measured to need. A heap over several memories takes from any, so
for every set of memories the heaps confined to it must fit their summed free
size. Two names of one heap are one pool; a lazily locked pool costs its block at
its first buffer, and its buffers live in that block. Where the sum does not say that
they fit as runs too, wherever live buffers and others lie, `heapwright.solver.board.places` does.

Source: linux-7.2.13:mm/cma.c cma_alloc() (bitmap aligned to the order);
drivers/dma-buf/heaps/cma_heap.c cma_heap_allocate(); drivers/tee/optee/protmem.c.

Example:
    buffers.frame: {size: 512x512, count: 3}  # 1 MiB each
    memory.dram.size: {violates: 2MiB, passes: 3MiB}
    clashes_with: [count]
"""

from collections.abc import Iterable
from typing import Final

from heapwright.platforms.values import in_units
from heapwright.solver.board.board import TOGETHER, Board, Pool, Promise, remembered
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.board.places import IN_RUNS, places
from heapwright.solver.constraints.kind import Budgeting, ConstraintKind

LOCKED: Final = "bytes locked by "


@remembered
def _charges(board: Board, promise: Promise, sizes: tuple[int, ...]) -> list[Charge]:
    each = promise.costs(sizes)
    found: list[Charge] = [(budget, each, 0) for budget in _budgets(board, promise)]
    return [*found, *places(board).charges(promise, sizes)] if found else found


@remembered
def _budgets(board: Board, promise: Promise) -> list[Budget]:
    """Every pool that the heap draws from, or the block that its first buffer locks."""
    lock = promise.lock
    if lock is not None and promise.in_block:
        return [Budget(KIND.name, lock.heap, lock.size, f"{LOCKED}{lock.heap}", False)]
    return [budget(pool) for pool in board.pools if promise.names and promise.names <= pool.memories]


def _locks(board: Board, promise: Promise, sizes: tuple[int, ...]) -> Iterable[tuple[Budget, int]]:
    """What the heap's first buffer takes, once."""
    lock = promise.lock
    if lock is None:
        return ()
    found = [(budget(pool), lock.size) for pool in board.pools if lock.memory in pool.memories]
    return [*found, *places(board).reserved(lock)]


def members(subject: str) -> list[str]:
    """The memories of a pool by its name."""
    return subject.split(TOGETHER)


def budget(pool: Pool) -> Budget:
    return Budget(KIND.name, pool.name, pool.free, f"bytes of {pool.name}", True)


def of_runs(budget: Budget) -> bool:
    """Whether its limit is what live buffers leave, so that they are not charged to it."""
    return IN_RUNS in budget.what


def _exceeded(budget: Budget, used: int, who: str) -> str:
    what = budget.what.removeprefix(LOCKED).removeprefix("bytes of ")
    if of_runs(budget):
        needed, _, why = what.rpartition(", ")
        return f"{who} {in_units(used)} of {needed}; {why}, {in_units(budget.limit)} are certain"
    if not budget.shared:
        return f"{who} {in_units(used)} of the {in_units(budget.limit)} that {budget.subject} locks"
    return f"{who} {in_units(used)} of {budget.subject}, which has {in_units(budget.limit)} free"


def _source(board: Board, budget: Budget) -> str:
    if budget.what.startswith(LOCKED):
        return board.heaps[budget.subject].source
    return "; ".join(board.memories[name].spec.source for name in members(budget.subject))


KIND = ConstraintKind(
    name="capacity",
    scope="budget",
    budget=Budgeting(
        reads=("board", "backing.promise", "sizes"),
        charges=_charges,
        reserved=_locks,
        grows=frozenset({"sizes"}),
        exceeded=_exceeded,
        source=_source,
    ),
)
