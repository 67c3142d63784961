"""The benchmark harness: what it draws is what it says, and all solvers agree."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from benchmarks import measure
from benchmarks.conversions import priced
from benchmarks.instances import SIZES, Instance, impossible, instance, scaled
from benchmarks.measure import (
    PACKAGES,
    RIVALS,
    Asked,
    DisagreementError,
    Field,
    exponent,
    judge,
    missing,
    ours,
)
from benchmarks.packs import packed, packing
from benchmarks.rivals.tuples import shared
from benchmarks.start import ASKED, started
from benchmarks.table import Answer, Goal, table
from benchmarks.tight import ContradictionError, explained, swept, tight

DRAW = "57a596843b8491191fd837ce2ac6e90e17d7f46fafd7ceac5b597529353f839e"
"""Of all that the benchmarks ask. If it changes, numbers before and after are of different questions."""
PACKS = "0358d5ac3586e5b6f89b90db3e77217b16e6cc6adc159dd542466e45fcb3a431"
"""The same of packings."""
SMALL = [(seed, buffers) for buffers in (4, 8) for seed in range(3)]


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    return [ours(instance(seed, buffers)) for seed, buffers in SMALL]


@pytest.fixture(scope="module")
def field() -> Iterator[Field]:
    made = Field(cap=5.0, budget=60.0, without=set())
    yield made
    made.close()


@pytest.mark.parametrize("buffers", [4, 16])
def test_a_seed_is_an_instance(buffers: int) -> None:
    one, again, other = instance(1, buffers), instance(1, buffers), instance(2, buffers)
    assert one == again
    assert one.platform != other.platform
    assert sum(len(pipeline.buffers) for pipeline in one.pipelines) == one.buffers == buffers


def test_the_draw_is_frozen() -> None:
    asked = [instance(seed, buffers) for buffers in SIZES for seed in range(24 if buffers < 64 else 6)]
    asked += [scaled(seed, buffers) for buffers in (16, 256) for seed in range(3)]
    asked += [impossible(seed, 4) for seed in range(4)]
    plain = json.dumps([[one.profile, one.streams] for one in asked], sort_keys=True)
    assert hashlib.sha256(plain.encode()).hexdigest() == DRAW


def test_the_draw_of_packings_is_frozen() -> None:
    asked = [packing(seed, mixed=mixed) for mixed in (False, True) for seed in range(48)]
    plain = json.dumps([[one.profile, one.streams] for one in asked], sort_keys=True)
    assert hashlib.sha256(plain.encode()).hexdigest() == PACKS
    assert {one.buffers for one in asked} >= {6, 64}


@pytest.mark.parametrize("seed", range(6))
def test_pure_packings_are_decided_without_cp_sat(seed: int) -> None:
    found = packed(packing(seed, mixed=False))
    assert found.fits in ("optimal", "infeasible")
    assert found.decided_by in ("cheapest", "packing")


@pytest.mark.parametrize(("name", "smallest"), [("a", 37), ("b", 41)])
def test_one_front_knows_the_smallest_memory_and_what_asking_finds(name: str, smallest: int) -> None:
    asked = tight(name, (smallest - 1, smallest, 48, 64))
    assert [one.status for one in asked] == ["optimal", "optimal", "optimal", "infeasible"]
    assert swept(name, asked).smallest == smallest


def test_a_front_that_says_something_else_is_a_contradiction() -> None:
    [one] = tight("a", (64,))
    with pytest.raises(ContradictionError, match="a 64"):
        swept("a", [one._replace(status="infeasible", levels=())])


def test_reasons_are_asked_for_where_one_step_more_is_enough() -> None:
    found = tight("am62a7", (8, 64))
    assert [why.name for why in explained("am62a7", found)] == ["am62a7 8"]


def test_boards_are_as_large_as_real_ones() -> None:
    drawn: list[Instance] = [instance(seed, 4) for seed in range(30)]
    heaps = [len(one.platform.heaps) for one in drawn]
    devices = [len(one.platform.devices) for one in drawn]
    assert 4 <= min(heaps) <= 6 and 13 <= max(heaps) <= 16
    assert 4 <= min(devices) <= 8 and 26 <= max(devices) <= 32


@pytest.mark.parametrize("buffers", [4, 8])
def test_most_instances_have_a_plan_and_many_need_search(buffers: int) -> None:
    known = [ours(instance(seed, buffers)).ours for seed in range(24)]
    assert sum(one.status == "optimal" for one in known) / len(known) >= 0.7
    assert 0.35 <= sum(one.searched for one in known) / len(known) <= 0.8


def test_the_scaled_board_stays_the_same() -> None:
    small, large = scaled(0, 16), scaled(0, 64)
    assert small.platform.devices.keys() == large.platform.devices.keys()
    assert small.platform.heaps.keys() == large.platform.heaps.keys()
    assert (small.classes, large.classes) == (4, 16)


@pytest.mark.parametrize("name", RIVALS)
def test_a_rival_finds_the_same_optima_or_is_said_to_be_missing(
    name: str, asked: list[Asked], field: Field
) -> None:
    package = PACKAGES.get(name)
    if package is not None and find_spec(package) is None:
        assert name in missing(set()) and name not in field.solvers
        return
    assert name not in missing(set())
    for one in asked:
        said = field.solvers[name](table(one.problem, one.found), 5.0)
        assert said.status == one.choice.status
        assert said.values == [level.value for level in one.choice.levels]
        judge(name, one, said)


def test_a_missing_rival_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "find_spec", lambda _: None)
    assert missing(set()) == ["clingo", "Z3", "HiGHS"]
    assert missing({"Z3"}) == ["clingo", "HiGHS"]
    assert list(Field(1.0, 1.0, set()).solvers) == ["plain tuples", "tuples by level"]


def test_another_optimum_is_a_disagreement(asked: list[Asked]) -> None:
    with pytest.raises(DisagreementError, match=asked[0].ours.name):
        judge("nobody", asked[0], Answer("infeasible", [], 0.0, 0.0, 0.0))
    judge("nobody", asked[0], Answer("open", [], 0.0, 0.0, 0.0))


def test_exponent_is_the_slope() -> None:
    assert exponent({n: 3e-6 * n**1.5 for n in (16, 64, 256)}) == pytest.approx(1.5)


def test_neighbouring_goals_share_an_objective_while_it_stays_small() -> None:
    small, large, none = Goal([0], [1], 9), Goal([1], [1], 1 << 48), Goal([], [], 0)
    assert shared([small, large, none, small]) == [[(small, 1)], [(large, 10), (small, 1)]]


def test_conversions_allowed_cost_nothing_where_none_is_needed_and_are_found_where_three_are() -> None:
    found = priced(2, sizes=(4,))
    assert len(found.needed) == 2, "each had its three conversions, or this would have raised"
    assert found.pairs[4]
    assert all(pair.forbidden > 0 and pair.allowed > 0 for pair in found.pairs[4])


def test_starting_is_measured_in_processor_time_of_whole_processes() -> None:
    start = started(1)
    assert 0 < start.bare < 60
    assert set(start.ratios) == set(ASKED)
    assert start.ratios["help"] < start.solve  # a question is read, solved and printed on top
