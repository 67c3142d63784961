"""The choice: which option each buffer takes, under everything that is shared.

Buffers that ask the same question are one class; an integer says how many of the
class take each option. Where the best option of every buffer fits together with
all others as it is, no search is needed and the answer is proven by bounds. Few
choices are tried (`heapwright.solver.search.branch_and_bound`); else CP-SAT closes the levels of the objective
in order (design §6, §7.3).

Presolve is off at first and there is one worker: at these sizes presolve costs more
than most searches, and one worker makes the same question give the same plan. The
`CpModelProto` is built directly, which is three times faster than expressions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import Final, Literal, NamedTuple

from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.relaxation import NOTHING, Relaxation
from heapwright.solver.candidates.usage import (
    ReservedBlocks,
    Usage,
    block_shares,
    largest_share,
    newly_reserved,
    reserved_share,
    used_by,
)
from heapwright.solver.objective import LARGEST, NAMES, SUM
from heapwright.solver.question.resolve import Problem, Question
from heapwright.solver.question.terms import Edge
from heapwright.solver.search import branch_and_bound as branch
from heapwright.solver.search import rows
from heapwright.solver.search.bounds import exceeded, least_charges, overfull
from heapwright.solver.search.cpsat import DEFAULT_WORK, ObjectiveLevel, Row, Search, Status
from heapwright.solver.search.rows import OptionGroup

TIED: Final = LARGEST
"""Levels before this one are sums over buffers alone."""
PATIENCE: Final = 0.1
"""Deterministic time for finding out whether options that are all best so far go together."""


class SearchLimits(NamedTuple):
    """When to stop: a relative gap, and CP-SAT's deterministic time (about seconds)."""

    gap: float = 0.0
    time: float | None = None
    any_will_do: bool = False
    """Whether any plan is good enough: only feasibility is asked."""


class LevelValue(NamedTuple):
    term: str
    value: int
    bound: int


class Branch(NamedTuple):
    """An inserted placement: made along an edge from the one before it in its tree of this number (0: the root)."""

    parent: int
    edge: Edge
    question: Question
    option: Option


Tree = tuple[Branch, ...]
"""What is inserted behind one buffer; the first branch has number 1."""


class Choice(NamedTuple):
    """One option per question (empty where there is none), and how good that is."""

    status: Literal["optimal", "feasible", "infeasible", "undecided"]
    options: tuple[Option, ...] = ()
    levels: tuple[LevelValue, ...] = ()
    searched: bool = False
    seconds: float = 0.0
    """Spent in CP-SAT or in trying, for statistics."""
    trees: tuple[Tree, ...] = ()
    """What is inserted behind each question's option; empty if nothing is anywhere."""

    @property
    def placed(self) -> tuple[Option, ...]:
        """All options, those inserted included."""
        return (*self.options, *(branch.option for tree in self.trees for branch in tree))


def choose(
    problem: Problem,
    found: Propagation,
    usage: Usage,
    dropped: Relaxation = NOTHING,
    limits: SearchLimits = SearchLimits(),
) -> Choice:
    """The best choice of one option for each question.

    `dropped` facts about budgets are not imposed.
    """
    if any(not options for options in found.options):
        return Choice("infeasible")
    best = tuple(options[0] for options in found.options)
    tied = _assignments_agree(problem, best) and not exceeded(used_by(best, usage), dropped)
    if tied:
        levels = closed_levels(best, usage)
        if limits.any_will_do or (
            newly_reserved(best, usage).keys() <= _surely_reserved(found.options, usage).keys()
            and levels[LARGEST].value <= _least_largest(found.options, usage)
        ):
            return Choice("optimal", best, levels)
    elif _overfull(found.options, usage, dropped):
        return Choice("infeasible")
    return _search(problem, found, usage, dropped, limits, best, tied)


def _assignments_agree(problem: Problem, chosen: Sequence[Option]) -> bool:
    bound: dict[int, str | None] = {}
    for option in chosen:
        for variable, device in option.assignment:
            if bound.setdefault(variable, device) != device:
                return False
    return all(bound.get(a) is None or bound.get(a) != bound.get(b) for a, b in problem.must_differ)


def _overfull(questions: Sequence[tuple[Option, ...]], usage: Usage, dropped: Relaxation) -> bool:
    """Whether a budget is exceeded even if every buffer charges it as little as it can."""
    number = Counter(map(id, questions))
    alike = {id(options): options for options in questions}
    floors = ((least_charges(options), number[key]) for key, options in alike.items())
    return overfull(floors, usage, dropped)


