"""One way to place one buffer, with its price and what it charges to whom."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.constraints import BUDGETS
from heapwright.solver.constraints.cases import BoundAttachment, Placed
from heapwright.solver.constraints.kind import HEAPS, Budgeting, ConstraintKind
from heapwright.solver.constraints.reads import Together, Values
from heapwright.solver.layout import layout as layouts
from heapwright.solver.objective import COUNTED, FILLING, LOAD, PLACED, TERMS
from heapwright.solver.objective.orders.driver_order import ANY_ORDER, DriverOrder
from heapwright.solver.objective.term import CostTerm, Counted

PPM: Final = 1_000_000
"""Shares are counted in it."""

TermsByLevel = tuple[tuple[int, CostTerm], ...]
"""With the levels that they are."""
DeviceAssignment = tuple[tuple[int, str | None], ...]
"""(variable, device) pairs; no device where a missing one was dropped as a fact."""

LockedBlock = tuple[str, tuple[tuple[Budget, int], ...]]
"""The heap of a block that is locked once, and what it takes of budgets."""


def share(budget: Budget, amount: int) -> int:
    """What an amount is of a bounded memory, in ppm, rounded up."""
    return -(-amount * PPM // budget.limit) if budget.shared and budget.limit > 0 else 0


class LaidOutImage(NamedTuple):
    """What a buffer may hold, wherever it lives: format, modifier, rules and layout."""

    rank: int
    """Of the format and of the modifier, in the pipeline's orders."""
    fourcc: str | None
    modifier: str | None
    colour: str | None
    attachments: tuple[BoundAttachment, ...]
    layout: layouts.Layout
    loss: int = 0
    """What the format loses of what there is to show."""
    preferred: DriverOrder = ANY_ORDER


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
    loss: int
    """What the format loses of what there is to show."""
    preferred: DriverOrder
    values: tuple[int, ...]
    """What each cost term says, in order."""
    charges: tuple[tuple[Budget, int], ...]
    reserved: tuple[tuple[Budget, int], ...]
    """What the first buffer in its heap locks, however many there are."""
    shares: tuple[tuple[Budget, int], ...]
    """What it uses of each memory, in ppm, the locked block aside."""

    @property
    def locks(self) -> tuple[LockedBlock, ...]:
        """The heap of which its first buffer locks a block, with what that takes."""
        return ((self.placed.backing.name, self.reserved),) if self.reserved else ()


_ANYWHERE: Final = frozenset(Placed._fields) - {"heap", "backing"}
"""What a placement has in whatever heap."""


class PriceParts(NamedTuple):
    """What a placement takes of budgets, each once, and what terms say of it; nothing of those that count buffers."""

    charges: list[Charge]
    reserved: list[tuple[Budget, int]]
    """What the first buffer in its heap takes, once."""
    costs: list[tuple[int, int]]
    """By level."""


Rated = tuple[Budgeting | CostTerm, int]
"""A budget, or a term with the level that it is."""


class PriceRules:
    """Budgets and terms that say one part of a price."""

    def __init__(self, rated: Sequence[Rated]) -> None:
        self.read = _of_heap([path for rule, _ in rated for path in rule.reads])
        self._given = Together([rule.reads for rule, _ in rated])
        orders = list(zip(rated, self._given.orders, strict=True))
        self._budgets = [(rule, order) for (rule, _), order in orders if isinstance(rule, Budgeting)]
        self._terms: dict[
            tuple[Callable[..., int], tuple[str, ...]], tuple[Callable[[Values], Values], list[int]]
        ] = {}
        """What terms say that follow one rule, said once."""
        for (term, level), order in orders:
            if isinstance(term, CostTerm):
                self._terms.setdefault((term.rule, term.reads), (order, []))[1].append(level)

    def price(self, placed: Placed) -> PriceParts:
        found: dict[Budget, Charge] = {}
        reserved: list[tuple[Budget, int]] = []
        given = self._given.look(placed)
        for budget, order in self._budgets:
            values = order(given)
            for charge in budget.charges(*values):
                known = found.setdefault(charge[0], charge)
                if known is not charge:
                    found[charge[0]] = charge[0], known[1] + charge[1], known[2] + charge[2]
            if budget.reserved is not None:
                reserved += budget.reserved(*values)
        said = [(levels, rule(*order(given))) for (rule, _), (order, levels) in self._terms.items()]
        costs = [(level, value) for levels, value in said for level in levels]
        return PriceParts([*found.values()], reserved, costs)


Keys = Sequence[Hashable]
Prices = dict[Hashable, PriceParts]


