"""One way to place one buffer, with its price and what it charges to whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.constraints import BUDGETS
from heapwright.solver.constraints.cases import BoundAttachment, Placed
from heapwright.solver.constraints.kind import ConstraintKind
from heapwright.solver.constraints.reads import Together, Values
from heapwright.solver.layout import layout as layouts
from heapwright.solver.objective import COUNTED, PLACED, TERMS
from heapwright.solver.objective.term import CostTerm, Counted

PPM: Final = 1_000_000
"""Shares are counted in it."""

TermsByLevel = tuple[tuple[int, CostTerm], ...]
"""With the levels that they are."""
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
    rank: int
    """Places behind the first choice in the orders the pipeline gives."""
    values: tuple[int, ...]
    """What each cost term says, in order."""
    charges: tuple[tuple[Budget, int], ...]
    reserved: tuple[tuple[Budget, int], ...]
    """What the first buffer in its heap locks, however many there are."""
    shares: tuple[tuple[Budget, int], ...]
    """What it uses of each memory, in ppm, the locked block aside."""


class _Pricing:
    """Budgets and terms, with what they read looked up at once."""

    def __init__(
        self, kinds: tuple[ConstraintKind, ...], placed: TermsByLevel, counted: TermsByLevel
    ) -> None:
        self.of = kinds, placed, counted
        self.budgets = [kind.budget for kind in kinds if kind.budget is not None]
        self.reserving = [(n, b.reserved) for n, b in enumerate(self.budgets) if b.reserved is not None]
        self.placed, self.counted = placed, counted
        of_placed = [budget.reads for budget in self.budgets] + [term.reads for _, term in placed]
        self.given = Together(of_placed)
        self.given_number = Together([term.reads for _, term in counted])

    def taken(self, given: Sequence[Values]) -> Iterable[Charge]:
        """What a placement takes of every budget, each budget once."""
        found: dict[Budget, Charge] = {}
        for budget, values in zip(self.budgets, given, strict=False):
            for charge in budget.charges(*values):
                known = found.setdefault(charge[0], charge)
                if known is not charge:
                    found[charge[0]] = charge[0], known[1] + charge[1], known[2] + charge[2]
        return found.values()

    def reserved(self, given: Sequence[Values]) -> tuple[tuple[Budget, int], ...]:
        """What the first buffer in its heap takes, once."""
        return tuple([lock for number, of in self.reserving for lock in of(*given[number])])

    def values(self, given: Sequence[Values]) -> list[int]:
        """What terms say of a placement; of those that count buffers nothing yet."""
        found = [0] * len(TERMS)
        for (level, term), values in zip(self.placed, given[len(self.budgets) :], strict=True):
            found[level] = term.rule(*values)
        return found

    def count(self, costs: list[int], counted: Counted) -> tuple[int, ...]:
        """The same with what terms say of so many buffers."""
        for (level, term), values in zip(self.counted, self.given_number(counted), strict=True):
            costs[level] = term.rule(*values)
        return tuple(costs)


_KNOWN: Final[list[_Pricing]] = []
"""The one for the catalogue, as it was last."""


def _pricing(kinds: tuple[ConstraintKind, ...], placed: TermsByLevel, counted: TermsByLevel) -> _Pricing:
    if not _KNOWN or _KNOWN[0].of != (kinds, placed, counted):
        _KNOWN[:] = [_Pricing(kinds, placed, counted)]
    return _KNOWN[0]


def taken(placed: Placed) -> Iterable[Charge]:
    """What a placement takes of every budget, each budget once."""
    pricing = _pricing(BUDGETS, PLACED, COUNTED)
    return pricing.taken(pricing.given(placed))


def locked(placed: Placed) -> tuple[tuple[Budget, int], ...]:
    """What the first buffer in the heap of a placement takes, however many there are."""
    pricing = _pricing(BUDGETS, PLACED, COUNTED)
    return pricing.reserved(pricing.given(placed))


def priced(
    placed: Placed,
    image: LaidOutImage,
    rank: int,
    assignment: DeviceAssignment,
    counts: Iterable[tuple[int, int]],
) -> list[Option]:
    """One option for each of `counts` (buffers, wishes dropped): its price, and what it charges to whom."""
    pricing = _pricing(BUDGETS, PLACED, COUNTED)
    given = pricing.given(placed)
    charges, reserved, costs = pricing.taken(given), pricing.reserved(given), pricing.values(given)
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
                counted.rank,
                pricing.count(costs, counted),
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
