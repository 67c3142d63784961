"""Where a memory is free for runs, and how many aligned blocks lie there at the worst.

A run on a multiple of `align` needs aligned blocks. How many a memory has depends on where it
begins, on what is held (taken to be one run at its beginning) and on the parts inside it that
are others'. A memory whose place is vague begins wherever that costs most:

    CMA     on any pageblock (linux-7.3.4:mm/cma.c __cma_declare_contiguous_nid() and
            cma_init_reserved_mem(): CMA_MIN_ALIGNMENT_BYTES), which is what one page of page
            table entries maps (include/linux/pageblock-flags.h pageblock_order, its limit
            CONFIG_PAGE_BLOCK_MAX_ORDER as by default)
    others  on any page

Device-local memory without an address is counted from its own beginning, as its allocator counts.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from heapwright.solver.board.memories import MemoryView, held, most

ENTRY: Final = 8
"""Bytes of a page table entry: a pageblock is as many pages as a page has room for them."""


class Areas(NamedTuple):
    """The free areas of one memory.

    `fixed` are the beginning and end of each where addresses are known. Else the memory begins on
    a multiple of `step`; `before` bytes are held, then come `length`, with `parts` somewhere in them.
    """

    fixed: tuple[tuple[int, int], ...] | None
    length: int = 0
    before: int = 0
    step: int = 1
    parts: tuple[int, ...] = ()
    page: int = 1

    @property
    def number(self) -> int:
        return 1 + len(self.parts) if self.fixed is None else len(self.fixed)

    @property
    def size(self) -> int:
        if self.fixed is not None:
            return sum(end - begin for begin, end in self.fixed)
        return max(0, self.length - sum(self.parts))

    def begin_on(self, align: int) -> bool:
        """Whether every area begins on a multiple of `align`."""
        if self.fixed is not None:
            return all(begin % align == 0 for begin, _ in self.fixed)
        return not self.parts and self.step % align == 0 and self.before % align == 0

    def usable(self, align: int) -> int:
        """Bytes in aligned blocks, wherever the memory and its parts lie."""
        if self.fixed is not None:
            found = (end // align - -(-begin // align) for begin, end in self.fixed)
            return align * sum(max(0, number) for number in found)
        blocks = self.length // align
        first = self.before % min(self.step, align)
        if first or self.step < align:
            first = first or self.step
            blocks = (first + self.length) // align - 1  # the first address but one block is broken
        return max(0, blocks * align - sum(blocked(part, self.page, align) for part in self.parts))


def blocked(length: int, own: int, align: int) -> int:
    """Bytes of the aligned blocks that a run on some multiple of `own` touches at most."""
    return -(-(max(0, align - own) + length) // align) * align


def areas(view: MemoryView, parts: Iterable[MemoryView], page: int, *, cma: bool) -> Areas:
    """The areas of a memory whose size, and that of the parts inside it, is known."""
    inside = sorted(parts, key=lambda part: part.lowest)
    size = view.size or 0
    own = bool(view.local) and not view.addressed and view.spec.inside is None
    fixed = own or isinstance(view.spec.base, int)
    if fixed and all(isinstance(part.spec.base, int) for part in inside):
        return Areas(_between(view, size, inside))
    sizes = tuple(most(part) or 0 for part in inside)
    step = page * page // ENTRY if cma else page
    if fixed:
        step = (view.lowest & -view.lowest) or 1 << 63
    before = held(view)
    return Areas(None, max(0, size - before), before, step, sizes, page)


def _between(view: MemoryView, size: int, parts: Iterable[MemoryView]) -> tuple[tuple[int, int], ...]:
    """What lies between parts whose addresses are known, behind what is held."""
    found, begin, end = [], view.lowest, view.lowest + size
    for part in parts:
        found.append((begin, min(part.lowest, end)))
        begin = max(begin, part.lowest + (most(part) or 0))
    found.append((begin, end))
    left, free = held(view), []
    for low, high in found:
        taken = min(left, max(0, high - low))
        left -= taken
        if high > low + taken:
            free.append((low + taken, high))
    return tuple(free)
