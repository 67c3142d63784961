"""One way to place one buffer, with its price and what it charges to whom."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

from platforms.formats import pixel_format
from solver import layout as layouts
from solver.constraint import Budget, Placed, Touch
from solver.constraints import BUDGETS, capacity
from solver.costs import TERMS
from solver.costs.term import Priced

PPM: Final = 1_000_000
"""Shares are counted in it."""

Binding = tuple[tuple[int, str | None], ...]
"""(variable, device) pairs; no device where a missing one was dropped as a fact."""


def share(budget: Budget, amount: int) -> int:
    """What an amount is of a bounded memory, in ppm, rounded up."""
    return -(-amount * PPM // budget.limit) if budget.shared and budget.limit > 0 else 0


class Image(NamedTuple):
    """What a buffer may hold, wherever it lives: format, modifier, rules and layout."""

    rank: int
    """Of the format, in the pipeline's order."""
    fourcc: str | None
    modifier: str | None
    colour: str | None
    touches: tuple[Touch, ...]
    layout: layouts.Layout


def beaten(image: Image, better: Iterable[Image]) -> bool:
    """Whether one of those that come first by rank and name is never worse in the same heap."""
    return any(_beats(one, image) for one in better)


def _beats(one: Image, other: Image) -> bool:
    mine, theirs = one.layout, other.layout
    if len(mine.sizes) != len(theirs.sizes) or mine.moved > theirs.moved:
        return False
    if any(a > b for a, b in zip(mine.sizes, theirs.sizes, strict=True)):
        return False
    for a, b in zip(one.touches, other.touches, strict=True):
        if a.rule is not b.rule and _uses(a) != _uses(b):
            return False
    return True


def _uses(touch: Touch) -> dict[str, int]:
    return touch.rule.uses if touch.rule is not None else {}


class Option(NamedTuple):
    """One way to place one buffer."""

    key: tuple[object, ...]
    """Names and numbers that order options: the last level of the objective."""
    placed: Placed
    fourcc: str | None
    modifier: str | None
    colour: str | None
    layout: layouts.Layout
    binding: Binding
    dropped: int
    values: tuple[int, ...]
    """What each cost term says, in order."""
    charges: tuple[tuple[Budget, int], ...]
    locks: tuple[tuple[Budget, int], ...]
    """What the first buffer in its heap locks, however many there are."""
    shares: tuple[tuple[Budget, int], ...]
    """What it uses of each memory, in ppm, the locked block aside."""


def option(placed: Placed, image: Image, rank: int, binding: Binding, dropped: int) -> Option:
    """Price a placement and work out what it charges to which budget."""
    charges: dict[Budget, int] = {}
    for kind in BUDGETS:
        for budget, amount in kind.charges(placed):
            charges[budget] = charges.get(budget, 0) + amount
    locks = tuple(capacity.locks(placed))
    shares = tuple(
        [
            (budget, -(-amount * PPM // budget.limit))
            for budget, amount in charges.items()
            if budget.shared and budget.limit > 0
        ]
    )
    priced = Priced(placed, rank + image.rank, dropped, shares)
    values = tuple([term.value(priced) for term in TERMS])
    devices = tuple(touch.device.name for touch in placed.touches)
    key = (
        placed.heap.name, image.fourcc or "", image.modifier or "", len(placed.sizes), devices, -placed.number
    )  # fmt: skip
    return Option(
        key,
        placed,
        image.fourcc,
        image.modifier,
        image.colour,
        image.layout,
        binding,
        dropped,
        values,
        tuple(charges.items()),
        locks,
        shares,
    )


@cache
def picture(fourcc: str | None) -> tuple[int, int]:
    """What no conversion may make less of: channels of colour, and bits of the narrowest."""
    found = pixel_format(fourcc) if fourcc is not None else None
    return (0, 0) if found is None else (found.channels, found.depth)


def seen_by(kept: frozenset[str], image: Image | Option) -> tuple[object, ...]:
    """What conversions that hand on `kept` see of an image, where it lives aside."""
    return (
        "picture" in kept and picture(image.fourcc),
        "format" in kept and image.fourcc,
        "modifier" in kept and image.modifier,
        "stride" in kept and tuple([plane.stride for plane in image.layout.planes]),
        "colour" in kept and image.colour,
    )


def undominated(options: list[Option], kept: frozenset[str] = frozenset()) -> tuple[Option, ...]:
    """The options that no other beats in every respect, best first.

    Options that conversions tell apart by what they hand on (`kept`) do not compete.
    """
    options.sort(key=lambda o: (o.values, o.key, o.layout))
    found: list[Option] = []
    rivals: dict[tuple[object, ...], list[Option]] = {}
    for candidate in options:
        seen = (*seen_by(kept, candidate), "memory" in kept and candidate.placed.heap.name) if kept else ()
        alike = rivals.setdefault((candidate.placed.number, candidate.binding, seen), [])
        if not _dominated(candidate, alike):
            alike.append(candidate)
            found.append(candidate)
    return tuple(found)


def _dominated(candidate: Option, better: list[Option]) -> bool:
    """Whether an option that sorts before also charges no more to anybody, and locks nothing else."""
    theirs = dict(candidate.charges)
    for one in better:
        if one.locks and one.placed.home is not candidate.placed.home:
            continue
        for budget, amount in one.charges:
            if amount > theirs.get(budget, 0):
                break
        else:
            return True
    return False
