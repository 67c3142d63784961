"""What is timed, and how.

Cold is the first time this process sees an instance, its files parsed already:
propagate (questions, board and options), build (classes and model), search (time
in CP-SAT). Warm is the same question again. Rivals start from the finished table
of options, so what they take is set beside build and search alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any, Final, NamedTuple

from ortools.sat.python import cp_model
from ortools.sat.python import cp_model_helper as sat

import solver
from benchmarks import tables
from benchmarks.instances import Instance
from benchmarks.rivals import asp, highs, plain, smt
from benchmarks.tables import Outcome, Table
from solver.costs import LARGEST
from solver.live import ledger
from solver.model import Choice, Limits, choose
from solver.options import Propagation
from solver.problem import Problem

RIVALS: Final = (plain, asp, smt)
NAMES: Final = (*(rival.NAME for rival in RIVALS), highs.NAME)


class Solved(NamedTuple):
    """One instance, solved by us; seconds."""

    choice: Choice
    table: Table
    chosen: tuple[int, ...]
    options: int
    propagate: float
    build: float
    search: float

    @property
    def total(self) -> float:
        return self.propagate + self.build + self.search

    @property
    def gap(self) -> float:
        """The relative gap of the first open level."""
        opened = (level for level in self.choice.levels if level.value > level.bound)
        return next(((level.value - level.bound) / level.value for level in opened), 0.0)


def solved(instance: Instance, gap: float) -> Solved:
    """Propagate, build and search once."""
    started = perf_counter()
    problem = Problem(instance.platform, instance.pipelines)
    used = ledger(problem.board, ())
    found = Propagation(problem)
    propagated = perf_counter()
    choice = choose(problem, found, used, limits=Limits(gap))
    ended = perf_counter()
    table = tables.table(problem, found, used)
    chosen = tables.chosen_by(found, choice.options) if choice.options else ()
    options = sum(len(o) for o in {id(o): o for o in found.options}.values())
    build = ended - propagated - choice.seconds
    return Solved(choice, table, chosen, options, propagated - started, build, choice.seconds)


def explained(instance: Instance) -> tuple[str, float]:
    """The answer's status, and the seconds that conflict and remedies took."""
    stats: dict[str, Any] = {}
    answer = solver.solve(instance.platform, instance.pipelines, stats=stats)
    return answer.status, stats["explain"]


def rivals(
    ours: Sequence[Solved], names: Sequence[str], gap: float, limit: float
) -> dict[str, list[Outcome]]:
    """What each rival makes of the same tables, each answer checked.

    Raises:
        ValueError: an answer breaks a rule, or two proven optima differ.
    """
    found = {
        rival.NAME: [rival.solve(o.table, gap, limit) for o in ours]
        for rival in RIVALS
        if rival.NAME in names
    }
    if highs.NAME in names:
        asked = [(o.table, [lv for g in tables.groups(o.table) for lv, _ in g], LARGEST) for o in ours]
        found[highs.NAME] = [Outcome(*outcome) for outcome in highs.solve_all(asked, gap, limit)]
    for name, outcomes in found.items():
        for mine, outcome in zip(ours, outcomes, strict=True):
            compare(name, mine, outcome)
    return found


def compare(name: str, mine: Solved, outcome: Outcome) -> None:
    """Hold a rival's answer against ours: lawful, and equal where both are proven.

    Raises:
        ValueError: they contradict each other.
    """
    if outcome.status == "infeasible":
        if mine.choice.status in ("optimal", "feasible"):
            raise ValueError(f"{name} says infeasible, we have a plan")
        return
    if not outcome.chosen:
        return
    theirs = tables.costs(mine.table, outcome.chosen)[: tables.RANK]
    if mine.choice.status == "infeasible":
        raise ValueError(f"{name} has a plan, we say infeasible")
    if not mine.chosen:
        return
    ours = tables.costs(mine.table, mine.chosen)[: tables.RANK]
    if mine.choice.status == "optimal" and (
        theirs < ours or (outcome.status == "optimal" and theirs != ours)
    ):
        raise ValueError(f"we prove {ours}, {name} ({outcome.status}) has {theirs}")
    if outcome.status == "optimal" and ours < theirs:
        raise ValueError(f"{name} proves {theirs}, we have {ours}")


def floors(times: int = 50) -> tuple[list[float], list[float]]:
    """Seconds of one CP-SAT call on a model of one bool: as a proto, and with expressions and defaults."""
    bare, whole = [], []
    for _ in range(times):
        started = perf_counter()
        proto = sat.CpModelProto()
        proto.variables.add().domain.extend((0, 1))
        parameters = sat.SatParameters()
        parameters.num_workers = 1
        wrapper = sat.SolveWrapper()
        wrapper.set_parameters(parameters)
        wrapper.solve(proto)
        bare.append(perf_counter() - started)
        started = perf_counter()
        model = cp_model.CpModel()
        model.minimize(model.new_bool_var(""))
        cp_model.CpSolver().solve(model)
        whole.append(perf_counter() - started)
    return bare, whole
