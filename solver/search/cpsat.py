"""CP-SAT, spoken to in rows of integers: all its parameters are here.

Levels are closed one after the other; neighbours share one objective where their
ranges allow it. Work is CP-SAT's own deterministic measure; where seconds are limited, it also
gets those that are left. It is imported with the first model: most questions are answered without one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from heapwright.solver.question.limits import NO_LIMITS, Limits
from heapwright.solver.search.reduced_costs import Domain, Row, Terms, reduced
from heapwright.solver.search.selection import Status

if TYPE_CHECKING:
    from ortools.sat.python.cp_model_helper import SatParameters

ROOM: Final = 1 << 53
"""Objectives stay below this: CP-SAT counts in int64, and reasons with sums of several."""
QUICK: Final = 0.03
"""Of that, what an objective gets as it is. Most are closed by then; for the others it pays to presolve."""

RELAXED: Final = 1.5e-6
"""Deterministic time that a linear relaxation counts as, for each number in its rows: about seconds."""
TOO_SHORT: Final = 0.02
"""Nothing is begun with fewer seconds left than these."""

_ALWAYS: Final = {
    "num_workers": 1,
    "random_seed": 1,
    "catch_sigint_signal": False,  # it would leave SIGINT to the default: the process just dies
}
_QUICK: Final = {
    "cp_model_presolve": False,
    "cp_model_probing_level": 0,
    "symmetry_level": 0,
    "cut_level": 0,
    "add_lp_constraints_lazily": False,
    "hint_conflict_limit": 0,
}
_THOROUGH: Final = {"cp_model_presolve": True, "linearization_level": 2}

_STATUS: Final[dict[str, Status]] = {
    "OPTIMAL": "optimal", "FEASIBLE": "feasible", "INFEASIBLE": "infeasible"
}  # fmt: skip


class ObjectiveLevel(NamedTuple):
    """Something to minimise, and the most it can be."""

    terms: Terms
    most: int
    least: int = 0
    """What it is beyond that, whatever is chosen: a gap is relative to the whole."""

    def value(self, solution: Sequence[int]) -> int:
        return sum(solution[variable] * amount for variable, amount in self.terms)


class Search:
    """One model, closed level by level.

    `patience`: it ends undecided when so much work has found no solution (all of it, if None).
    """

    def __init__(
        self, gap: float, work: float, patience: float | None = None, whole: Limits = NO_LIMITS
    ) -> None:
        from ortools.sat.python.cp_model_helper import CpModelProto

        self.proto = CpModelProto()
        self.gap = gap
        self.work = work
        self.whole = whole
        self.patience = patience
        self.spent = 0.0
        self.seconds = 0.0
        """Time in CP-SAT, for statistics: nothing is decided by it."""
        self.solution: list[int] = []
        self.domains: list[Domain] = []
        self.rows: list[Row] = []
        self.on_solution: Callable[[Sequence[int], Sequence[int]], None] | None = None
        """Told of every solution, with what levels are at least."""
        self._open = False
        """Whether CP-SAT was ended by a limit the last time."""

    def integer(self, low: int, high: int) -> int:
        self.proto.variables.add().domain.extend((low, high))
        self.domains.append((low, high))
        return self.variables - 1

    @property
    def variables(self) -> int:
        """How many there are."""
        return len(self.domains)

    def integers(self, number: int, high: int) -> int:
        """`number` variables of 0 to `high`; the first of them."""
        first = self.variables
        for _ in range(number):
            self.integer(0, high)
        return first

    def boolean(self) -> int:
        return self.integer(0, 1)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        linear = self.proto.constraints.add().linear
        linear.vars.extend([variable for variable, _ in row.terms])
        linear.coeffs.extend([amount for _, amount in row.terms])
        low = -(1 << 62) if row.low is None else row.low
        linear.domain.extend((low, (1 << 62) if row.high is None else row.high))

    def close(self, levels: Sequence[ObjectiveLevel], closed: int = 0) -> tuple[Status, list[int], list[int]]:
        """Minimise `levels` in order, the first ones `closed` by the solution in hand; their values and lower bounds.

        `feasible` means that a limit was reached with a solution in hand.
        """
        bounds = [0] * len(levels)
        for index in range(closed):
            bounds[index] = levels[index].value(self.solution)
            self.add(Row(levels[index].terms, None, bounds[index]))
        groups = self._groups(levels, closed)
        for number, group in enumerate(groups):
            status, bound = self._minimise(levels, group, bounds)
            if self._open and self.whole.timed and self.patience is None and self.spent < self.work:
                self.whole.stop()  # CP-SAT ends a little early, where its steps are long
            if status in ("infeasible", "undecided"):
                return status, [], bounds
            values = self._values(levels)
            if status == "feasible":
                self._bound(group, bound, values, bounds)
                return "feasible", values, bounds
            for part in group:
                bounds[part.level] = values[part.level]
                if number + 1 < len(groups):
                    self.add(Row(levels[part.level].terms, None, values[part.level]))
        return "optimal", self._values(levels), bounds

    def _groups(self, levels: Sequence[ObjectiveLevel], closed: int) -> list[list[_Part]]:
        """Neighbouring levels whose ranges multiply to less than ROOM share an objective.

        Not where a gap will do: the first level's size would excuse the others.
        """
        groups: list[list[_Part]] = []
        room = 1 if self.gap else ROOM
        span = room
        for index in range(len(levels) - 1, closed - 1, -1):
            most = levels[index].most + 1
            if most == 1:
                continue
            if span * most >= room or not groups:
                groups.append([])
                span = 1
            groups[-1].insert(0, _Part(index, span))
            span *= most
        groups.reverse()
        return groups or [[]]

    def _minimise(
        self, levels: Sequence[ObjectiveLevel], group: Sequence[_Part], bounds: Sequence[int]
    ) -> tuple[Status, int]:
        weights = Counter[int]()
        for part in group:
            for variable, amount in levels[part.level].terms:
                weights[variable] += amount * part.weight
        self.proto.clear_objective()
        objective = self.proto.objective
        objective.vars.extend(list(weights))
        objective.coeffs.extend(list(weights.values()))
        objective.offset = float(sum(levels[part.level].least * part.weight for part in group))
        tell = self._telling(levels, group, bounds)
        status, bound = self._closed(min(QUICK, self.work - self.spent), thorough=False, tell=tell)
        for work in self._further():
            if status in ("feasible", "undecided"):
                bound = max(bound, self._narrow(weights))
                status, least = self._closed(work, thorough=True, tell=tell)
                bound = max(bound, least)
        if self.solution and status != "infeasible":
            value = sum(self.solution[v] * w for v, w in weights.items())
            return ("optimal" if status == "optimal" and bound >= value else "feasible"), bound
        return ("infeasible" if status == "infeasible" else "undecided"), 0

    def _narrow(self, weights: Mapping[int, int]) -> int:
        """Leave out what is in no solution as good as the one in hand, unless a gap will do; a lower bound."""
        if self.gap or not self.solution:
            return 0
        value = sum(self.solution[v] * weight for v, weight in weights.items())
        found = reduced(self.rows, self.domains, weights, value, self.whole.seconds_left)
        self.spent += RELAXED * sum(len(row.terms) for row in self.rows)
        if found is None:
            return 0
        self.domains = found.domains
        for variable, (low, high) in zip(self.proto.variables, found.domains, strict=True):
            variable.domain[0], variable.domain[1] = low, high
        return found.bound

    def _further(self) -> Iterator[float]:
        """The work that may still be spent: with nothing in hand, first as far as patience goes."""
        if self.patience is not None and not self.solution:
            if self.spent < self.patience:
                yield min(self.patience, self.work) - self.spent
            if not self.solution:
                return
        if self.spent < self.work:
            yield self.work - self.spent

    def _telling(
        self, levels: Sequence[ObjectiveLevel], group: Sequence[_Part], bounds: Sequence[int]
    ) -> Callable[[Sequence[int], int], None] | None:
        """Hands solutions on, with bounds of levels instead of the objective that they share."""
        told = self.on_solution
        if told is None or not levels:
            return None

        def tell(solution: Sequence[int], bound: int) -> None:
            known = [*bounds]
            self._bound(group, bound, [level.value(solution) for level in levels], known)
            told(solution, known)

        return tell

    def _closed(
        self, work: float, *, thorough: bool, tell: Callable[[Sequence[int], int], None] | None
    ) -> tuple[Status, int]:
        """Solve from the solution in hand, with `work` at most; the status and a lower bound."""
        from ortools.sat.python.cp_model_helper import SolveWrapper

        if self.whole.timed and self.whole.seconds_left < TOO_SHORT:
            self.whole.stop()
            return ("feasible" if self.solution else "undecided"), 0
        self._hint()
        wrapper = SolveWrapper()
        wrapper.set_parameters(self._parameters(work, thorough=thorough))
        listener = None if tell is None else _listener(tell)
        if listener is not None:
            wrapper.add_solution_callback(listener)
        started = perf_counter()
        response = wrapper.solve(self.proto)  # type: ignore[no-untyped-call]
        if listener is not None and listener.raised is not None:
            raise listener.raised
        self.seconds += perf_counter() - started
        self.spent += response.deterministic_time
        status = _STATUS.get(response.status.name, "undecided")
        self._open = status in ("feasible", "undecided")
        if status not in ("optimal", "feasible"):
            return status, max(0, response.inner_objective_lower_bound)
        self.solution = list(response.solution)
        return status, response.inner_objective_lower_bound

    def _parameters(self, work: float, *, thorough: bool) -> SatParameters:
        """One worker, a fixed seed, deterministic time; presolve, cuts and the full LP only where they pay."""
        from ortools.sat.python.cp_model_helper import SatParameters

        parameters = SatParameters()
        limits = {"relative_gap_limit": self.gap, "max_deterministic_time": max(0.0, work)}
        if self.whole.timed:
            limits["max_time_in_seconds"] = max(0.0, self.whole.seconds_left)
        for name, value in {**_ALWAYS, **(_THOROUGH if thorough else _QUICK), **limits}.items():
            setattr(parameters, name, value)
        return parameters

    def _hint(self) -> None:
        self.proto.clear_solution_hint()
        hint = self.proto.solution_hint
        hint.vars.extend(list(range(len(self.solution))))
        hint.values.extend(self.solution)

    def _values(self, levels: Sequence[ObjectiveLevel]) -> list[int]:
        return [level.value(self.solution) for level in levels]

    @staticmethod
    def _bound(group: Sequence[_Part], bound: int, values: Sequence[int], bounds: list[int]) -> None:
        """What a bound on a shared objective says of its levels, up to the first open one."""
        for part in group:
            value = values[part.level]
            bounds[part.level] = max(0, min(value, bound // part.weight))
            if bounds[part.level] < value:
                return
            bound -= value * part.weight


def _listener(tell: Callable[[Sequence[int], int], None]) -> Any:
    """What CP-SAT calls with each solution that is better than the one before.

    Whatever is `raised` meanwhile ends the search, for nothing may be raised through C++.
    """
    from ortools.sat.python.cp_model_helper import SolutionCallback

    class Listener(SolutionCallback):
        raised: BaseException | None = None

        def OnSolutionCallback(self) -> None:  # noqa: N802
            try:
                response = self.Response()  # type: ignore[no-untyped-call]
                tell(response.solution, response.inner_objective_lower_bound)
            except BaseException as wrong:
                self.raised = wrong
                self.StopSearch()

    return Listener()


class _Part(NamedTuple):
    """A level and its weight within a shared objective."""

    level: int
    weight: int
