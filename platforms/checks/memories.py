"""Memories and heaps that lead in a circle, and memories that are given out twice."""

from __future__ import annotations

from collections.abc import Iterator

from heapwright.platforms.errors import Finding
from heapwright.platforms.schema import Platform
from heapwright.platforms.values import UNKNOWN, Span


def cycles(platform: Platform) -> Iterator[Finding]:
    """Memories inside each other, and heaps that move buffers in a circle."""
    inside = {name: memory.inside for name, memory in platform.memory.items()}
    moves = {name: heap.moves_to for name, heap in platform.heaps.items()}
    for section, field, edges, said in (
        ("memory", "inside", inside, "lies inside itself"),
        ("heaps", "moves_to", moves, "moves buffers to itself"),
    ):
        reported: set[str] = set()
        for name in sorted(edges):
            chain = _chain(name, edges)
            if chain[-1] == name and len(chain) > 1 and name not in reported:
                reported.update(chain)
                yield (section, name, field), f"{name} {said}: {_short(chain)}"


def _chain(start: str, edges: dict[str, str | None]) -> list[str]:
    """`start` and what it leads to, up to the first name met again."""
    chain = [start]
    while (following := edges.get(chain[-1])) is not None:
        if following in chain[1:]:
            break
        chain.append(following)
        if following == start:
            break
    return chain


def _short(chain: list[str]) -> str:
    return " → ".join(chain if len(chain) <= 9 else [*chain[:4], "…", *chain[-4:]])


def overlaps(platform: Platform) -> Iterator[Finding]:
    """Memories beside each other from which heaps allocate are different memory: else bytes are given out twice.

    Only addresses that are known are compared; a size that is a range counts by its smaller end.
    """
    beside: dict[str | None, list[tuple[int, int, str]]] = {}
    for name in sorted(_allocated_from(platform)):
        memory = platform.memory[name]
        size = memory.size.low if isinstance(memory.size, Span) else memory.size
        if isinstance(memory.base, int) and isinstance(size, int):
            beside.setdefault(memory.inside, []).append((memory.base, memory.base + size, name))
    for siblings in beside.values():
        end, before = -1, ""
        for base, limit, name in sorted(siblings):
            if base < end:
                yield (
                    ("memory", name, "base"),
                    f"{name} starts at {base:#x}, within {before}, which ends at {end:#x}; "
                    "a part of it says so with 'inside'",
                )
            if limit > end:
                end, before = limit, name


def _allocated_from(platform: Platform) -> set[str]:
    """Memories that heaps name or lock, and all around them."""
    named: set[str] = set()
    for heap in platform.heaps.values():
        named.update(() if heap.memory == UNKNOWN else heap.memory)
        named.update([heap.locks.from_] if heap.locks else ())
    found: set[str] = set()
    for name in named:
        outer: str | None = name
        while outer in platform.memory and outer not in found:
            found.add(outer)
            outer = platform.memory[outer].inside
    return found
