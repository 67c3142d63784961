"""What a linear relaxation says of a model: a lower bound, and which variables need not be looked at.

Multipliers of rows make a bound whatever they are: the rows, weighted, are taken from the objective, and each
variable then is at the end of its domain that costs least. So the multipliers come from a linear program in
floating point (GLOP), and what follows from them is worked out in integers: nothing depends on how
precise they are but how good the bound is. A variable whose reduced cost is more than what lies between the
bound and a solution in hand stays where it is in every solution that is as good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import inf
from typing import Final, NamedTuple

Terms = Sequence[tuple[int, int]]
"""Variables, and how often each counts."""
Domain = tuple[int, int]
"""The least and the most that a variable may be."""
SCALE: Final = 1 << 64
"""Multipliers are whole numbers of its parts."""


class Row(NamedTuple):
    """low ≤ Σ terms ≤ high; no bound where None."""

    terms: Terms
    low: int | None
    high: int | None


class Reduced(NamedTuple):
    """The objective is at least `bound`; in all solutions as good as the one in hand variables are in `domains`."""

    bound: int
    domains: list[Domain]


def reduced(
    rows: Sequence[Row],
    domains: Sequence[Domain],
    weights: Mapping[int, int],
    value: int,
    seconds: float = inf,
) -> Reduced | None:
    """What is left of domains, if Σ weights is to be `value` at most; None if there was no time for the relaxation."""
    multipliers = _multipliers(rows, domains, weights, seconds)
    if multipliers is None:
        return None
    costs, bound = [0] * len(domains), 0
    for variable, weight in weights.items():
        costs[variable] = weight * SCALE
    for row, multiplier in zip(rows, multipliers, strict=True):
        side = row.low if multiplier > 0 else row.high
        if multiplier and side is not None:
            bound += multiplier * side
            for variable, amount in row.terms:
                costs[variable] -= multiplier * amount
    bound += sum(cost * (low if cost > 0 else high) for cost, (low, high) in zip(costs, domains, strict=True))
    room = value * SCALE - bound
    return Reduced(-(-bound // SCALE), [_left(c, d, room) for c, d in zip(costs, domains, strict=True)])


def _left(cost: int, domain: Domain, room: int) -> Domain:
    low, high = domain
    if cost > 0:
        return low, min(high, low + room // cost)
    return (max(low, high - room // -cost), high) if cost else domain


def _multipliers(
    rows: Sequence[Row], domains: Sequence[Domain], weights: Mapping[int, int], seconds: float
) -> list[int] | None:
    """GLOP's, as whole numbers of parts; without an objective none are needed."""
    from ortools.linear_solver.python import model_builder_helper as glop

    model, scale = glop.ModelBuilderHelper(), max(map(abs, weights.values()), default=1)
    for variable, (low, high) in enumerate(domains):
        model.add_var()
        model.set_var_lower_bound(variable, low)
        model.set_var_upper_bound(variable, high)
        model.set_var_objective_coefficient(variable, weights.get(variable, 0) / scale)
    largest = [max([abs(amount) for _, amount in row.terms], default=1) for row in rows]
    for number, (row, most) in enumerate(zip(rows, largest, strict=True)):
        model.add_linear_constraint()
        model.set_constraint_lower_bound(number, -inf if row.low is None else row.low / most)
        model.set_constraint_upper_bound(number, inf if row.high is None else row.high / most)
        for variable, amount in row.terms:
            model.safe_add_term_to_constraint(number, variable, amount / most)
    solver = glop.ModelSolverHelper("glop")
    if seconds < inf:
        solver.set_time_limit_in_seconds(max(0.0, seconds))
    solver.solve(model)
    if not solver.has_solution():
        return None
    return [
        round(Fraction(solver.dual_value(number)) * SCALE * scale / most)
        for number, most in enumerate(largest)
    ]
