"""The generator itself: what it makes must be worth asking."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import pytest

from heapwright.allocator.judge.cost import TERMS
from tests.property import conversion_questions
from tests.property.brute import Found, Search
from tests.property.strategies import DRAWN_FACTS, instance

SEEDS = 500
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
    feasible, refusals, facts = 0, Counter[str](), Counter[str]()
    costs = []
    for seed in range(SEEDS):
        asked = instance(seed)
        search = Search(asked.platform, asked.pipelines)
        found = search.best()
        feasible += found is not None
        refusals.update(set(search.refusals))
        facts.update(asked.facts)
        if found is not None:
            costs.append(found.cost)
    return feasible, refusals, facts, costs


def test_about_half_of_all_questions_have_a_plan() -> None:
    feasible, *_ = _spread()
    assert 0.35 * SEEDS <= feasible <= 0.65 * SEEDS


@pytest.mark.parametrize("kind", COVERED)
def test_every_kind_refuses_something(kind: str) -> None:
    _, refusals, *_ = _spread()
    assert refusals[kind] >= 1


def test_every_twist_is_drawn() -> None:
    _, _, drawn, _ = _spread()
    assert {fact.__name__ for fact, _ in DRAWN_FACTS} == set(drawn)


ELSEWHERE = {"lossy-conversions", "converted-picture", "conversion-bytes", "moved-buffers"}
"""Nothing is converted here; a buffer that must be moved is rare (tests/unit/solver/test_levels_of_heaps.py has one)."""


@pytest.mark.parametrize("term", sorted({*TERMS} - ELSEWHERE))
def test_every_level_of_the_cost_matters_somewhere(term: str) -> None:
    *_, costs = _spread()
    assert len({cost[TERMS.index(term)] for cost in costs}) > 1


def test_an_instance_is_a_pure_function_of_its_seed() -> None:
    assert instance(7).data == instance(7).data


CONVERTING_SEEDS = 300


@lru_cache(maxsize=1)
def _converted() -> list[tuple[Found | None, tuple[str, ...], Counter[str]]]:
    found = []
    for seed in range(CONVERTING_SEEDS):
        asked = conversion_questions.question(seed)
        search = Search(asked.platform, asked.pipelines)
        found.append((search.best(), asked.facts, search.refusals))
    return found


def _share(number: int) -> float:
    return number / CONVERTING_SEEDS


def test_conversions_are_needed_often_and_in_vain_often() -> None:
    plans = [found.plan for found, *_ in _converted() if found is not None]
    assert 0.35 <= _share(len(plans)) <= 0.65
    needed = [plan for plan in plans if plan.conversions]
    assert _share(len(needed)) >= 0.07
    assert {len(plan.conversions) for plan in needed} >= {1, 2}
    assert any(each.reads != each.buffer for plan in needed for each in plan.conversions), "no chain"


def test_conversions_of_every_sort_are_needed() -> None:
    done = [each for found, *_ in _converted() if found is not None for each in found.plan.conversions]
    assert {each.lossless for each in done} == {False, True}
    assert {word for each in done for word in each.changes} >= {"format", "memory", "stride"}


def test_protected_content_is_placed_converted_and_refused() -> None:
    guarded = [found for found, facts, _ in _converted() if "domains" in facts]
    placed = [found.plan for found in guarded if found is not None]
    assert 0.1 * len(guarded) <= len(placed) <= 0.6 * len(guarded)
    assert any(plan.conversions for plan in placed)


@pytest.mark.parametrize("kind", ["audience", "outside-firewall", "protected-only", "protected-port"])
def test_firewalls_refuse_something(kind: str) -> None:
    assert any(refusals[kind] for *_, refusals in _converted())
