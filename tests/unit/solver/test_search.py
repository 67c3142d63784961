"""choose and cpsat: the levels of the objective, limits, bounds, and numbers near the edge of 64 bits."""

from __future__ import annotations

from typing import Any

import pytest

import heapwright
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan, Undecided
from heapwright.solver.objective import NAMES
from heapwright.solver.question.limits import DEFAULT_WORK
from heapwright.solver.search.cpsat import ROOM, ObjectiveLevel, Search
from heapwright.solver.search.reduced_costs import Row
from tests.builders import board, buffer, device, heap, image, load, memory, pipeline, plan, port


def levels(answer: Plan) -> dict[str, int]:
    return {level.term: level.value for level in answer.levels}


def minimise(
    *levels: ObjectiveLevel, gap: float = 0.0, work: float = DEFAULT_WORK
) -> tuple[str, list[int], list[int]]:
    """Two variables x + y = 10, x ≤ 7, under these levels."""
    search = Search(gap, work)
    search.integers(2, 10)
    search.add(Row([(0, 1), (1, 1)], 10, 10))
    search.add(Row([(0, 1)], None, 7))
    return search.close(levels)


def of(variable: int, weight: int = 1) -> ObjectiveLevel:
    return ObjectiveLevel([(variable, weight)], 10 * weight)


def test_the_first_level_is_closed_before_the_second() -> None:
    # Minimise y first (x = 7, y = 3), then x: nothing is left to choose.
    assert minimise(of(1), of(0)) == ("optimal", [3, 7], [3, 7])
    assert minimise(of(0), of(1)) == ("optimal", [0, 10], [0, 10])


def test_levels_too_large_for_one_objective_are_closed_apart() -> None:
    big = ROOM // 16
    assert minimise(of(1, big), of(0, big)) == ("optimal", [3 * big, 7 * big], [3 * big, 7 * big])


def test_a_level_that_is_always_nothing_is_left_out() -> None:
    assert minimise(ObjectiveLevel([], 0), of(1)) == ("optimal", [0, 3], [0, 3])


def test_without_levels_any_solution_will_do() -> None:
    assert minimise()[0] == "optimal"


def test_what_cannot_be_is_infeasible() -> None:
    search = Search(0.0, DEFAULT_WORK)
    search.integers(1, 3)
    search.add(Row([(0, 1)], 5, None))
    assert search.close([ObjectiveLevel([(0, 1)], 3)]) == ("infeasible", [], [0])


def test_without_work_nothing_is_decided() -> None:
    assert minimise(of(1), work=0.0)[0] == "undecided"


@pytest.mark.parametrize(("patience", "status"), [(None, "optimal"), (0.0, "undecided"), (1.0, "optimal")])
def test_patience_ends_a_search_that_has_found_nothing(
    monkeypatch: pytest.MonkeyPatch, patience: float | None, status: str
) -> None:
    monkeypatch.setattr("heapwright.solver.search.cpsat.QUICK", 0.0)
    search = Search(0.0, DEFAULT_WORK, patience)
    search.integers(2, 10)
    search.add(Row([(0, 1), (1, 1)], 10, 10))
    assert search.close([of(0)])[0] == status
    if search.solution:  # what is in hand is improved without end
        search.patience = 0.0
        assert search.close([of(1)]) == ("optimal", [0], [0])


def test_work_that_runs_out_leaves_what_was_found() -> None:
    search = Search(0.0, DEFAULT_WORK)
    search.integers(2, 10)
    search.add(Row([(0, 1), (1, 1)], 10, 10))
    assert search.close([of(0)]) == ("optimal", [0], [0])
    search.work = search.spent
    assert search.close([of(1)]) == ("feasible", [10], [0])


def crowded(buffers: int, size: str = "64KiB") -> tuple[Platform, Any]:
    """Equal memories of this size, too small for the best of each buffer at once: a search is needed."""
    parts = {f"m{n}": memory(size, base=f"{n + 4}GiB") for n in range(4)}
    platform = board(memory=parts, heaps={f"h{n}": heap(f"m{n}") for n in range(4)})
    shapes = ["32x32", "32x64", "32x96"]
    return platform, pipeline(
        **{f"b{n:02}": buffer(size=shapes[n % 3], count=1, read_by=[], rate=n) for n in range(buffers)}
    )


def test_the_largest_share_is_as_small_as_it_can_be() -> None:
    # 12 buffers of 4, 8 and 12 KiB are 96 KiB; in four memories of 64 KiB no share is below 24/64.
    platform, question = crowded(12)
    answer = plan(platform, question)
    assert answer.status == "optimal"
    assert load(answer).largest_share == 375_000
    assert dict.fromkeys(("h0", "h1", "h2", "h3"), 24) == {
        name: sum(p.allocated for p in answer.placements if p.heap == name) // 1024
        for name in ("h0", "h1", "h2", "h3")
    }


def test_every_level_of_a_proven_plan_is_closed() -> None:
    answer = plan(*crowded(12))
    assert [level.term for level in answer.levels] == list(NAMES)
    assert all(level.value == level.bound and level.gap == 0 for level in answer.levels)


