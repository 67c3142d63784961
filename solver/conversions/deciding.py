"""What to do with a question: first without conversions, and with them only where they are needed.

1. Every buffer as it is. A plan without conversions is cheaper than any with: they come
   first in the objective. So if there is one, its best is the best, unless a card might copy within load alone:
   then trees of such copies are told apart from it by later levels.
2. Else those that cannot be placed as they are get their cheapest trees, and only those: if these
   go together, no plan is better.
3. Else what tables say that all trees charge at least may be too much. If it is not, everybody gets
   the best trees of all (heapwright.solver.conversions.pareto). They are columns of a selection, which is
   decided as if they were options.

Budgets count once trees may exceed them: then the best are asked for anew. Where more trees would have to be
put together than can be, and as a reference, CP-SAT is given steps instead (heapwright.solver.conversions.model).
"""

from collections.abc import Callable, Sequence
from functools import partial
from operator import add
from time import perf_counter

from heapwright.solver.board.board import Board, remembered
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option, pricing
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.relaxation import NOTHING, DroppedFacts, Relaxation
from heapwright.solver.candidates.usage import Usage
from heapwright.solver.constraints.cases import Placed
from heapwright.solver.constraints.reach import iova_aperture
from heapwright.solver.conversions.converted_buffer import ConvertedBuffer, KnownConversions
from heapwright.solver.conversions.edges import UNLIMITED, price
from heapwright.solver.conversions.model import ClassOfBuffers, chosen
from heapwright.solver.conversions.pareto import (
    Measure,
    PlacedTree,
    TooManyTreesError,
)
from heapwright.solver.conversions.steps import Step
from heapwright.solver.conversions.table import DEEPEST
from heapwright.solver.objective import MOVED
from heapwright.solver.question.limits import LimitReached
from heapwright.solver.question.resolve import Problem
from heapwright.solver.search.bounds import is_imposed, unassignable
from heapwright.solver.search.choose import Choice, Tree, answered, choose, known_levels
from heapwright.solver.search.fronts import Front, front
from heapwright.solver.search.selection import (
    EngineAnswer,
    OptionGroup,
    SearchLimits,
    Selection,
    cost_levels,
    rooms_for,
    selection,
)

AlikeQuestions = tuple[ConvertedBuffer, list[int]]
"""Alike questions, and their indices."""


def decide(
    problem: Problem,
    found: Propagation,
    usage: Usage,
    dropped: Relaxation = NOTHING,
    limits: SearchLimits = SearchLimits(),
    known: KnownConversions | None = None,
    *,
    converted: bool = True,
) -> Choice:
    """The best choice of one option for each question, and of conversions behind it if there may be any.

    Bus addresses are counted in bytes at first. Where a choice then does not fit class by class,
    all is decided anew (and from then on) with classes.
    """
    choice = _decide(found, usage, dropped, limits, known, converted)
    if problem.board.by_class or not iova_aperture.overfull(
        ((option.placed, option.number) for option in choice.placed), usage.charges, dropped
    ):
        return choice
    problem.board.by_class = True
    return _decide(found.again(), usage, dropped, limits, None, converted)


def _decide(
    found: Propagation,
    usage: Usage,
    dropped: Relaxation,
    limits: SearchLimits,
    known: KnownConversions | None,
    converted: bool,
) -> Choice:
    problem = found.problem
    if problem.must_differ and unassignable(problem, dropped):
        return Choice("infeasible")  # told before any buffer is placed
    choice = choose(problem, found, usage, dropped, limits)
    if not converted or choice.status == "undecided":
        return choice
    if choice.status != "infeasible" and (limits.any_will_do or not copying(problem)):
        return choice
    problem.limits.phase = "conversions were looked for"
    classes = _classes(found, {} if known is None else known)
    converting = _Converting(problem, classes, usage, dropped, limits)
    if choice.status != "infeasible":
        copied = any(buffer.copied for buffer, _ in classes)
        return _better(choice, converting.chosen) if copied else choice
    if not any(buffer.edges for buffer, _ in classes):
        return choice
    if not problem.must_differ and unassignable(problem, dropped):
        return choice
    return converting.chosen() if all(buffer.placeable for buffer, _ in classes) else choice


def copying(problem: Problem) -> bool:
    """Whether a card of the board might copy at no price but load."""
    devices = problem.board.devices.values()
    return any(edge.lossless is True for device in devices if device.card for edge in device.spec.converts)


