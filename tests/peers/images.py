"""Which images are worth asking for, given what the participants state."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from .cases import Size, World
from .rules import LARGEST, alignment
from .translate import Cast


def bases(cast: Cast, pairs: Sequence[tuple[str, str]]) -> list[Size]:
    """The images that must fit, by anyone's word on these pairs; where there is none, the smallest image."""
    entries = [e for p in cast.parties for e in p.entries if any(e.covers(pair) for pair in pairs)]
    required = {size for entry in entries for size in entry.required}
    kept = [s for s in required if not any(o != s and o[0] >= s[0] and o[1] >= s[1] for o in required)]
    return sorted(kept) or [(1, 1)]


def sizes(cast: Cast, pairs: Sequence[tuple[str, str]], base: Size, world: World) -> list[Size]:
    """Image sizes worth asking for, small to large: `base` or a stated minimum, rounded to a stated multiple.

    Not worth asking is what some participant finds too small in all of `pairs`.
    """
    stated = [
        (entry, alignment(entry, fmt, world))
        for member in cast.parties
        for entry in member.entries
        for fmt, modifier in pairs
        if entry.covers((fmt, modifier))
    ]
    sides: list[list[int]] = []
    for axis in (0, 1):
        steps = {1, *(align[axis] for _, align in stated)}
        lows = {base[axis], *(entry.least[axis] for entry, _ in stated if entry.least[axis] > base[axis])}
        found = {-(-low // step) * step for low in lows for step in steps}
        sides.append(sorted(side for side in found if side <= LARGEST))
    least = [[e.least for e in p.entries if any(e.covers(pair) for pair in pairs)] for p in cast.parties]
    return sorted(
        (
            size
            for size in product(sides[0], sides[1])
            if all(any(low[0] <= size[0] and low[1] <= size[1] for low in lows) for lows in least if lows)
        ),
        key=lambda size: (size[0] * size[1], size),
    )
