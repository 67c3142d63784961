"""Places: how much of a pool is certain to be free for runs, whoever lies where in it.

The sum of a pool says how much fits, not whether it fits as runs. It says enough where one
aligned area is filled in order (see `heapwright.allocator.execute`). Elsewhere each class of runs
(`heapwright.solver.board.runs`) has a budget of its own. A run goes to the lowest multiple of its alignment in
some free interval. So

- a new interval begins only behind a live run, or where a run of a larger alignment leaves
  something before it (`_ragged`); smaller alignments never part blocks of a class;
- where a run of `blocks` blocks finds no place, no interval has more than `blocks` − 1 free.

It finds one if what is allocated before it takes, with it, at most

    usable blocks − blocks that live runs touch − (intervals − 1) × (blocks − 1).

Before it come the runs of larger classes, what is confined to fewer memories, and what is made
together with a run of a larger class; of smaller alignment, each counts all blocks that it
touches. A heap over several memories takes from any, as the kernel likes: what is live, and what
comes before, counts in full in each of them.

Sources: linux-7.3.4:mm/cma.c cma_range_alloc(); lib/bitmap.c bitmap_find_next_zero_area_off();
lib/genalloc.c gen_pool_first_fit(), gen_pool_first_fit_align().
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final, NamedTuple

from heapwright.platforms.values import in_units
from heapwright.solver.board.areas import Areas, areas
from heapwright.solver.board.board import TOGETHER, Board, Promise, ReservedBlock, remembered
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.board.memories import MemoryView
from heapwright.solver.board.runs import Run, alignments, counted, even, long_alignments, runs, steps, touched

MemoryNames = frozenset[str]

IN_RUNS: Final = ", as runs of "
"""In what a budget of a class sums."""


class Drawer(NamedTuple):
    """Who draws runs from memories: a heap, or the lock of its block (`lock`)."""

    names: MemoryNames
    aligns: tuple[int, ...]
    long: tuple[tuple[int, int | None], ...]
    """Alignments of runs of several blocks, and how many blocks at most (None: any number)."""
    together: bool = False
    """Whether dma-bufs of one buffer, which may differ in alignment, are made by one call."""
    uneven: bool = False
    """Whether runs of one dma-buf differ in alignment: of scattered ones only the first has more than a page's."""


class RunClass(NamedTuple):
    """Runs on multiples of `align` of so many blocks or more."""

    align: int
    blocks: int
    budget: Budget
    once: int
    """What a placement of such runs takes besides, if others are charged who are none of them."""


