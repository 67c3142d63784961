"""Whose firewall stands: a range of memory lets in the same devices whichever heap hands it out.

The judge lays the claims of all heaps over the memories they may hand out and looks for memory with
two of them. A static firewall claims its memory with all that lies inside. One that is set up for
each buffer, or around the block that a pool locks, claims nothing beforehand: what it hands out was
nobody's before.

    tz    decoder, panel (heap a, static)      cma   anybody (heap cma)
          anybody (heap b): a has no firewall        decoder (heap pool, locks a block of cma): fine
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from heapwright.allocator.hardware import HeapFacts
from heapwright.platforms.schema import Memory, Platform
from heapwright.platforms.values import Span

AccessTerms = tuple[frozenset[str] | str, bool] | None
"""Who is let in, and whether buffer by buffer; None for anybody."""


def disputed(platform: Platform, heaps: Mapping[str, HeapFacts]) -> dict[str, str]:
    """Heaps whose firewall does not stand, each with a heap that speaks against it."""
    found: dict[str, str] = {}
    for guard in heaps.values():
        if not _walled_in(guard):
            continue
        rivals = [
            each.name
            for each in heaps.values()
            if _terms(each) != _terms(guard) and _meets(platform.memory, guard, each)
        ]
        for rival in rivals:
            found.setdefault(guard.name, rival)
            if heaps[rival].access is not None:
                found.setdefault(rival, guard.name)
    return found


def _terms(heap: HeapFacts) -> AccessTerms:
    access = heap.facts.access
    if access is None:
        return None
    return (access if isinstance(access, str) else frozenset(access), heap.facts.firewall == "per-buffer")


def _walled_in(heap: HeapFacts) -> bool:
    """Whether its whole memory lies behind a firewall of known members, before anything is allocated."""
    known = isinstance(heap.facts.access, tuple)
    return known and heap.facts.firewall != "per-buffer" and not heap.in_locked_block


def _meets(memory: Mapping[str, Memory], guard: HeapFacts, other: HeapFacts) -> bool:
    """Whether another heap may hand out what lies behind the wall."""
    if guard.memories is None or other.memories is None:
        return True
    behind = _with_parts(memory, guard.memories)
    lock = other.facts.locks
    taken = other.memories | ({lock.from_} if lock is not None else frozenset())
    return bool(behind & taken) or any(
        _collide(memory, one, two)
        for one in guard.memories
        for two in taken
        if not _related(memory, one, two)
    )


def _with_parts(memory: Mapping[str, Memory], names: Iterable[str]) -> frozenset[str]:
    """These memories and everything inside them."""
    found = set(names)
    while more := {name for name, each in memory.items() if each.inside in found} - found:
        found |= more
    return frozenset(found)


def _related(memory: Mapping[str, Memory], one: str, two: str) -> bool:
    """Whether one lies inside the other: what is a heap's own is taken out of the memory around it."""
    return one in _with_parts(memory, [two]) or two in _with_parts(memory, [one])


def _collide(memory: Mapping[str, Memory], one: str, two: str) -> bool:
    """Whether addresses are stated that both have; where none are, two memories are two."""
    spans = [_stated(memory, each, beside) for each, beside in ((one, two), (two, one))]
    (low, high), (bottom, top) = spans
    return max(low, bottom) < min(high, top)


def _stated(memory: Mapping[str, Memory], name: str, beside: str) -> tuple[int, int]:
    """Where a memory lies at most, by the innermost address stated of it or around it alone; empty if none is."""
    each: str | None = name
    while each is not None and beside not in _with_parts(memory, [each]):
        facts = memory[each]
        if isinstance(facts.base, int):
            most = facts.size.high if isinstance(facts.size, Span) else facts.size
            return facts.base, facts.base + (most if isinstance(most, int) else 1)
        each = facts.inside
    return 0, 0