def _better(known: Choice, copied: Callable[[], Choice]) -> Choice:
    """What is found with copies, unless a limit ends the search before it is as good as what is known without."""
    try:
        found = copied()
    except LimitReached:
        found = Choice("undecided")
    if found.options and _values(found) <= _values(known):
        return found
    levels = [level._replace(bound=level.value if n <= MOVED else 0) for n, level in enumerate(known.levels)]
    return known._replace(status="feasible", levels=tuple(levels))


def _values(choice: Choice) -> list[int]:
    return [level.value for level in choice.levels]


def are_too_many(
    found: Propagation, usage: Usage, dropped: Relaxation, known: KnownConversions | None = None
) -> bool:
    """Whether some memory cannot hold what all buffers charge at least, converted or not: there is no plan then."""
    classes = _classes(found, {} if known is None else known)
    if not all(buffer.placeable for buffer, _ in classes):
        return True
    return _Converting(found.problem, classes, usage, dropped, SearchLimits(any_will_do=True)).are_too_many()


def front_of(
    problem: Problem, found: Propagation, usage: Usage, budgets: Sequence[Budget]
) -> tuple[Selection, Front] | None:
    """The Pareto-best plans, whatever these budgets hold up to what they do; None where these are too many.

    Conversions are grown once: the front answers a whole sweep of what the first budgets of the selection hold.
    """
    converting = _Converting(problem, _classes(found, {}), usage, NOTHING, SearchLimits())
    converting.tight = tuple(sorted(budgets))
    groups = converting.groups(partial(converting.best_trees, DEEPEST))
    if not groups:
        return None
    asked = selection(groups, usage, NOTHING, problem.must_differ, tight=converting.tight)
    found_front = front(asked)
    return None if found_front is None else (asked, found_front)


