"""The choice: which option each buffer takes, under everything that is shared.

Buffers that ask the same question are one class; an integer says how many of the
class take each option. Where the best option of every buffer fits together with
all others as it is, no search is needed and the answer is proven by bounds. Few
choices are tried (`solver.branch`); else CP-SAT closes the levels of the objective
in order (design §6, §7.3).

Presolve is off at first and there is one worker: at these sizes presolve costs more
than most searches, and one worker makes the same question give the same plan. The
`CpModelProto` is built directly, which is three times faster than expressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from time import perf_counter
from typing import Final, Literal, NamedTuple

from solver import branch
from solver.constraint import Budget, Fact
from solver.costs import LARGEST, NAMES
from solver.drops import NOTHING, Drops
from solver.option import Option
from solver.options import Propagation
from solver.problem import Problem
from solver.search import Level, Row, Search

PPM: Final = 1_000_000
TIED: Final = LARGEST
"""Levels before this one are sums over buffers alone."""


class Limits(NamedTuple):
    """When to stop: a relative gap, and CP-SAT's deterministic time (about seconds)."""

    gap: float = 0.0
    time: float | None = None
    any_will_do: bool = False
    """Whether any plan is good enough: only feasibility is asked."""


class LevelValue(NamedTuple):
    term: str
    value: int
    bound: int


class Choice(NamedTuple):
    """One option per question (empty where there is none), and how good that is."""

    status: Literal["optimal", "feasible", "infeasible", "undecided"]
    options: tuple[Option, ...] = ()
    levels: tuple[LevelValue, ...] = ()
    searched: bool = False
    seconds: float = 0.0
    """Spent in CP-SAT or in trying, for statistics."""


class Ledger(NamedTuple):
    """What live placements already use."""

    charges: dict[Budget, int]
    locks: dict[str, tuple[tuple[Budget, int], ...]]
    """Heap → what its pool has locked, once."""
    shares: dict[Budget, int]

    def used(self, budget: Budget) -> int:
        """What is charged to one budget, locks included."""
        locked = sum(n for locks in self.locks.values() for locked, n in locks if locked == budget)
        return self.charges.get(budget, 0) + locked


def choose(
    problem: Problem,
    found: Propagation,
    ledger: Ledger,
    dropped: Drops = NOTHING,
    limits: Limits = Limits(),
) -> Choice:
    """The best choice of one option for each question.

    `dropped` facts about budgets are not imposed.
    """
    if any(not options for options in found.options):
        return Choice("infeasible")
    best = tuple(options[0] for options in found.options)
    tied = _bindings_agree(problem, best) and _fits(best, ledger, dropped)
    if tied:
        largest = largest_share(best, ledger)
        if limits.any_will_do or largest <= _least_largest(found.options, ledger):
            return Choice("optimal", best, _closed(best, largest))
    elif _overfull(found.options, ledger, dropped):
        return Choice("infeasible")
    return _search(problem, found, ledger, dropped, limits, best, tied)


def _bindings_agree(problem: Problem, chosen: Sequence[Option]) -> bool:
    bound: dict[int, str | None] = {}
    for option in chosen:
        for variable, device in option.binding:
            if bound.setdefault(variable, device) != device:
                return False
    return all(bound.get(a) is None or bound.get(a) != bound.get(b) for a, b in problem.apart)


def _fits(chosen: Sequence[Option], ledger: Ledger, dropped: Drops) -> bool:
    used = used_by(chosen, ledger)
    return all(
        amount <= budget.limit or Fact(budget.kind, budget.subject) in dropped
        for budget, amount in used.items()
    )


