"""Z3: `Optimize` with its lexicographic objectives."""

from __future__ import annotations

from time import perf_counter, process_time

import z3  # type: ignore[import-untyped]

from benchmarks.table import Answer, Table


def version() -> str:
    return str(z3.get_version_string())


def solve(table: Table, cap: float) -> Answer:
    started, spent = perf_counter(), process_time()
    optimize = z3.Optimize()
    optimize.set("priority", "lex")
    terms = []
    variables = []
    for index, top in enumerate(table.tops):
        variable = z3.Bool(f"x{index}") if top <= 1 else z3.Int(f"x{index}")
        if top > 1:
            optimize.add(variable >= 0, variable <= top)
        variables.append(variable)
        terms.append(z3.If(variable, 1, 0) if top <= 1 else variable)
    for row in table.sums:
        if all(table.tops[v] <= 1 for v in row.variables):
            pairs = [(variables[v], a) for v, a in zip(row.variables, row.amounts, strict=True)]
            if not pairs:
                optimize.add(z3.BoolVal((row.low or 0) <= 0))
                continue
            if row.low == row.high:
                optimize.add(z3.PbEq(pairs, row.low))
            else:
                optimize.add(z3.PbLe(pairs, row.high))
        else:
            total = z3.Sum([a * terms[v] for v, a in zip(row.variables, row.amounts, strict=True)])
            optimize.add(total <= row.high)
    for goal in table.goals:
        if goal.variables:
            optimize.minimize(
                z3.Sum([a * terms[v] for v, a in zip(goal.variables, goal.amounts, strict=True)])
            )
    built = perf_counter()
    optimize.set("timeout", max(10, int(1000 * (cap - (built - started)))))
    said = optimize.check()
    searched = perf_counter()
    status = "optimal" if said == z3.sat else "infeasible" if said == z3.unsat else "open"
    values = []
    if status == "optimal":
        model = optimize.model()
        values = table.values([_number(model.eval(v, model_completion=True)) for v in variables])
    return Answer(status, values, built - started, searched - built, process_time() - spent)


def _number(value: z3.ExprRef) -> int:
    return int(z3.is_true(value)) if z3.is_bool(value) else int(value.as_long())
