"""Physical memory as the judge finds it: where it may lie, how much is free, who reaches it.

A memory whose base is vague may lie anywhere it lawfully can, so every
question is answered for the worst of those places.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

from heapwright.platforms.schema import Memory, Platform
from heapwright.platforms.values import UNKNOWN, Span


class AddressRange(NamedTuple):
    """The addresses a memory may occupy; `end` is exclusive, None where unknown."""

    low: int
    end: int | None
    on_bus: bool
    """False for a device's own memory that states no address: nobody else's width judges it."""


class PhysicalMap:
    """The memories of one platform."""

    def __init__(self, platform: Platform, named: frozenset[str]) -> None:
        """`named`: the memories that heaps of this kernel allocate from or lock."""
        self.memory = platform.memory
        self.named = named
        self.place = {name: self._place(name) for name in platform.memory}
        self.local_to = {name: self._inherited(name, "local") for name in platform.memory}
        self.peers = {name: self._inherited(name, "reached_by") for name in platform.memory}
        self.around = {name: self._lineage(name) for name in platform.memory}
        self.free = {name: self._free(name, named) for name in platform.memory}

    def _lineage(self, name: str) -> tuple[str, ...]:
        """The memory and all those it lies inside, innermost first."""
        chain = [name]
        while (parent := self.memory[chain[-1]].inside) is not None:
            chain.append(parent)
        return tuple(chain)

    def _inherited(self, name: str, field: str) -> frozenset[str]:
        """The devices that a memory, or the innermost memory around it that says so, names."""
        for each in self._lineage(name):
            stated = getattr(self.memory[each], field)
            if stated and stated != UNKNOWN:
                return frozenset([stated]) if isinstance(stated, str) else frozenset(stated)
        return frozenset()

    def _place(self, name: str) -> AddressRange:
        memory = self.memory[name]
        around = self._place(memory.inside) if memory.inside is not None else None
        if memory.base is None or memory.base == UNKNOWN:
            on_bus = memory.local is None or self._addressed(name)
            if around is not None:
                return around._replace(on_bus=around.on_bus and on_bus)
            return AddressRange(0, None, on_bus)
        assert not isinstance(memory.base, str)
        low, high = memory.base if isinstance(memory.base, Span) else (memory.base, memory.base)
        limit = around.end if around is not None else None
        size = most(memory)
        if size is None:
            return AddressRange(low, limit, on_bus=True)
        return AddressRange(low, high + size if limit is None else min(high + size, limit), on_bus=True)

    def _addressed(self, name: str) -> bool:
        """Whether the memory, or one around it, states an address."""
        return any(self.memory[each].base not in (None, UNKNOWN) for each in self._lineage(name))

    def _free(self, name: str, named: frozenset[str]) -> int | None:
        """What heaps may hand out of a memory for sure; None where a size is unknown.

        Parts inside it that heaps name are theirs, never this memory's pages.
        """
        memory = self.memory[name]
        if memory.size == UNKNOWN:
            return None
        assert not isinstance(memory.size, str)
        least = memory.size.low if isinstance(memory.size, Span) else memory.size
        for part in self.parts(name, named):
            theirs = most(self.memory[part])
            if theirs is None:
                return None
            least -= theirs
        return least - (0 if isinstance(memory.held, str) else memory.held)

    def parts(self, name: str, named: frozenset[str]) -> list[str]:
        """The outermost memories inside `name` that are somebody's pool."""
        parts = []
        for inner, memory in self.memory.items():
            if memory.inside == name:
                parts += [inner] if inner in named else self.parts(inner, named)
        return parts


def most(memory: Memory) -> int | None:
    """The largest size a memory may have; None where unknown."""
    if isinstance(memory.size, Span):
        return memory.size.high
    return None if isinstance(memory.size, str) else memory.size


class MemoryPool(NamedTuple):
    """Memories that must together hold whatever is confined to them."""

    memories: frozenset[str]
    free: int

    def __str__(self) -> str:
        return " + ".join(sorted(self.memories))


def pools(physical_map: PhysicalMap, sets: frozenset[frozenset[str]]) -> tuple[MemoryPool, ...]:
    """Every union of overlapping heap memory sets whose free size is known.

    Hall's condition: buffers confined to sets of memories always fit, in any
    order, when for every union what is confined to it is at most its size.
    Unions of sets that share nothing add nothing.
    """
    found = set(sets)
    while grown := {a | b for a, b in combinations(found, 2) if a & b} - found:
        found |= grown
    result = []
    for memories in sorted(found, key=sorted):
        sizes = [physical_map.free[name] for name in memories]
        if None not in sizes:
            result.append(MemoryPool(memories, sum(max(size, 0) for size in sizes if size is not None)))
    return tuple(result)