def _least_largest(questions: Sequence[tuple[Option, ...]], usage: Usage) -> int:
    """No choice that is best so far can make the largest share smaller than this."""
    forced = Counter(usage.shares)
    for options in questions:
        tied = [dict(o.shares) for o in options if o.values[:TIED] == options[0].values[:TIED]]
        forced.update({budget: min(shares.get(budget, 0) for shares in tied) for budget in tied[0]})
    for budget, part in block_shares(_surely_reserved(questions, usage)):
        forced[budget] += part
    return max(forced.values(), default=0)


def _surely_reserved(questions: Sequence[tuple[Option, ...]], usage: Usage) -> ReservedBlocks:
    """What every choice that is best so far locks."""
    found: dict[str, tuple[tuple[Budget, int], ...]] = {}
    for options in questions:
        best = options[0]
        if best.reserved and all(
            o.placed.backing is best.placed.backing for o in options if o.values[:TIED] == best.values[:TIED]
        ):
            found.update(newly_reserved([best], usage))
    return found


def closed_levels(chosen: Sequence[Option], usage: Usage) -> tuple[LevelValue, ...]:
    """Levels with gap 0."""
    sums = [sum(option.values[i] for option in chosen) for i in range(len(NAMES))]
    sums[LARGEST] = largest_share(chosen, usage)
    sums[SUM] += reserved_share(chosen, usage) + sum(usage.shares.values())
    return tuple(LevelValue(name, value, value) for name, value in zip(NAMES, sums, strict=True))


def fitting(options: Iterable[Option], dropped: Relaxation) -> tuple[Option, ...]:
    """Those that exceed no budget by themselves: numbers of others may exceed int64 too."""
    return tuple(option for option in options if not exceeded(dict(option.charges), dropped))


Classes = tuple[list[tuple[int, ...]], list[OptionGroup]]
"""The indices of alike questions, and how each class may choose."""


def _classes(found: Propagation, tied_only: bool, dropped: Relaxation) -> Classes:
    """The indices of alike questions, and how each class may choose."""
    classes: dict[int, list[int]] = {}
    for index, options in enumerate(found.options):
        classes.setdefault(id(options), []).append(index)
    groups, first = [], 0
    for members in classes.values():
        options = fitting(found.options[members[0]], dropped)
        if tied_only:
            options = tuple(o for o in options if o.values[:TIED] == options[0].values[:TIED])
        groups.append(OptionGroup(len(members), options, first))
        first += len(options)
    return [tuple(members) for members in classes.values()], groups


def _search(
    problem: Problem,
    found: Propagation,
    usage: Usage,
    dropped: Relaxation,
    limits: SearchLimits,
    best: tuple[Option, ...],
    tied: bool,
) -> Choice:
    """`tied`: the best options fit together, so only those that cost the same before TIED can be better.

    Where they do not, others that cost the same may still go together: then nothing else can be
    better either, since levels before TIED are sums over buffers and are closed in order.
    """
    spent = seconds = 0.0
    if not tied and not limits.any_will_do:
        narrow = _classes(found, True, dropped)
        if _may_do(narrow[1], found, usage, dropped):
            choice, spent = _among(problem, narrow, usage, dropped, limits, patience=PATIENCE)
            if choice.options:
                return choice
            seconds = choice.seconds
    work = limits._replace(time=(DEFAULT_WORK if limits.time is None else limits.time) - spent)
    choice, _ = _among(problem, _classes(found, tied, dropped), usage, dropped, work)
    choice = choice._replace(seconds=seconds + choice.seconds)
    if choice.status != "undecided" or not tied:
        return choice
    closed = closed_levels(best, usage)  # a plan was in hand before the search
    open_ = [level._replace(bound=0) for level in closed[TIED:]]
    open_[0] = open_[0]._replace(bound=min(closed[LARGEST].value, _least_largest(found.options, usage)))
    return choice._replace(status="feasible", options=best, levels=(*closed[:TIED], *open_))


def _may_do(groups: Sequence[OptionGroup], found: Propagation, usage: Usage, dropped: Relaxation) -> bool:
    """Whether groups leave something out, and what is left may fit."""
    chosen = [group.options for group in groups for _ in range(group.size)]
    fewer = sum(map(len, chosen)) < sum(map(len, found.options))
    return fewer and all(chosen) and not _overfull(chosen, usage, dropped)


