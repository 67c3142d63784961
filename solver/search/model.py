"""The same question as a model for CP-SAT: a variable says how often a column is taken.

It is asked last, and alone where an independent answer is wanted. Levels are counted above what every
choice costs, and in their common unit. Small numbers, whatever the sizes and rates: they share
objectives and search fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from math import gcd
from typing import Final, NamedTuple

from heapwright.solver.search.cheapest import overfull
from heapwright.solver.search.cpsat import ObjectiveLevel, Search
from heapwright.solver.search.reduced_costs import Row
from heapwright.solver.search.selection import (
    Amounts,
    Column,
    EngineAnswer,
    SearchLimits,
    Selection,
    SharedBlock,
)

PATIENCE: Final = 0.1
"""Deterministic time for finding out whether columns that all cost least go together."""


class _ScaledLevel(NamedTuple):
    """A level in units above what is certain."""

    objective: ObjectiveLevel
    unit: int
    base: int


def best(asked: Selection, limits: SearchLimits, known: EngineAnswer | None = None) -> EngineAnswer:
    """The best choice: first among columns that cost as little as can be before the first level that is no sum.

    If these go together, no others can be better.
    """
    closed = asked.separate
    keep = [
        [c.values[:closed] == group.columns[0].values[:closed] for c in group.columns]
        for group in asked.groups
    ]
    if not closed or all(map(all, keep)):
        return alone(asked, limits, known)
    narrow, kept = asked.narrowed(keep)
    sure = known is not None and not any(
        n and not k for n, k in zip(known.counts, chain.from_iterable(keep), strict=True)
    )
    if known is not None and sure:
        known = known._replace(counts=tuple([known.counts[v] for v in kept]))
    elif overfull(narrow):
        return alone(asked, limits, known)
    patience = None if sure else PATIENCE
    narrowed = limits.narrowed(kept, asked.variables)
    answer = _asked(narrow, narrowed, known if sure else None, patience)
    if answer.counts or sure:
        return answer.widened(kept, asked.variables)
    return alone(asked, limits._replace(work=limits.work_left - answer.work), known)


def alone(asked: Selection, limits: SearchLimits, known: EngineAnswer | None = None) -> EngineAnswer:
    """The whole question."""
    return _asked(asked, limits, known, None)


def _asked(
    asked: Selection, limits: SearchLimits, known: EngineAnswer | None, patience: float | None
) -> EngineAnswer:
    search = Search(limits.gap, limits.work_left, patience, limits.whole)
    for group in asked.groups:
        limits.whole.check()
        search.integers(len(group.columns), group.size)
        search.add(Row([(group.first + n, 1) for n in range(len(group.columns))], group.size, group.size))
    return SelectionModel(asked, search).close(known, limits.on_counts)


class SelectionModel:
    """What is shared by all groups, and what all levels cost."""

    def __init__(self, asked: Selection, search: Search) -> None:
        self.asked, self.search = asked, search
        self.columns = [
            (v, g.size, column) for g in asked.groups for v, column in enumerate(g.columns, g.first)
        ]
        self._flags: list[tuple[int, list[int]]] = []
        """Variables that are 1 if any of others is not 0."""
        self._link_devices()
        self._locks = [self._lock(number) for number in range(len(asked.blocks))]
        given: list[tuple[int, Column | SharedBlock]] = [(v, column) for v, _, column in self.columns]
        given += zip(self._locks, asked.blocks, strict=True)
        self._given = given
        charges = _sums((v, of.charges) for v, of in given)
        for number, room in enumerate(asked.rooms):
            search.add(Row(charges.get(number, ()), None, room))
        self.levels = [self._level(index) for index in range(len(asked.levels))]

    def close(
        self, known: EngineAnswer | None = None, on_counts: Callable[[EngineAnswer], None] | None = None
    ) -> EngineAnswer:
        """Close all levels, then names."""
        if on_counts is not None:
            self.search.on_solution = lambda solution, least: on_counts(
                EngineAnswer("feasible", self._counts(solution), self._bounds(least))
            )
        closed = self._resume(known) if known is not None and known.counts else 0
        levels = [level.objective for level in self.levels]
        status, _, least = self.search.close([*levels, self._names()] if levels else [], closed)
        if status in ("infeasible", "undecided"):
            return EngineAnswer(status, work=self.search.spent)
        return EngineAnswer(
            status, self._counts(self.search.solution), self._bounds(least), work=self.search.spent
        )

    def _counts(self, solution: Sequence[int]) -> tuple[int, ...]:
        return tuple([solution[v] for v, *_ in self.columns])

    def _bounds(self, least: Sequence[int]) -> tuple[int, ...]:
        """What levels are at least, in their own units."""
        return tuple([level.base + n * level.unit for level, n in zip(self.levels, least, strict=False)])

    def _resume(self, known: EngineAnswer) -> int:
        """Begin with a choice that is known; the number of levels that it closes."""
        counts, values = known.counts, self.asked.values(known.counts)
        self.search.solution = [*counts, *(0 for _ in range(self.search.variables - len(counts)))]
        for flag, members in self._flags:
            self.search.solution[flag] = int(any(counts[v] for v in members))
        for level, scaled, value in zip(self.asked.levels, self.levels, values, strict=True):
            if not level.plain:
                self.search.solution[scaled.objective.terms[0][0]] = value // level.step
        return next((n for n, bound in enumerate(known.bounds) if bound < values[n]), len(known.bounds))

    def _flag(self, members: Sequence[int]) -> int:
        flag = self.search.boolean()
        self._flags.append((flag, list(members)))
        return flag

    def _link_devices(self) -> None:
        """All that bind a variable bind it to the same device."""
        domains: dict[int, dict[str | None, list[tuple[int, int, int]]]] = {}
        for number, group in enumerate(self.asked.groups):
            for v, column in enumerate(group.columns, group.first):
                for variable, device in column.devices:
                    domains.setdefault(variable, {}).setdefault(device, []).append((number, v, group.size))
        labelled = {variable for pair in self.asked.must_differ for variable in pair}
        chosen: dict[tuple[int, str | None], int] = {}
        for variable, devices in sorted(domains.items()):
            self.search.whole.check()
            if len(devices) < 2 and variable not in labelled:
                continue
            for device in sorted(devices, key=lambda d: d or ""):
                members = devices[device]
                flag = chosen[variable, device] = self._flag([v for _, v, _ in members])
                for number in dict.fromkeys(n for n, *_ in members):
                    of_group = [(v, size) for n, v, size in members if n == number]
                    self.search.add(Row([*((v, 1) for v, _ in of_group), (flag, -of_group[0][1])], None, 0))
            self.search.add(Row([(chosen[variable, device], 1) for device in devices], 0, 1))
        for a, b in self.asked.must_differ:
            for device in domains.get(a, {}):
                if device is not None and (b, device) in chosen:
                    self.search.add(Row([(chosen[a, device], 1), (chosen[b, device], 1)], 0, 1))

    def _lock(self, number: int) -> int:
        """A variable that is 1 if anybody locks the block."""
        users = [(v, size) for v, size, column in self.columns if number in column.blocks]
        flag = self._flag([v for v, _ in users])
        for v, size in users:
            self.search.add(Row([(v, 1), (flag, -size)], -size, 0))
        return flag

    def _level(self, index: int) -> _ScaledLevel:
        self.search.whole.check()
        level = self.asked.levels[index]
        if not level.plain:
            return self._bounded(index)
        terms = [
            (flag, block.values[index]) for flag, block in zip(self._locks, self.asked.blocks, strict=True)
        ]
        most, base = sum(amount for _, amount in terms), level.base
        for group in self.asked.groups:
            values = [column.values[index] for column in group.columns]
            low = min(values) if group.whole else 0
            base += low * group.size
            most += (max(values) - low) * group.size
            terms += [(v, value - low) for v, value in enumerate(values, group.first) if value != low]
        unit = gcd(*(amount for _, amount in terms)) or 1
        scaled = [(v, amount // unit) for v, amount in terms if amount]
        return _ScaledLevel(ObjectiveLevel(scaled, most // unit, base // unit), unit, base)

    def _bounded(self, index: int) -> _ScaledLevel:
        """A variable that, in steps, is at least as much as the level with every memory."""
        level, asked = self.asked.levels[index], self.asked
        own = [(v, of.values[index]) for v, of in self._given if of.values[index]]
        shares = _sums((v, of.shares) for v, of in self._given)
        rows = [(level.base, own)]
        if level.largest and asked.held:
            rows = [(level.base + held, [*own, *shares.get(m, ())]) for m, held in enumerate(asked.held)]
        size = {v: size for v, size, _ in self.columns}
        most = max(start + sum(a * size.get(v, 1) for v, a in terms) for start, terms in rows)
        least = max(start for start, _ in rows)
        variable = self.search.integer(-(-least // level.step), -(-most // level.step))
        for start, terms in rows:
            self.search.add(Row([*terms, (variable, -level.step)], None, -start))
        return _ScaledLevel(ObjectiveLevel([(variable, 1)], -(-most // level.step)), level.step, 0)

    def _names(self) -> ObjectiveLevel:
        """Columns in the order of their names."""
        most = sum(g.size * max(column.rank for column in g.columns) for g in self.asked.groups)
        return ObjectiveLevel([(v, column.rank) for v, _, column in self.columns if column.rank], most)


def _sums(given: Iterable[tuple[int, Amounts]]) -> dict[int, list[tuple[int, int]]]:
    """What variables add to each budget or memory."""
    found: dict[int, list[tuple[int, int]]] = {}
    for variable, amounts in given:
        for number, amount in amounts:
            found.setdefault(number, []).append((variable, amount))
    return found
