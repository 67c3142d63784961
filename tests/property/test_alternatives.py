"""Other plans beside brute force over all shapes: in order, each the best of its shape, none left out."""

from __future__ import annotations

import re
from math import prod
from unittest.mock import patch

import pytest

import heapwright
from heapwright.allocator.judge.cost import Cost, combined, plan_cost
from heapwright.solver.answer.plan import Placement, Plan
from heapwright.solver.explain.alternatives import NO_MORE, UNCONVERTED
from tests.property import brute
from tests.property.brute import Search
from tests.property.brute_conversions import Option
from tests.property.strategies import Instance, instance

SEEDS = 150
LONG_SEEDS = 1500
ASKED = 12
MOST = 20_000
"""Combinations of placements that brute force goes through; where there are more, a seed is left out."""
_FIGURES = re.compile(r"(?<=COL_HEIGHT)\(\d+\)")
"""Of the heights of columns that a modifier may state, the solver knows the best."""
Shape = tuple[object, ...]


def devices(placement: Placement) -> list[str]:
    return sorted(f"{each.device}.{each.port}" for each in placement.attachments)


def shape(placements: tuple[Placement, ...]) -> Shape:
    return tuple(
        sorted(
            (
                p.pipeline,
                p.buffer,
                p.heap,
                p.format or "",
                _FIGURES.sub("", p.modifier or ""),
                len(p.sizes),
                *devices(p),
            )
            for p in placements
        )
    )


def every_shape(asked: Instance) -> dict[Shape, Cost] | None:
    """The least cost of plans without conversions by shape; None where these are too many to go through."""
    search, found = Search(asked.platform, asked.pipelines), dict[Shape, Cost]()
    with patch.object(brute, "_undominated", lambda options, links: options):
        for request in search._cast():
            groups = [search.options(*each) for each in request]
            if prod(map(len, groups)) > MOST:
                return None
            _collect(search, groups, [], found)
    return found


def _collect(
    search: Search, groups: list[list[Option]], chosen: list[Option], found: dict[Shape, Cost]
) -> None:
    if chosen and next(search.case.together([option.usage for option in chosen]), None) is not None:
        return
    if len(chosen) < len(groups):
        for option in groups[len(chosen)]:
            _collect(search, groups, [*chosen, option], found)
        return
    cost = combined([option.own for option in chosen], [option.shares for option in chosen], search._live)
    taken = shape(tuple([option.placement for option in chosen]))
    found[taken] = min(cost, found.get(taken, cost))


def wrong(asked: Instance, known: dict[Shape, Cost]) -> list[str]:
    """What is not true of the plans that are given."""
    plans = heapwright.alternatives(asked.platform, asked.pipelines, ASKED)
    case = Search(asked.platform, asked.pipelines).case
    costs = [plan_cost(case, plan) for plan in plans]
    shapes = [shape(plan.placements) for plan in plans]
    said = []
    if costs != sorted(costs):
        said.append("not in order")
    if any(case.judge(plan) for plan in plans):
        said.append("the judge refuses a plan")
    if len(set(shapes)) < len(shapes):
        said.append("the same plan twice")
    if [known.get(each) for each in shapes] != costs:
        said.append("a plan is not the best of its shape")
    if any(cost < costs[-1] for each, cost in known.items() if each not in shapes):
        said.append("a better plan is left out")
    if len(plans) != min(ASKED, len(known)):
        said.append(f"{len(plans)} plans of {len(known)}")
    if (plans.ended is None) != (len(plans) == ASKED) or plans.ended not in (None, NO_MORE, UNCONVERTED):
        said.append(f"{len(plans)} plans, and it says {plans.ended}")
    return said


def mistakes(seeds: range) -> tuple[list[str], int, int]:
    """What is wrong, how many questions were compared, and how many had more plans than were asked for."""
    found, compared, more = list[str](), 0, 0
    for seed in seeds:
        asked = instance(seed)
        best = heapwright.solve(asked.platform, asked.pipelines, options=heapwright.Options(explain=False))
        if not isinstance(best, Plan) or best.conversions:
            continue
        known = every_shape(asked)
        if known is None:
            continue
        compared += 1
        more += len(known) > ASKED
        found += [f"seed {seed}: {text}" for text in wrong(asked, known)]
    return found, compared, more


def test_plans_are_in_order_and_complete() -> None:
    found, compared, more = mistakes(range(SEEDS))
    assert found == []
    assert compared >= 20 and more >= 5


@pytest.mark.long
@pytest.mark.parametrize("first", range(SEEDS, LONG_SEEDS, 150))
def test_plans_are_in_order_and_complete_for_long(first: int) -> None:
    assert mistakes(range(first, first + 150))[0] == []