class _Converting:
    """The choice where some buffer must be converted."""

    def __init__(
        self,
        problem: Problem,
        classes: Sequence[AlikeQuestions],
        usage: Usage,
        dropped: Relaxation,
        limits: SearchLimits,
    ) -> None:
        self.problem = problem
        self.classes = classes
        self.usage = usage
        self.dropped = dropped
        self.limits = limits
        self.tight: tuple[Budget, ...] = ()

    def chosen(self) -> Choice:
        """The best choice: of trees, or of steps where trees are too many or the reference is asked for."""
        if self.limits.engine == "cpsat":
            return self.as_flow()
        try:
            return self.by_trees()
        except TooManyTreesError:
            return self.as_flow()

    def by_trees(self) -> Choice:
        """First among trees whose conversions cost the least; if these do not go together, among all.

        Where any plan will do, first among those in which nothing is converted twice.
        """
        if self.limits.any_will_do and self.are_too_many():
            return Choice("infeasible", searched=True)
        first = partial(self.best_trees, 1) if self.limits.any_will_do else self._cheapest_trees
        choice = self._chosen(first)
        if choice.status == "infeasible":
            choice = self._chosen(partial(self.best_trees, DEEPEST))
        return choice

    def are_too_many(self) -> bool:
        """Whether some memory cannot hold what all charge at least; those that get half full count from the beginning."""
        for budget in memory_budgets(self.problem.board):
            if is_imposed(budget, self.dropped):
                least = sum(buffer.floor(budget) * len(members) for buffer, members in self.classes)
                room = budget.limit - self.usage.used(budget)
                if least > room:
                    return True
                if 2 * least > room:
                    self.tight = tuple(sorted({*self.tight, budget}))
        return False

    def _cheapest_trees(self, measure: Measure) -> list[list[PlacedTree]]:
        if any(buffer.least >= UNLIMITED for buffer, _ in self.classes):
            return []
        return [buffer.cheapest_trees(measure, self.dropped) for buffer, _ in self.classes]

    def best_trees(self, deepest: int, measure: Measure) -> list[list[PlacedTree]]:
        """Of each class those that may be part of the best plan; none if all together charge too much.

        Where any plan will do, few are, and they are asked for again and again: whatever others charge.
        """
        floors = [[buffer.floor(budget) for budget in self.tight] for buffer, _ in self.classes]
        rooms = [budget.limit - self.usage.used(budget) for budget in self.tight]
        left = [
            room
            - sum(len(members) * least for (_, members), least in zip(self.classes, of_budget, strict=True))
            for room, of_budget in zip(rooms, zip(*floors, strict=True), strict=True)
        ]
        found: list[list[PlacedTree]] = []
        for (buffer, members), floor in zip(self.classes, floors, strict=True):
            if min(left, default=0) < 0:
                return []
            spare = rooms if self.limits.any_will_do else list(map(add, left, floor))
            trees = buffer.best_trees(measure, self.dropped, spare, deepest)
            if not trees:
                return []
            least = map(min, zip(*map(measure.charges, trees), strict=True))
            left = [
                n - len(members) * (more - known) for n, more, known in zip(left, least, floor, strict=True)
            ]
            found.append(trees)
        return found if min(left, default=0) >= 0 else []

    def _chosen(self, trees: Callable[[Measure], list[list[PlacedTree]]]) -> Choice:
        """The best choice of one tree for each question."""
        groups = self.groups(trees)
        return self._among(groups) if groups else Choice("infeasible", searched=True)

    def groups(self, trees: Callable[[Measure], list[list[PlacedTree]]]) -> list[OptionGroup[PlacedTree]]:
        """What each class may take, once all budgets count that this may exceed; none if one has nothing."""
        levels = () if self.limits.any_will_do else cost_levels(self.usage)
        while True:
            found = trees(Measure(levels, self.tight))
            if not found or not all(found):
                return []
            groups = _groups(found, self.classes)
            tight = {*self.tight, *rooms_for(groups, self.usage, self.dropped)}
            if len(tight) == len(self.tight):
                return groups
            self.tight = tuple(sorted(tight))

    def _among(self, groups: Sequence[OptionGroup[PlacedTree]]) -> Choice:
        problem, limits = self.problem, self.limits._replace(whole=self.problem.limits)
        asked = selection(
            groups, self.usage, self.dropped, problem.must_differ, any_will_do=limits.any_will_do
        )
        if limits.on_choice is not None:
            told = limits.on_choice
            limits = limits._replace(on_counts=lambda answer: told(self._taken(asked, groups, answer)))
        started = perf_counter()
        answer, engine = answered(asked, limits)
        return self._taken(asked, groups, answer)._replace(seconds=perf_counter() - started, engine=engine)

    def _taken(
        self, asked: Selection, groups: Sequence[OptionGroup[PlacedTree]], answer: EngineAnswer
    ) -> Choice:
        """What an engine's answer takes."""
        if not answer.counts:
            return Choice(answer.status, searched=True)
        taken: dict[int, tuple[Option, Tree]] = {}
        for (buffer, members), group in zip(self.classes, groups, strict=True):
            for index, tree in zip(members, group.taken(answer.counts), strict=True):
                taken[index] = tree.option, tree.branches(buffer.edges)
        options, trees = zip(*(taken[index] for index in range(len(taken))), strict=True)
        choice = Choice(answer.status, options, (), True, trees=trees)
        return choice._replace(levels=known_levels(asked, answer, choice.placed, self.usage))

    def as_flow(self) -> Choice:
        """The same as a model of all steps."""
        choice = Choice("infeasible")
        least = sum(buffer.least * len(members) for buffer, members in self.classes)
        if least >= UNLIMITED:
            return choice
        if (least or copying(self.problem)) and not self.limits.any_will_do:
            choice = self._flow([b.cheapest for b, _ in self.classes])
        if choice.options and sum(map(price, choice.placed)) == least:
            return choice
        return self._flow([buffer.within(UNLIMITED - 1) for buffer, _ in self.classes])

    def _flow(self, steps: Sequence[list[Step]]) -> Choice:
        asked = [ClassOfBuffers(m, each, b.edges) for (b, m), each in zip(self.classes, steps, strict=True)]
        return chosen(self.problem, asked, self.usage, self.dropped, self.limits)


@remembered
def memory_budgets(board: Board) -> list[Budget]:
    """What heaps draw from, the smallest first."""
    placed = [Placed(board, "", heap, heap, (board.page,), 0, ()) for heap in board.heaps.values()]
    charges = [charge for each in placed for charge in pricing().of_sizes.price(each).charges]
    return sorted({budget for budget, *_ in charges}, key=lambda b: (b.limit, b))


def _groups(
    found: Sequence[list[PlacedTree]], classes: Sequence[AlikeQuestions]
) -> list[OptionGroup[PlacedTree]]:
    groups, first = [], 0
    for trees, (_, members) in zip(found, classes, strict=True):
        trees.sort(key=lambda tree: (tree.values, tree.key))
        groups.append(OptionGroup(len(members), tuple(trees), first))
        first += len(trees)
    return groups


def _classes(found: Propagation, known: KnownConversions) -> list[AlikeQuestions]:
    """Alike questions with their indices."""
    members: dict[tuple[int, DroppedFacts | None], list[int]] = {}
    for index, question in enumerate(found.problem.questions):
        key = (question.signature, found.drops.about(question.label))
        if key not in known:
            known[key] = ConvertedBuffer(found, question, found.options[index], known)
        members.setdefault(key, []).append(index)
    return [(known[key], indices) for key, indices in members.items()]
