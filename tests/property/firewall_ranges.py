"""Which firewalls stand, by the table "One range, one access list" of docs/protected.md alone.

Memory is cut into cells: one for each memory, holding what lies in it and in none of its parts.
A static firewall is painted over the cells of its memory and of every part; every other heap is
painted over the cells it hands out. A firewall stands if whatever is painted over its cells agrees.
"""

from __future__ import annotations

from heapwright.platforms.schema import Heap, Memory, Platform
from heapwright.platforms.values import Span


def stands(platform: Platform, name: str) -> bool:
    """Whether the firewall of a heap can be relied on."""
    return not any(
        _terms(platform.heaps[name]) != _terms(other) and _one_range(platform, platform.heaps[name], other)
        for other in platform.heaps.values()
        if _lives(platform, other)
    )


def _terms(heap: Heap) -> object:
    if heap.access is None:
        return "anybody"
    members = heap.access if isinstance(heap.access, str) else sorted(heap.access)
    return members, heap.firewall or "static"


def _lives(platform: Platform, heap: Heap) -> bool:
    """Whether the board's kernel has the heap."""
    if platform.kernel == "unknown":
        return True
    at = _numbers(platform.kernel)
    return not (heap.since and at < _numbers(heap.since)) and not (heap.until and at >= _numbers(heap.until))


def _numbers(version: str) -> list[int]:
    found = [int(each) for each in version.split(".")]
    while found[-1:] == [0]:
        found.pop()
    return found


def _painted(heap: Heap) -> bool:
    """Whether its firewall is there before it allocates anything."""
    if not isinstance(heap.access, tuple) or heap.firewall == "per-buffer":
        return False
    block = heap.locks is not None and heap.memory == (heap.locks.from_,)
    return not block


def _one_range(platform: Platform, one: Heap, other: Heap) -> bool:
    """Whether one hands out what a firewall of the other is painted over, either way round."""
    for guard, guest in ((one, other), (other, one)):
        if not _painted(guard):
            continue
        if isinstance(guard.memory, str) or isinstance(guest.memory, str):
            return True
        cells = {cell for cell in platform.memory if {cell, *_outer(platform, cell)} & {*guard.memory}}
        taken = {*guest.memory, *([guest.locks.from_] if guest.locks is not None else [])}
        if cells & taken:
            return True
        if any(_overlap(platform, a, b) for a in guard.memory for b in taken):
            return True
    return False


def _outer(platform: Platform, name: str) -> list[str]:
    found = []
    outer = platform.memory[name].inside
    while outer is not None:
        found.append(outer)
        outer = platform.memory[outer].inside
    return found


def _overlap(platform: Platform, one: str, two: str) -> bool:
    """Whether two memories, neither inside the other, have stated addresses in common, theirs or of what is around."""
    mine, theirs = [one, *_outer(platform, one)], [two, *_outer(platform, two)]
    if one in theirs or two in mine:
        return False
    common = {*mine} & {*theirs}
    spans = [
        next((span for each in chain if each not in common and (span := _span(platform.memory[each]))), None)
        for chain in (mine, theirs)
    ]
    first, second = spans
    return (
        first is not None
        and second is not None
        and bool(range(max(first[0], second[0]), min(first[1], second[1])))
    )


def _span(memory: Memory) -> tuple[int, int] | None:
    if not isinstance(memory.base, int):
        return None
    size = memory.size.high if isinstance(memory.size, Span) else memory.size
    return memory.base, memory.base + (size if isinstance(size, int) else 1)