def _among(
    problem: Problem,
    asked: Classes,
    usage: Usage,
    dropped: Relaxation,
    limits: SearchLimits,
    patience: float | None = None,
) -> tuple[Choice, float]:
    """The best choice among the options of groups, and the work that it took."""
    classes, groups = asked
    if not all(group.options for group in groups):
        return Choice("infeasible"), 0.0
    tried = _tried(problem, classes, groups, usage, dropped, limits)
    if tried is not None:
        return tried, 0.0
    search = Search(limits.gap, limits.time, patience)
    for group in groups:
        search.integers(len(group.options), group.size)
        search.add(Row([(variable, 1) for variable in group.variables], group.size, group.size))
    model = SearchModel(problem, groups, search, usage, dropped)
    status, bounds = model.close(limits)
    if status in ("infeasible", "undecided"):
        return Choice(status, searched=True, seconds=search.seconds), search.spent
    chosen = _assign(classes, groups, search.solution, sum(group.size for group in groups))
    levels = model.levels(status, chosen, bounds)
    return Choice(status, chosen, levels, searched=True, seconds=search.seconds), search.spent


class SearchModel:
    """What is shared by all groups, and what all levels cost."""

    def __init__(
        self,
        problem: Problem,
        groups: Sequence[OptionGroup],
        search: Search,
        usage: Usage,
        dropped: Relaxation,
    ) -> None:
        self.groups = groups
        self.search = search
        self.usage = usage
        rows.link_devices(problem.must_differ, groups, search)
        blocks = rows.impose_budgets(groups, search, usage, dropped)
        self._largest, self._most = rows.bound_largest(groups, search, usage, blocks)
        self._scaled = [
            rows.cost(groups, values, blocks if level == SUM else ())
            for level, values in enumerate(rows.costs(groups))
        ]

    def close(self, limits: SearchLimits) -> tuple[Status, list[int]]:
        """Close all levels, or find anything if that will do; bounds above what is certain."""
        levels = [level for level, _ in self._scaled]
        levels[LARGEST] = ObjectiveLevel([(self._largest, 1)], self._most)
        levels.append(rows.ranks(self.groups))
        status, _, bounds = self.search.close([] if limits.any_will_do else levels)
        return status, bounds

    def levels(
        self, status: Status, chosen: Sequence[Option], bounds: Sequence[int]
    ) -> tuple[LevelValue, ...]:
        """What the chosen options cost, and what is known to be the least."""
        closed = closed_levels(chosen, self.usage)
        if status != "feasible":
            return closed
        least = [sum(rows.least(group, i) * group.size for group in self.groups) for i in range(len(NAMES))]
        least[SUM] += sum(self.usage.shares.values())
        return tuple(
            level._replace(bound=min(level.value, bounds[i] * self._scaled[i][1] + least[i]))
            for i, level in enumerate(closed)
        )


def _tried(
    problem: Problem,
    classes: Sequence[tuple[int, ...]],
    groups: Sequence[OptionGroup],
    usage: Usage,
    dropped: Relaxation,
    limits: SearchLimits,
) -> Choice | None:
    """The answer, where the choices are few enough to be tried one by one."""
    started = perf_counter()
    taken = branch.best(groups, problem.must_differ, usage, dropped, any_will_do=limits.any_will_do)
    if taken is None:
        return None
    seconds = perf_counter() - started
    if not taken:
        return Choice("infeasible", searched=True, seconds=seconds)
    counts = [number for of_class in taken for number in of_class]
    chosen = _assign(classes, groups, counts, sum(group.size for group in groups))
    levels = closed_levels(chosen, usage)
    return Choice("optimal", chosen, levels, searched=True, seconds=seconds)


def _assign(
    classes: Sequence[tuple[int, ...]], groups: Sequence[OptionGroup], solution: Sequence[int], questions: int
) -> tuple[Option, ...]:
    """Hand the options taken by a class to its members, both in name order."""
    chosen: list[Option | None] = [None] * questions
    for members, group in zip(classes, groups, strict=True):
        for member, option in zip(members, rows.taken(group, solution), strict=True):
            chosen[member] = option
    return tuple(option for option in chosen if option is not None)
