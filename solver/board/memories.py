"""Memories: where each may lie, whose it is, and what is free in it.

Where a profile is vague the worst case is taken (design §4, `unknown` and ranges).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from heapwright.platforms.schema import Memory
from heapwright.platforms.values import UNKNOWN, Span


class MemoryView:
    """A memory and the worst places it may lie.

    `lowest` is the lowest address it may hold, `highest` the end of the highest
    (None: unbounded), `size` the smallest size it may have (None: unknown),
    `free` what heaps can count on, in bytes (None: unknown). `local` are the devices
    it belongs to, `peers` those that reach it by peer-to-peer.
    """

    def __init__(self, name: str, spec: Memory) -> None:
        self.name = name
        self.spec = spec
        self.outer: MemoryView | None = None
        """What it lies inside of."""
        self.size: int | None = _low(spec.size)
        self.lowest = 0
        self.highest: int | None = None
        self.free: int | None = None
        self.placed = spec.base is not None and spec.base != UNKNOWN
        self.addressed = self.placed
        """Whether it, or a memory around it, has an address of its own."""
        self.local: frozenset[str] = frozenset()
        self.peers: frozenset[str] = frozenset()

    def around(self) -> Iterator[MemoryView]:
        """The memory and all it lies inside of."""
        view: MemoryView | None = self
        while view is not None:
            yield view
            view = view.outer


def place(view: MemoryView) -> None:
    """Fill `lowest` and `highest`, the worst places `view` may reach."""
    base, size, outer = view.spec.base, _high(view.spec.size), view.outer
    if outer is not None:
        place(outer)
        view.lowest, view.highest = outer.lowest, outer.highest
    if view.placed:
        view.lowest = _low(base) or 0
        end = None if size is None else (_high(base) or 0) + size
        view.highest = min((each for each in (view.highest, end) if each is not None), default=None)


def inherit(view: MemoryView) -> None:
    """Fill `local` and `peers` from the innermost memory around that states them, and `addressed`."""
    for around in view.around():
        spec = around.spec
        view.addressed = view.addressed or around.placed
        if not view.local and spec.local is not None:
            view.local = frozenset([spec.local] if isinstance(spec.local, str) else spec.local)
        if not view.peers and spec.reached_by != UNKNOWN:
            view.peers = frozenset(spec.reached_by)


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

    def holder(part: MemoryView) -> MemoryView | None:
        outer = (each for each in part.around() if each is not part)
        return next((each for each in outer if each is view or each.name in named), None)

    return [part for part in memories if part.name in named and holder(part) is view]


def _low(value: object) -> int | None:
    if isinstance(value, Span):
        return value.low
    return value if isinstance(value, int) else None


def _high(value: object) -> int | None:
    if isinstance(value, Span):
        return value.high
    return value if isinstance(value, int) else None
