"""Edges: what a converter of the board can make of a buffer, at what price at least."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.values import Extent
from heapwright.solver.answer.plan import Change
from heapwright.solver.candidates.candidate import Option, picture
from heapwright.solver.layout import modifiers
from heapwright.solver.layout.layout import row
from heapwright.solver.layout.shape import Shape
from heapwright.solver.objective import conversion_bytes, lossy_conversions
from heapwright.solver.question.facts import End
from heapwright.solver.question.resolve import Problem, Question, User
from heapwright.solver.question.terms import ASPECTS, Edge, attachment_of

Price = tuple[int, int]
"""Lossy conversions, and bytes moved by conversions."""


def loss(edge: Edge) -> int:
    """What it counts among lossy conversions."""
    return lossy_conversions.loss(edge.writing)


def weight(edge: Edge, rate: int) -> int:
    """What a byte that it moves costs."""
    return conversion_bytes.weight(edge.reading, rate)


def user_of(problem: Problem, end: End) -> User:
    """The attachment that a converter makes at one side."""
    return User(attachment_of(end), problem.converter(end.device.name))


def least_bytes(question: Question, edge: Edge) -> int:
    """No image that the edge writes can be smaller."""
    spec = question.spec
    if spec.size is None:
        return spec.bytes or 0
    rules = edge.device.spec.ports[edge.spec.to].images
    written = {(f, modifier) for rule in rules for f in rule.formats for modifier in rule.modifiers}
    return min([_least(fourcc, modifier, spec.size) for fourcc, modifier in sorted(written)], default=0)


@lru_cache(maxsize=4096)
def _least(fourcc: str, modifier: str, image: Extent) -> int:
    """Bytes of the pixels alone, as densely as they lie in the modifier."""
    plain = payload(fourcc, image)
    if modifiers.thinnest(modifier) > 1:
        return plain // modifiers.thinnest(modifier)
    form = modifiers.shape(fourcc, modifier)
    packed = form.payload if isinstance(form, Shape) else ()
    dense = sum([row(plane, image.width) * -(-image.height // plane.vsub) for plane in packed])
    return min(plain, dense) if packed else plain


@lru_cache(maxsize=4096)
def payload(fourcc: str, image: Extent) -> int:
    """Bytes of the pixels alone."""
    found = pixel_format(fourcc)
    if found is None or not found.planes:
        return 0
    total = 0
    for plane in found.planes:
        samples = -(-image.width // plane.hsub)
        total += -(-samples * plane.bytes // plane.samples) * -(-image.height // plane.vsub)
    return total


class Sight(NamedTuple):
    """What an edge sees of a placement on one of its sides."""

    handed_on: tuple[object, ...]
    """What it leaves as it is: equal on both sides."""
    fourcc: str | None
    """Where the edge may change it, or colours go with it."""
    colour: str | None

    def suits(self, after: Sight) -> bool:
        """Whether the edge can make what is seen so on its other side."""
        if self.handed_on != after.handed_on or not faithful(self.fourcc, after.fourcc):
            return False
        return self.fourcc != after.fourcc or self.colour == after.colour


def sight(edge: Edge, option: Option) -> Sight:
    """How the edge sees a placement."""
    kept = edge.kept
    handed_on = (
        "format" in kept and option.fourcc,
        "modifier" in kept and option.modifier,
        "memory" in kept and option.placed.heap.name,
        "stride" in kept and tuple([plane.stride for plane in option.layout.planes]),
    )
    seen = "format" not in kept or option.colour is not None
    return Sight(handed_on, option.fourcc if seen else None, option.colour)


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
