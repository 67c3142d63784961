"""The question that every engine is asked, in integers: how many of each group take each column.

A group is so many alike buffers; a column is one way to place one of them (or whatever else has a price
and charges: all placements of a tree). Budgets, memories and blocks are numbers; levels are data: each is
a sum of what columns cost, and one may add the largest share of a memory to it. What is left is decided
by names: the least sum of ranks, then the earlier group takes the earlier names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, Protocol, TypeVar

from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import DeviceAssignment, LockedBlock, share
from heapwright.solver.candidates.relaxation import Relaxation
from heapwright.solver.candidates.usage import Usage
from heapwright.solver.objective import TERMS
from heapwright.solver.question.limits import DEFAULT_WORK, NO_LIMITS, Limits
from heapwright.solver.question.terms import EngineOrder
from heapwright.solver.search.bounds import is_imposed

if TYPE_CHECKING:
    from heapwright.solver.search.choose import Choice

Status = Literal["optimal", "feasible", "infeasible", "undecided"]
Amounts = tuple[tuple[int, int], ...]
"""Of budgets or memories, by number."""


class Candidate(Protocol):
    """One way to place a buffer, or all placements of its tree."""

    @property
    def key(self) -> tuple[Any, ...]: ...
    @property
    def values(self) -> tuple[int, ...]: ...
    @property
    def charges(self) -> tuple[tuple[Budget, int], ...]: ...
    @property
    def shares(self) -> tuple[tuple[Budget, int], ...]: ...
    @property
    def locks(self) -> tuple[LockedBlock, ...]: ...
    @property
    def assignment(self) -> DeviceAssignment: ...


T = TypeVar("T", bound=Candidate)


class OptionGroup(NamedTuple, Generic[T]):
    """At most `size` placements take these options; exactly so many if all of them are `whole`."""

    size: int
    options: tuple[T, ...]
    first: int = 0
    whole: bool = True

    @property
    def variables(self) -> range:
        return range(self.first, self.first + len(self.options))

    @property
    def order(self) -> list[int]:
        """Options by name."""
        return sorted(range(len(self.options)), key=lambda i: self.options[i].key)

    def taken(self, counts: Sequence[int]) -> list[T]:
        """The options that the group takes, as often as `counts` of all variables say, in name order."""
        return [self.options[i] for i in self.order for _ in range(counts[self.first + i])]


class Column(NamedTuple):
    """One way to place one buffer of a group."""

    values: tuple[int, ...]
    """What it costs at each level."""
    charges: Amounts
    """Of budgets that may be exceeded."""
    shares: Amounts
    """Of memories, in ppm."""
    blocks: tuple[int, ...]
    """What is locked if anybody takes this or another that locks it."""
    devices: DeviceAssignment
    rank: int
    """Among the group's, by name."""


class ColumnGroup(NamedTuple):
    """So many alike buffers and what they may take. Variables are numbered through all groups, from `first` on."""

    size: int
    columns: tuple[Column, ...]
    first: int
    whole: bool = True
    """Whether every one of them takes a column; otherwise rows that the engine is not told of say how many."""


class SharedBlock(NamedTuple):
    """What is charged, used and paid once."""

    values: tuple[int, ...]
    charges: Amounts
    shares: Amounts


class CostLevel(NamedTuple):
    """What is minimised: `base`, what columns and blocks cost, and the largest share if it is added; in whole steps."""

    base: int = 0
    largest: bool = False
    step: int = 1

    @property
    def plain(self) -> bool:
        """Whether it is just a sum."""
        return not self.largest and self.step == 1


class SearchLimits(NamedTuple):
    """When to stop: a relative gap, deterministic work (about seconds), and what is left for the whole question."""

    gap: float = 0.0
    work: float = DEFAULT_WORK
    any_will_do: bool = False
    """Whether any plan is good enough: only feasibility is asked."""
    engine: EngineOrder = "all"
    whole: Limits = NO_LIMITS
    on_choice: Callable[[Choice], None] | None = None
    """Told of choices while better ones are looked for."""
    on_counts: Callable[[EngineAnswer], None] | None = None
    """The same within engines: how often columns are taken, and what levels are at least."""

    @property
    def work_left(self) -> float:
        """What this search may still do."""
        return min(self.work, self.whole.work_left)

    def report(self, answer: EngineAnswer | None) -> None:
        """Tell who listens of a choice that may not be the last."""
        if self.on_counts is not None and answer is not None and answer.counts:
            self.on_counts(answer)

    def narrowed(self, kept: Sequence[int], variables: int) -> SearchLimits:
        """The same for a selection that has only these of so many columns left."""
        told = self.on_counts
        if told is None:
            return self
        return self._replace(on_counts=lambda answer: told(answer.widened(kept, variables)))


