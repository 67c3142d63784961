"""A question as bare numbers: what every rival is given, and how its answer is judged.

A `Table` holds the options that propagation left for each buffer, with what they
cost at each level of the objective, what they charge to which shared limit, and
which device they bind. All rivals get the same one, in the same small units, and
all answers are added up here in exact integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import Any, Final, NamedTuple

from solver.costs import LARGEST, NAMES
from solver.model import Ledger
from solver.options import Propagation
from solver.problem import Problem

RANK: Final = len(NAMES)
"""The level after those with names: options in the order of their names."""
ROOM: Final = 1 << 53
"""Levels whose ranges multiply to less may share one objective."""

Amounts = tuple[tuple[int, int], ...]


class Row(NamedTuple):
    """One option of one buffer; pairs are (index of a limit, of a pool, of a variable; number)."""

    costs: tuple[int, ...]
    charges: Amounts
    shares: Amounts
    binding: Amounts


class Table(NamedTuple):
    """Take one row per buffer: under every limit, no two devices for one variable,
    no device for two variables that are `apart`, and the least costs, level by level."""

    buffers: tuple[tuple[Row, ...], ...]
    limits: tuple[int, ...]
    pools: int
    devices: tuple[int, ...]
    """How many devices each variable may be."""
    apart: tuple[tuple[int, int, int, int], ...]
    """(variable, device, variable, device) that are one device in two roles."""

    @property
    def rows(self) -> int:
        return sum(len(rows) for rows in self.buffers)


class Outcome(NamedTuple):
    """What a rival says: the row it takes for each buffer, in how many seconds."""

    status: str
    """`optimal`, `infeasible`, `limit` (time is up, with or without an answer) or `absent`."""
    chosen: tuple[int, ...] = ()
    build: float = 0.0
    search: float = 0.0

    @property
    def seconds(self) -> float:
        return self.build + self.search


def table(problem: Problem, found: Propagation, ledger: Ledger) -> Table:
    """The numbers of a question; nothing in it may be live or lock lazily."""
    budgets: dict[Any, int] = {}
    pools: dict[Any, int] = {}
    domains: dict[int, dict[str | None, int]] = {}
    buffers = []
    for options in found.options:
        order = sorted(range(len(options)), key=lambda i: options[i].key)
        rank = {index: place for place, index in enumerate(order)}
        rows = []
        for index, option in enumerate(options):
            if option.locks or ledger.charges:
                raise ValueError("lazily locked heaps and live placements have no place in a table")
            binding = []
            for variable, device in option.binding:
                domain = domains.setdefault(variable, {})
                binding.append((variable, domain.setdefault(device, len(domain))))
            charges = tuple((budgets.setdefault(b, len(budgets)), n) for b, n in option.charges)
            shares = tuple((pools.setdefault(b, len(pools)), n) for b, n in option.shares)
            rows.append(Row((*option.values, rank[index]), charges, shares, tuple(binding)))
        buffers.append(tuple(rows))
    apart = tuple(
        (a, domains[a][device], b, domains[b][device])
        for a, b in problem.apart
        if a in domains and b in domains
        for device in sorted(domains[a].keys() & domains[b].keys() - {None}, key=str)
    )
    devices = tuple(len(domains.get(v, {})) for v in range(len(problem.variables)))
    made = Table(tuple(buffers), tuple(budget.limit for budget in budgets), len(pools), devices, apart)
    return _in_small_units(made)


def _in_small_units(made: Table) -> Table:
    """Every limit and level less what any choice costs, divided by its greatest common divisor."""
    units = [0] * len(made.limits)
    steps = [0] * (RANK + 1)
    least = [
        [min(row.costs[level] for row in rows) for level in range(RANK + 1)] for rows in made.buffers if rows
    ]
    for rows, floor in zip((rows for rows in made.buffers if rows), least, strict=True):
        for row in rows:
            for index, amount in row.charges:
                units[index] = gcd(units[index], amount)
            steps = [gcd(step, cost - low) for step, cost, low in zip(steps, row.costs, floor, strict=True)]
    floors = iter(least)
    buffers = []
    for rows in made.buffers:
        floor = next(floors) if rows else []
        buffers.append(tuple(_scaled(row, floor, units, steps) for row in rows))
    limits = tuple(limit // (unit or 1) for limit, unit in zip(made.limits, units, strict=True))
    return made._replace(buffers=tuple(buffers), limits=limits)


def _scaled(row: Row, floor: Sequence[int], units: Sequence[int], steps: Sequence[int]) -> Row:
    costs = tuple(
        (cost - low) // (step or 1) for cost, low, step in zip(row.costs, floor, steps, strict=True)
    )
    return row._replace(
        costs=costs, charges=tuple((index, amount // units[index]) for index, amount in row.charges)
    )


def groups(made: Table, room: int = ROOM) -> list[list[tuple[int, int]]]:
    """Levels that are not the same whatever is chosen, as (level, weight) by shared objective."""
    found: list[list[tuple[int, int]]] = []
    span = room
    for level in range(RANK, -1, -1):
        most = 1 + largest_cost(made, level)
        if most == 1:
            continue
        if span * most >= room:
            found.append([])
            span = 1
        found[-1].insert(0, (level, span))
        span *= most
    return found[::-1]


def largest_cost(made: Table, level: int) -> int:
    """The most that a level can come to."""
    if level == LARGEST:
        return sum(max((n for row in rows for _, n in row.shares), default=0) for rows in made.buffers)
    return sum(max(row.costs[level] for row in rows) for rows in made.buffers)


def costs(made: Table, chosen: Sequence[int]) -> tuple[int, ...]:
    """What a choice costs at each level, in the table's units, once it is found lawful.

    Raises:
        ValueError: the choice breaks a rule; the answer is wrong.
    """
    rows = [options[index] for options, index in zip(made.buffers, chosen, strict=True)]
    used = [0] * len(made.limits)
    shares = [0] * made.pools
    bound: dict[int, int] = {}
    for row in rows:
        for index, amount in row.charges:
            used[index] += amount
        for index, amount in row.shares:
            shares[index] += amount
        for variable, device in row.binding:
            if bound.setdefault(variable, device) != device:
                raise ValueError(f"variable {variable} is two devices")
    for index, (amount, limit) in enumerate(zip(used, made.limits, strict=True)):
        if amount > limit:
            raise ValueError(f"limit {index} is {limit}, used {amount}")
    for a, one, b, other in made.apart:
        if bound.get(a) == one and bound.get(b) == other:
            raise ValueError(f"variables {a} and {b} are one device")
    found = [sum(row.costs[level] for row in rows) for level in range(RANK + 1)]
    found[LARGEST] = max(shares, default=0)
    return tuple(found)


def chosen_by(found: Propagation, chosen: Sequence[Any]) -> tuple[int, ...]:
    """The rows that heapwright took, by index."""
    places = {id(options): {id(o): i for i, o in enumerate(options)} for options in found.options}
    return tuple(
        places[id(options)][id(option)] for options, option in zip(found.options, chosen, strict=True)
    )
