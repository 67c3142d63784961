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

from solver import strides
from solver.constraint import Budget, Fact
from solver.constraints import conversion
from solver.constraints import format as format_kind
from solver.constraints import modifier as modifier_kind
from solver.conversions import UNLIMITED, Grove, Step, least_charges
from solver.drops import NOTHING, About, Drops, is_dropped
from solver.edges import Edge, Price, edges
from solver.joining import joined
from solver.model import Choice, Ledger, Limits, choose
from solver.option import Option
from solver.options import Propagation
from solver.planting import Plot, planted
from solver.problem import Problem, Question

Woods = dict[tuple[int, About | None], "Wood"]
"""What was grown before: (question signature, facts dropped about it) → its trees."""


class Wood:
    """Alike questions, and all that they may take."""

    def __init__(self, found: Propagation, question: Question, direct: tuple[Option, ...]) -> None:
        self.found = found
        self.direct = direct
        about = found.drops.about(question.label)
        self.edges = _usable(found.problem, question, about)
        colours = _colours(found.problem, question, self.edges)
        self.groves: list[Grove] = []
        if self.edges:
            for variant in question.variants:
                for way in question.ways:
                    self.groves.append(
                        Grove(
                            found.problem,
                            variant,
                            way,
                            self.edges,
                            found,
                            colours,
                            freed=_freed(about),
                            number=len(self.groves),
                        )
                    )
        self._least: Price | None = None
        self._floor: dict[Budget, int] | None = None
        self._hasty = False
        """Whether cheaper conversions may be left to find."""
        self._grown: Price = (0, 0)

    def least(self, *, any_will_do: bool = False) -> Price | None:
        """What the buffer's conversions cost at least (or any that were found cost); None where none can help."""
        if self.direct:
            return 0, 0
        if self._least is None or (self._hasty and not any_will_do):
            prices = [p for grove in self.groves if (p := grove.grow(any_will_do=any_will_do)) is not None]
            self._least, self._hasty = min(prices, default=None), any_will_do
            self._grown = max(self._grown, self._least or UNLIMITED)
        return self._least

    def floor(self) -> dict[Budget, int]:
        """What is charged to each budget at least, converted or not."""
        if self._floor is None:
            floors = [grove.floor() for grove in self.groves] or [least_charges(self.direct)]
            shared = set(floors[0]).intersection(*floors)
            self._floor = {budget: min(floor[budget] for floor in floors) for budget in shared}
        return self._floor

    def steps(self, limit: Price) -> tuple[Step, ...]:
        """The steps of all trees within a price."""
        if limit > self._grown:
            for grove in self.groves:
                grove.grow(limit)
            self._grown = limit
        found = [step for grove in self.groves for step in grove.within(limit)]
        if found:
            found = joined(strides.shared(found, self.found), self.edges)
        return tuple(found)


def decide(
    problem: Problem,
    found: Propagation,
    ledger: Ledger,
    dropped: Drops = NOTHING,
    limits: Limits = Limits(),
    known: Woods | None = None,
) -> Choice:
    """The best choice of one option for each question, and of conversions behind it."""
    choice = choose(problem, found, ledger, dropped, limits)
    if choice.status != "infeasible" or not any(d.spec.converts for d in problem.board.devices.values()):
        return choice
    classes = _classes(found, {} if known is None else known)
    if not any(wood.edges for wood, _ in classes) or _overfull(classes, ledger, dropped):
        return choice
    if any(wood.least(any_will_do=limits.any_will_do) is None for wood, _ in classes):
        return choice
    cheapest = Choice("infeasible")
    if not all(wood.direct for wood, _ in classes):
        cheapest = _cheapest(problem, classes, ledger, dropped, limits)
        if _is_best(cheapest, classes, limits):
            return cheapest
    whole = planted(problem, _plots(classes, cheapest), ledger, dropped, limits)
    if cheapest.options and not whole.options:
        opened = tuple(level._replace(bound=0) for level in cheapest.levels)
        whole = cheapest._replace(status="feasible", levels=opened)
    return whole._replace(seconds=choice.seconds + cheapest.seconds + whole.seconds)


