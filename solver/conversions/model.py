"""The choice where buffers may be converted: how many of each class take which steps.

A class of alike buffers takes options as they are, or trees of placements (heapwright.solver.conversions.trees).
One integer per option of each step says how many placements of the class are that; for each
state, what its edge is given equals what is made of it, side by side:

    Σ steps of the root = buffers of the class
    Σ placements handed to a state with side s = Σ placements of the state's steps with side s

A side is what the edge may not change. Any such flow falls apart into one tree a buffer, and
every set of trees is such a flow, so nothing is lost by not spelling trees out. Equal sides
do not say it all where a format may change and one that does not must keep its colours: there
a variable for each pair of sides says how many are converted so.
"""

from collections.abc import Sequence
from typing import NamedTuple

from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.matching import matched
from heapwright.solver.candidates.relaxation import Relaxation
from heapwright.solver.candidates.usage import Usage
from heapwright.solver.conversions.edges import Side, side
from heapwright.solver.conversions.steps import Step
from heapwright.solver.conversions.table import TreeState
from heapwright.solver.question.resolve import Problem
from heapwright.solver.question.terms import Edge
from heapwright.solver.search.choose import Branch, Choice, Tree, fitting, known_levels
from heapwright.solver.search.cpsat import Search
from heapwright.solver.search.model import SelectionModel
from heapwright.solver.search.reduced_costs import Row
from heapwright.solver.search.selection import EngineAnswer, OptionGroup, SearchLimits, selection


class ClassOfBuffers(NamedTuple):
    """Alike questions: their indices, and the steps that they may take, the first of them as they are."""

    members: Sequence[int]
    steps: Sequence[Step]
    edges: Sequence[Edge]


def chosen(
    problem: Problem,
    classes: Sequence[ClassOfBuffers],
    usage: Usage,
    dropped: Relaxation,
    limits: SearchLimits,
) -> Choice:
    """The best choice of an option or a tree for each question."""
    whole = problem.limits
    search = Search(limits.gap, min(limits.work, whole.work_left), whole=whole)
    models = []
    for of_class in classes:
        whole.check()
        models.append(_ClassModel(of_class, search, dropped))
    if not all(each.steps for each in models):
        return Choice("infeasible")
    for each in models:
        whole.check()
        each.link(search)
    groups = [group for each in models for _, group in each.steps]
    asked = selection(groups, usage, dropped, problem.must_differ, any_will_do=limits.any_will_do)

    def taken(answer: EngineAnswer) -> Choice:
        if not answer.counts:
            return Choice(answer.status, searched=True)
        found: dict[int, tuple[Option, Tree]] = {}
        for each in models:
            found.update(zip(each.asked.members, each.taken(answer.counts), strict=True))
        options, trees = zip(*(found[number] for number in range(len(found))), strict=True)
        choice = Choice(answer.status, options, (), True, trees=trees)
        return choice._replace(levels=known_levels(asked, answer, choice.placed, usage))

    told = limits.on_choice
    try:
        answer = SelectionModel(asked, search).close(
            on_counts=None if told is None else lambda answer: told(taken(answer))
        )
    finally:
        whole.spend(search.spent)
    return taken(answer)._replace(seconds=search.seconds)


class _ClassModel:
    """One class in the model: a group of options for each step."""

    def __init__(self, asked: ClassOfBuffers, search: Search, dropped: Relaxation) -> None:
        self.asked = asked
        self.size = len(asked.members)
        self.steps: list[tuple[Step, OptionGroup[Option]]] = []
        for step in asked.steps:
            if options := fitting(step.options, dropped):
                first = search.integers(len(options), self.size)
                group = OptionGroup(self.size, options, first, whole=len(asked.steps) == 1)
                self.steps.append((step, group))
        feeds = {feed for step, _ in self.steps for feed in step.feeds}
        states = feeds | {step.state for step, _ in self.steps if step.state.edge is not None}
        self.edges = [(state, asked.edges[state.edge or 0]) for state in sorted(states, key=_nearest)]
        """States but the root's with the edges that serve them, those nearer to it first."""

    def link(self, search: Search) -> None:
        """Every buffer takes one thing, and what is handed to an edge is what it makes something of."""
        roots = [group for step, group in self.steps if step.state.edge is None]
        search.add(Row([(v, 1) for group in roots for v in group.variables], self.size, self.size))
        for state, edge in self.edges:
            handed = self._sides(edge, [group for step, group in self.steps if state in step.feeds])
            given = self._sides(edge, [group for step, group in self.steps if step.state == state])
            if all(one.suits(other) == (one == other) for one in handed for other in given):
                for seen in dict.fromkeys((*handed, *given)):
                    search.add(_equal(handed.get(seen, []), given.get(seen, [])))
                continue
            pairs = [(one, other) for one in handed for other in given if one.suits(other)]
            first = search.integers(len(pairs), self.size)
            for number, total in enumerate((handed, given)):
                for seen, variables in total.items():
                    parts = [first + i for i, pair in enumerate(pairs) if pair[number] == seen]
                    search.add(_equal(variables, parts))

    def _sides(self, edge: Edge, groups: Sequence[OptionGroup[Option]]) -> dict[Side, list[int]]:
        """Variables by how the edge sees their options."""
        found: dict[Side, list[int]] = {}
        for group in groups:
            for variable, option in zip(group.variables, group.options, strict=True):
                found.setdefault(side(edge, option), []).append(variable)
        return found

    def taken(self, solution: Sequence[int]) -> list[tuple[Option, Tree]]:
        """What each buffer of the class takes, in name order."""
        placed = [(step, option) for step, group in self.steps for option in group.taken(solution)]
        made: list[list[tuple[Edge, int]]] = [[] for _ in placed]
        for state, edge in self.edges:
            handed = [
                (i, side(edge, option)) for i, (step, option) in enumerate(placed) if state in step.feeds
            ]
            given = [
                (i, side(edge, option)) for i, (step, option) in enumerate(placed) if step.state == state
            ]
            found = matched([[i for i, after in given if before.suits(after)] for _, before in handed])
            for (parent, _), child in zip(handed, found, strict=True):
                assert child is not None  # the model says that there is one
                made[parent].append((edge, child))
        roots = [i for i, (step, _) in enumerate(placed) if step.state.edge is None]
        roots.sort(key=lambda i: placed[i][1].key)
        return [(placed[root][1], _tree(root, placed, made)) for root in roots]


def _nearest(state: TreeState) -> tuple[object, ...]:
    return state.depth, state.edge, state.readers


def _equal(before: Sequence[int], after: Sequence[int]) -> Row:
    """As many before as after."""
    return Row([*((variable, 1) for variable in before), *((variable, -1) for variable in after)], 0, 0)


def _tree(
    root: int, placed: Sequence[tuple[Step, Option]], made: Sequence[Sequence[tuple[Edge, int]]]
) -> Tree:
    """What is inserted behind a placement, level by level."""
    found: list[Branch] = []
    above = [(0, root)]
    for parent, index in above:  # which grows on the way
        for edge, child in made[index]:
            step, option = placed[child]
            found.append(Branch(parent, edge, step.question, option))
            above.append((len(found), child))
    return tuple(found)
