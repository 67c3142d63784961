"""Pools filled one after the other: bin completion, where a choice charges nothing but one pool.

Each pool is given a set of buffers that leaves as little room as can be, before the next is looked at
(Martello and Toth 1990, Korf 2003, Fukunaga and Korf 2007). All pools together may leave no more than
they have beyond what buffers need at least, so at the boundary few sets do. Which sums the buffers can
have that are left is known as a set of bits: no set is begun that cannot be finished. A set that has room
for another buffer is not looked at: that buffer may as well be moved there. Buffers may need more in one
pool than in another, or not go there.

It says whether anything fits, and how; what that costs is for others to improve.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd
from typing import Final, NamedTuple

from heapwright.platforms.errors import HeapwrightError
from heapwright.solver.question.limits import Limits
from heapwright.solver.search.selection import Column, ColumnGroup, EngineAnswer, SearchLimits, Selection

SETS: Final = 20_000
"""Partial sets that are looked at: about 0.1 s."""
UNITS: Final = 1 << 20
"""Pools of more units than this are not looked at bit by bit."""

Numbers = tuple[int, ...]
"""Of buffers, group by group."""


class TooManySetsError(HeapwrightError):
    """More than may be looked at."""


class _Pool(NamedTuple):
    """What is left of it, and what a buffer of each group needs there, with the column; None where it may not go."""

    room: int
    needs: tuple[tuple[int, int] | None, ...]

    def takes(self, number: int) -> bool:
        return self.needs[number] is not None


def best(asked: Selection, limits: SearchLimits, known: EngineAnswer | None = None) -> EngineAnswer | None:
    """A choice that fits, or that there is none; None if this is no packing, or too much to try."""
    columns = [column for group in asked.groups for column in group.columns]
    if known is not None or min(asked.rooms, default=-1) < 0 or not all(map(_is_packed, columns)):
        return None
    counts = [0] * len(columns)
    groups = []
    for group in asked.groups:
        free = next((v for v, c in enumerate(group.columns, group.first) if not c.charges), None)
        if free is None:
            groups.append(group)
        else:
            counts[free] = group.size
    packing = _Packing(groups, asked.rooms, limits.whole)
    if max(pool.room for pool in packing.pools) > UNITS:
        return None
    try:
        fills = packing.filled(0, tuple([group.size for group in groups]))
    except TooManySetsError:
        return None
    if fills is None:
        return EngineAnswer("infeasible")
    for pool, fill in zip(packing.pools, fills, strict=False):
        for need, number in zip(pool.needs, fill, strict=True):
            if need is not None:
                counts[need[1]] += number
    return EngineAnswer("feasible" if asked.levels else "optimal", tuple(counts))


def _is_packed(column: Column) -> bool:
    return len(column.charges) <= 1 and not column.blocks and not column.devices


class _Packing:
    """`groups` need room in one of the pools."""

    def __init__(self, groups: Sequence[ColumnGroup], rooms: Sequence[int], whole: Limits) -> None:
        self.whole = whole
        unit = gcd(*(column.charges[0][1] for group in groups for column in group.columns)) or 1
        pools = []
        for budget, room in enumerate(rooms):
            needs = []
            for group in groups:
                given = [
                    (column.charges[0][1] // unit, v)
                    for v, column in enumerate(group.columns, group.first)
                    if column.charges[0][0] == budget
                ]
                needs.append(min(given, default=None))
            pools.append(_Pool(room // unit, tuple(needs)))
        self.pools = sorted(pools, key=lambda pool: (sum(map(pool.takes, range(len(groups)))), pool.room))
        everywhere = zip(*[pool.needs for pool in pools], strict=True)
        self.least = [min(need for need in needs if need is not None)[0] for needs in everywhere]
        self.failed: set[tuple[int, Numbers]] = set()
        self.sets = 0

    def filled(self, place: int, left: Numbers) -> list[Numbers] | None:
        """How the pools from `place` on hold all buffers that are left; None if they cannot."""
        if not any(left):
            return []
        spare = sum(pool.room for pool in self.pools[place:])
        spare -= sum(number * need for number, need in zip(left, self.least, strict=True))
        if spare < 0 or place == len(self.pools) or (place, left) in self.failed:
            return None
        for fill in self._fills(place, left, spare):
            rest = tuple([number - taken for number, taken in zip(left, fill, strict=True)])
            later = self.filled(place + 1, rest)
            if later is not None:
                return [fill, *later]
        self.failed.add((place, left))
        return None

    def _fills(self, place: int, left: Numbers, spare: int) -> Iterator[Numbers]:
        """Sets that leave at most so much of a pool, the fullest first."""
        pool = self.pools[place]
        least = [0 if self._goes_later(place, number) else left[number] for number in range(len(left))]
        if any(n and not pool.takes(number) for number, n in enumerate(least)):
            return
        items = [(need[0], n) for n, need in enumerate(pool.needs) if need is not None and left[n]]
        items.sort(key=lambda item: (-item[0], item[1]))
        if items and self._alike(place, items[0][1]):
            least[items[0][1]] = max(1, least[items[0][1]])
        sums = [1]
        whole = (1 << (pool.room + 1)) - 1
        for need, number in reversed(items):
            total = 0
            for taken in range(least[number], left[number] + 1):
                total |= sums[-1] << (need * taken)
            sums.append(total & whole)
            self._count(1 + (pool.room * left[number] >> 16))
        sums.reverse()
        wanted = sums[0] >> max(0, pool.room - spare) << max(0, pool.room - spare)
        while wanted:
            target = wanted.bit_length() - 1
            wanted ^= 1 << target
            for fill in self._sets(items, 0, sums, target, least, left):
                if not any(left[n] > fill[n] and need <= pool.room - target for need, n in items):
                    yield fill

    def _sets(
        self,
        items: Sequence[tuple[int, int]],
        place: int,
        sums: Sequence[int],
        target: int,
        least: Sequence[int],
        left: Numbers,
    ) -> Iterator[Numbers]:
        """Sets with exactly this sum of items from `place` on, the largest items first."""
        if place == len(items):
            yield (0,) * len(left)
            return
        need, number = items[place]
        for taken in range(
            min(left[number], target // need if need else left[number]), least[number] - 1, -1
        ):
            rest = target - need * taken
            if sums[place + 1] >> rest & 1:
                self._count(1)
                for fill in self._sets(items, place + 1, sums, rest, least, left):
                    yield (*fill[:number], taken, *fill[number + 1 :])

    def _count(self, sets: int) -> None:
        self.sets += sets
        if self.sets > SETS:
            raise TooManySetsError
        self.whole.check()

    def _goes_later(self, place: int, number: int) -> bool:
        return any(pool.takes(number) for pool in self.pools[place + 1 :])

    def _alike(self, place: int, number: int) -> bool:
        """Whether all pools where a group's buffers may still go are like this one: then the first has one."""
        sizes = {
            (pool.room, tuple([need and need[0] for need in pool.needs]))
            for pool in self.pools[place:]
            if pool.takes(number)
        }
        return len(sizes) == 1
