"""Remarks are told from statements, and what is no case fails in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .builders import g, im, ok, p, pic, raw
from .files import read_cases
from .remarks import is_prose, is_remark
from .test_lists import TILED, fails, passes, ranking, verdict

# Remarks and statements


REMARKS = {
    "debug_name": "camera", "label": "x", "tags": ["a", "b"], "difficulty": "hard", "comment": "c", "difficulty_label": 3,
    "uuid": "1f2e", "case_id": "T-12", "bug": "fxbug.dev/1", "debug_client_info": {"name": "vk", "id": 3}, "absent": None,
    "$comment": "x", "sourceTest": "A.B", "format_choice_note": "by enum", "motivational": "seen on a real phone once",
}  # fmt: skip
STATEMENTS = {
    "phase": 3, "coherency": "required", "weak": True, "label": True, "heap_name": "cma", "forbidden_heaps": ["cma"],
    "clearing": "must be cleared before use", "rate": "at most 30 a second", "_max": 3, "hint": {"prefer": "cma"},
    "api_version": 1, "cache_line": 64, "memory_tag": "mte",
}  # fmt: skip


@pytest.mark.parametrize(
    "where", ["case", "node", "constraints", "count", "mem", "images", "expect", "derived"]
)
def test_remarks_are_ignored_wherever_they_stand_and_statements_are_not(where: str) -> None:
    for said, outcome in ((REMARKS, "passed"), (STATEMENTS, "out of scope")):
        for key, value in said.items():
            case = ok(pic(im(min_size=[8, 8]), mem={"min_size": 1}), buffer_count=1)
            node = case["nodes"][0]
            stated = node["constraints"]
            places = {
                "case": case,
                "node": node,
                "constraints": stated,
                "count": stated["count"],
                "mem": stated["mem"],
            }
            places |= {
                "images": stated["images"][0],
                "expect": case["expect"],
                "derived": case["expect"]["derived"],
            }
            places[where][key] = value
            found = verdict("cases", case)
            assert found.outcome == outcome, (key, found.why)
            assert outcome == "passed" or found.why == (f"unknown key {key}",)


def test_constraints_of_remarks_alone_are_empty() -> None:
    nothing = {"id": "b", "type": "participant", "parent": "a", "constraints": {"comment": "any will do"}}
    passes("cases", ok(raw(), nothing, participant_gets_buffers={"b": False}))


def test_prose_is_told_from_values() -> None:
    assert is_prose("Seen on a real phone once.")
    assert not any(
        map(is_prose, ("write-combined", "at most four", "30 frames each second", "REC709 is what it has"))
    )
    assert not is_remark("x", ["a sentence of four words"])


# What is no case at all


def nodes_of(*nodes: Any) -> dict[str, Any]:
    return {"nodes": [*nodes], "expect": {"outcome": "ok"}}


@pytest.mark.parametrize(
    ("kind", "case", "text"),
    [
        ("cases", {"nodes": [raw()]}, "no expect"), ("cases", {"expect": {"outcome": "ok"}}, "no nodes"),
        ("cases", nodes_of(), "no nodes"), ("cases", {"nodes": [raw()], "expect": {}}, "expect says nothing"),
        ("cases", {"nodes": [raw()], "expect": "ok"}, "expect: expected an object, got 'ok'"),
        ("cases", {"nodes": {}, "expect": {"outcome": "ok"}}, "nodes: expected a list"), ("cases", 3, "expected an object, got 3"),
        ("cases", nodes_of(raw(), raw()), "a is there twice"), ("cases", nodes_of(p("a", "b"), p("b", "a")), "its own ancestor"),
        ("cases", nodes_of({"type": "participant"}), "nodes.0.id: field required"),
        ("cases", nodes_of(raw(), g("g") | {"constraints": {"count": {"min": 1}}}), "group g states constraints"),
        ("cases", nodes_of(p(count={"camping": "two"})), "nodes.0.constraints.count.camping: input should be a valid integer"),
        ("cases", nodes_of(p(count={"camping": -1})), "greater than or equal to 0, got -1"),
        ("cases", nodes_of(pic(im(min_size=[8]))), "nodes.0.constraints.images.0.min_size.1: field required"),
        ("cases", ok(raw(), size_bytes="big"), "size_bytes: expected a number, got 'big'"),
        ("cases", ok(raw(), contiguous="no"), "contiguous: input should be a valid boolean"),
        ("cases", ok(raw(), case={"environment": {"page_size": "4k"}}), "environment.page_size"),
        ("cases", ok(raw(), case={"environment": {"free": 3}}), "environment.free: expected an object"),
        ("beyond_cases", {"nodes": [raw()]}, "no better"), ("beyond_cases", {"collections": 3, "better": {"x": "cma"}}, "collections"),
        ("beyond_cases", {"collections": [{"name": "x"}], "better": {"x": "cma"}}, "collections.0.nodes: field required"),
        ("preference_cases", {"id": "x"}, "neither worst_to_best nor equal_cost"),
        ("preference_cases", {"equal_cost": TILED}, "no pixel_format"), ("preference_cases", ranking(equal_cost=["LINEAR"]), "two or more"),
        ("preference_cases", ranking(equal_cost="LINEAR"), "equal_cost: expected a list"),
        ("preference_cases", ranking(pixel_format="MOON", equal_cost=TILED), "no format MOON"),
    ],
)  # fmt: skip
def test_what_is_malformed_fails_in_words(kind: str, case: Any, text: str) -> None:
    fails(kind, case, text)
    assert verdict(kind, case).why[0].startswith("malformed: ")


def test_files_of_another_shape_are_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    for said, text in (
        ({}, "no cases"), ({"cases": {}}, "cases is no list"), ({"cases": [3], "heaps": {"x": 3}}, "tables.heaps.x"),
        ([], "expected an object"),
    ):  # fmt: skip
        path.write_text(json.dumps(said))
        with pytest.raises(pytest.UsageError, match=text):
            read_cases(path)


def test_remarks_beside_the_lists_are_no_lists_and_the_schema_may_be_a_name(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    path.write_text(
        json.dumps({"schema": "peers/1", "authors": [{"name": "x"}], "cases": [ok(raw()), 3], "heaps": None})
    )
    assert [kind for kind, _ in read_cases(path)[1]] == ["cases", "cases"]
