"""The choice: which option each buffer takes, under everything that is shared.

Buffers that ask the same question are one class; an integer says how many of the class take each option.
`ENGINES` are asked in order. Each decides, or leaves what it has found to the next, or says nothing:

1. `cheapest`: the best option of every buffer goes together with all others, or even the least that all
   charge is too much. Most questions end here.
2. `packing`: options differ in nothing but the pool that they fill.
3. `fronts`: few partial choices are Pareto-best.
4. CP-SAT closes the levels of the objective in order (design §6, §7.3).

The same question gives the same plan: all work is counted. Only where seconds are limited may the clock end an
engine; what it has found by then is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from time import perf_counter
from typing import Final, Literal, NamedTuple

from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.relaxation import NOTHING, Relaxation
from heapwright.solver.candidates.usage import Usage, largest_share, reserved_share
from heapwright.solver.objective import LOAD, TERMS
from heapwright.solver.question.limits import LimitReached
from heapwright.solver.question.resolve import Problem, Question
from heapwright.solver.question.terms import Edge
from heapwright.solver.search import cheapest, fronts, model, packing
from heapwright.solver.search.bounds import is_imposed
from heapwright.solver.search.presolve import presolved
from heapwright.solver.search.selection import (
    EngineAnswer,
    OptionGroup,
    SearchLimits,
    Selection,
    selection,
)

Engine = Callable[[Selection, SearchLimits, EngineAnswer | None], EngineAnswer | None]
"""Asked with what is known from those before; None if the question is not its own."""
ENGINES: Final[tuple[Engine, ...]] = (packing.best, fronts.best, model.best)
"""In the order in which they are asked, after `cheapest`."""
LAST: Final = len(ENGINES)
SHARED: Final = LOAD
"""The first level to which placements do not add each for itself."""
ASKED: Final = ("cheapest", "packing", "fronts", "cpsat")
"""What those are called that may decide, by place."""


class LoadParts(NamedTuple):
    """Of what load is made, in ppm, before it is rounded."""

    traffic: int
    largest_share: int
    sum_of_shares: int


class LevelValue(NamedTuple):
    term: str
    value: int
    bound: int
    parts: LoadParts | None = None


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
    """Spent by engines after the first, for statistics."""
    trees: tuple[Tree, ...] = ()
    """What is inserted behind each question's option; empty if nothing is anywhere."""
    engine: int = 0
    """Which one decided, by its place."""

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
    if not all(found.options):
        return Choice("infeasible")
    classes: dict[int, list[int]] = {}
    for index, options in enumerate(found.options):
        classes.setdefault(id(options), []).append(index)
    for best_only in (True, False) if limits.engine == "all" else (False,):
        groups = _groups(found, classes.values(), dropped, best_only=best_only)
        if groups:
            asked = selection(groups, usage, dropped, problem.must_differ, any_will_do=limits.any_will_do)
            started, known = perf_counter(), cheapest.best(asked, limits) if best_only else None
            if not best_only or (known and known.counts):
                if limits.on_choice is not None:
                    limits = limits._replace(
                        on_counts=_telling(limits.on_choice, asked, classes.values(), groups, usage)
                    )
                answer, engine = answered(asked, limits._replace(whole=problem.limits), known)
                choice = _choice(asked, answer, classes.values(), groups, usage)
                seconds = perf_counter() - started if engine else 0.0
                return choice._replace(searched=engine > 0, seconds=seconds, engine=engine)
    return Choice("infeasible")


def _choice(
    asked: Selection,
    answer: EngineAnswer,
    classes: Iterable[Sequence[int]],
    groups: Iterable[OptionGroup[Option]],
    usage: Usage,
) -> Choice:
    chosen = _assigned(classes, groups, answer.counts)
    levels = known_levels(asked, answer, chosen, usage) if chosen else ()
    return Choice(answer.status, chosen, levels)


def _telling(
    on_choice: Callable[[Choice], None],
    asked: Selection,
    classes: Collection[Sequence[int]],
    groups: Sequence[OptionGroup[Option]],
    usage: Usage,
) -> Callable[[EngineAnswer], None]:
    """Hands on what engines find, as choices."""
    return lambda answer: on_choice(_choice(asked, answer, classes, groups, usage)._replace(searched=True))


def _groups(
    found: Propagation, classes: Iterable[Sequence[int]], dropped: Relaxation, *, best_only: bool
) -> list[OptionGroup[Option]]:
    """What each class may take; none if one has nothing.

    If the best go together, nothing but what costs the same before the first level that is shared may be better.
    """
    groups, first = [], 0
    for members in classes:
        options = found.options[members[0]]
        if best_only:
            least = options[0].values[:SHARED]
            options = tuple([option for option in options if option.values[:SHARED] == least])
        options = fitting(options, dropped)
        if not options:
            return []
        groups.append(OptionGroup(len(members), options, first))
        first += len(options)
    return groups


