"""What to do with a question: first without conversions, and with them only where they are needed.

1. Every buffer as it is. A plan without conversions is cheaper than any with: they come
   first in the objective. So if there is one, its best is the best.
2. Else those that cannot be placed as they are get their cheapest trees, and only those. The
   least that each buffer's conversions cost is known by then; a plan that costs no more than
   their sum is best.
3. Else everybody gets every tree that may still be part of a plan as cheap as the one found.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.relaxation import NOTHING, DroppedFacts, Relaxation, is_dropped
from heapwright.solver.candidates.usage import Usage
from heapwright.solver.constraints.graph import conversion
from heapwright.solver.constraints.image import format as format_kind
from heapwright.solver.constraints.image import modifier as modifier_kind
from heapwright.solver.constraints.reach import iova_aperture
from heapwright.solver.conversions import planting, strides
from heapwright.solver.conversions.conversions import Grove
from heapwright.solver.conversions.edges import Price
from heapwright.solver.conversions.joining import joined
from heapwright.solver.conversions.planting import Plot
from heapwright.solver.conversions.sites import UNLIMITED, Site, Step, price, total
from heapwright.solver.question.resolve import Problem, Question
from heapwright.solver.question.terms import Edge, edges
from heapwright.solver.search.bounds import least_charges, overfull, unassignable
from heapwright.solver.search.choose import Choice, SearchLimits, choose


class Woods:
    """What was grown before, of one problem under different dropped facts."""

    def __init__(self) -> None:
        self.woods: dict[tuple[int, DroppedFacts | None], Wood] = {}
        """By question signature and facts dropped about it."""
        self.sites: dict[object, Site] = {}


class Wood:
    """Alike questions, and all that they may take."""

    def __init__(
        self, found: Propagation, question: Question, direct: tuple[Option, ...], known: dict[object, Site]
    ) -> None:
        self.found = found
        self.direct = direct
        about = found.drops.about(question.label)
        self.edges = _usable(found.problem, question, about)
        colours = _colours(found.problem, question, self.edges)
        self.groves: list[Grove] = []
        if self.edges:
            for variant in question.variants:
                for attachment_set in question.attachment_sets:
                    self.groves.append(
                        Grove(
                            found.problem,
                            variant,
                            attachment_set,
                            self.edges,
                            found,
                            colours,
                            known=known,
                            freed=_freed(about),
                            number=len(self.groves),
                        )
                    )
        self._least: Price | None = None
        self._floor: dict[Budget, int] | None = None
        self._valued = False

    def least(self) -> Price | None:
        """What the buffer's conversions cost at least; None where none can help."""
        if self.direct:
            return 0, 0
        if not self._valued:
            self._valued = True
            self._least = min((p for g in self.groves if (p := g.cheapest()) is not None), default=None)
        return self._least

    def floor(self) -> dict[Budget, int]:
        """What is charged to each budget at least, converted or not."""
        if self._floor is None:
            floors = [grove.floor() for grove in self.groves] or [least_charges(self.direct)]
            shared = set(floors[0]).intersection(*floors)
            self._floor = {budget: min(floor[budget] for floor in floors) for budget in shared}
        return self._floor

    def within(self, limit: Price) -> tuple[Step, ...]:
        """The steps of all trees within a price."""
        for grove in self.groves:
            grove.grow(limit, grove.most)
        return self._steps(limit)

    def cheapest(self) -> tuple[Step, ...]:
        """The steps of the cheapest trees; none where the buffer may be as it is."""
        least = None if self.direct else self.least()
        return () if least is None else self._steps(least)

    def upto(self, number: int) -> tuple[tuple[Step, ...], bool]:
        """The steps of all trees of so many conversions, and whether there are larger ones."""
        larger = [grove.grow(UNLIMITED, number) for grove in self.groves]
        return self._steps(UNLIMITED), any(larger)

    def _steps(self, limit: Price) -> tuple[Step, ...]:
        found = [step for grove in self.groves for step in grove.within(limit)]
        if found:
            found = joined(strides.shared(found, self.found), self.edges)
        return tuple(found)


AlikeQuestions = tuple[Wood, list[int]]
"""Alike questions, and their indices."""


def decide(
    problem: Problem,
    found: Propagation,
    usage: Usage,
    dropped: Relaxation = NOTHING,
    limits: SearchLimits = SearchLimits(),
    known: Woods | None = None,
    *,
    converted: bool = True,
) -> Choice:
    """The best choice of one option for each question, and of conversions behind it if there may be any.

    Bus addresses are counted in bytes at first. Where a choice then does not fit class by class,
    all is decided anew (and from then on) with classes.
    """
    choice = _decide(problem, found, usage, dropped, limits, known, converted)
    if problem.board.by_class or not iova_aperture.overfull(
        ((option.placed, option.number) for option in choice.placed), usage.charges, dropped
    ):
        return choice
    problem.board.by_class = True
    return _decide(problem, found.again(), usage, dropped, limits, None, converted)


