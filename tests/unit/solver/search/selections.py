"""Drawn selections at the boundary of what fits, and all their choices tried one by one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement, product
from random import Random

from heapwright.solver.search.selection import (
    Amounts,
    Column,
    ColumnGroup,
    CostLevel,
    Selection,
    SharedBlock,
)


def column(
    rank: int = 0,
    *,
    values: Sequence[int] = (),
    charges: Amounts = (),
    shares: Amounts = (),
    blocks: Sequence[int] = (),
    devices: Sequence[tuple[int, str | None]] = (),
) -> Column:
    return Column(tuple(values), charges, shares, tuple(blocks), tuple(devices), rank)


def asked(
    *groups: tuple[int, Sequence[Column]],
    rooms: Sequence[int] = (),
    held: Sequence[int] = (),
    blocks: Sequence[SharedBlock] = (),
    levels: Sequence[CostLevel] = (),
    must_differ: Sequence[tuple[int, int]] = (),
) -> Selection:
    """Groups of (size, columns), the best column first."""
    made: list[ColumnGroup] = []
    for size, columns in groups:
        first = sum(len(group.columns) for group in made)
        made.append(ColumnGroup(size, tuple(columns), first))
    return Selection(tuple(made), tuple(rooms), tuple(held), tuple(blocks), tuple(levels), tuple(must_differ))


def drawn(seed: int) -> Selection:
    """A few groups with all that columns can have; budgets hold just what some choice charges, or less."""
    random = Random(seed)
    budgets, memories = random.randint(0, 3), random.randint(0, 3)
    blocks, variables = random.choice((0, 0, 0, 1, 2)), random.choice((0, 0, 1, 2, 3))
    levels = [
        CostLevel(random.randint(0, 5), random.random() < 0.4, random.choice((1, 1, 1, 5)))
        for _ in range(random.randint(0, 5))
    ]
    span = random.choice((3, 10, 1000))

    def amounts(number: int) -> Amounts:
        return tuple([(n, random.randint(1, span)) for n in range(number) if random.random() < 0.6])

    def values() -> list[int]:
        return [random.choice((0, random.randint(0, 3))) for _ in levels]

    groups = []
    for _ in range(random.randint(1, 4)):
        columns = [
            column(
                rank,
                values=values(),
                charges=amounts(budgets),
                shares=amounts(memories),
                blocks=[n for n in range(blocks) if random.random() < 0.4],
                devices=[
                    (n, random.choice(("a", "b", None))) for n in range(variables) if random.random() < 0.5
                ],
            )
            for rank in range(random.randint(1, 4))
        ]
        groups.append((random.choice((1, 1, 2, 3)), sorted(columns, key=lambda c: (c.values, c.rank))))
    found = asked(
        *groups,
        rooms=[1 << 40] * budgets,
        held=[random.randint(0, span) for _ in range(memories)],
        blocks=[SharedBlock(tuple(values()), amounts(budgets), amounts(memories)) for _ in range(blocks)],
        levels=levels,
        must_differ=[pair for pair in ((0, 1), (1, 2)) if pair[1] < variables and random.random() < 0.5],
    )
    return found._replace(rooms=_just_enough(found, random, span))


def _just_enough(asked: Selection, random: Random, span: int) -> tuple[int, ...]:
    """What a drawn choice charges, now and then a little less."""
    counts = [0] * asked.variables
    for group in asked.groups:
        for _ in range(group.size):
            counts[group.first + random.randrange(len(group.columns))] += 1
    used = [0] * len(asked.rooms)
    for taken, number in asked.taken(counts):
        for budget, amount in taken.charges:
            used[budget] += amount * number
    return tuple([amount - random.choice((0, 0, 0, 1, span // 4)) for amount in used])


def packing(seed: int, *, eligible: float = 1.0) -> Selection:
    """Buffers of 2 or 3 pools that hold about as much as is asked; each goes to some of them."""
    random = Random(seed)
    pools = random.randint(2, 3)
    groups = []
    for _ in range(random.randint(3, 5)):
        size = random.randint(1, 30)
        able = [n for n in range(pools) if random.random() < eligible] or [random.randrange(pools)]
        step = [random.choice((1, 1, 4)) if eligible < 1 else 1 for _ in able]
        columns = [
            column(rank, charges=((n, -(-size // each) * each * 4096),))
            for rank, (n, each) in enumerate(zip(able, step, strict=True))
        ]
        groups.append((random.choice((1, 1, 2)), columns))
    total = sum(size * min(c.charges[0][1] for c in columns) for size, columns in groups)
    rooms = [int(total / pools * random.uniform(0.9, 1.2)) for _ in range(pools)]
    return asked(*groups, rooms=rooms)


def brute(asked: Selection) -> tuple[int, ...] | None:
    """The best of all choices; of equal ones that with the earlier names."""
    best: tuple[object, tuple[int, ...]] | None = None
    ways = []
    for group in asked.groups:
        by_name = sorted(range(len(group.columns)), key=lambda n: group.columns[n].rank)
        ways.append(list(combinations_with_replacement(by_name, group.size)))
    for choice in product(*ways):
        counts, names = [0] * asked.variables, []
        for group, taken in zip(asked.groups, choice, strict=True):
            for number in taken:
                counts[group.first + number] += 1
                names.append(group.columns[number].rank)
        if asked.allows(counts):
            cost = asked.values(counts), sum(names), names
            if best is None or cost < best[0]:  # type: ignore[operator]
                best = cost, tuple(counts)
    return None if best is None else best[1]
