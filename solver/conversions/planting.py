"""The choice where buffers may be converted: how many of each class take which steps.

A class of alike buffers takes direct options, or trees of placements (solver.conversions).
One integer per option of each step says how many placements of the class are that; for each
state, what its edge is given equals what is made of it, side by side:

    Σ direct + Σ steps of the root = buffers of the class
    Σ placements handed to a state with side s = Σ placements of the state's steps with side s

A side is what the edge may not change. Any such flow falls apart into one tree a buffer, and
every set of trees is such a flow, so nothing is lost by not spelling trees out. Equal sides
do not say it all where a format may change and one that does not must keep its colours: there
a variable for each pair of sides says how many are converted so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.matching import matched
from heapwright.solver.candidates.relaxation import Relaxation
from heapwright.solver.candidates.usage import Usage
from heapwright.solver.conversions.edges import Sight, sight
from heapwright.solver.conversions.sites import Step, TreeState
from heapwright.solver.question.resolve import Problem
from heapwright.solver.question.terms import Edge
from heapwright.solver.search import rows
from heapwright.solver.search.choose import Branch, Choice, SearchLimits, SearchModel, Tree, fitting
from heapwright.solver.search.cpsat import Row, Search
from heapwright.solver.search.rows import OptionGroup


class Plot(NamedTuple):
    """Alike questions: their indices, what they may take as they are, and the steps of their trees."""

    members: tuple[int, ...]
    direct: tuple[Option, ...]
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]


def planted(
    problem: Problem, plots: Sequence[Plot], usage: Usage, dropped: Relaxation, limits: SearchLimits
) -> Choice:
    """The best choice of an option or a tree for each question."""
    search = Search(limits.gap, limits.time)
    beds = [_Bed(plot, search, dropped) for plot in plots]
    if not all(bed.groups for bed in beds):
        return Choice("infeasible")
    groups = [group for bed in beds for group in bed.groups]
    for bed in beds:
        bed.grow(search)
    model = SearchModel(problem, groups, search, usage, dropped)
    status, bounds = model.close(limits)
    if status in ("infeasible", "undecided"):
        return Choice(status, searched=True, seconds=search.seconds)
    number = len(problem.questions)
    options: list[Option | None] = [None] * number
    trees: list[Tree] = [()] * number
    for bed in beds:
        for member, (option, tree) in zip(bed.plot.members, bed.harvest(search.solution), strict=True):
            options[member], trees[member] = option, tree
    choice = Choice(status, tuple(o for o in options if o is not None), trees=tuple(trees))
    levels = model.levels(status, choice.placed, bounds)
    return choice._replace(levels=levels, searched=True, seconds=search.seconds)


class _Bed:
    """One class in the model: a group for what it takes as it is, and one for each step."""

    def __init__(self, plot: Plot, search: Search, dropped: Relaxation) -> None:
        self.plot = plot
        self.size = len(plot.members)
        self.direct: OptionGroup | None = None
        self.steps: list[tuple[Step, OptionGroup]] = []
        options = fitting(plot.direct, dropped)
        if options:
            self.direct = self._group(options, search, whole=not plot.steps)
        for step in plot.steps:
            options = fitting(step.options, dropped)
            if options:
                self.steps.append((step, self._group(options, search, whole=False)))

    def _group(self, options: tuple[Option, ...], search: Search, *, whole: bool) -> OptionGroup:
        return OptionGroup(self.size, options, search.integers(len(options), self.size), whole)

    @property
    def groups(self) -> list[OptionGroup]:
        return [*([self.direct] if self.direct else []), *(group for _, group in self.steps)]

    def grow(self, search: Search) -> None:
        """Every buffer takes one thing, and what is handed to an edge is what it makes something of."""
        roots = [group for step, group in self.steps if step.state.edge is None]
        found = [(v, 1) for group in (self.direct, *roots) if group for v in group.variables]
        search.add(Row(found, self.size, self.size))
        for state in self._states():
            handed = self._sides(state, [group for step, group in self.steps if state in step.feeds])
            given = self._sides(state, [group for step, group in self.steps if step.state == state])
            if all(one.suits(other) == (one == other) for one in handed for other in given):
                for side in dict.fromkeys((*handed, *given)):
                    search.add(_equal(handed.get(side, []), given.get(side, [])))
            else:
                self._pair(handed, given, search)

    def _states(self) -> list[TreeState]:
        """All states but the root's, those nearer to it first."""
        found = {step.state for step, _ in self.steps if step.state.edge is not None}
        found |= {feed for step, _ in self.steps for feed in step.feeds}
        return sorted(found, key=lambda state: (state.depth, state.edge, state.readers))

    def _sides(self, state: TreeState, groups: Sequence[OptionGroup]) -> dict[Sight, list[int]]:
        found: dict[Sight, list[int]] = {}
        for group in groups:
            for variable, option in zip(group.variables, group.options, strict=True):
                found.setdefault(sight(self._edge(state), option), []).append(variable)
        return found

    def _edge(self, state: TreeState) -> Edge:
        assert state.edge is not None  # the root is not made by any
        return self.plot.edges[state.edge]

    def _pair(self, handed: dict[Sight, list[int]], given: dict[Sight, list[int]], search: Search) -> None:
        """As many are converted from each side, and to each side, as there are."""
        into: dict[Sight, list[int]] = {one: [] for one in handed}
        out: dict[Sight, list[int]] = {other: [] for other in given}
        for one in handed:
            for other in given:
                if one.suits(other):
                    variable = search.integer(0, self.size)
                    into[one].append(variable)
                    out[other].append(variable)
        for total, parts in ((handed, into), (given, out)):
            for side, variables in total.items():
                search.add(_equal(variables, parts[side]))

    def harvest(self, solution: Sequence[int]) -> list[tuple[Option, Tree]]:
        """What each buffer of the class takes, in name order."""
        roots = [_Plant(option) for option in (rows.taken(self.direct, solution) if self.direct else ())]
        plants: list[_Plant] = []
        for step, group in self.steps:
            made = [_Plant(option, step) for option in rows.taken(group, solution)]
            plants += made
            roots += made if step.state.edge is None else []
        for state in self._states():
            edge = self._edge(state)
            handed = [plant for plant in plants if plant.step and state in plant.step.feeds]
            given = [plant for plant in plants if plant.step and plant.step.state == state]
            for before, after in _matched(edge, handed, given):
                before.children.append((edge, after))
        roots.sort(key=lambda plant: plant.option.key)
        return [(plant.option, plant.tree()) for plant in roots]