def _overfull(classes: Sequence[tuple[Wood, list[int]]], ledger: Ledger, dropped: Drops) -> bool:
    """Whether a budget is exceeded however everybody is converted."""
    least: dict[Budget, int] = {}
    for wood, members in classes:
        for budget, amount in wood.floor().items():
            least[budget] = least.get(budget, 0) + amount * len(members)
    return any(
        amount + ledger.used(budget) > budget.limit and Fact(budget.kind, budget.subject) not in dropped
        for budget, amount in least.items()
    )


def _classes(found: Propagation, known: Woods) -> list[tuple[Wood, list[int]]]:
    """Alike questions with their indices."""
    members: dict[tuple[int, About | None], list[int]] = {}
    for index, question in enumerate(found.problem.questions):
        key = (question.signature, found.drops.about(question.label))
        if key not in known:
            known[key] = Wood(found, question, found.options[index])
        members.setdefault(key, []).append(index)
    return [(known[key], indices) for key, indices in members.items()]


def _cheapest(
    problem: Problem,
    classes: Sequence[tuple[Wood, list[int]]],
    ledger: Ledger,
    dropped: Drops,
    limits: Limits,
) -> Choice:
    """The best plan in which nobody's conversions cost more than they must."""
    plots = []
    for wood, members in classes:
        least = wood.least(any_will_do=limits.any_will_do) or (0, 0)
        plots.append(Plot(tuple(members), wood.direct, () if wood.direct else wood.steps(least), wood.edges))
    if not all(plot.direct or plot.steps for plot in plots):
        return Choice("infeasible")
    return planted(problem, plots, ledger, dropped, limits)


def _is_best(choice: Choice, classes: Sequence[tuple[Wood, list[int]]], limits: Limits) -> bool:
    if not choice.options:
        return False
    return limits.any_will_do or _spent(choice) == _sum_of_least(classes)


def _sum_of_least(classes: Sequence[tuple[Wood, list[int]]]) -> Price:
    prices = [(wood.least() or (0, 0), len(members)) for wood, members in classes]
    return sum(p[0] * n for p, n in prices), sum(p[1] * n for p, n in prices)


def _spent(choice: Choice) -> Price:
    return (
        sum(option.values[0] for option in choice.placed),
        sum(option.values[1] for option in choice.placed),
    )


def _plots(classes: Sequence[tuple[Wood, list[int]]], plan: Choice) -> list[Plot]:
    """Everybody's trees that a plan at most as dear as the one in hand may take."""
    least, plots = _sum_of_least(classes), []
    for wood, members in classes:
        limit = UNLIMITED
        if plan.options:  # asked for the best: one that will do is returned
            spent, own = _spent(plan), wood.least() or (0, 0)
            limit = spent[0] - least[0] + own[0], spent[1] - least[1] + own[1]
        plots.append(Plot(tuple(members), wood.direct, wood.steps(limit), wood.edges))
    return plots


def _usable(problem: Problem, question: Question, about: About | None) -> tuple[Edge, ...]:
    """The edges along which the buffer may be converted."""
    policy = question.conversions
    if policy == "forbid" and not is_dropped(about, conversion, ""):
        return ()
    lossless = policy == "lossless" and not is_dropped(about, conversion, "")
    found = list(edges(problem.board, lossless=lossless))
    if question.spec.size is None:
        return tuple(edge for edge in found if not any(port.images for port in edge.ports))
    return tuple(found)


def _freed(about: About | None) -> frozenset[str]:
    """Devices that a dropped fact lets take what their rules do not list."""
    kinds = (format_kind.NAME, modifier_kind.NAME)
    return frozenset(device for kind, device in (about.own if about else ()) if kind in kinds)


def _colours(problem: Problem, question: Question, found: Sequence[Edge]) -> tuple[str, ...]:
    """All colours that anybody who may touch the buffer, or the pipeline, speaks of."""
    ports = [port for edge in found for port in edge.ports]
    for way in question.ways:
        for party in way.parties:
            for name in problem.variables[party.variable].candidates:
                known = problem.board.devices[name].spec.ports
                ports += [known[p] for p in (party.use.selector.port,) if p in known]
    named = {colour for port in ports for rule in port.images for colour in rule.colours or ()}
    return tuple(sorted(named | set(question.spec.colours or ())))
