"""The judge can say no: cases bent out of shape fail, unreadable ones are not passed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from .cases import World
from .files import read_cases
from .judge import judge

WORLD, _CASES = read_cases()
CASES: dict[str, dict[str, Any]] = {case["id"]: case for kind, case in _CASES if kind == "cases"}
GOOD = [
    case
    for case in CASES.values()
    if case["expect"]["outcome"] == "ok" and "attached_outcome" not in case["expect"]
]


def bent(case: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """A copy of a case with its expectation changed in both places where it may stand."""
    found = copy.deepcopy(case)
    for values in (found["expect"].get("asserted"), found["expect"].get("derived")):
        if values is not None:
            change(values)
    return found


def outcome(case: dict[str, Any], world: World = WORLD) -> str:
    return judge(world, "cases", case).outcome


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_opposite_outcome_fails(case: dict[str, Any]) -> None:
    other = copy.deepcopy(case)
    other["expect"] = {"outcome": "ok" if case["expect"]["outcome"] == "fail" else "fail"}
    if "attached_outcome" in case["expect"]:
        return
    assert outcome(other) == "failed"


@pytest.mark.parametrize(
    ("key", "worse"),
    [
        ("buffer_count", lambda n: n - 1),
        ("buffer_count", lambda n: n + 1),
        ("size_bytes", lambda n: n - 1),
        ("raw_size", lambda n: n - 1),
        ("heap", lambda _: "cma"),
        ("domain", lambda name: "cpu" if name != "cpu" else "ram"),
        ("contiguous", lambda flag: not flag),
        ("secure", lambda flag: not flag),
        ("pixel_format", lambda name: "NV12" if name != "NV12" else "I420"),
        ("color_space", lambda _: "REC2100"),
        ("min_size", lambda size: [size[0] // 2, size[1]]),
    ],
)
def test_another_value_fails(key: str, worse: Callable[[Any], Any]) -> None:
    cases = [case for case in GOOD if key in (case["expect"].get("derived") or {})][::4]
    assert len(cases) > 3
    for case in cases:

        def change(values: dict[str, Any]) -> None:
            if key in values:
                values[key] = worse(values[key])

        assert outcome(bent(case, change)) == "failed", case["id"]


@pytest.mark.parametrize(("key", "wanted"), [("bytes_per_row_divisor", 8), ("min_bytes_per_row", 100)])
def test_another_stride_fails(key: str, wanted: int) -> None:
    def change(values: dict[str, Any]) -> None:
        values[key] = wanted

    assert outcome(bent(CASES["stride_divisor_rounds_min_stride"], change)) == "failed"


def test_letting_in_whom_that_system_turns_away_fails() -> None:
    case = copy.deepcopy(CASES["attach_ok_after_allocation"])
    case["expect"]["attached_outcome"] = "fail"
    assert outcome(case) == "failed"


def test_a_newcomer_without_spare_buffers_is_turned_away() -> None:
    case = copy.deepcopy(CASES["attach_spare_buffers_after_allocation"])
    case["nodes"][-1]["constraints"]["count"]["camping"] = 3
    case["expect"]["attached_outcome"] = "fail"
    assert outcome(case) == "passed"


def test_another_child_of_a_group_fails() -> None:
    case = copy.deepcopy(CASES["group_prefers_first_child"])
    case["expect"]["selected_group_children"] = {"g": "c1"}
    assert outcome(case) == "failed"


@pytest.mark.parametrize("where", ["mem", "count", "usage", "images"])
def test_an_unknown_constraint_is_out_of_scope(where: str) -> None:
    case = copy.deepcopy(CASES["three_participants_one_empty"])
    said = case["nodes"][0]["constraints"][where]
    (said[0] if where == "images" else said)["phase_of_the_moon"] = 3
    verdict = judge(WORLD, "cases", case)
    assert (verdict.outcome, verdict.why) == ("out of scope", ("unknown key phase_of_the_moon",))


def test_an_unknown_expectation_is_out_of_scope_but_never_hides_a_mismatch() -> None:
    case = copy.deepcopy(CASES["raw_single"])
    case["expect"]["asserted"]["mood"] = "good"
    assert judge(WORLD, "cases", case).why == ("unknown key mood",)
    case["expect"]["asserted"]["size_bytes"] = 1
    assert outcome(case) == "failed"


def test_a_remark_changes_nothing() -> None:
    case = copy.deepcopy(CASES["raw_single"])
    case["comment"] = case["nodes"][0]["note"] = "harmless"
    assert outcome(case) == "passed"


def test_the_death_of_a_client_is_out_of_scope() -> None:
    case = copy.deepcopy(CASES["raw_single"])
    case["nodes"][0]["dies_before_constraints"] = True
    assert outcome(case) == "out of scope"


@pytest.mark.parametrize("key", ["rights", "write_access"])
@pytest.mark.parametrize("where", ["node", "case", "expect", "asserted"])
def test_of_rights_of_handles_only_what_hangs_on_them_is_skipped(key: str, where: str) -> None:
    case = copy.deepcopy(CASES["raw_single"])
    places = {
        "node": case["nodes"][0],
        "case": case,
        "expect": case["expect"],
        "asserted": case["expect"]["asserted"],
    }
    places[where][key] = {case["nodes"][0]["id"]: ["read"]}
    assert outcome(case) == "passed", "the rest is judged"
    case["expect"]["asserted"]["size_bytes"] = 1
    assert outcome(case) == "failed", "and never hidden"
    case["expect"] = {"outcome": "fail"}
    if where in ("node", "case"):
        assert judge(WORLD, "cases", case).why == ("rights of handles",), "constraints refuse nobody here"


def test_an_unknown_list_is_counted() -> None:
    assert judge(WORLD, "moon_cases", {"id": "x"}).why == ("unknown list moon_cases",)


CONVERTED = next(case for kind, case in _CASES if kind == "beyond_cases" and "converter" in case["better"])


def converted(**better: Any) -> str:
    """The verdict on the case that needs a converter, with another better answer."""
    case = copy.deepcopy(CONVERTED)
    case["better"] |= better
    return judge(WORLD, "beyond_cases", case).outcome


def test_a_conversion_is_found_where_the_case_has_a_converter() -> None:
    assert converted() == "passed"
    assert converted(converter={"from": "NV12", "to": "B8G8R8A8"}) == "passed"
    assert converted(converter=None) == "passed", "the formats of both buffers say what converts"


@pytest.mark.parametrize(
    "better",
    [
        {"outcome": "fail"},
        {"converter": "a 2D engine declared NV12 -> R8G8B8A8"},
        {"first": {"pixel_format": "I420"}},
        {"first": {"pixel_format": "NV12", "size_bytes": 3110399}},
        {"second": {"pixel_format": "B8G8R8A8", "size_bytes": 8294399}},
        {"third": {"pixel_format": "R8G8B8A8"}},
    ],
    ids=str,
)
def test_another_conversion_fails(better: dict[str, Any]) -> None:
    assert converted(**better) == "failed"


def test_a_converter_of_unknown_formats_is_out_of_scope() -> None:
    assert converted(converter="magic", first={}, second={}) == "out of scope"
