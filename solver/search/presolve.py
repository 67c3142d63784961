"""The same question in fewer rows and columns: what decides nothing goes before anything is searched.

Nothing that may be the best choice is lost, names included. What goes: budgets exceeded only where another
is; memories that cannot have the largest share; devices about which nobody can disagree; columns that
another beats at every level, charging and binding no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from heapwright.solver.question.limits import NO_LIMITS, Limits
from heapwright.solver.search.selection import (
    Amounts,
    Column,
    ColumnGroup,
    EngineAnswer,
    Selection,
    SharedBlock,
)

ByNumber = dict[int, int]
"""By number of a budget, memory, variable, column."""


def presolved(
    asked: Selection, known: EngineAnswer | None, whole: Limits = NO_LIMITS
) -> tuple[Selection, list[int]]:
    """The question, and which columns it has left; `known` is made of the best column of each group.

    Raises:
        LimitReached: there is no time left for it.
    """
    closed = 0 if known is None else asked.separate
    asked = _with_fewer_rows(asked)
    whole.check()
    bits = 1 + max([n for of in _all(asked) for _, n in (*of.charges, *of.shares)], default=0).bit_length()
    kept = []
    for group in asked.groups:
        whole.check()
        kept.append(_undominated(group, asked, closed, bits))
    return asked.narrowed(kept)


def _all(asked: Selection) -> Iterator[Column | SharedBlock]:
    for group in asked.groups:
        yield from group.columns
    yield from asked.blocks


def _with_fewer_rows(asked: Selection) -> Selection:
    budgets, memories, variables = _budgets(asked), _memories(asked), _variables(asked)

    def some(amounts: Amounts, number_of: ByNumber) -> Amounts:
        return tuple([(number_of[n], amount) for n, amount in amounts if n in number_of])

    def smaller(column: Column) -> Column:
        return column._replace(
            charges=some(column.charges, budgets),
            shares=some(column.shares, memories),
            devices=tuple([pair for pair in column.devices if pair[0] in variables]),
        )

    return asked._replace(
        groups=tuple([g._replace(columns=tuple(map(smaller, g.columns))) for g in asked.groups]),
        rooms=tuple([asked.rooms[budget] for budget in budgets]),
        held=tuple([asked.held[memory] for memory in memories]),
        blocks=tuple(
            [
                b._replace(charges=some(b.charges, budgets), shares=some(b.shares, memories))
                for b in asked.blocks
            ]
        ),
    )


def _shares(asked: Selection) -> tuple[Counter[int], Counter[int]]:
    """The least and the most that all together add to each memory."""
    least, most = Counter[int](), Counter[int]()
    for block in asked.blocks:
        most.update(dict(block.shares))
    for group in asked.groups:
        given = [column.shares for column in group.columns]
        low, high = dict(given[0]), dict(given[0])
        for of in given[1:]:
            for number, amount in of:
                if amount > high.get(number, 0):
                    high[number] = amount
            if low:
                mine = dict(of)
                low = {n: min(amount, mine[n]) for n, amount in low.items() if n in mine}
        for number, amount in high.items():
            most[number] += amount * group.size
        for number, amount in low.items():
            least[number] += amount * group.size
    return least, most


def _budgets(asked: Selection) -> ByNumber:
    """Those that are not exceeded only where another is, with their new numbers."""
    rows: list[ByNumber] = [{} for _ in asked.rooms]
    for number, of in enumerate(_all(asked)):
        for budget, amount in of.charges:
            rows[budget][number] = amount
    sums = [sum(row.values()) for row in rows]
    kept: list[int] = []
    for budget in sorted(range(len(rows)), key=lambda n: (-sums[n], asked.rooms[n], n)):
        room, row = asked.rooms[budget], rows[budget]
        if not any(asked.rooms[other] <= room and _is_below(row, rows[other]) for other in kept):
            kept.append(budget)
    return {budget: number for number, budget in enumerate(sorted(kept))}


def _is_below(row: ByNumber, other: ByNumber) -> bool:
    return all(amount <= other.get(number, 0) for number, amount in row.items())


def _memories(asked: Selection) -> ByNumber:
    """Those whose share may be the largest, with their new numbers."""
    if not any(level.largest for level in asked.levels) or not asked.held:
        return {}
    least, most = _shares(asked)
    surely = [held + least[memory] for memory, held in enumerate(asked.held)]
    fullest = surely.index(max(surely))
    kept = [m for m, held in enumerate(asked.held) if held + most[m] > surely[fullest] or m == fullest]
    return {memory: number for number, memory in enumerate(kept)}


def _variables(asked: Selection) -> set[int]:
    """Those that may be bound to different devices by different buffers, or must differ from another's."""
    devices: dict[int, set[str | None]] = {}
    buffers = Counter[int]()
    for group in asked.groups:
        pairs = {pair for column in group.columns for pair in column.devices}
        for variable, device in pairs:
            devices.setdefault(variable, set()).add(device)
        buffers.update(dict.fromkeys({variable for variable, _ in pairs}, group.size))
    found = {variable for variable in devices if len(devices[variable]) > 1 and buffers[variable] > 1}
    return found.union(*asked.must_differ)


def _undominated(group: ColumnGroup, asked: Selection, closed: int, bits: int) -> list[bool]:
    """Whether each column is kept: those before it are no worse at the levels that buffers pay each for itself."""
    apart = asked.separate
    joint = [n for n, level in enumerate(asked.levels) if not level.plain]
    sums = [n for n, level in enumerate(asked.levels) if level.plain and n >= apart]
    guard = sum(1 << (bits * (n + 1) - 1) for n in range(len(asked.rooms) + len(asked.held)))
    keep: list[bool] = []
    kept: list[tuple[Column, int, int, list[int], list[int]]] = []
    for column in group.columns:
        first = column.values[:apart]
        charges = sum(amount << (bits * n) for n, amount in column.charges)
        shares = sum(amount << (bits * (n + len(asked.rooms))) for n, amount in column.shares)
        later = [*(column.values[n] for n in sums), column.rank]
        together = [column.values[n] for n in joint]
        beaten = column.values[:closed] != group.columns[0].values[:closed]
        for other, theirs, portion, after, along in () if beaten else kept:
            if (charges | guard) - theirs & guard != guard:
                continue
            if other.values[:apart] == first:
                if (shares | guard) - portion & guard != guard or after > later:
                    continue
                if any(a > b for a, b in zip(along, together, strict=True)):
                    continue
            if set(other.devices) <= set(column.devices) and set(other.blocks) <= set(column.blocks):
                beaten = True
                break
        keep.append(not beaten)
        if not beaten:
            kept.append((column, charges, shares, later, together))
    return keep
