"""Memories: where each may lie, whose it is, and what is free in it.

Where a profile is vague the worst case is taken (design §4, `unknown` and ranges).
"""

from __future__ import annotations

from heapwright.platforms.schema import Memory
from heapwright.platforms.values import UNKNOWN, Span


class MemoryView:
    """A memory and the worst places it may lie.

    `lowest` is the lowest address it may hold, `highest` the end of the highest
    (None: unbounded), `size` the smallest size it may have (None: unknown),
    `free` what heaps can count on, in bytes (None: unknown). `local` are the devices
    it belongs to, `peers` those that reach it by peer-to-peer.
    """

    __slots__ = (
        "addressed", "free", "highest", "local", "lowest", "name", "peers", "placed", "size", "spec"
    )  # fmt: skip

    def __init__(self, name: str, spec: Memory) -> None:
        self.name = name
        self.spec = spec
        self.size: int | None = _low(spec.size)
        self.lowest = 0
        self.highest: int | None = None
        self.free: int | None = None
        self.placed = spec.base is not None and spec.base != UNKNOWN
        self.addressed = self.placed
        """Whether it, or a memory around it, has an address of its own."""
        self.local: frozenset[str] = frozenset()
        self.peers: frozenset[str] = frozenset()


def place(view: MemoryView, memories: dict[str, MemoryView]) -> None:
    """Fill `lowest` and `highest`, the worst places `view` may reach."""
    base, size = view.spec.base, _high(view.spec.size)
    outer = memories.get(view.spec.inside) if view.spec.inside else None
    outer_lowest, outer_highest = 0, None
    if outer is not None:
        place(outer, memories)
        outer_lowest, outer_highest = outer.lowest, outer.highest
    if base is None or base == UNKNOWN:
        view.lowest, view.highest = outer_lowest, outer_highest
        return
    view.lowest = _low(base) or 0
    top = _high(base) or 0
    view.highest = None if size is None else top + size
    if outer_highest is not None and (view.highest is None or view.highest > outer_highest):
        view.highest = outer_highest


def inherit(view: MemoryView, memories: dict[str, MemoryView]) -> None:
    """Fill `local` and `peers` from the innermost memory around that states them, and `addressed`."""
    around: MemoryView | None = view
    while around is not None:
        view.addressed = view.addressed or around.placed
        spec = around.spec
        if not view.local and spec.local is not None:
            view.local = frozenset([spec.local] if isinstance(spec.local, str) else spec.local)
        if not view.peers and spec.reached_by != UNKNOWN:
            view.peers = frozenset(spec.reached_by)
        around = memories[spec.inside] if spec.inside else None


def unheld(view: MemoryView, memories: dict[str, MemoryView], named: set[str]) -> int | None:
    """Size − held − the outermost parts inside that heaps name, never below 0; of what is held, nothing if unknown."""
    sizes = [most(part) for part in parts_of(view, memories, named)]
    if view.size is None or None in sizes:
        return None
    return max(0, view.size - held(view) - sum(size for size in sizes if size is not None))


def held(view: MemoryView) -> int:
    """What others hold of it, nothing if unknown."""
    return 0 if view.spec.held == UNKNOWN else view.spec.held


def most(view: MemoryView) -> int | None:
    """The largest size it may have."""
    return _high(view.spec.size)


def parts_of(view: MemoryView, memories: dict[str, MemoryView], named: set[str]) -> list[MemoryView]:
    """The outermost memories inside that heaps name."""
    inner = (part for part in memories.values() if part.name in named and part is not view)
    return [part for part in inner if _inside(part, view, memories, named)]


def _inside(part: MemoryView, view: MemoryView, memories: dict[str, MemoryView], named: set[str]) -> bool:
    """Whether `part` lies in `view` with no other named part between them."""
    outer = part.spec.inside
    while outer is not None:
        if outer == view.name:
            return True
        if outer in named:
            return False
        outer = memories[outer].spec.inside
    return False


def _low(value: object) -> int | None:
    if isinstance(value, Span):
        return value.low
    return value if isinstance(value, int) else None


def _high(value: object) -> int | None:
    if isinstance(value, Span):
        return value.high
    return value if isinstance(value, int) else None
