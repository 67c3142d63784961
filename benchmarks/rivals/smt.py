"""Z3: its optimiser, objectives in lexicographic order."""

from __future__ import annotations

from time import perf_counter
from typing import Any, Final

from benchmarks.tables import Outcome, Table, groups
from solver.costs import LARGEST

NAME: Final = "Z3"


def solve(made: Table, gap: float, limit: float) -> Outcome:
    import z3

    started = perf_counter()
    optimizer: Any = z3.Optimize()
    optimizer.set("timeout", max(1, int(limit * 1000)))
    takes = [[z3.Bool(f"x{b}.{o}") for o in range(len(rows))] for b, rows in enumerate(made.buffers)]
    largest = z3.Int("largest")
    _constrain(z3, optimizer, made, takes, largest)
    for group in groups(made):
        for level, _ in group:
            if level == LARGEST:
                optimizer.minimize(largest)
            else:
                terms = [
                    z3.If(x, row.costs[level], 0)
                    for rows, xs in zip(made.buffers, takes, strict=True)
                    for row, x in zip(rows, xs, strict=True)
                    if row.costs[level]
                ]
                optimizer.minimize(z3.Sum(terms))
    built = perf_counter()
    answer = optimizer.check()
    seconds = perf_counter() - built
    if answer == z3.unsat:
        return Outcome("infeasible", (), built - started, seconds)
    if answer != z3.sat:
        return Outcome("limit", (), built - started, seconds)
    model = optimizer.model()
    chosen = tuple(next(i for i, x in enumerate(xs) if z3.is_true(model.eval(x))) for xs in takes)
    return Outcome("optimal", chosen, built - started, seconds)


def _constrain(z3: Any, optimizer: Any, made: Table, takes: list[list[Any]], largest: Any) -> None:
    uses: list[list[Any]] = [[] for _ in made.limits]
    shares: list[list[Any]] = [[] for _ in range(made.pools)]
    flags = [[z3.Bool(f"v{v}.{d}") for d in range(number)] for v, number in enumerate(made.devices)]
    for rows, xs in zip(made.buffers, takes, strict=True):
        optimizer.add(z3.PbEq([(x, 1) for x in xs], 1))
        for row, x in zip(rows, xs, strict=True):
            for index, amount in row.charges:
                uses[index].append(z3.If(x, amount, 0))
            for index, amount in row.shares:
                shares[index].append(z3.If(x, amount, 0))
            for variable, device in row.binding:
                optimizer.add(z3.Implies(x, flags[variable][device]))
    for choice in flags:
        if len(choice) > 1:
            optimizer.add(z3.AtMost(*choice, 1))
    for a, one, b, other in made.apart:
        optimizer.add(z3.Not(z3.And(flags[a][one], flags[b][other])))
    for terms, most in zip(uses, made.limits, strict=True):
        optimizer.add(z3.Sum(terms) <= most)
    optimizer.add(largest >= 0)
    for terms in shares:
        optimizer.add(z3.Sum(terms) <= largest)
