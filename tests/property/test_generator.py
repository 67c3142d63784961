"""The generator itself: what it makes must be worth asking."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import pytest

from tests.property.brute import Search
from tests.property.strategies import TWISTS, instance

SEEDS = 800
COVERED = (
    "missing-device",
    "contiguous-memory",
    "address-reach",
    "iommu-reach",
    "iova-aperture",
    "local-only",
    "unreachable-memory",
    "importer-refuses",
    "cpu-importer",
    "attach-once",
    "format",
    "colour-space",
    "modifier",
    "modifier-side-condition",
    "stride-multiple",
    "stride-range",
    "stride-set",
    "plane-strides",
    "plane-buffers",
    "extent",
    "base-alignment",
    "capacity",
    "heap-limits",
    "cpu-access",
    "coherency",
    "count",
    "resource",
    "protected-needs-firewall",
    "protected-only",
    "audience",
    "outside-firewall",
    "protected-port",
)
"""Kinds that must refuse something on the way; the other layout kinds push numbers up instead."""


@lru_cache(maxsize=1)
def _spread() -> tuple[int, Counter[str], Counter[str], list[tuple[int, ...]]]:
    feasible, refusals, twists = 0, Counter[str](), Counter[str]()
    costs = []
    for seed in range(SEEDS):
        asked = instance(seed)
        search = Search(asked.platform, asked.pipelines)
        found = search.best()
        feasible += found is not None
        refusals.update(set(search.refusals))
        twists.update(asked.twists)
        if found is not None:
            costs.append(found.cost)
    return feasible, refusals, twists, costs


def test_about_half_of_all_questions_have_a_plan() -> None:
    feasible, *_ = _spread()
    assert 0.35 * SEEDS <= feasible <= 0.65 * SEEDS


@pytest.mark.parametrize("kind", COVERED)
def test_every_kind_refuses_something(kind: str) -> None:
    _, refusals, *_ = _spread()
    assert refusals[kind] >= 1


def test_every_twist_is_drawn() -> None:
    _, _, drawn, _ = _spread()
    assert {twist.__name__ for twist, _ in TWISTS} == set(drawn)


@pytest.mark.parametrize(
    "level", [2, 3, 4, 5, 6, 7], ids=["preference", "wishes", "traffic", "largest", "sum", "bytes"]
)
def test_every_level_of_the_cost_matters_somewhere(level: int) -> None:
    *_, costs = _spread()
    assert len({cost[level] for cost in costs}) > 1


def test_an_instance_is_a_pure_function_of_its_seed() -> None:
    assert instance(7).data == instance(7).data