def _assigned(
    classes: Iterable[Sequence[int]], groups: Iterable[OptionGroup[Option]], counts: Sequence[int]
) -> tuple[Option, ...]:
    """The option of each question: what a class takes goes to its members in the order of names."""
    if not counts:
        return ()
    chosen: dict[int, Option] = {}
    for members, group in zip(classes, groups, strict=True):
        chosen.update(zip(members, group.taken(counts), strict=True))
    return tuple([chosen[index] for index in range(len(chosen))])


def answered(
    asked: Selection, limits: SearchLimits, known: EngineAnswer | None = None
) -> tuple[EngineAnswer, int]:
    """What the engines make of it, and which of them said the last word, by place; `known` is the first's answer."""
    if limits.engine == "cpsat":
        return _walked(asked, limits, None, (model.alone,))
    known = known or cheapest.best(asked, limits)
    if known is not None and known.status != "feasible":
        return known, 0
    limits.report(known)
    if limits.whole.are_reached():
        return known or EngineAnswer("undecided"), LAST
    try:
        small, kept = presolved(asked, known, limits.whole)
    except LimitReached:
        return known or EngineAnswer("undecided"), LAST
    known = known and known._replace(counts=tuple([known.counts[v] for v in kept]))
    answer, place = _walked(small, limits.narrowed(kept, asked.variables), known, ENGINES)
    return answer.widened(kept, asked.variables), place


def _walked(
    asked: Selection, limits: SearchLimits, known: EngineAnswer | None, engines: Sequence[Engine]
) -> tuple[EngineAnswer, int]:
    left = limits.work_left
    for place, engine in enumerate(engines if left > 0 else (), LAST + 1 - len(engines)):
        try:
            answer = engine(asked, limits._replace(work=left), known)
        except LimitReached:
            break
        if answer is not None:
            limits.whole.spend(answer.work)
            left = max(0.0, left - answer.work)
            if answer.status in ("optimal", "infeasible"):
                return answer, place
            known = better(asked, known, answer)
            limits.report(known)
    return known or EngineAnswer("undecided"), LAST


def better(asked: Selection, known: EngineAnswer | None, answer: EngineAnswer) -> EngineAnswer:
    """The better choice of two, with the better bound."""
    if known is None or not known.counts:
        return answer
    if not answer.counts or asked.values(known.counts) < asked.values(answer.counts):
        answer = answer._replace(status=known.status, counts=known.counts)
    return answer._replace(bounds=max(known.bounds, answer.bounds))


def known_levels(
    asked: Selection, answer: EngineAnswer, chosen: Sequence[Option], usage: Usage
) -> tuple[LevelValue, ...]:
    """What chosen options cost, and what is known to be the least."""
    closed = closed_levels(chosen, usage)
    if answer.status != "feasible":
        return closed
    columns = [group.columns for group in asked.groups]
    least = [cheapest.least(asked, columns, index) for index in range(len(asked.levels))]
    for index, bound in enumerate(answer.bounds):
        least[index] = max(bound, least[index])
    return tuple([level._replace(bound=min(level.value, n)) for level, n in zip(closed, least, strict=True)])


def closed_levels(chosen: Sequence[Option], usage: Usage) -> tuple[LevelValue, ...]:
    """Levels with gap 0."""
    sums = [sum(option.values[i] for option in chosen) for i in range(len(TERMS))]
    filled = sum(part for option in chosen for _, part in option.shares)
    besides = reserved_share(chosen, usage) + sum(usage.shares.values())
    parts = LoadParts(sums[LOAD] - filled, largest_share(chosen, usage), filled + besides)
    for level, term in enumerate(TERMS):
        sums[level] += (besides if term.fills else 0) + (parts.largest_share if term.largest else 0)
        sums[level] = -(-sums[level] // term.step) * term.step
    levels = [LevelValue(term.name, value, value) for term, value in zip(TERMS, sums, strict=True)]
    levels[LOAD] = levels[LOAD]._replace(parts=parts)
    return tuple(levels)


def fitting(options: Iterable[Option], dropped: Relaxation) -> tuple[Option, ...]:
    """Those that exceed no budget by themselves: numbers of others may exceed int64 too."""
    return tuple([option for option in options if _fits(option, dropped)])


def _fits(option: Option, dropped: Relaxation) -> bool:
    for budget, amount in option.charges:
        if amount > budget.limit and is_imposed(budget, dropped):
            return False
    return True
