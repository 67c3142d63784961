"""Memories: where each may lie, whose it is, and what is free in it.

Where a profile is vague the worst case is taken (design §4, `unknown` and ranges).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, NamedTuple

from heapwright.platforms.knowledge.bandwidths import memory_bandwidth
from heapwright.platforms.schema import Bandwidth, Memory
from heapwright.platforms.values import UNKNOWN, Span

ANYWHERE: Final = 1 << 64
"""The end of what may lie anywhere."""


class Throughput(NamedTuple):
    """A memory as far as what it carries goes: equal for all memories of one controller, or of one card."""

    local: frozenset[str]
    """The devices it belongs to."""
    carries: int
    """Bytes a second that can be had: of the slowest of it and of those around it."""


class MemoryView:
    """A memory and the worst places it may lie.

    `lowest` is the lowest address it may hold, `highest` the end of the highest
    (None: unbounded), `size` the smallest size it may have (None: unknown),
    `free` what heaps can count on, in bytes (None: unknown). `local` are the devices
    it belongs to, `peers` those that reach it by peer-to-peer: of the innermost memory
    around that states any.
    """

    def __init__(self, name: str, spec: Memory, outer: MemoryView | None) -> None:
        self.name = name
        self.spec = spec
        self.outer = outer
        """What it lies inside of."""
        self.size: int | None = _low(spec.size)
        self.free: int | None = None
        self.placed = spec.base is not None and spec.base != UNKNOWN
        self.addressed: bool = self.placed or (outer is not None and outer.addressed)
        """Whether it, or a memory around it, has an address of its own."""
        self.lowest: int = (_low(spec.base) or 0) if self.placed or outer is None else outer.lowest
        self.highest: int | None = _highest(self, outer.highest if outer is not None else None)
        owners = (spec.local,) if isinstance(spec.local, str) else spec.local or ()
        peers = () if spec.reached_by == UNKNOWN else spec.reached_by
        self.local: frozenset[str] = frozenset(owners) or (outer.local if outer is not None else frozenset())
        self.peers: frozenset[str] = frozenset(peers) or (outer.peers if outer is not None else frozenset())

    @cached_property
    def throughput(self) -> Throughput:
        """Where none of those around states a bandwidth, the default of the type of the outermost counts."""
        carried = [
            memory_bandwidth(each.spec).sustained
            for each in self.around()
            if each.outer is None or isinstance(each.spec.bandwidth, Bandwidth)
        ]
        return Throughput(self.local, min(carried))

    def around(self) -> Iterator[MemoryView]:
        """The memory and all it lies inside of."""
        view: MemoryView | None = self
        while view is not None:
            yield view
            view = view.outer

    @property
    def end(self) -> int:
        """What it may reach; device-local memory without an address is not judged by it."""
        if self.highest is None:
            return ANYWHERE if self.addressed or not self.local else 0
        return self.highest

    def beyond(self, end: int) -> bool:
        """Whether it may lie beyond an address."""
        return self.end > end


def _highest(view: MemoryView, around: int | None) -> int | None:
    """The end of the highest address that a memory may hold, where that of what is around it is known."""
    size = _high(view.spec.size)
    if not view.placed or size is None:
        return around
    end = (_high(view.spec.base) or 0) + size
    return end if around is None else min(around, end)


def memories(specs: Mapping[str, Memory]) -> dict[str, MemoryView]:
    """All memories of a platform, in name order."""
    found: dict[str, MemoryView] = {}
    for name in specs:
        _add(found, specs, name)
    return dict(sorted(found.items()))


def _add(found: dict[str, MemoryView], specs: Mapping[str, Memory], name: str) -> MemoryView:
    if name not in found:
        spec = specs[name]
        found[name] = MemoryView(name, spec, _add(found, specs, spec.inside) if spec.inside else None)
    return found[name]


def unheld(view: MemoryView, parts: Iterable[MemoryView]) -> int | None:
    """Size − held − the outermost parts inside that heaps name, never below 0; of what is held, nothing if unknown."""
    sizes = [most(part) for part in parts]
    if view.size is None or None in sizes:
        return None
    return max(0, view.size - held(view) - sum(size for size in sizes if size is not None))


def held(view: MemoryView) -> int:
    """What others hold of it, nothing if unknown."""
    return 0 if view.spec.held == UNKNOWN else view.spec.held


def most(view: MemoryView) -> int | None:
    """The largest size it may have."""
    return _high(view.spec.size)


def parts_of(view: MemoryView, memories: Iterable[MemoryView], named: set[str]) -> list[MemoryView]:
    """The outermost memories inside that heaps name: no other named one lies between them and `view`."""

    def held_by_it(part: MemoryView) -> bool:
        outer = part.outer
        while outer is not None and outer is not view and outer.name not in named:
            outer = outer.outer
        return outer is view

    return [part for part in memories if part.outer is not None and part.name in named and held_by_it(part)]


def _low(value: object) -> int | None:
    if isinstance(value, Span):
        return value.low
    return value if isinstance(value, int) else None


def _high(value: object) -> int | None:
    if isinstance(value, Span):
        return value.high
    return value if isinstance(value, int) else None
