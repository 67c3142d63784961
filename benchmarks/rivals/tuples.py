"""CP-SAT as one would use it at first: expressions in a `CpModel`, default parameters.

Neighbouring goals share an objective as they do in ours: without that it would
solve nine times. All else is what ortools does by default: presolve, all cores.
"""

from __future__ import annotations

from time import perf_counter, process_time

from ortools.sat.python import cp_model

from benchmarks.table import Answer, Goal, Table

WITHIN = 1 << 53
"""Shared objectives stay below this, as in ours."""
_FREE = 1 << 62


def version() -> str:
    from importlib.metadata import version as of

    return of("ortools")


def solve(table: Table, cap: float, gap: float = 0.0, *, share: bool = True) -> Answer:
    started, spent = perf_counter(), process_time()
    model = cp_model.CpModel()
    variables = [
        model.new_bool_var(f"x{i}") if top == 1 else model.new_int_var(0, top, f"x{i}")
        for i, top in enumerate(table.tops)
    ]
    for row in table.sums:
        total = sum(variables[v] * a for v, a in zip(row.variables, row.amounts, strict=True))
        if row.low == row.high:
            model.add(total == row.low)
        else:
            model.add_linear_constraint(
                total, -_FREE if row.low is None else row.low, _FREE if row.high is None else row.high
            )
    built = perf_counter()
    solver = cp_model.CpSolver()
    solver.parameters.relative_gap_limit = gap
    status = "optimal"
    solution: list[int] = []
    for group in shared(table.goals) if share else [[(goal, 1)] for goal in table.goals if goal.most] or [[]]:
        solver.parameters.max_time_in_seconds = max(0.01, cap - (perf_counter() - started))
        model.minimize(
            sum(
                variables[v] * (a * w)
                for goal, w in group
                for v, a in zip(goal.variables, goal.amounts, strict=True)
            )
        )
        said = solver.solve(model)
        if said == cp_model.INFEASIBLE:
            status = "infeasible"
            break
        if said != cp_model.OPTIMAL:
            status = "open"
            break
        solution = [solver.value(v) for v in variables]
        if solver.best_objective_bound < solver.objective_value:  # within the gap
            status = "within"
            break
        for goal, _ in group:
            best = sum(solution[v] * a for v, a in zip(goal.variables, goal.amounts, strict=True))
            model.add(
                sum(variables[v] * a for v, a in zip(goal.variables, goal.amounts, strict=True)) <= best
            )
    values = table.values(solution) if status == "optimal" else []
    return Answer(status, values, built - started, perf_counter() - built, process_time() - spent)


def shared(goals: list[Goal]) -> list[list[tuple[Goal, int]]]:
    """Goals with their weights in objectives that neighbours share."""
    groups: list[list[tuple[Goal, int]]] = []
    span = WITHIN
    for goal in reversed(goals):
        if not goal.most:
            continue
        if span * (goal.most + 1) >= WITHIN:
            groups.insert(0, [])
            span = 1
        groups[0].insert(0, (goal, span))
        span *= goal.most + 1
    return groups or [[]]
