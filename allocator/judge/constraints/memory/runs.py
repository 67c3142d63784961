"""Do all runs find a place? Counted in aligned blocks, with everything that may lie anywhere at its worst.

What is free in memories, whoever lies there, is counted by trying every offset at which a memory,
a part of it or a live run may begin. Runs are made in the order of `heapwright.allocator.order`, each at the
lowest multiple of its alignment in a free interval that has room.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

from heapwright.allocator.hardware import HeapFacts, known
from heapwright.allocator.judge.board.physical_map import PhysicalMap, most
from heapwright.allocator.judge.constraints.memory.usage import PlacementUsage
from heapwright.allocator.order import locked_run, run_of
from heapwright.platforms.schema import Platform
from heapwright.platforms.values import Span

ENTRIES = 8
"""CMA areas begin on what a page of page table entries of so many bytes maps: a pageblock."""


class Piece(NamedTuple):
    """A run, and how many there are of it."""

    align: int
    length: int
    number: int = 1


class AlikeBuffers(NamedTuple):
    """Buffers alike: from which memories, of which runs (of all of them), and by which they are put in order."""

    buffer: str
    names: frozenset[str]
    pieces: tuple[Piece, ...]
    existing: bool
    placement: int
    """The same for all that is made of one placement."""

    @property
    def first(self) -> tuple[int, int]:
        return max((piece.align, piece.length) for piece in self.pieces)


class RunTaker(NamedTuple):
    """Who may take runs from memories at all."""

    names: frozenset[str]
    aligns: frozenset[int]
    long: frozenset[int]
    together: bool
    uneven: bool = False
    """Of scattered runs only the first is aligned to more than a page."""
    run: int | None = None
    """Scattered runs are no longer; None where a run is all of a buffer."""

    def most_blocks(self, align: int, free: int) -> int:
        """How many blocks a run may have, of so many that are free."""
        return free if self.run is None else min(free, -(-self.run // align))


def in_steps(blocks: int) -> int:
    """Blocks as they are counted: three binary digits, rounded up."""
    shift = max(0, blocks.bit_length() - 3)
    return -(-blocks >> shift) << shift


@lru_cache(maxsize=4096)
def touched(length: int, own: int, align: int) -> int:
    """Aligned blocks that a run on a multiple of `own` touches, wherever it begins."""
    begins = range(0, align, own) if own < align else (0,)
    return max((begin + length - 1) // align - begin // align + 1 for begin in begins)


@lru_cache(maxsize=4096)
def whole(begins: tuple[int, ...], skipped: int, length: int, align: int) -> int:
    """Aligned blocks within a stretch, wherever it begins."""
    found = ((b + skipped + length) // align - -(-(b + skipped) // align) for b in begins)
    return max(0, min(found))


class Runs:
    """One platform."""

    def __init__(self, platform: Platform, physical_map: PhysicalMap, heaps: Mapping[str, HeapFacts]) -> None:
        self.platform, self.physical_map, self.heaps, self.page = platform, physical_map, heaps, platform.page
        self.takers = list(chain.from_iterable(map(self._takers, heaps.values())))
        rules = (r for d in platform.devices.values() for p in d.ports.values() for r in p.images)
        self.together = any(max(rule.dmabufs) > 1 for rule in rules)

    def _takers(self, heap: HeapFacts) -> Iterator[RunTaker]:
        if heap.memories and not heap.in_locked_block:
            yield self._taker(heap, heap.memories)
        if heap.facts.locks is not None:
            align = frozenset([locked_run(self.heaps, heap)[0]])
            yield RunTaker(frozenset([heap.facts.locks.from_]), align, align, together=False)

    def _taker(self, heap: HeapFacts, names: frozenset[str]) -> RunTaker:
        sizes = [self.page]
        if heap.by_size:  # a granule may align the smallest to more than a page
            sizes = [heap.alignment(self.page)]
            while heap.alignment(sizes[-1] + 1) > sizes[-1]:
                sizes.append(heap.alignment(sizes[-1] + 1))
        aligns = {run_of(heap, size)[0] for size in sizes}
        if heap.run is None:
            return RunTaker(
                names, frozenset(aligns), frozenset([max(aligns)]), heap.by_size and not heap.one_by_one
            )
        aligns.add(self._within(heap))
        long = frozenset(align for align in aligns if align < heap.run)
        together = heap.by_size and not heap.one_by_one
        return RunTaker(names, frozenset(aligns), long, together, uneven=len(aligns) > 1, run=heap.run)

    def lacking(self, usages: Sequence[PlacementUsage]) -> Iterator[tuple[str, str]]:
        """What finds no place, and the buffers that look for one."""
        made = [each for usage in usages for each in self._made(usage)]
        made += self._locked(usages)
        for place in self._places:
            yield from place.lacking(made)
        for heap in self.heaps.values():
            if heap.in_locked_block:
                yield from self._in_block(heap, usages)

    @cached_property
    def _places(self) -> list[SharedMemories]:
        """Every set of memories from which somebody takes, where all their sizes are known."""
        every = sorted({taker.names for taker in self.takers}, key=sorted)
        known_ones = [
            names for names in every if all(self.physical_map.free[name] is not None for name in names)
        ]
        return [
            SharedMemories(self, names, self.takers, [self._stretches(name) for name in names])
            for names in known_ones
        ]

    def _made(self, usage: PlacementUsage) -> Iterator[AlikeBuffers]:
        backing = usage.where.backing
        if backing.memories and not backing.in_locked_block:
            yield from self._calls(backing, usage)

    def _calls(self, backing: HeapFacts, usage: PlacementUsage) -> Iterator[AlikeBuffers]:
        """What is made by one call: a dma-buf of a dma-heap, a buffer of any other."""
        assert backing.memories is not None  # else nobody knows where
        calls = [(size,) for size in usage.sizes] if backing.one_by_one else [usage.sizes]
        for sizes in calls:
            pieces = self._pieces(backing, sizes, usage.number)
            yield AlikeBuffers(usage.buffer, backing.memories, pieces, usage.existing, id(usage))

    def _within(self, backing: HeapFacts) -> int:
        """What scattered runs begin on: pages, or granules if the heap aligns to them."""
        granule = known(backing.facts.granule) or 1
        align = self.page if backing.by_size else run_of(backing, self.page)[0]
        return min(align, max(self.page, granule & -granule))

    def _pieces(self, backing: HeapFacts, sizes: Sequence[int], count: int) -> tuple[Piece, ...]:
        found: list[Piece] = []
        for size in sizes:
            align, length = run_of(backing, size)
            left = backing.slot(size) - length if backing.run is not None else 0
            left += backing.alignment(size) - align if backing.run is not None else 0
            found.append(Piece(align, length, count))
            if left >= length:
                found.append(Piece(self._within(backing), length, count * (left // length)))
            if left > 0 and left % length:
                found.append(Piece(self._within(backing), left % length, count))
        return tuple(found)

    def _locked(self, usages: Sequence[PlacementUsage]) -> Iterator[AlikeBuffers]:
        """Blocks, each locked once, by live buffers if there are any."""
        seen: dict[str, PlacementUsage] = {}
        for usage in sorted(usages, key=lambda each: not each.existing):
            if usage.where.backing.facts.locks is not None:
                seen.setdefault(usage.where.backing.name, usage)
        for usage in seen.values():
            backing = usage.where.backing
            assert backing.facts.locks is not None  # they were picked by it
            piece = Piece(*locked_run(self.heaps, backing))
            names = frozenset([backing.facts.locks.from_])
            yield AlikeBuffers(usage.buffer, names, (piece,), usage.existing, id(piece))

    def _in_block(self, heap: HeapFacts, usages: Sequence[PlacementUsage]) -> Iterator[tuple[str, str]]:
        assert heap.memories is not None and heap.facts.locks is not None  # it has a block
        inside = [each for each in usages if each.where.backing.name == heap.name]
        made = [each for usage in inside for each in self._calls(heap, usage)]
        step = locked_run(self.heaps, heap)[0]
        block = Stretches(None, (step, 0, heap.facts.locks.size), ())
        takers = [self._taker(heap, heap.memories)]
        yield from SharedMemories(self, heap.memories, takers, [block]).lacking(made)

    def _stretches(self, name: str) -> Stretches:
        """Where a memory is free for its heaps."""
        memory = self.physical_map.memory[name]
        inner = self.physical_map.parts(name, self.physical_map.named)
        bases = [self.physical_map.memory[part].base for part in inner]
        size = memory.size.low if isinstance(memory.size, Span) else known(memory.size) or 0
        theirs = [most(self.physical_map.memory[part]) or 0 for part in inner]
        held = known(memory.held) or 0
        placed = isinstance(memory.base, int)
        alone = memory.inside is None and not self.physical_map.place[name].on_bus
        if (placed or alone) and all(isinstance(base, int) for base in bases):
            start = memory.base if isinstance(memory.base, int) else 0
            busy = {(b, b + n) for b, n in zip(bases, theirs, strict=True) if isinstance(b, int)}
            return Stretches(_left(start, start + size, busy, held), None, ())
        step = self.page
        if placed or alone:
            base = memory.base if isinstance(memory.base, int) else 0
            step = 1 << 63 if base == 0 else base & -base
        elif any(each.by_size and name in (each.memories or ()) for each in self.heaps.values()):
            step = self.page * (self.page // ENTRIES)
        return Stretches(None, (step, held, size - held), tuple(theirs))


def _left(start: int, end: int, busy: set[tuple[int, int]], held: int) -> tuple[tuple[int, int], ...]:
    """The intervals between what is busy, from which the lowest bytes are held."""
    found: list[tuple[int, int]] = []
    for low, high in [*sorted(busy), (end, end)]:
        if min(low, end) > start:
            found.append((start, min(low, end)))
        start = max(start, high)
    while held > 0 and found:
        low, high = found.pop(0)
        if high - low > held:
            found.insert(0, (low + held, high))
        held -= high - low
    return tuple(found)


class Stretches(NamedTuple):
    """Where one memory is free: known intervals, or (what it begins on, what is held, what follows) with parts."""

    known: tuple[tuple[int, int], ...] | None
    vague: tuple[int, int, int] | None
    parts: tuple[int, ...]

    @property
    def number(self) -> int:
        return len(self.known) if self.known is not None else 1 + len(self.parts)

    def begin_on(self, align: int) -> bool:
        if self.vague is not None:
            return not self.parts and not any(n % align for n in self.vague[:2])
        return not any(low % align for low, _ in self.known or ())

    def blocks(self, align: int, page: int) -> int:
        """Aligned blocks at the worst."""
        if self.vague is None:
            return sum(whole((low,), 0, high - low, align) for low, high in self.known or ())
        step, held, length = self.vague
        begins = tuple(range(0, align, step)) if step < align else (0,)
        return max(0, whole(begins, held, length, align) - sum(touched(n, page, align) for n in self.parts))


class SharedMemories:
    """One set of memories, and who takes from it: those of that set, and those who come before."""

    def __init__(
        self, of: Runs, names: frozenset[str], takers: Sequence[RunTaker], stretches: Sequence[Stretches]
    ) -> None:
        self.names, self.page, self.stretches = names, of.page, stretches
        mine = [taker for taker in takers if taker.names & names]
        self.own = [taker for taker in mine if taker.names == names]
        self.aligns = frozenset[int]().union(*(taker.aligns for taker in mine))
        self.before = {taker.names for taker in mine if self._before(taker.names)}
        several = len(self.aligns) > 1
        self.together = several and any(t.uneven or (of.together and t.together) for t in mine)
        self.strays = self.together or any(several or not each <= names for each in self.before)
        self.several = several

    def _before(self, names: frozenset[str]) -> bool:
        """Fewer memories come first, then by name."""
        return (len(names), *sorted(names)) < (len(self.names), *sorted(self.names))

    def lacking(self, made: Sequence[AlikeBuffers]) -> Iterator[tuple[str, str]]:
        """Classes of runs for which there is not certainly room."""
        live = [each for each in made if each.existing and each.names & self.names]
        new = [each for each in made if not each.existing and each.names & self.names]
        own = [each for each in new if each.names == self.names]
        before = [each for each in new if self._before(each.names)]
        there = sum(piece.number for each in live for piece in each.pieces)
        for align in sorted(frozenset[int]().union(*(taker.aligns for taker in self.own))):
            free = sum(each.blocks(align, self.page) for each in self.stretches)
            free -= sum(self._blocks(each, align) for each in live)
            parted = self._parted(align, there) - 1
            members = {in_steps(-(-each.first[1] // align)) for each in own if each.first[0] == align}
            if self.together and any(align in taker.long for taker in self.own) and parted > 0:
                longest = max(t.most_blocks(align, free) for t in self.own if align in t.long)
                members |= {in_steps(n) for n in range(1, min(longest, 4096) + 1)}
            for blocks in sorted(members | {1}):
                users, needed = self._needed(own, before, align, blocks, parted)
                if users and needed > free:
                    text = (
                        f"{', '.join(sorted(self.names))}: runs of {blocks} × {align} need {needed} blocks, "
                        f"{free} are certain"
                    )
                    yield text, ", ".join(sorted({each.buffer for each in users}))

    def _needed(
        self,
        own: Sequence[AlikeBuffers],
        before: Sequence[AlikeBuffers],
        align: int,
        blocks: int,
        parted: int,
    ) -> tuple[list[AlikeBuffers], int]:
        """Who takes blocks before a run of so many, it included, and how many are needed for certain."""
        same = [e for e in own if e.first[0] == align and in_steps(-(-e.first[1] // align)) >= blocks]
        larger = [each for each in own if each.first[0] > align]
        users = [*before, *larger, *same]
        needed = sum(self._blocks(each, align) for each in users)
        top = max(self.aligns)
        if self.together:
            wide = sum(p.number for each in users for p in each.pieces if p.align > align)
            needed += wide * min(blocks - 1, top // align - 1)
        lost = max(0, parted) * (blocks - 1)
        shared = bool(self.before) or top > align
        return users, needed + (
            lost * len({each.placement for each in same}) if shared else lost if same else 0
        )

    def _blocks(self, made: AlikeBuffers, align: int) -> int:
        return sum(p.number * touched(p.length, p.align, align) for p in made.pieces)

    def _parted(self, align: int, live: int) -> int:
        """Free intervals that have a block, at most."""
        number = live + sum(each.number for each in self.stretches)
        even = all(each.begin_on(max(self.aligns)) for each in self.stretches)
        if self.several and (live or self.strays or not even):
            larger = sum(1 for each in self.aligns if each > align)
            number *= (1 + larger) ** (1 + len(self.before))
        return number
