"""CP-SAT as one first writes it: a bool per buffer and option, expressions, default parameters.

One worker is the one change: heapwright has one too, and with the default (one
worker per core, at least the eight strategies) these small models take longer.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any, Final

from benchmarks.tables import Outcome, Table, groups, largest_cost
from solver.costs import LARGEST

NAME: Final = "plain tuples"
WORKERS: Final = 1


def solve(made: Table, gap: float, limit: float) -> Outcome:
    from ortools.sat.python import cp_model

    started = perf_counter()
    model = cp_model.CpModel()
    takes = [[model.new_bool_var("") for _ in rows] for rows in made.buffers]
    largest = _constrain(model, made, takes)
    built = perf_counter()
    chosen: tuple[int, ...] = ()
    for group in groups(made) or [[]]:
        objective: Any = sum(weight * _level(made, takes, largest, level) for level, weight in group)
        if group:
            model.minimize(objective)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = WORKERS
        solver.parameters.relative_gap_limit = gap
        solver.parameters.max_time_in_seconds = max(0.0, limit - (perf_counter() - started))
        status = solver.solve(model)
        seconds = perf_counter() - built
        if status == cp_model.INFEASIBLE:
            return Outcome("infeasible", (), built - started, seconds)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            chosen = tuple(next(i for i, x in enumerate(row) if solver.boolean_value(x)) for row in takes)
        if status != cp_model.OPTIMAL:
            return Outcome("limit", chosen, built - started, seconds)
        if solver.objective_value > solver.best_objective_bound:
            return Outcome("gap", chosen, built - started, seconds)
        model.clear_hints()
        for row in takes:
            for x in row:
                model.add_hint(x, solver.boolean_value(x))
        for level, _ in group:
            expression = _level(made, takes, largest, level)
            model.add(expression <= solver.value(expression))
    return Outcome("optimal", chosen, built - started, perf_counter() - built)


def _constrain(model: Any, made: Table, takes: list[list[Any]]) -> Any:
    uses: list[list[Any]] = [[] for _ in made.limits]
    shares: list[list[Any]] = [[] for _ in range(made.pools)]
    flags = [[model.new_bool_var("") for _ in range(number)] for number in made.devices]
    for rows, row_takes in zip(made.buffers, takes, strict=True):
        model.add_exactly_one(row_takes)
        for row, x in zip(rows, row_takes, strict=True):
            for index, amount in row.charges:
                uses[index].append(amount * x)
            for index, amount in row.shares:
                shares[index].append(amount * x)
            for variable, device in row.binding:
                model.add_implication(x, flags[variable][device])
    for choice in flags:
        model.add_at_most_one(choice)
    for a, one, b, other in made.apart:
        model.add_at_most_one(flags[a][one], flags[b][other])
    for terms, most in zip(uses, made.limits, strict=True):
        model.add(sum(terms) <= most)
    largest = model.new_int_var(0, largest_cost(made, LARGEST), "")
    for terms in shares:
        model.add(sum(terms) <= largest)
    return largest


def _level(made: Table, takes: list[list[Any]], largest: Any, level: int) -> Any:
    if level == LARGEST:
        return largest
    pairs = (
        (row, x)
        for rows, xs in zip(made.buffers, takes, strict=True)
        for row, x in zip(rows, xs, strict=True)
    )
    return sum(row.costs[level] * x for row, x in pairs if row.costs[level])
