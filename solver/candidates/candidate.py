"""One way to place one buffer, with its price and what it charges to whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.constraints import BUDGETS
from heapwright.solver.constraints.kind import BoundAttachment, Placed
from heapwright.solver.constraints.memory import capacity
from heapwright.solver.layout import layout as layouts
from heapwright.solver.objective import COUNTED, PLACED, TERMS
from heapwright.solver.objective.term import Counted

PPM: Final = 1_000_000
"""Shares are counted in it."""

DeviceAssignment = tuple[tuple[int, str | None], ...]
"""(variable, device) pairs; no device where a missing one was dropped as a fact."""


def share(budget: Budget, amount: int) -> int:
    """What an amount is of a bounded memory, in ppm, rounded up."""
    return -(-amount * PPM // budget.limit) if budget.shared and budget.limit > 0 else 0


class LaidOutImage(NamedTuple):
    """What a buffer may hold, wherever it lives: format, modifier, rules and layout."""

    rank: int
    """Of the format, in the pipeline's order."""
    fourcc: str | None
    modifier: str | None
    colour: str | None
    attachments: tuple[BoundAttachment, ...]
    layout: layouts.Layout


class Rivals:
    """Which of these images need no place where another, never worse, has one at the same price.

    Images that conversions tell apart by what they hand on (`kept`) do not compete.
    """

    def __init__(self, images: Sequence[LaidOutImage], kept: frozenset[str]) -> None:
        self._images = images
        self._seen = [seen_by(kept, image) for image in images] if kept else None
        self._known: list[dict[int, bool]] = [{} for _ in images]

    def beaten(self, index: int, placed: Iterable[int]) -> bool:
        """Whether one of those that have a place is never worse."""
        known = self._known[index]
        for other in placed:
            beats = known.get(other)
            if beats is None:
                beats = known[other] = self._beats(other, index)
            if beats:
                return True
        return False

    def _beats(self, one: int, other: int) -> bool:
        mine, theirs = self._images[one], self._images[other]
        if mine.rank > theirs.rank or (self._seen and self._seen[one] != self._seen[other]):
            return False
        laid, rival = mine.layout, theirs.layout
        if laid is not rival:
            if len(laid.sizes) != len(rival.sizes) or laid.moved > rival.moved:
                return False
            if any(a > b for a, b in zip(laid.sizes, rival.sizes, strict=True)):
                return False
        for a, b in zip(mine.attachments, theirs.attachments, strict=True):
            if a.rule is not b.rule and _uses(a) != _uses(b):
                return False
        return True


def _uses(attachment: BoundAttachment) -> dict[str, int]:
    return attachment.rule.uses if attachment.rule is not None else {}


class Option(NamedTuple):
    """One way to place one buffer."""

    key: tuple[object, ...]
    """Names and numbers that order options: the last level of the objective."""
    placed: Placed
    number: int
    """Of buffers."""
    fourcc: str | None
    modifier: str | None
    colour: str | None
    layout: layouts.Layout
    assignment: DeviceAssignment
    dropped: int
    values: tuple[int, ...]
    """What each cost term says, in order."""
    charges: tuple[tuple[Budget, int], ...]
    reserved: tuple[tuple[Budget, int], ...]
    """What the first buffer in its heap locks, however many there are."""
    shares: tuple[tuple[Budget, int], ...]
    """What it uses of each memory, in ppm, the locked block aside."""


def taken(placed: Placed) -> Iterable[Charge]:
    """What a placement takes of every budget, each budget once."""
    found: dict[Budget, Charge] = {}
    for kind in BUDGETS:
        for charge in kind.charges(placed):
            known = found.setdefault(charge[0], charge)
            if known is not charge:
                budget, each, once = charge
                found[budget] = budget, known[1] + each, known[2] + once
    return found.values()


def priced(
    placed: Placed,
    image: LaidOutImage,
    rank: int,
    assignment: DeviceAssignment,
    counts: Iterable[tuple[int, int]],
) -> list[Option]:
    """One option for each of `counts` (buffers, wishes dropped): its price, and what it charges to whom."""
    charges = taken(placed)
    reserved = tuple(capacity.reserved(placed))
    costs = [0] * len(TERMS)
    for level, term in PLACED:
        costs[level] = term.value(placed)
    name = (
        placed.heap.name, image.fourcc or "", image.modifier or "", len(placed.sizes),
        tuple([attachment.device.name for attachment in placed.attachments]),
    )  # fmt: skip
    found = []
    for number, dropped in counts:
        charged, shares = [], []
        for budget, each, once in charges:
            amount = number * each + once
            charged.append((budget, amount))
            if budget.shared and budget.limit > 0:
                shares.append((budget, share(budget, amount)))
        counted = Counted(placed, number, rank + image.rank, dropped, shares)
        for level, term in COUNTED:
            costs[level] = term.value(counted)
        found.append(
            Option(
                (*name, -number),
                placed,
                number,
                image.fourcc,
                image.modifier,
                image.colour,
                image.layout,
                assignment,
                dropped,
                tuple(costs),
                tuple(charged),
                reserved,
                tuple(shares),
            )
        )
    return found


@lru_cache(maxsize=1024)
def picture(fourcc: str | None) -> tuple[int, int]:
    """What no conversion may make less of: channels of colour, and bits of the narrowest."""
    found = pixel_format(fourcc) if fourcc is not None else None
    return (0, 0) if found is None else (found.channels, found.depth)


def seen_by(kept: frozenset[str], image: LaidOutImage | Option) -> tuple[object, ...]:
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
        alike = rivals.setdefault((candidate.number, candidate.assignment, seen), [])
        if not _dominated(candidate, alike):
            alike.append(candidate)
            found.append(candidate)
    return tuple(found)


def _dominated(candidate: Option, better: list[Option]) -> bool:
    """Whether an option that sorts before also charges no more to anybody, and locks nothing else."""
    theirs = dict(candidate.charges)
    for one in better:
        if one.reserved and one.placed.backing is not candidate.placed.backing:
            continue
        for budget, amount in one.charges:
            if amount > theirs.get(budget, 0):
                break
        else:
            return True
    return False