def _overfull(questions: Sequence[tuple[Option, ...]], ledger: Ledger, dropped: Drops) -> bool:
    """Whether a budget is exceeded even if every buffer charges it as little as it can."""
    least = dict(ledger.charges)
    known: dict[int, dict[Budget, int]] = {}
    for options in questions:
        forced = known.get(id(options))
        if forced is None:
            forced = dict(options[0].charges)
            for option in options[1:]:
                charges = dict(option.charges)
                forced = {
                    budget: min(n, charges[budget]) for budget, n in forced.items() if budget in charges
                }
            known[id(options)] = forced
        for budget, amount in forced.items():
            least[budget] = least.get(budget, 0) + amount
    return any(
        amount > budget.limit and Fact(budget.kind, budget.subject) not in dropped
        for budget, amount in least.items()
    )


def used_by(chosen: Sequence[Option], ledger: Ledger) -> dict[Budget, int]:
    """What placements, live ones included, use of every budget."""
    used = dict(ledger.charges)
    locked = dict(ledger.locks)
    for option in chosen:
        for budget, amount in option.charges:
            used[budget] = used.get(budget, 0) + amount
        if option.locks:
            locked[option.placed.home.name] = option.locks
    for locks in locked.values():
        for budget, amount in locks:
            used[budget] = used.get(budget, 0) + amount
    return used


def largest_share(chosen: Sequence[Option], ledger: Ledger) -> int:
    """The largest share of any memory, live placements included, in ppm."""
    used = dict(ledger.shares)
    for option in chosen:
        for budget, share in option.shares:
            used[budget] = used.get(budget, 0) + share
    return max(used.values(), default=0)


def _least_largest(questions: Sequence[tuple[Option, ...]], ledger: Ledger) -> int:
    """No choice that is best so far can make the largest share smaller than this."""
    forced = dict(ledger.shares)
    for options in questions:
        tied = [dict(o.shares) for o in options if o.values[:TIED] == options[0].values[:TIED]]
        for budget in tied[0]:
            forced[budget] = forced.get(budget, 0) + min(shares.get(budget, 0) for shares in tied)
    return max(forced.values(), default=0)


def _closed(chosen: Sequence[Option], largest: int) -> tuple[LevelValue, ...]:
    """Levels with gap 0."""
    sums = [sum(option.values[i] for option in chosen) for i in range(len(NAMES))]
    sums[LARGEST] = largest
    return tuple(LevelValue(name, value, value) for name, value in zip(NAMES, sums, strict=True))


class _Class(NamedTuple):
    """Alike questions: their indices, their options, and the first variable of the model."""

    members: tuple[int, ...]
    options: tuple[Option, ...]
    first: int


def _too_large(option: Option, dropped: Drops) -> bool:
    """Whether an option exceeds a budget by itself; its numbers may exceed int64 too."""
    return any(
        n > budget.limit and Fact(budget.kind, budget.subject) not in dropped for budget, n in option.charges
    )


def _classes(found: Propagation, tied_only: bool, dropped: Drops) -> list[_Class]:
    groups: dict[int, list[int]] = {}
    for index, options in enumerate(found.options):
        groups.setdefault(id(options), []).append(index)
    classes, first = [], 0
    for members in groups.values():
        options = found.options[members[0]]
        options = tuple(o for o in options if not _too_large(o, dropped))
        if tied_only:
            options = tuple(o for o in options if o.values[:TIED] == options[0].values[:TIED])
        classes.append(_Class(tuple(members), options, first))
        first += len(options)
    return classes


