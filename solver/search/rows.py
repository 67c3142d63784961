"""Rows and levels of the model, from groups of options: what is shared, and what is minimised.

A group says how many of some alike placements take each of its options: one variable an
option, from `first` on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import gcd
from typing import NamedTuple

from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.relaxation import Relaxation
from heapwright.solver.candidates.usage import Usage, block_shares
from heapwright.solver.search.bounds import is_imposed
from heapwright.solver.search.cpsat import ObjectiveLevel, Row, Search


class OptionGroup(NamedTuple):
    """At most `size` placements take these options; exactly so many if all of them are `whole`."""

    size: int
    options: tuple[Option, ...]
    first: int = 0
    whole: bool = True

    @property
    def variables(self) -> range:
        return range(self.first, self.first + len(self.options))

    @property
    def order(self) -> list[int]:
        """Options by name."""
        return sorted(range(len(self.options)), key=lambda i: self.options[i].key)


class ReservedBlockVariable(NamedTuple):
    """What a heap locks of a memory: so much in ppm, if the variable is 1."""

    variable: int
    budget: Budget
    share: int


def least(group: OptionGroup, level: int) -> int:
    """What one of the group costs at least; nothing, if none may be taken."""
    return min(option.values[level] for option in group.options) if group.whole else 0


def costs(groups: Sequence[OptionGroup]) -> list[list[tuple[int, ...]]]:
    """For each level what every option costs, group by group."""
    of_groups = [zip(*[option.values for option in group.options], strict=True) for group in groups]
    return [list(of_level) for of_level in zip(*of_groups, strict=True)]


def cost(
    groups: Sequence[OptionGroup],
    values: Sequence[tuple[int, ...]],
    blocks: Sequence[ReservedBlockVariable] = (),
) -> tuple[ObjectiveLevel, int]:
    """A level above what every choice costs, and the unit it is counted in; `blocks` are paid for too.

    `values` are those of the level, as `costs` gives them. Small numbers, whatever the sizes and
    rates: they share objectives and search fast.
    """
    terms = [(block.variable, block.share) for block in blocks]
    most, base = sum(block.share for block in blocks), 0
    for group, of_group in zip(groups, values, strict=True):
        low, high = min(of_group) if group.whole else 0, max(of_group)
        base += low * group.size
        most += (high - low) * group.size
        terms += [(index, value - low) for index, value in enumerate(of_group, group.first) if value != low]
    unit = gcd(*(amount for _, amount in terms)) or 1
    return ObjectiveLevel([(v, amount // unit) for v, amount in terms], most // unit, base // unit), unit


def ranks(groups: Sequence[OptionGroup]) -> ObjectiveLevel:
    """The last level: options in the order of their names."""
    terms = [(g.first + index, rank) for g in groups for rank, index in enumerate(g.order) if rank]
    return ObjectiveLevel(terms, sum((len(group.options) - 1) * group.size for group in groups))


def link_devices(
    must_differ: Sequence[tuple[int, int]], groups: Sequence[OptionGroup], search: Search
) -> None:
    """Every buffer of a file binds a variable to the same device."""
    domains: dict[int, dict[str | None, list[tuple[OptionGroup, list[int]]]]] = {}
    for group in groups:
        takes: dict[tuple[int, str | None], list[int]] = {}
        for index, option in enumerate(group.options, group.first):
            for pair in option.assignment:
                takes.setdefault(pair, []).append(index)
        for (variable, device), members in takes.items():
            domains.setdefault(variable, {}).setdefault(device, []).append((group, members))
    labelled = {variable for pair in must_differ for variable in pair}
    chosen: dict[tuple[int, str | None], int] = {}
    for variable, devices in sorted(domains.items()):
        if len(devices) < 2 and variable not in labelled:
            continue
        for device in sorted(devices, key=lambda d: d or ""):
            flag = chosen[variable, device] = search.boolean()
            for group, members in devices[device]:
                search.add(Row([*((member, 1) for member in members), (flag, -group.size)], None, 0))
        search.add(Row([(chosen[variable, device], 1) for device in devices], 0, 1))
    for a, b in must_differ:
        for device in domains.get(a, {}):
            if device is not None and (b, device) in chosen:
                search.add(Row([(chosen[a, device], 1), (chosen[b, device], 1)], 0, 1))


def impose_budgets(
    groups: Sequence[OptionGroup], search: Search, usage: Usage, dropped: Relaxation
) -> list[ReservedBlockVariable]:
    """Rows for what is shared, and the blocks that may be locked."""
    sums: dict[Budget, list[tuple[int, int]]] = {}
    most = Counter[Budget]()
    reservers: dict[str, tuple[tuple[tuple[Budget, int], ...], list[tuple[int, int]]]] = {}
    for group in groups:
        for index, option in enumerate(group.options, group.first):
            for budget, amount in option.charges:
                sums.setdefault(budget, []).append((index, amount))
                most[budget] += amount * group.size
            backing = option.placed.backing.name
            if option.reserved and backing not in usage.reserved:
                reservers.setdefault(backing, (option.reserved, []))[1].append((index, group.size))
    blocks = []
    for backing, (reserved, users) in sorted(reservers.items()):
        flag = search.boolean()
        for index, size in users:
            search.add(Row([(index, 1), (flag, -size)], -size, 0))
        for budget, amount in reserved:
            sums.setdefault(budget, []).append((flag, amount))
            most[budget] += amount
        shares = block_shares({backing: reserved})
        blocks += [ReservedBlockVariable(flag, budget, part) for budget, part in shares]
    for budget, terms in sums.items():
        room = budget.limit - usage.used(budget)
        if most[budget] > room and is_imposed(budget, dropped):
            search.add(Row(terms, None, room))
    return blocks


def bound_largest(
    groups: Sequence[OptionGroup], search: Search, usage: Usage, blocks: Sequence[ReservedBlockVariable]
) -> tuple[int, int]:
    """A variable at least as large as every memory's share, and the most it can be."""
    sums: dict[Budget, list[tuple[int, int]]] = {}
    floor = max(usage.shares.values(), default=0)
    most = floor + sum(block.share for block in blocks)
    for group in groups:
        most += group.size * max(max((s for _, s in o.shares), default=0) for o in group.options)
        for index, option in enumerate(group.options, group.first):
            for budget, part in option.shares:
                sums.setdefault(budget, []).append((index, part))
    for block in blocks:
        sums.setdefault(block.budget, []).append((block.variable, block.share))
    largest = search.integer(floor, most)
    for budget, terms in sums.items():
        search.add(Row([*terms, (largest, -1)], None, -usage.shares.get(budget, 0)))
    return largest, most


def taken(group: OptionGroup, solution: Sequence[int]) -> list[Option]:
    """The options that a group takes, as often as it does, in name order."""
    return [group.options[i] for i in group.order for _ in range(solution[group.first + i])]
