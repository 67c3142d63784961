"""Few choices are simply tried: branch and bound, exact, in the order of the objective.

Most questions leave a handful of undominated options to a handful of buffers. Writing
a model for CP-SAT and asking it costs more there than looking at all that could be
best. The work is counted in branches, so the same question gives the same answer.

Everything is counted above what is certain: each row (a budget, a memory's share)
starts at what it holds if every buffer charges it as little as it can, and an option
adds what it charges beyond that. So every partial choice bounds what it can become.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import Final, NamedTuple

from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import DeviceAssignment, Option
from heapwright.solver.candidates.relaxation import Relaxation
from heapwright.solver.candidates.usage import Usage
from heapwright.solver.objective import LARGEST, NAMES
from heapwright.solver.search.bounds import is_imposed
from heapwright.solver.search.rows import OptionGroup

BRANCHES: Final = 300
"""DroppedFacts as long as CP-SAT takes to answer a small question."""


OPTIONS: Final = 115
"""If buffers have more than this many between them, that many branches hardly ever suffice."""


class _Branch(NamedTuple):
    """An option at a place: its costs before and after the largest share, and its rows."""

    number: int
    rank: int
    before: int
    after: int
    rows: tuple[tuple[int, int], ...]
    assignment: DeviceAssignment


def best(
    groups: Sequence[OptionGroup],
    must_differ: Sequence[tuple[int, int]],
    usage: Usage,
    dropped: Relaxation,
    *,
    any_will_do: bool = False,
) -> list[list[int]] | None:
    """How many buffers of each group take each option, proven best; empty where nothing fits.

    None where that is too much to try. `must_differ` are variables that must be different devices.
    """
    if sum(group.size * len(group.options) for group in groups if len(group.options) > 1) > OPTIONS:
        return None
    if any(option.reserved for group in groups for option in group.options):
        return None
    imposed = {
        budget: usage.used(budget)
        for budget, most in _most_charged(groups).items()
        if most + usage.used(budget) > budget.limit and is_imposed(budget, dropped)
    }
    return _Walk(groups, imposed, usage.shares, must_differ, any_will_do=any_will_do).result()


def _most_charged(groups: Sequence[OptionGroup]) -> dict[Budget, int]:
    """What is charged to each budget at most."""
    most = Counter[Budget]()
    for group in groups:
        of_group: dict[Budget, int] = {}
        for budget, amount in (charge for option in group.options for charge in option.charges):
            of_group[budget] = max(of_group.get(budget, 0), amount)
        most.update({budget: amount * group.size for budget, amount in of_group.items()})
    return most


class _Walk:
    """`imposed` are budgets with what they hold already, `shares` memories with theirs."""

    def __init__(
        self,
        groups: Sequence[OptionGroup],
        imposed: dict[Budget, int],
        shares: dict[Budget, int],
        must_differ: Sequence[tuple[int, int]],
        *,
        any_will_do: bool,
    ) -> None:
        self.groups = groups
        self.any_will_do = any_will_do
        self.must_differ: dict[int, list[int]] = {}
        for one, other in must_differ:
            self.must_differ.setdefault(one, []).append(other)
            self.must_differ.setdefault(other, []).append(one)
        held = {budget: 0 for g in groups for option in g.options for budget, _ in option.shares} | shares
        self.shared = len(held)
        """Rows before this one are shares."""
        self.used = [*held.values(), *imposed.values()]
        self.most = [*(None for _ in held), *(budget.limit for budget in imposed)]
        self.bound: dict[int, str | None] = {}
        keys = [*((budget, True) for budget in held), *((budget, False) for budget in imposed)]
        self.places = self._places({key: row for row, key in enumerate(keys)})
        self.left = BRANCHES
        self.record: tuple[int, int, int] | None = None
        self.path: list[tuple[int, int]] = []
        self.best: list[tuple[int, int]] = []

    def result(self) -> list[list[int]] | None:
        if self._begins():
            largest = max(self.used[: self.shared], default=0)
            self._down(0, 0, (0, largest, 0), self.bound)
        if self.left < 0:
            return None
        if self.record is None:
            return []
        taken = [[0 if len(g.options) > 1 else g.size] * len(g.options) for g in self.groups]
        for group, number in self.best:
            taken[group][number] += 1
        return taken

    def _begins(self) -> bool:
        """Whether what is certain fits; buffers without a choice bind their devices."""
        if any(most is not None and used > most for used, most in zip(self.used, self.most, strict=True)):
            return False
        for group in self.groups:
            if len(group.options) == 1:
                assignment = group.options[0].assignment
                if not self._agrees(assignment, self.bound):
                    return False
                self.bound.update(assignment)
        return True

    def _down(self, place: int, least: int, cost: tuple[int, int, int], bound: dict[int, str | None]) -> None:
        """Try every option of `place` that may still be best; of alike buffers, by rank from `least`."""
        if place == len(self.places):
            self.record, self.best = cost, list(self.path)
            return
        group, options = self.places[place]
        open_ = []
        for option in options:
            if option.rank < least or not self._agrees(option.assignment, bound):
                continue
            self.left -= 1
            largest = self._largest(option, cost[1])
            if largest is not None:
                open_.append(((cost[0] + option.before, largest, cost[2] + option.after), option))
        open_.sort(key=lambda one: one[0])
        same = place + 1 < len(self.places) and self.places[place + 1][0] == group
        for price, option in open_:
            if self.left < 0 or (self.record is not None and (self.any_will_do or price >= self.record)):
                return
            for row, amount in option.rows:
                self.used[row] += amount
            self.path.append((group, option.number))
            self._down(place + 1, option.rank if same else 0, price, {**bound, **dict(option.assignment)})
            self.path.pop()
            for row, amount in option.rows:
                self.used[row] -= amount

    def _agrees(self, assignment: DeviceAssignment, bound: dict[int, str | None]) -> bool:
        for variable, device in assignment:
            if bound.get(variable, device) != device:
                return False
            if device is not None and any(bound.get(v) == device for v in self.must_differ.get(variable, ())):
                return False
        return True

    def _largest(self, option: _Branch, largest: int) -> int | None:
        """The largest share with this option, at least; None where it does not fit."""
        for row, amount in option.rows:
            total, most = self.used[row] + amount, self.most[row]
            if most is None:
                largest = max(largest, total)
            elif total > most:
                return None
        return largest

    def _places(self, number: dict[tuple[Budget, bool], int]) -> list[tuple[int, list[_Branch]]]:
        """Every buffer that has a choice, with its options, priced above what is certain.

        `number` says which row is a budget's, or (True) that of its share. Ranks count once more, buffer by buffer: the earlier has the earlier name.
        """
        radix = self._radices()
        made = [self._made(group, number, radix) for group in self.groups]
        open_ = [i for i, group in enumerate(self.groups) if made[i] for _ in range(group.size)]
        weight = names = prod(len(made[index]) for index in open_)
        places = []
        for index in open_:
            weight //= len(made[index])
            branches = [
                _Branch(o.number, o.rank, o.before, o.after * names + o.rank * weight, o.rows, o.assignment)
                for o in made[index]
            ]
            places.append((index, branches))
        return places

    def _made(
        self, group: OptionGroup, number: dict[tuple[Budget, bool], int], radix: Sequence[int]
    ) -> list[_Branch]:
        """A group's options above what they cost and charge at least, which counts as used already."""
        amounts = [self._amounts(option, number) for option in group.options]
        floor = {row: min(amount.get(row, 0) for amount in amounts) for row in set().union(*amounts)}
        for row, amount in floor.items():
            self.used[row] += amount * group.size
        if len(group.options) == 1:
            return []
        ranks = {i: rank for rank, i in enumerate(group.order)}
        least = [min(column) for column in zip(*[o.values for o in group.options], strict=True)]
        made = []
        for i, option in enumerate(group.options):
            above = [value - low for value, low in zip(option.values, least, strict=True)]
            before = _mixed(above[:LARGEST], radix[:LARGEST])
            after = _mixed((*above[LARGEST + 1 :], ranks[i]), radix[LARGEST + 1 :])
            beyond = tuple([(row, n - floor[row]) for row, n in amounts[i].items() if n > floor[row]])
            made.append(_Branch(i, ranks[i], before, after, beyond, option.assignment))
        return made

    def _radices(self) -> list[int]:
        """One more than the most each level can be above its least; the last is that of names."""
        radices = [1] * len(NAMES)
        for group in self.groups:
            if len(group.options) > 1:
                columns = zip(*[option.values for option in group.options], strict=True)
                for level, column in enumerate(columns):
                    radices[level] += (max(column) - min(column)) * group.size
        return [*radices, sum((len(group.options) - 1) * group.size for group in self.groups) + 1]

    def _amounts(self, option: Option, number: dict[tuple[Budget, bool], int]) -> dict[int, int]:
        shares = {number[budget, True]: share for budget, share in option.shares}
        charges = ((number.get((budget, False)), amount) for budget, amount in option.charges)
        return shares | {row: amount for row, amount in charges if row is not None}


def _mixed(digits: Sequence[int], radices: Sequence[int]) -> int:
    """Levels as one number: the earlier ones weigh more than all that follow."""
    total = 0
    for digit, radix in zip(digits, radices, strict=True):
        total = total * radix + digit
    return total