def _search(
    problem: Problem,
    found: Propagation,
    ledger: Ledger,
    dropped: Drops,
    limits: Limits,
    best: tuple[Option, ...],
    tied: bool,
) -> Choice:
    """`tied`: the best options fit together, so only those that cost the same before TIED can be better."""
    classes = _classes(found, tied, dropped)
    if not all(group.options for group in classes):
        return Choice("infeasible")
    tried = _tried(problem, classes, ledger, dropped, limits)
    if tried is not None:
        return tried
    search = Search(limits.gap, limits.time)
    for group in classes:
        search.integers(len(group.options), len(group.members))
        search.add(
            Row(
                range(group.first, group.first + len(group.options)),
                [1] * len(group.options),
                len(group.members),
                len(group.members),
            )
        )
    _link_devices(problem, classes, search)
    _impose_budgets(classes, search, ledger, dropped)
    largest, most = _bound_largest(classes, search, ledger)
    scaled = [_level(classes, level) for level in range(len(NAMES))]
    levels = [level for level, _ in scaled]
    levels[LARGEST] = Level([largest], [1], most)
    levels.append(_ranks(classes))
    status, _, bounds = search.close([] if limits.any_will_do else levels)
    if status == "undecided" and tied:  # a plan was in hand before the search
        closed = _closed(best, largest_share(best, ledger))
        open_ = [level._replace(bound=0) for level in closed[TIED:]]
        open_[0] = open_[0]._replace(bound=min(closed[LARGEST].value, _least_largest(found.options, ledger)))
        return Choice("feasible", best, (*closed[:TIED], *open_), searched=True, seconds=search.seconds)
    if status in ("infeasible", "undecided"):
        return Choice(status, searched=True, seconds=search.seconds)
    chosen = _assign(classes, search.solution, len(found.options))
    closed = _closed(chosen, largest_share(chosen, ledger))
    if status == "feasible":
        least = [sum(_least(group, i) * len(group.members) for group in classes) for i in range(len(NAMES))]
        closed = tuple(
            level._replace(bound=min(level.value, bounds[i] * scaled[i][1] + least[i]))
            for i, level in enumerate(closed)
        )
    return Choice(status, chosen, closed, searched=True, seconds=search.seconds)


def _tried(
    problem: Problem, classes: Sequence[_Class], ledger: Ledger, dropped: Drops, limits: Limits
) -> Choice | None:
    """The answer, where the choices are few enough to be tried one by one."""
    started = perf_counter()
    groups = [branch.Group(len(group.members), group.options) for group in classes]
    taken = branch.best(groups, problem.apart, ledger, dropped, any_will_do=limits.any_will_do)
    if taken is None:
        return None
    seconds = perf_counter() - started
    if not taken:
        return Choice("infeasible", searched=True, seconds=seconds)
    counts = [number for of_class in taken for number in of_class]
    chosen = _assign(classes, counts, sum(group.size for group in groups))
    levels = _closed(chosen, largest_share(chosen, ledger))
    return Choice("optimal", chosen, levels, searched=True, seconds=seconds)


def _least(group: _Class, level: int) -> int:
    return min(option.values[level] for option in group.options)