def _decide(
    problem: Problem,
    found: Propagation,
    usage: Usage,
    dropped: Relaxation,
    limits: SearchLimits,
    known: Woods | None,
    converted: bool,
) -> Choice:
    choice = choose(problem, found, usage, dropped, limits)
    if not converted:
        return choice
    if choice.status != "infeasible" or not any(d.spec.converts for d in problem.board.devices.values()):
        return choice
    classes = _classes(found, known or Woods())
    given = usage, dropped, limits
    floors = ((wood.floor(), len(members)) for wood, members in classes)
    if (
        not any(w.edges for w, _ in classes)
        or unassignable(problem, dropped)
        or overfull(floors, usage, dropped)
    ):
        return choice
    plan = Choice("infeasible")
    if not limits.any_will_do and not all(wood.direct for wood, _ in classes):
        if any(wood.least() is None for wood, _ in classes):
            return choice
        plan = planting.planted(problem, [_plot(*one, one[0].cheapest()) for one in classes], *given)
        if plan.options and _spent(plan) == _sum_of_least(classes):
            return plan
    if not plan.options:
        plan = _any(problem, classes, *given)
    if limits.any_will_do or not plan.options:
        return plan
    least, spent = _sum_of_least(classes), _spent(plan)
    plots = []
    for wood, members in classes:
        own = wood.least() or (0, 0)
        limit = spent[0] - least[0] + own[0], spent[1] - least[1] + own[1]
        plots.append(_plot(wood, members, wood.within(limit)))
    best = planting.planted(problem, plots, *given)
    if best.options:
        return best
    return plan._replace(status="feasible", levels=tuple(level._replace(bound=0) for level in plan.levels))


def _any(
    problem: Problem,
    classes: Sequence[AlikeQuestions],
    usage: Usage,
    dropped: Relaxation,
    limits: SearchLimits,
) -> Choice:
    """A plan with as few conversions to a buffer as there is one for."""
    known = -1
    for number in count(1):
        grown = [wood.upto(number) for wood, _ in classes]
        size = sum(len(steps) for steps, _ in grown)
        plots = [_plot(*one, steps) for one, (steps, _) in zip(classes, grown, strict=True)]
        if size > known and all(plot.direct or plot.steps for plot in plots):
            known = size
            plan = planting.planted(problem, plots, usage, dropped, limits)
            if plan.status != "infeasible":
                return plan
        if not any(larger for _, larger in grown):
            break
    return Choice("infeasible", searched=True)


def _plot(wood: Wood, members: list[int], steps: tuple[Step, ...]) -> Plot:
    return Plot(tuple(members), wood.direct, steps, wood.edges)


def _classes(found: Propagation, known: Woods) -> list[AlikeQuestions]:
    """Alike questions with their indices."""
    members: dict[tuple[int, DroppedFacts | None], list[int]] = {}
    for index, question in enumerate(found.problem.questions):
        key = (question.signature, found.drops.about(question.label))
        if key not in known.woods:
            known.woods[key] = Wood(found, question, found.options[index], known.sites)
        members.setdefault(key, []).append(index)
    return [(known.woods[key], indices) for key, indices in members.items()]


def _sum_of_least(classes: Sequence[AlikeQuestions]) -> Price:
    prices = [(wood.least() or (0, 0), len(members)) for wood, members in classes]
    return sum(p[0] * n for p, n in prices), sum(p[1] * n for p, n in prices)


def _spent(choice: Choice) -> Price:
    return total(map(price, choice.placed))


def _usable(problem: Problem, question: Question, about: DroppedFacts | None) -> tuple[Edge, ...]:
    """The edges along which the buffer may be converted."""
    policy = question.conversions
    if policy == "forbid" and not is_dropped(about, conversion.KIND, ""):
        return ()
    lossless = policy == "lossless" and not is_dropped(about, conversion.KIND, "")
    found = list(edges(problem.board, lossless=lossless))
    if question.spec.size is None:
        return tuple(edge for edge in found if not any(port.images for port in edge.ports))
    return tuple(found)


def _freed(about: DroppedFacts | None) -> frozenset[str]:
    """Devices that a dropped fact lets take what their rules do not list."""
    kinds = (format_kind.NAME, modifier_kind.NAME)
    return frozenset(device for kind, device in (about.own if about else ()) if kind in kinds)


def _colours(problem: Problem, question: Question, found: Sequence[Edge]) -> tuple[str, ...]:
    """All colours that anybody who may touch the buffer, or the pipeline, speaks of."""
    ports = [port for edge in found for port in edge.ports]
    for user in question.users:
        for name in problem.variables[user.variable].candidates:
            known = problem.board.devices[name].spec.ports
            ports += [known[p] for p in (user.use.selector.port,) if p in known]
    named = {colour for port in ports for rule in port.images for colour in rule.colours or ()}
    return tuple(sorted(named | set(question.spec.colours or ())))