def _equal(before: Sequence[int], after: Sequence[int]) -> Row:
    """As many before as after."""
    return Row([*((variable, 1) for variable in before), *((variable, -1) for variable in after)], 0, 0)


class _Plant:
    """A placement that is taken, and those made of it."""

    def __init__(self, option: Option, step: Step | None = None) -> None:
        self.option = option
        self.step = step
        self.children: list[tuple[Edge, _Plant]] = []

    def tree(self) -> Tree:
        """What is inserted behind it, level by level."""
        found: list[Branch] = []
        level = [(0, self)]
        while level:
            below = []
            for parent, plant in level:
                for edge, child in plant.children:
                    assert child.step is not None  # only steps are made by edges
                    found.append(Branch(parent, edge, child.step.question, child.option))
                    below.append((len(found), child))
            level = below
        return tuple(found)


def _matched(edge: Edge, handed: Sequence[_Plant], given: Sequence[_Plant]) -> list[tuple[_Plant, _Plant]]:
    """Every placement handed to an edge with one that is made of it; the model says that there is a way."""
    seen = [sight(edge, plant.option) for plant in given]
    wanted = [sight(edge, plant.option) for plant in handed]
    found = matched([[after for after, other in enumerate(seen) if mine.suits(other)] for mine in wanted])
    return [(before, given[after]) for before, after in zip(handed, found, strict=True) if after is not None]
