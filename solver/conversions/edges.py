"""Edges: what a converter of the board can make of a buffer, at what price at least."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Final, NamedTuple

from heapwright.platforms.values import Extent
from heapwright.solver.answer.plan import Change
from heapwright.solver.candidates.candidate import Option, picture
from heapwright.solver.layout import layout as layouts
from heapwright.solver.layout import modifiers
from heapwright.solver.objective import LOSSY, MOVED, PICTURED
from heapwright.solver.question.terms import ASPECTS, Edge

Price = int
"""Lossy conversions, then (below `LOSS`) what converted formats lose, and then bytes moved by conversions."""
PICTURE: Final[Price] = 1 << 128
"""What a bit costs that a converted format loses of the picture: more than all bytes."""
LOSS: Final[Price] = PICTURE << 128
"""What a lossy conversion costs: more than all bits."""
UNLIMITED: Final[Price] = LOSS << 64
"""More than any tree costs."""


def price(option: Option) -> Price:
    """What a placement bears of the conversions around it."""
    return option.values[LOSSY] * LOSS + option.values[PICTURED] * PICTURE + option.values[MOVED]


@lru_cache(maxsize=4096)
def least_sizes(fourcc: str, modifier: str, image: Extent) -> tuple[tuple[int, ...], ...]:
    """Of an image of which nothing is asked, or only that its strides are equal, in so many dma-bufs.

    All else makes it larger.
    """
    form = modifiers.shape(fourcc, modifier)
    needs = product((layouts.Demand(image), layouts.Demand(image, equal=True)), form.dmabufs if form else ())
    laid = [layouts.solve(need, form, dmabufs) for need, dmabufs in needs if form]
    return tuple(dict.fromkeys([layout.sizes for layout in laid if layout]))


def least_bytes(fourcc: str, modifier: str, image: Extent) -> int:
    """No layout of the image has fewer."""
    return min(map(sum, least_sizes(fourcc, modifier, image)), default=0)


class Side(NamedTuple):
    """What an edge sees of a placement that it reads or writes."""

    handed_on: tuple[object, ...]
    """What it leaves as it is: equal on both sides."""
    fourcc: str | None
    """Where the edge may change it, or colours go with it."""
    colour: str | None

    def suits(self, after: Side) -> bool:
        """Whether the edge can make what is seen so on its other side."""
        if self.handed_on != after.handed_on or not faithful(self.fourcc, after.fourcc):
            return False
        return self.fourcc != after.fourcc or self.colour == after.colour


def side(edge: Edge, option: Option, *, strides: bool = True) -> Side:
    """How the edge sees an option; strides aside, while they may still be widened."""
    rows = (
        tuple([plane.stride for plane in option.layout.planes]) if strides and "stride" in edge.kept else ()
    )
    return seen(edge, option.placed.heap.name, option.fourcc, option.modifier, option.colour, rows)


def seen(
    edge: Edge,
    heap: str,
    fourcc: str | None,
    modifier: str | None,
    colour: str | None,
    rows: tuple[int, ...] = (),
) -> Side:
    """How the edge sees what lies so."""
    kept, format_ = edge.kept, fourcc if colour is not None or "format" not in edge.kept else None
    named = "format" in kept and fourcc, "modifier" in kept and modifier, "memory" in kept and heap
    return Side((*named, rows), format_, colour)


@lru_cache(maxsize=4096)
def faithful(before: str | None, after: str | None) -> bool:
    """Whether a conversion from one format to the other keeps the picture.

    All channels of colour, and 8 bits of each or as many as there are: fewer bytes are
    no reason to go grey on the way. Numbers of a palette are no picture without it.
    """
    if before == after:
        return True
    one, other = picture(before), picture(after)
    return 0 not in (one[0], other[0]) and other[0] >= one[0] and other[1] >= one[1]


def changes(before: Option, after: Option) -> tuple[Change, ...]:
    """What really differs between the two sides of a conversion."""
    pairs = (
        (before.fourcc, after.fourcc),
        (before.modifier, after.modifier),
        (before.placed.heap.name, after.placed.heap.name),
        ([p.stride for p in before.layout.planes], [p.stride for p in after.layout.planes]),
    )
    return tuple(aspect for aspect, (one, other) in zip(ASPECTS, pairs, strict=True) if one != other)