class Pricing:
    """Budgets and terms of a catalogue, with what they read looked up at once."""

    def __init__(
        self, kinds: tuple[ConstraintKind, ...], placed: TermsByLevel, counted: TermsByLevel
    ) -> None:
        self.of = kinds, placed, counted
        rated: list[Rated] = [(kind.budget, 0) for kind in kinds if kind.budget]
        rated += [(term, level) for level, term in placed]
        of_sizes = [each for each in rated if _of_sizes(each[0].reads)]
        self.of_sizes = PriceRules(of_sizes)
        """Those that read nothing but sizes and the heap."""
        self.others = PriceRules([each for each in rated if each not in of_sizes])
        self._given_number = Together([term.reads for _, term in counted])
        numbered = zip(counted, self._given_number.orders, strict=True)
        self._counted = [(level, term.rule, order) for (level, term), order in numbered]

    def price(self, placed: Placed, keys: Keys, of_image: Prices, of_sizes: Prices) -> PriceParts:
        """What a placement takes and costs.

        Its parts are kept by the keys of its heap: `of_image` for one image under one choice of devices, and
        `of_sizes` for all that reads nothing else of them.
        """
        key, other_key = (keys[0], placed.sizes), keys[1]
        given, others = of_sizes.get(key), of_image.get(other_key)
        if given is None:
            given = of_sizes[key] = self.of_sizes.price(placed)
        if others is None:
            others = of_image[other_key] = self.others.price(placed)
        return PriceParts(
            given.charges + others.charges, given.reserved + others.reserved, given.costs + others.costs
        )

    def count(self, costs: list[int], counted: Counted) -> tuple[int, ...]:
        """The same with what terms say of so many buffers."""
        given = self._given_number.look(counted)
        for level, rule, order in self._counted:
            costs[level] = rule(*order(given))
        return tuple(costs)


def _of_sizes(paths: Iterable[str]) -> bool:
    """Whether nothing but sizes and the heap is read."""
    return {path.partition(".")[0] for path in paths} <= {"board", "sizes", *HEAPS}


def _of_heap(paths: Iterable[str]) -> tuple[str, ...]:
    """What among paths hangs on the heap: the heap as such, where it is not known what is read of it."""
    found: dict[str, None] = {}
    for path in paths:
        root = path.partition(".")[0]
        if root in HEAPS or root == "mapping":
            found[path] = None
        elif root not in _ANYWHERE:
            found.update(dict.fromkeys(("heap", "backing")))
    return tuple(sorted(found))


_KNOWN: Final[list[Pricing]] = []
"""The one for the catalogue, as it was last."""


def pricing() -> Pricing:
    """What the catalogue says of prices."""
    if not _KNOWN or _KNOWN[0].of != (BUDGETS, PLACED, COUNTED):
        _KNOWN[:] = [Pricing(BUDGETS, PLACED, COUNTED)]
    return _KNOWN[0]


def price(placed: Placed) -> PriceParts:
    """What a placement takes and costs."""
    return pricing().price(placed, (0, 0), {}, {})


def priced(
    placed: Placed,
    image: LaidOutImage,
    rank: int,
    assignment: DeviceAssignment,
    counts: Iterable[tuple[int, int]],
    worth: PriceParts | None = None,
) -> list[Option]:
    """One option for each of `counts` (buffers, wishes dropped): its price, and what it charges to whom."""
    charges, reserved, of_placed = worth or price(placed)
    rules, costs = pricing(), [0] * len(TERMS)
    for level, value in of_placed:
        costs[level] = value
    given = [(level, TERMS[level], costs[level]) for level in FILLING]
    name = (
        placed.heap.name, image.fourcc or "", image.modifier or "", len(placed.sizes),
        tuple([attachment.device.name for attachment in placed.attachments]),
    )  # fmt: skip
    found = []
    for number, dropped in counts:
        charged = tuple([(budget, number * each + once) for budget, each, once in charges])
        shares = tuple([(b, share(b, amount)) for b, amount in charged if b.shared and b.limit > 0])
        counted = Counted(placed, number, rank + image.rank, dropped, image.loss, image.preferred, shares)
        filled = sum([part for _, part in shares])
        for level, term, value in given:
            costs[level] = value + filled if term.digits is None else term.rounded(value + filled)
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
                image.loss,
                image.preferred,
                rules.count(costs, counted),
                charged,
                tuple(reserved),
                shares,
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
    """Whether an option that sorts before also charges no more to anybody, and locks nothing else.

    Load is rounded over all placements together: one that costs less there alone, and more later, beats nothing.
    """
    theirs = dict(candidate.charges) if better else {}
    for one in better:
        if one.reserved and one.placed.backing is not candidate.placed.backing:
            continue
        for budget, amount in one.charges:
            if amount > theirs.get(budget, 0):
                break
        else:
            if not _only_lighter(one, candidate):
                return True
    return False


def _only_lighter(one: Option, other: Option) -> bool:
    """Whether an option costs as much before load, less there, and more later: then either may be better."""
    mine, theirs = one.values, other.values
    if mine[LOAD] >= theirs[LOAD] or mine[:LOAD] != theirs[:LOAD]:
        return False
    return (mine[LOAD + 1 :], one.key) > (theirs[LOAD + 1 :], other.key)
