"""reduced_costs: bounds hold, and no solution as good as the one in hand is lost, whatever the multipliers are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from random import Random

import pytest

from heapwright.solver.search import reduced_costs
from heapwright.solver.search.reduced_costs import SCALE, Domain, Row, reduced

Values = tuple[int, ...]


def drawn(seed: int) -> tuple[list[Row], list[Domain], dict[int, int]]:
    random = Random(f"reduced/{seed}")
    largest = random.choice((9, 10**6, 10**15))
    domains = [(0, random.choice((1, 1, 2, 4))) for _ in range(random.randint(2, 6))]
    variables = range(len(domains))

    def terms() -> list[tuple[int, int]]:
        return [(v, random.randint(-largest, largest)) for v in variables if random.random() < 0.7]

    rows = [Row([(v, 1) for v in variables], 1, random.randint(1, 4))]
    for _ in range(random.randint(0, 3)):
        limit = random.randint(-largest, 3 * largest)
        rows.append(Row(terms(), *random.choice(((None, limit), (-limit, None), (-largest, 4 * largest)))))
    return rows, domains, dict(terms())


def cost(weights: dict[int, int], values: Values) -> int:
    return sum(values[v] * weight for v, weight in weights.items())


def solutions(rows: Sequence[Row], domains: Sequence[Domain]) -> list[Values]:
    def holds(row: Row, values: Values) -> bool:
        total = sum(values[v] * amount for v, amount in row.terms)
        return (row.low is None or row.low <= total) and (row.high is None or total <= row.high)

    every = product(*(range(low, high + 1) for low, high in domains))
    return [values for values in every if all(holds(row, values) for row in rows)]


def check(seed: int) -> bool:
    """Whether anything was left out."""
    rows, domains, weights = drawn(seed)
    found = solutions(rows, domains)
    if not found:
        return False
    in_hand = cost(weights, Random(seed).choice(found))
    left = reduced(rows, domains, weights, in_hand)
    assert left is not None
    assert left.bound <= min(cost(weights, values) for values in found)
    for values in found:
        if cost(weights, values) <= in_hand:
            assert all(low <= n <= high for n, (low, high) in zip(values, left.domains, strict=True))
    return left.domains != domains


def test_nothing_as_good_as_the_solution_in_hand_is_left_out() -> None:
    assert sum(check(seed) for seed in range(300)) > 100


def test_multipliers_may_be_any_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random("multipliers")

    def any_numbers(rows: Sequence[Row], *_: object) -> list[int]:
        return [random.randint(-3 * SCALE, 3 * SCALE) for _ in rows]

    monkeypatch.setattr(reduced_costs, "_multipliers", any_numbers)
    assert sum(check(seed) for seed in range(300)) > 0


def test_a_relaxation_that_is_whole_is_proof_enough() -> None:
    """One of two must be taken; the bound is the cheaper, and the dearer is left out."""
    rows = [Row([(0, 1), (1, 1)], 1, 1)]
    assert reduced(rows, [(0, 1), (0, 1)], {0: 3, 1: 10**15}, 3) == (3, [(0, 1), (0, 0)])