def test_a_limit_leaves_a_plan_with_its_bound() -> None:
    platform, question = crowded(40, "1MiB")
    answer = heapwright.solve(platform, [question], options=heapwright.Options(work_limit=0.02))
    assert isinstance(answer, Plan | Undecided)
    if isinstance(answer, Plan) and answer.status == "feasible":
        [level] = [level for level in answer.levels if level.gap > 0][:1]
        assert level.bound < level.value
        assert level.gap == pytest.approx((level.value - level.bound) / level.value)


def test_a_limit_of_nothing_decides_nothing() -> None:
    platform, question = crowded(12)
    answer = heapwright.solve(platform, [question], options=heapwright.Options(work_limit=0.0))
    assert isinstance(answer, Undecided)
    assert answer.limited_by == "work"
    assert answer.text == (
        "the limit of work was reached while plans were compared, before a plan was found or excluded"
    )


def test_a_plan_in_hand_is_kept_when_the_limit_comes_at_once() -> None:
    # With 1 MiB each all buffers fit the first memory: a plan, if not the most even one.
    platform, question = crowded(12, "1MiB")
    answer = heapwright.solve(platform, [question], options=heapwright.Options(work_limit=0.0))
    assert isinstance(answer, Plan)
    assert (answer.status, answer.limited_by) == ("feasible", "work")
    assert next(level.term for level in answer.levels if level.gap > 0) == "load"


def test_a_gap_that_is_good_enough_ends_the_search() -> None:
    platform, question = crowded(40, "1MiB")
    answer = heapwright.solve(platform, [question], options=heapwright.Options(gap=0.5))
    assert isinstance(answer, Plan)
    assert next((level.gap for level in answer.levels if level.gap > 0), 0.0) <= 0.5


def test_where_the_best_of_each_fits_nothing_is_searched() -> None:
    stats: dict[str, Any] = {}
    heapwright.solve(board(), [pipeline(a=buffer(), b=buffer())], stats=stats)
    assert stats["searched"] is False
    assert (stats["buffers"], stats["options"]) == (2, 1)


def test_a_crowded_board_is_searched() -> None:
    stats: dict[str, Any] = {}
    platform, question = crowded(12)
    heapwright.solve(platform, [question], stats=stats)
    assert stats["searched"] is True


def test_numbers_near_the_end_of_64_bits() -> None:
    # Memories of an exbibyte, a million frames a second: levels that never share an objective.
    rule = image("AB48")
    platform = board(
        memory={"a": memory(1 << 60, base=0), "b": memory((1 << 60) + 4096, base=1 << 61)},
        heaps={"a": heap("a"), "b": heap("b")},
        devices={
            "camera": device("camera", capture=port(rule)),
            "panel": device("display", scanout=port(rule)),
        },
    )
    question = pipeline(**{f"f{n}": buffer(size="16384x16384", rate=1_000_000, count=4096) for n in range(3)})
    answer = plan(platform, question)
    assert answer.status == "optimal"
    # 16384 × 16384 × 8 bytes, a million times a second, by two ports, three times.
    assert load(answer).traffic == 3 * 2 * -(-(1 << 31) * 10**12 // 8_960_000_000)


def test_alike_buffers_are_handed_out_in_the_order_of_names() -> None:
    parts = {"m0": memory("8KiB", base="4GiB"), "m1": memory("8KiB", base="5GiB")}
    platform = board(memory=parts, heaps={"h0": heap("m0"), "h1": heap("m1")})
    question = pipeline(**{name: buffer(size="32x32", count=1, read_by=[]) for name in "dcba"})
    assert sorted((p.buffer, p.heap) for p in plan(platform, question).placements) == [
        ("a", "h0"),
        ("b", "h0"),
        ("c", "h1"),
        ("d", "h1"),
    ]


def test_one_device_serves_all_buffers_that_name_it() -> None:
    # Each buffer alone would take the panel that suits it; both name one display.
    narrow = port(image("XR24", extent={"max": "16x16"}, stride={"multiple": 64}))
    wide = port(image("XR24", stride={"multiple": 256}))
    platform = board(
        devices={"panel": device("display", scanout=narrow), "panel2": device("display", scanout=wide)}
    )
    answer = plan(platform, pipeline(small=buffer(), large=buffer(size="32x32")))
    assert {a.device for p in answer.placements for a in p.attachments if a.port == "scanout"} == {"panel2"}


def test_live_buffers_leave_less_to_choose_from() -> None:
    parts = {"m0": memory("16KiB", base="4GiB"), "m1": memory("16KiB", base="5GiB")}
    platform = board(memory=parts, heaps={"h0": heap("m0"), "h1": heap("m1")})
    old = plan(
        platform, pipeline("old", frame=buffer(size="32x32", count=2)), pins=["frame:heap=h0"]
    ).placements
    answer = plan(platform, pipeline("new", frame=buffer(size="32x32", count=2)), live=old)
    assert answer.placements[0].heap == "h1"
    assert load(answer).largest_share == 500_000


def test_a_full_memory_is_seen_without_a_search() -> None:
    platform, _ = crowded(1)
    question = pipeline(**{f"b{n}": buffer(size="64x64", count=4, read_by=[]) for n in range(5)})
    answer = heapwright.solve(platform, [question])
    assert answer.status == "infeasible"