def _level(classes: Sequence[_Class], level: int) -> tuple[Level, int]:
    """A level above what every choice costs, and the unit it is counted in.

    Small numbers, whatever the sizes and rates: they share objectives and search fast.
    """
    variables: list[int] = []
    amounts: list[int] = []
    most = base = 0
    for group in classes:
        least = _least(group, level)
        base += least * len(group.members)
        above = [option.values[level] - least for option in group.options]
        most += max(above) * len(group.members)
        for index, amount in enumerate(above, group.first):
            if amount:
                variables.append(index)
                amounts.append(amount)
    unit = gcd(*amounts) or 1
    return Level(variables, [amount // unit for amount in amounts], most // unit, base // unit), unit


def _ranks(classes: Sequence[_Class]) -> Level:
    """The last level: options in the order of their names."""
    variables: list[int] = []
    amounts: list[int] = []
    most = 0
    for group in classes:
        order = sorted(range(len(group.options)), key=lambda i: group.options[i].key)
        most += (len(order) - 1) * len(group.members)
        for rank, index in enumerate(order):
            if rank:
                variables.append(group.first + index)
                amounts.append(rank)
    return Level(variables, amounts, most)


def _link_devices(problem: Problem, classes: Sequence[_Class], search: Search) -> None:
    """Every buffer of a file binds a variable to the same device."""
    domains: dict[int, dict[str | None, list[tuple[_Class, list[int]]]]] = {}
    for group in classes:
        takes: dict[tuple[int, str | None], list[int]] = {}
        for index, option in enumerate(group.options):
            for pair in option.binding:
                takes.setdefault(pair, []).append(group.first + index)
        for (variable, device), members in takes.items():
            domains.setdefault(variable, {}).setdefault(device, []).append((group, members))
    apart = {variable for pair in problem.apart for variable in pair}
    chosen: dict[tuple[int, str | None], int] = {}
    for variable, devices in sorted(domains.items()):
        if len(devices) < 2 and variable not in apart:
            continue
        for device in sorted(devices, key=lambda d: d or ""):
            flag = chosen[variable, device] = search.boolean()
            for group, members in devices[device]:
                search.add(Row([*members, flag], [1] * len(members) + [-len(group.members)], None, 0))
        search.add(Row([chosen[variable, d] for d in devices], [1] * len(devices), 0, 1))
    for a, b in problem.apart:
        for device in domains.get(a, {}):
            if device is not None and (b, device) in chosen:
                search.add(Row([chosen[a, device], chosen[b, device]], [1, 1], 0, 1))


def _impose_budgets(classes: Sequence[_Class], search: Search, ledger: Ledger, dropped: Drops) -> None:
    sums: dict[Budget, tuple[list[int], list[int], list[int]]] = {}
    lockers: dict[str, tuple[tuple[tuple[Budget, int], ...], list[tuple[int, int]]]] = {}
    for group in classes:
        size = len(group.members)
        for index, option in enumerate(group.options, group.first):
            for budget, amount in option.charges:
                variables, amounts, most = sums.setdefault(budget, ([], [], []))
                variables.append(index)
                amounts.append(amount)
                most.append(amount * size)
            if option.locks and option.placed.home.name not in ledger.locks:
                lockers.setdefault(option.placed.home.name, (option.locks, []))[1].append((index, size))
    for _, (locks, users) in sorted(lockers.items()):
        flag = search.boolean()
        for index, size in users:
            search.add(Row([index, flag], [1, -size], -size, 0))
        for budget, amount in locks:
            variables, amounts, most = sums.setdefault(budget, ([], [], []))
            variables.append(flag)
            amounts.append(amount)
            most.append(amount)
    for budget, (variables, amounts, most) in sums.items():
        room = budget.limit - ledger.used(budget)
        if sum(most) > room and Fact(budget.kind, budget.subject) not in dropped:
            search.add(Row(variables, amounts, None, room))


def _bound_largest(classes: Sequence[_Class], search: Search, ledger: Ledger) -> tuple[int, int]:
    """A variable at least as large as every memory's share, and the most it can be."""
    sums: dict[Budget, tuple[list[int], list[int]]] = {}
    most = floor = max(ledger.shares.values(), default=0)
    for group in classes:
        most += len(group.members) * max(max((s for _, s in o.shares), default=0) for o in group.options)
        for index, option in enumerate(group.options, group.first):
            for budget, share in option.shares:
                variables, amounts = sums.setdefault(budget, ([], []))
                variables.append(index)
                amounts.append(share)
    largest = search.integer(floor, most)
    for budget, (variables, amounts) in sums.items():
        search.add(Row([*variables, largest], [*amounts, -1], None, -ledger.shares.get(budget, 0)))
    return largest, most


def _assign(classes: Sequence[_Class], solution: Sequence[int], questions: int) -> tuple[Option, ...]:
    """Hand the options taken by a class to its members, both in name order."""
    chosen: list[Option | None] = [None] * questions
    for group in classes:
        order = sorted(range(len(group.options)), key=lambda i: group.options[i].key)
        taken = [group.options[i] for i in order for _ in range(solution[group.first + i])]
        for member, option in zip(group.members, taken, strict=True):
            chosen[member] = option
    return tuple(option for option in chosen if option is not None)