class RunCapacity:
    """What those who draw from one set of memories share with those who come before them."""

    def __init__(
        self,
        board: Board,
        names: MemoryNames,
        title: tuple[str, str],
        free: Sequence[Areas],
        drawers: Sequence[Drawer],
        live: Sequence[tuple[MemoryNames, Run]],
    ) -> None:
        """`title`: whose it is, and what is summed; `live`: runs, and the memories in which they may be."""
        self.names, self._title, self._free = names, title, free
        mine = [drawer for drawer in drawers if drawer.names & names]
        self._own = [drawer for drawer in mine if drawer.names == names]
        self._every = {align for drawer in mine for align in drawer.aligns}
        self._most = max(self._every, default=1)
        self._before = {each.names for each in mine if comes_before(each.names, names)}
        mixed = len(self._every) > 1
        by_size = board.makes_together and any(drawer.together for drawer in mine)
        self._together = mixed and (by_size or any(drawer.uneven for drawer in mine))
        crossing = any(not each <= names for each in self._before)
        self._plain = not (crossing or self._together or (mixed and self._before))
        """Whether a run takes no more blocks than its length has."""
        self._live = [run for of, run in live if of & names]
        self._inside = sum(run.number * run.length for of, run in live if of <= names)
        aligned = all(each.begin_on(self._most) for each in free)
        self._ragged = mixed and not (aligned and self._plain and not self._live)
        self.classes = tuple(self._classes())

    def _classes(self) -> Iterator[RunClass]:
        long = _longest(self._own)
        free = sum(each.size for each in self._free) - self._inside
        for align in sorted({align for drawer in self._own for align in drawer.aligns}):
            limit = sum(each.usable(align) for each in self._free)
            limit -= sum(touched(run, align) for run in self._live)
            more = self._intervals(align) - 1 if align in long else 0
            most = max(1, limit // align)
            for blocks in steps(min(most, long[align] or most) if more > 0 else 1):
                lost = more * (blocks - 1) * align
                if not self._plain or lost or limit < free // align * align:
                    others = blocks > 1 and (self._before or self._larger(align))
                    once = lost if others else 0
                    yield RunClass(align, blocks, self._budget(align, blocks, limit - lost + once), once)

    def _larger(self, align: int) -> int:
        return sum(1 for each in self._every if each > align)

    def _intervals(self, align: int) -> int:
        """Free intervals with a block, at most: for each larger alignment, runs may part one in two."""
        number = sum(each.number for each in self._free) + sum(run.number for run in self._live)
        if self._ragged:
            number *= (1 + self._larger(align)) ** (1 + len(self._before))
        return number

    def _budget(self, align: int, blocks: int, limit: int) -> Budget:
        length = in_units(align * blocks) + (" or more" if blocks > 1 else "")
        several = sum(each.number for each in self._free) > 1 or self._before
        why = "whatever the kernel takes first" if several else "as it lies"
        why = "wherever live buffers lie" if self._live else why
        subject, what = self._title
        what = f"{what}{IN_RUNS}{length} on multiples of {in_units(align)}, {why}"
        return Budget("capacity", subject, max(0, limit), what, False)

    def charges(self, names: MemoryNames, of_buffer: Sequence[Run]) -> Iterator[Charge]:
        """What a buffer made of these runs in these memories takes of every class."""
        largest = max(of_buffer)
        before, last, every, larger = names != self.names, 0, 0, 0
        for align, blocks, budget, once in self.classes:
            same = not before and largest.align == align and counted(largest.blocks) >= blocks
            if before or same or largest.align > align:
                if align != last:  # classes of one alignment follow each other
                    last, every = align, sum([touched(run, align) for run in of_buffer])
                    larger = sum([run.number for run in of_buffer if self._together and run.align > align])
                lost = larger * min((blocks - 1) * align, self._most - align) if larger else 0
                yield budget, every + lost, once if same else 0


def comes_before(names: MemoryNames, others: MemoryNames) -> bool:
    """Whether what is confined to `names` is allocated before what is confined to `others`."""
    return (len(names), sorted(names)) < (len(others), sorted(others))


class Places:
    """All places of a board, with what is live on it."""

    def __init__(self, board: Board) -> None:
        self._page, self._existing = board.page, board.existing
        self._promises = [heap.promise for heap in board.heaps.values()]
        drawers = [drawer for promise in self._promises for drawer in self._drawers(promise)]
        live = list(self._live())
        self._pools: list[RunCapacity] = []
        for names in sorted({drawer.names for drawer in drawers}, key=sorted):
            views = [board.memories[name] for name in sorted(names)]
            if all(view.free is not None for view in views):
                title = TOGETHER.join(sorted(names))
                free = [self._areas(board, view) for view in views]
                self._pools.append(
                    RunCapacity(board, names, (title, f"bytes of {title}"), free, drawers, live)
                )
        self._blocks = {
            each: self._block(board, each, each.lock)
            for each in self._promises
            if each.lock is not None and each.in_block
        }

    def _drawers(self, promise: Promise) -> Iterator[Drawer]:
        if promise.names and not promise.in_block:
            yield _drawer(promise)
        if promise.lock is not None:
            align = self._lock(promise.lock).align
            yield Drawer(frozenset([promise.lock.memory]), (align,), ((align, None),))

    def _lock(self, lock: ReservedBlock) -> Run:
        """The run that a heap locks: aligned as the CMA area from which it comes aligns.

        Source: linux-7.3.4:drivers/tee/tee_shm.c tee_shm_alloc_dma_mem();
        kernel/dma/contiguous.c cma_alloc_aligned().
        """
        cma = [each for each in self._promises if each.align_cap and lock.memory in each.names]
        align = max((each.alignment(lock.size) for each in cma), default=self._page)
        return Run(even(align, self._page), lock.size + -lock.size % align)

    def _live(self) -> Iterator[tuple[MemoryNames, Run]]:
        """Live runs, and the memories in which they may be."""
        locked = set()
        for backing, sizes, count in self._existing:
            promise, lock = backing.promise, backing.promise.lock
            if lock is not None and lock not in locked:
                locked.add(lock)
                yield frozenset([lock.memory]), self._lock(lock)
            if not promise.in_block:
                for run in _of_buffers(promise, sizes, count):
                    yield promise.names, run

    def _block(self, board: Board, promise: Promise, lock: ReservedBlock) -> RunCapacity:
        """What a heap locks, in which it is alone."""
        free = [Areas(None, lock.size, 0, self._lock(lock).align, (), self._page)]
        existing = [(sizes, count) for backing, sizes, count in self._existing if backing.promise == promise]
        live = [(promise.names, run) for each in existing for run in _of_buffers(promise, *each)]
        names = lock.heap, f"bytes locked by {lock.heap}"
        return RunCapacity(board, promise.names, names, free, [_drawer(promise)], live)

    def _areas(self, board: Board, view: MemoryView) -> Areas:
        cma = any(each.align_cap and view.name in each.names for each in self._promises)
        return areas(view, board.parts(view), board.page, cma=cma)

    def charges(self, promise: Promise, sizes: tuple[int, ...]) -> list[Charge]:
        """What one buffer takes of the classes of every place."""
        calls = [(size,) for size in sizes] if promise.one_by_one else [sizes]
        summed: dict[Budget, Charge] = {}
        charged = [self._blocks[promise]] if promise.in_block else self._where(promise.names)
        for place, call in product(charged, calls):
            for budget, each, once in place.charges(promise.names, _of_buffers(promise, call, 1)):
                before = summed.get(budget, (budget, 0, 0))
                summed[budget] = budget, before[1] + each, max(before[2], once)
        return list(summed.values())

    def reserved(self, lock: ReservedBlock) -> list[tuple[Budget, int]]:
        """What the block of a heap takes, once; one that is locked already is live."""
        if any(backing.promise.lock == lock for backing, _, _ in self._existing):
            return []
        names, run = frozenset([lock.memory]), self._lock(lock)
        found = (charge for place in self._where(names) for charge in place.charges(names, [run]))
        return [(budget, each + once) for budget, each, once in found]

    def _where(self, names: MemoryNames) -> list[RunCapacity]:
        """Places of those who share memories and do not come before."""
        return [p for p in self._pools if p.classes and p.names & names and not comes_before(p.names, names)]


def _longest(drawers: Sequence[Drawer]) -> dict[int, int | None]:
    """For each alignment the most blocks that a run may have; None where any number."""
    found: dict[int, int | None] = {}
    for align, most in (each for drawer in drawers for each in drawer.long):
        before = found.get(align, 0)
        found[align] = None if most is None or before is None else max(most, before)
    return found


def _drawer(promise: Promise) -> Drawer:
    aligns = tuple(alignments(promise))
    uneven = promise.run is not None and len(aligns) > 1
    together = bool(promise.align_cap) and not promise.one_by_one
    return Drawer(promise.names, aligns, tuple(long_alignments(promise)), together, uneven)


@remembered
def places(board: Board) -> Places:
    """The places of a board, worked out once."""
    return Places(board)


def _of_buffers(promise: Promise, sizes: Sequence[int], count: int) -> list[Run]:
    """What so many buffers of these dma-bufs are made of."""
    found = (run for size in sizes for run in runs(promise, size))
    return [run._replace(number=run.number * count) for run in found]
