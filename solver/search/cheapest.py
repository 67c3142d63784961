"""The first engine: what every buffer costs and charges at least, each for itself.

If the best columns of all go together, nothing is better. If a budget, or all of them together, cannot
hold the least that everybody charges, there is no choice.
"""

from __future__ import annotations

from collections.abc import Sequence

from heapwright.solver.search.selection import Column, EngineAnswer, SearchLimits, Selection

Tied = Sequence[Sequence[Column]]
"""Of each group the columns that cost as little as its best."""


def best(asked: Selection, limits: SearchLimits, known: EngineAnswer | None = None) -> EngineAnswer | None:
    """The best of each if they go together, proven best where no level can be less."""
    certificate = overfull(asked)
    if certificate:
        return EngineAnswer("infeasible", certificate=certificate)
    counts = [0] * asked.variables
    for group in asked.groups:
        counts[group.first] = group.size
    if not asked.allows(counts):
        return None
    bounds, proven = _bounds(asked, asked.values(counts))
    return EngineAnswer("optimal" if proven else "feasible", tuple(counts), tuple(bounds))


def overfull(asked: Selection) -> tuple[int, ...]:
    """Budgets that cannot hold the least that everybody charges: one, else all together; none if there is room."""
    left, together = list(asked.rooms), sum(asked.rooms)
    for group in asked.groups:
        charges = [dict(column.charges) for column in group.columns]
        for budget in charges[0]:
            left[budget] -= group.size * min([of.get(budget, 0) for of in charges])
        together -= group.size * min([sum(of.values()) for of in charges])
    exceeded = next(((budget,) for budget, room in enumerate(left) if room < 0), ())
    return exceeded or (tuple(range(len(left))) if together < 0 else ())


def least(asked: Selection, tied: Tied, index: int) -> int:
    """What a level is at least, if groups take nothing but these columns."""
    level = asked.levels[index]
    sure = [block for number, block in enumerate(asked.blocks) if _is_sure(number, tied)]
    total = level.base + sum(block.values[index] for block in sure)
    sizes = [group.size if group.whole else 0 for group in asked.groups]
    if not level.largest:
        total += sum(n * min(c.values[index] for c in cs) for n, cs in zip(sizes, tied, strict=True))
        return -(-total // level.step) * level.step
    rows = [total + held for held in asked.held] or [total]
    every = sum(rows)
    for n, columns in zip(sizes, tied, strict=True):
        shares = [(column.values[index], dict(column.shares)) for column in columns]
        every += n * min(v * len(rows) + sum(s.values()) for v, s in shares)
        rows = [row + n * min(v + s.get(m, 0) for v, s in shares) for m, row in enumerate(rows)]
    for block in sure:
        for memory, share in block.shares:
            rows[memory] += share
            every += share
    largest = max(*rows, -(-every // len(rows)))  # none is larger than all are on average
    return -(-largest // level.step) * level.step


def _is_sure(block: int, tied: Tied) -> bool:
    """Whether some group locks a block, whatever it takes."""
    return any(all(block in column.blocks for column in columns) for columns in tied)


def _bounds(asked: Selection, values: Sequence[int]) -> tuple[list[int], bool]:
    """What levels are at least, up to the first that may be less than with the best of each."""
    bounds: list[int] = []
    tied: Tied = [group.columns for group in asked.groups]
    whole = all(group.whole for group in asked.groups)
    for index, level in enumerate(asked.levels):
        if whole and all(len(columns) == 1 for columns in tied):  # there is no other choice
            return [*bounds, *values[index:]], True
        bounds.append(min(values[index], least(asked, tied, index)))
        if bounds[index] < values[index]:
            return bounds, False
        if not level.largest and level.step == 1:
            tied = [[c for c in cs if c.values[index] == cs[0].values[index]] for cs in tied]
    return bounds, all(cs[0].rank == min(c.rank for c in cs) for cs in tied) or not asked.levels