class Selection(NamedTuple):
    """`rooms` is what is left of each budget that may be exceeded, `held` what memories hold already.

    Without levels any choice will do. `must_differ` are variables that must be different devices.
    """

    groups: tuple[ColumnGroup, ...]
    rooms: tuple[int, ...] = ()
    held: tuple[int, ...] = ()
    blocks: tuple[SharedBlock, ...] = ()
    levels: tuple[CostLevel, ...] = ()
    must_differ: tuple[tuple[int, int], ...] = ()

    @property
    def variables(self) -> int:
        return sum(len(group.columns) for group in self.groups)

    @property
    def separate(self) -> int:
        """The number of levels before the first to which buffers do not add each for itself."""
        joint = (
            index
            for index, level in enumerate(self.levels)
            if not level.plain or any(block.values[index] for block in self.blocks)
        )
        return next(joint, len(self.levels))

    def narrowed(self, keep: Sequence[Sequence[bool]]) -> tuple[Selection, list[int]]:
        """The same with fewer columns, and which these were."""
        groups: list[ColumnGroup] = []
        kept: list[int] = []
        for group, which in zip(self.groups, keep, strict=True):
            groups.append(group._replace(columns=tuple(compress(group.columns, which)), first=len(kept)))
            kept += compress(range(group.first, group.first + len(which)), which)
        return self._replace(groups=tuple(groups)), kept

    def taken(self, counts: Sequence[int]) -> list[tuple[Column | SharedBlock, int]]:
        """Columns and blocks that are taken, with how often."""
        columns = [
            (column, counts[v])
            for group in self.groups
            for v, column in enumerate(group.columns, group.first)
            if counts[v]
        ]
        locked = sorted({number for column, _ in columns for number in column.blocks})
        return [*columns, *((self.blocks[number], 1) for number in locked)]

    def values(self, counts: Sequence[int]) -> list[int]:
        """What each level is, if columns are taken so often."""
        taken = self.taken(counts)
        used = list(self.held)
        for of, number in taken:
            for memory, part in of.shares:
                used[memory] += part * number
        found = []
        for index, level in enumerate(self.levels):
            total = level.base + sum(of.values[index] * number for of, number in taken)
            total += max(used, default=0) if level.largest else 0
            found.append(-(-total // level.step) * level.step)
        return found

    def allows(self, counts: Sequence[int]) -> bool:
        """Whether budgets have room for what is taken, and it binds devices alike."""
        left = list(self.rooms)
        bound: dict[int, str | None] = {}
        for of, number in self.taken(counts):
            for budget, amount in of.charges:
                left[budget] -= amount * number
            for variable, device in of.devices if isinstance(of, Column) else ():
                if bound.setdefault(variable, device) != device:
                    return False
        differ = all(bound.get(a) is None or bound.get(a) != bound.get(b) for a, b in self.must_differ)
        return differ and min(left, default=0) >= 0


class EngineAnswer(NamedTuple):
    """What an engine says, and what each level is at least (of the first open one; of later ones whatever is certain)."""

    status: Status
    counts: tuple[int, ...] = ()
    bounds: tuple[int, ...] = ()
    certificate: tuple[int, ...] = ()
    """Budgets that together are exceeded, if every buffer charges as little of them together as it can."""
    work: float = 0.0
    """Deterministic time that was spent."""

    def widened(self, kept: Sequence[int], variables: int) -> EngineAnswer:
        """The same of a selection that has so many columns, of which these were asked about."""
        if not self.counts:
            return self
        counts = [0] * variables
        for v, number in zip(kept, self.counts, strict=True):
            counts[v] = number
        return self._replace(counts=tuple(counts))


def selection(
    groups: Sequence[OptionGroup[Any]],
    usage: Usage,
    dropped: Relaxation,
    must_differ: Sequence[tuple[int, int]],
    *,
    any_will_do: bool = False,
    tight: Sequence[Budget] = (),
) -> Selection:
    """What groups of options ask, with what is used already; `tight` budgets count, and first, if they may be exceeded or not."""
    locks = _locks(groups, usage)
    rooms = {budget: budget.limit - usage.used(budget) for budget in tight}
    rooms |= _rooms(groups, locks.values(), usage, dropped)
    memories = dict.fromkeys([*usage.shares, *(b for g in groups for o in g.options for b, _ in o.shares)])
    memories |= dict.fromkeys([budget for lock in locks.values() for budget, _ in lock])
    numbers = _Numbers(
        {budget: number for number, budget in enumerate(rooms)},
        {memory: number for number, memory in enumerate(memories)},
        {heap: number for number, heap in enumerate(sorted(locks))},
    )
    return Selection(
        tuple([numbers.group(group) for group in groups]),
        tuple(rooms.values()),
        tuple([usage.shares.get(budget, 0) for budget in memories]),
        tuple([numbers.block(locks[name]) for name in numbers.locks]),
        () if any_will_do else cost_levels(usage),
        tuple(must_differ),
    )


def cost_levels(usage: Usage) -> tuple[CostLevel, ...]:
    """The objective, with what is used already."""
    filled = sum(usage.shares.values())
    return tuple([CostLevel(filled if term.fills else 0, term.largest, term.step) for term in TERMS])


def _locks(groups: Iterable[OptionGroup[Any]], usage: Usage) -> dict[str, tuple[tuple[Budget, int], ...]]:
    """What may be locked, by heap."""
    every = dict([lock for group in groups for option in group.options for lock in option.locks])
    return {heap: lock for heap, lock in every.items() if heap not in usage.reserved}


class _Numbers(NamedTuple):
    """Budgets, memories and heaps that lock, by number."""

    budgets: dict[Budget, int]
    memories: dict[Budget, int]
    locks: dict[str, int]

    def group(self, group: OptionGroup[Any]) -> ColumnGroup:
        rank = {index: place for place, index in enumerate(group.order)}
        columns = [self.column(option, rank[index]) for index, option in enumerate(group.options)]
        return ColumnGroup(group.size, tuple(columns), group.first, group.whole)

    def column(self, option: Candidate, rank: int) -> Column:
        budgets, memories = self.budgets, self.memories
        return Column(
            option.values,
            tuple([(budgets[b], n) for b, n in option.charges if b in budgets]),
            tuple([(memories[b], n) for b, n in option.shares]),
            tuple([self.locks[heap] for heap, _ in option.locks if heap in self.locks]),
            option.assignment,
            rank,
        )

    def block(self, lock: Sequence[tuple[Budget, int]]) -> SharedBlock:
        shares = [(self.memories[b], share(b, min(amount, b.limit))) for b, amount in lock]
        values = [sum(part for _, part in shares) if term.fills else 0 for term in TERMS]
        charges = [(self.budgets[b], amount) for b, amount in lock if b in self.budgets]
        return SharedBlock(tuple(values), tuple(charges), tuple(shares))


def rooms_for(groups: Sequence[OptionGroup[Any]], usage: Usage, dropped: Relaxation) -> dict[Budget, int]:
    """What is left of each budget that all together may exceed, and that is part of the question."""
    return _rooms(groups, _locks(groups, usage).values(), usage, dropped)


def _rooms(
    groups: Sequence[OptionGroup[Any]],
    locks: Iterable[Sequence[tuple[Budget, int]]],
    usage: Usage,
    dropped: Relaxation,
) -> dict[Budget, int]:
    held = [budget for blocks in usage.reserved.values() for budget, _ in blocks]
    most = Counter[Budget](dict.fromkeys([*usage.charges, *held], 0))
    for lock in locks:
        most.update(dict(lock))
    for group in groups:
        of_group: dict[Budget, int] = {}
        for option in group.options:
            for budget, amount in option.charges:
                if amount > of_group.get(budget, 0):
                    of_group[budget] = amount
        most.update({budget: amount * group.size for budget, amount in of_group.items()})
    rooms = {budget: budget.limit - usage.used(budget) for budget in most}
    return {b: room for b, room in rooms.items() if most[b] > room and is_imposed(b, dropped)}
