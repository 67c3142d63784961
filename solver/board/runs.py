"""Runs: the pieces in which a heap allots a buffer, and the classes in which they are counted.

A class is an alignment and a number of blocks of that alignment. Plans are allocated class by
class, the largest alignment first, then the longest (see `heapwright.allocator.execute`), so what a run finds
is what those before it and live buffers leave. Numbers of blocks are counted in steps: 1 to 8, from
there a quarter of the power of two below apart (10, 12, 14, 16, 20 …).
"""

from collections.abc import Iterator
from typing import NamedTuple

from heapwright.solver.board.areas import blocked
from heapwright.solver.board.board import Promise


class Run(NamedTuple):
    """So many runs alike: what their addresses are multiples of, and how long they are."""

    align: int
    length: int
    number: int = 1

    @property
    def blocks(self) -> int:
        return -(-self.length // self.align)


def runs(promise: Promise, size: int) -> list[Run]:
    """What a dma-buf of `size` bytes is made of: its slot, or runs as long as the heap guarantees."""
    slot = promise.allocated(size)
    align = promise.alignment(promise.exported(size))
    if even(align, promise.page) != align:  # somewhere in so much more there is a multiple
        slot, align = slot + align - even(align, promise.page), even(align, promise.page)
    if promise.run is None or promise.run >= slot:
        return [Run(align, slot)]
    whole, rest = divmod(slot - promise.run, promise.run)
    step = unit(promise)
    found = [Run(align, promise.run), Run(step, promise.run, whole), Run(step, rest, min(1, rest))]
    return [run for run in found if run.number]


def unit(promise: Promise) -> int:
    """What scattered runs are aligned to: a page, or the granule in which the heap hands memory out."""
    align = promise.page if promise.align_cap is not None else even(promise.align, promise.page)
    return min(align, even(promise.granule, promise.page))


def even(align: int, page: int) -> int:
    """The power of two that an alignment is a multiple of; of a page at least."""
    return max(page, align & -align)


def alignments(promise: Promise) -> list[int]:
    """What runs of a heap may be aligned to."""
    if promise.align_cap is None:
        return sorted({even(promise.align, promise.page), *(() if promise.run is None else (unit(promise),))})
    found = [promise.page]
    while found[-1] * 2 <= promise.align_cap:
        found.append(found[-1] * 2)
    return sorted({*found, even(promise.align_cap, promise.page)})


def long_alignments(promise: Promise) -> list[tuple[int, int | None]]:
    """Those of runs that may have several blocks, and how many at most.

    What is aligned by its size has one block, up to the largest alignment; scattered runs are no longer than the heap's.
    """
    found = alignments(promise)
    if promise.run is None:
        return [(found[-1], None)]
    return [(align, -(-promise.run // align)) for align in found if align < promise.run]


def touched(run: Run, align: int) -> int:
    """Bytes of aligned blocks that runs take at most."""
    if run.align >= align:
        return run.number * (-(-run.length // align) * align)
    return run.number * blocked(run.length, run.align, align)


def counted(blocks: int) -> int:
    """A number of blocks as it is counted."""
    if blocks <= 8 or blocks & (blocks - 1) == 0:
        return blocks
    step = 1 << (blocks.bit_length() - 3)
    return -(-blocks // step) * step


def steps(most: int) -> Iterator[int]:
    """All counted numbers of blocks up to the one for `most`."""
    number = 1
    while number <= counted(most):
        yield number
        number = counted(number + 1)
