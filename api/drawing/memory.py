"""The address map: every memory as a bar on a scale, inside the one that holds it.

    dram              4 GiB to 32 GiB  0x0      ████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
      low                       4 GiB  0x0      ████
        cma                    32 MiB  in low   ▒▒▒▒

Solid: the memory is there. Shaded: it lies somewhere in there, or may reach so far.
Memory without an address (a card's own) has a scale of its own; what its window does
not show is lighter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from heapwright.api.drawing.phrases import Blocks, a_second, listed, sentence, several, sized
from heapwright.api.drawing.scale import Range, Scale
from heapwright.platforms.schema import Memory, Platform
from heapwright.platforms.values import Span
from heapwright.solver.answer.render import Grid, Heading, Labelled

NARROW: Final = 18
"""Columns that a bar has at least."""


class Glyphs(NamedTuple):
    """What bars are made of."""

    solid: str
    maybe: str
    hidden: str
    blank: str
    gap: str


UNICODE: Final = Glyphs("█", "▒", "░", "·", "┊")
ASCII: Final = Glyphs("#", "+", "-", ".", "|")


class MemoryRange(NamedTuple):
    """Where a memory lies: surely at `sure`, at most in `reach`; None where nobody knows."""

    name: str
    depth: int
    sure: Range | None
    reach: Range | None


def address_map(platform: Platform, width: int, glyphs: Glyphs) -> Blocks:
    """The map, and what is to be known of each memory beside its place."""
    if not platform.memory:
        return
    yield Heading("Memory")
    grid = _map(platform, width, glyphs)
    yield grid
    yield from listed(_legend("".join(row[-1] for row in grid.rows), glyphs), width)
    rows = (Labelled(name, _remarks(memory)) for name, memory in platform.memory.items())
    yield from listed((row for row in rows if row.text), width)


def _legend(bars: str, glyphs: Glyphs) -> Iterator[Labelled]:
    """What the shades mean that occur; solid goes without saying unless another does."""
    meant = {
        glyphs.maybe: "somewhere in there, or may reach so far",
        glyphs.hidden: "not visible through the window",
        glyphs.gap: "addresses left out",
    }
    return (Labelled(glyph, text) for glyph, text in meant.items() if glyph in bars)


def _map(platform: Platform, width: int, glyphs: Glyphs) -> Grid:
    trees = [_tree(platform, name, 0, None) for name, m in platform.memory.items() if m.inside is None]
    columns = _columns(platform, [place for tree in trees for place in tree])
    space = max(width - sum(columns) - 2 * len(columns), NARROW)
    absolute = [tree[0].reach for tree in trees if not _alone(platform, tree[0]) and tree[0].reach]
    common = Scale(absolute, space)
    rows: list[tuple[str, ...]] = []
    ruled = bool(absolute)
    for tree in trees:
        root = tree[0]
        scale = Scale([root.reach] if root.reach else [], space) if _alone(platform, root) else common
        rows += (_row(platform, place, scale, glyphs) for place in tree)
    head = ("name", "size", "address", common.ruler() if ruled else "")
    return Grid(head, tuple(rows), frozenset({1}))


def _alone(platform: Platform, root: MemoryRange) -> bool:
    """Whether a memory has no address among the others: a card's own, or one nobody knows."""
    base = platform.memory[root.name].base
    return not isinstance(base, int | Span)


def _tree(platform: Platform, name: str, depth: int, around: Range | None) -> list[MemoryRange]:
    """A memory and all that lies in it, outermost first."""
    place = _place(platform, name, depth, around)
    found = [place]
    for inner, memory in platform.memory.items():
        if memory.inside == name:
            found += _tree(platform, inner, depth + 1, place.reach)
    return found


def _place(platform: Platform, name: str, depth: int, around: Range | None) -> MemoryRange:
    memory = platform.memory[name]
    low, high = _ends(memory.size)
    if isinstance(memory.base, int):
        if high is None:
            return MemoryRange(name, depth, None, (memory.base, max(_last(platform, name), memory.base + 1)))
        sure = (memory.base, memory.base + low) if low else None
        return MemoryRange(name, depth, sure, (memory.base, memory.base + high))
    if isinstance(memory.base, Span):
        end = memory.base.high + (high or 0)
        return MemoryRange(name, depth, None, (memory.base.low, min(end, around[1]) if around else end))
    if around is not None:
        return MemoryRange(name, depth, None, around)
    window = memory.window if isinstance(memory.window, int) else high
    return MemoryRange(
        name, depth, (0, min(window or 0, high)) if high else None, (0, high) if high else None
    )


def _last(platform: Platform, name: str) -> int:
    """The highest end of what is known to lie in a memory."""
    ends = [0]
    for inner, memory in platform.memory.items():
        if memory.inside == name:
            base = memory.base.high if isinstance(memory.base, Span) else memory.base
            size = _ends(memory.size)[1]
            ends.append(base + (size or 0) if isinstance(base, int) else 0)
            ends.append(_last(platform, inner))
    return max(ends)


def _ends(size: Span | int | str) -> tuple[int, int | None]:
    if isinstance(size, Span):
        return size.low, size.high
    return (size, size) if isinstance(size, int) else (0, None)


def _row(platform: Platform, place: MemoryRange, scale: Scale, glyphs: Glyphs) -> tuple[str, ...]:
    layers: list[tuple[Range, str]] = []
    if place.reach is not None:
        shade = (
            glyphs.hidden if place.depth == 0 and platform.memory[place.name].base is None else glyphs.maybe
        )
        layers.append((place.reach, shade))
    if place.sure is not None:
        layers.append((place.sure, glyphs.solid))
    bar = scale.bar(layers, glyphs.blank, glyphs.gap) if place.reach is not None else ""
    return (*_cells(platform, place), bar)


def _cells(platform: Platform, place: MemoryRange) -> tuple[str, str, str]:
    memory = platform.memory[place.name]
    return "  " * place.depth + place.name, sized(memory.size), _address(memory)


def _columns(platform: Platform, places: list[MemoryRange]) -> list[int]:
    heads = ("name", "size", "address")
    rows = [heads, *(_cells(platform, place) for place in places)]
    return [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]


def _address(memory: Memory) -> str:
    """Where it starts: `0xb0000000`, `0x0 or above`, `in dram`, `its own`, `unknown`."""
    if isinstance(memory.base, Span):
        return f"{memory.base.low:#x} or up"
    if isinstance(memory.base, int):
        return f"{memory.base:#x}"
    if memory.inside is not None:
        return f"in {memory.inside}"
    return "its own" if memory.local is not None else "unknown"


def _remarks(memory: Memory) -> str:
    """What the map does not show."""
    return sentence(_clauses(memory))


def _clauses(memory: Memory) -> Iterator[str]:
    if isinstance(memory.base, Span):
        yield f"starts between {memory.base.low:#x} and {memory.base.high:#x}"
    if memory.local is not None:
        yield f"local to {several(memory.local)}"
    if memory.window is not None:
        yield f"a window of {sized(memory.window)} is visible to the CPU and to other devices"
    if memory.reached_by:
        yield f"reached peer-to-peer by {several(memory.reached_by)}"
    if memory.held:
        yield f"{sized(memory.held)} held by others"
    if memory.bandwidth is not None:
        yield f"carries {a_second(memory.bandwidth)}"
    if memory.step is not None:
        yield f"sizes in steps of {sized(memory.step)}"
