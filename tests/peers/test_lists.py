"""The other lists of a file: late participants, better answers, rankings, pools, layouts; and what is malformed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .files import read_cases
from .judge import Verdict, judge
from .remarks import is_prose, is_remark
from .test_invented import CPU, DISPLAY, GPU, RAW, fail, g, im, ok, p, pic, raw

WORLD, _ = read_cases()


def verdict(kind: str, case: Any) -> Verdict:
    return judge(WORLD, kind, case)


def passes(kind: str, case: Any) -> None:
    found = verdict(kind, case)
    assert found.outcome == "passed", found.why


def fails(kind: str, case: Any, text: str = "") -> None:
    found = verdict(kind, case)
    assert found.outcome == "failed"
    assert text in "; ".join(found.why), found.why


def late(name: str, when: str = "after_allocation", parent: str = "a", **said: Any) -> dict[str, Any]:
    return p(name, parent, node={"attached": when}, **({"count": {}} | said))


# Who comes late


LATE = {
    "no more than there is": (late("x", count={"camping": 1}), "ok"),
    "more than is spare": (late("x", count={"camping": 2}), "fail"),
    "a smaller minimum": (late("x", mem={"min_size": 100}), "ok"),
    "a larger minimum": (late("x", mem={"min_size": 4097}), "fail"),
    "a smaller maximum": (late("x", mem={"max_size": 4095}), "fail"),
    "another heap": (late("x", mem={"heaps": ["cma"]}), "fail"),
    "the same heap": (late("x", mem={"heaps": ["cma", "system_ram"]}), "ok"),
    "one run, where pages are": (late("x", usage=DISPLAY, mem={"contiguous": True}), "ok"),
    "an image of raw data": (late("x", images=[im(min_size=[1, 1])]), "fail"),
    "another domain": (late("x", mem={"domains": {"cpu": False, "ram": True}}), "fail"),
    "protected": (late("x", usage={"video": ["hw_decoder"]}, mem={"secure_required": True}), "fail"),
    "fewer buffers": (late("x", count={"max": 2}), "fail"),
    "that many buffers": (late("x", count={"max": 3}), "ok"),
}
"""Beside three buffers of a page, two of them held: a page is one run."""


@pytest.mark.parametrize("when", ["before_allocation", "after_allocation"])
@pytest.mark.parametrize(("newcomer", "wanted"), LATE.values(), ids=LATE)
def test_who_comes_late_must_find_everything_as_it_is(
    newcomer: dict[str, Any], wanted: str, when: str
) -> None:
    first = p(count={"camping": 2, "min": 3}, mem=RAW)
    case = ok(first, newcomer | {"attached": when}, buffer_count=3, size_bytes=4096)
    case["expect"]["attached_outcome"] = wanted
    passes("cases", case)
    case["expect"]["attached_outcome"] = "ok" if wanted == "fail" else "fail"
    fails("cases", case, "attached_outcome")


def test_newcomers_share_what_is_spare_first_come_first_served() -> None:
    newcomers = [
        late("x", count={"camping": 2}),
        late("y", count={"camping": 2}),
        late("z", count={"camping": 1}),
    ]
    case = ok(p(count={"camping": 1, "min": 4}, mem=RAW), *newcomers)
    case["expect"]["attached_outcome"] = {"x": "ok", "y": "fail", "z": "ok"}
    passes("cases", case)


def test_who_is_turned_away_alone_cannot_be_expected_where_nobody_is_late() -> None:
    case = ok(raw())
    case["expect"]["attached_outcome"] = "ok"
    fails("cases", case, "nobody is attached")


# What is expected, twice


def test_what_is_derived_is_compared_beside_what_is_asserted() -> None:
    case = ok(raw(), size_bytes=4097)
    case["expect"]["asserted"] = {"size_bytes": 4096}
    fails("cases", case, "the case contradicts itself: size_bytes is 4096 and 4097")
    case["expect"] = {"outcome": "ok", "asserted": {"size_bytes": 4096}, "derived": {"buffer_count": 2}}
    fails("cases", case, "buffer_count: wanted 2, got 1")
    case["expect"] = {"outcome": "ok", "asserted": {"size_bytes_ge": 4096}, "derived": {"size_bytes": 4096}}
    passes("cases", case)


def test_two_spellings_are_no_contradiction() -> None:
    case = ok(pic(im(min_size=[8, 8])), modifier="LINEAR", heap="system_ram")
    case["expect"]["asserted"] = {"modifier": "NONE", "heap": "SYSTEM_RAM"}
    passes("cases", case)


def test_the_format_that_is_asserted_is_that_of_the_derived_numbers() -> None:
    # both formats fit; R5G6B5 is no smaller than R8, which we take: 8 x 2 bytes in 8 rows
    both = pic(im("R5G6B5", min_size=[8, 8]), im("R8G8B8A8", min_size=[8, 8]))
    case = ok(both, size_bytes=8 * 4 * 8)
    case["expect"]["asserted"] = {"pixel_format": "R8G8B8A8"}
    passes("cases", case)


def test_a_failure_has_no_values() -> None:
    case = fail(p(mem={"min_size": 2, "max_size": 1}))
    case["expect"]["derived"] = {"buffer_count": 1}
    fails("cases", case, "buffer_count: a failure has none")
    case["expect"]["derived"] = {"participant_gets_buffers": {"a": False}, "model_reason": "min > max"}
    passes("cases", case)
    case["expect"]["derived"] = {"participant_gets_buffers": {"a": True}}
    fails("cases", case, "a gets no buffers")


@pytest.mark.parametrize("key", ["participant_gets_buffers", "participants_that_must_fail"])
def test_nobody_is_expected_who_is_not_there(key: str) -> None:
    names: Any = {"moon": False} if "gets" in key else ["moon"]
    fails("cases", ok(raw(), **{key: names}), "no participant moon")
    case = fail(p(mem={"min_size": 2, "max_size": 1}))
    case["expect"][key] = names
    fails("cases", case, "no participant moon")


@pytest.mark.parametrize(
    ("values", "good"),
    [
        ({"heap_in": ["cma", "system_ram"]}, True), ({"heap_in": ["cma"]}, False), ({"domain_not": "ram"}, True),
        ({"domain_not": "cpu"}, False), ({"size_bytes_multiple_of": 4096}, True), ({"size_bytes_multiple_of": 4097}, False),
        ({"size_bytes_le": 4096}, True), ({"size_bytes_lt": 4096}, False), ({"buffer_count_ge": 2}, False),
        ({"min_bytes_per_row": 4}, False), ({"bytes_per_row_divisor": 4}, False), ({"min_size": [1, 1]}, False),
        ({"layouts": [{"w": 1, "h": 1, "bytes_per_row": 4, "image_size": 4}]}, False), ({"pixel_format": "NV12"}, False),
    ],
    ids=str,
)  # fmt: skip
def test_ranges_choices_and_images_of_raw_data(values: dict[str, Any], good: bool) -> None:
    assert verdict("cases", ok(raw(), **values)).outcome == ("passed" if good else "failed")


@pytest.mark.parametrize(
    "layouts",
    [
        [], [{"w": 63, "h": 8, "bytes_per_row": 256, "image_size": 2048}],
        [{"w": 64, "h": 8, "bytes_per_row": 260, "image_size": 2080}],
        [{"w": 64, "h": 8, "bytes_per_row": 256, "image_size": 2048}, {"w": 1, "h": 1, "bytes_per_row": 4, "image_size": 4}],
    ],
)  # fmt: skip
def test_other_layouts_fail(layouts: list[dict[str, int]]) -> None:
    right = [{"w": 64, "h": 8, "bytes_per_row": 256, "image_size": 2048}]
    passes("cases", ok(pic(im(min_size=[64, 8])), layouts=right))
    fails("cases", ok(pic(im(min_size=[64, 8])), layouts=layouts), "layouts")


# Better answers


def better(*nodes: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "nodes": [*nodes],
        "gap": "a gap",
        "sysmem": {"outcome": "fail"},
        "better": {"outcome": "ok"} | values,
    }


def test_better_answers_are_compared() -> None:
    slack = p(count={"camping": 2, "dedicated_slack": 3, "max": 4}, mem=RAW)
    passes("beyond_cases", better(slack, buffer_count=4, dropped_slack=1))
    fails("beyond_cases", better(slack, buffer_count=5), "buffer_count")
    fails("beyond_cases", better(slack, outcome="fail"), "wanted a failure")
    fails("beyond_cases", better(p(count={"camping": 5, "max": 4}, mem=RAW)), "wanted a plan")


def test_a_format_that_contradicts_itself_gives_way_to_another() -> None:
    nodes = [pic(im("NV12", min_size=[64, 64]), im(min_size=[8, 8]))]
    nodes.append(p("b", "a", images=[im("NV12", max_size=[32, 32]), im()]))
    passes("beyond_cases", better(*nodes, pixel_format="R8G8B8A8", size_bytes=256))
    passes("cases", fail(*nodes))


def collections(**values: Any) -> dict[str, Any]:
    """Two collections of 3 MiB in 4 MiB of CMA; only the first may go elsewhere."""
    wide = p(mem={"min_size": 3 << 20, "heaps": ["cma", "cpu_cached_only"]})
    narrow = p(mem={"min_size": 3 << 20, "heaps": ["cma"]})
    named = [{"name": "one", "nodes": [wide]}, {"name": "two", "nodes": [narrow]}]
    return {"collections": named, "environment": {"cma_free": 4 << 20}, "sysmem": {}, "better": values}


def test_collections_are_settled_together() -> None:
    passes("beyond_cases", collections(one="cpu_cached_only", two="cma"))
    passes("beyond_cases", collections(outcome="ok", one={"heap": "cpu_cached_only", "size_bytes": 3 << 20}))
    fails("beyond_cases", collections(one="cma", two="cma"), "one: heap")
    fails("beyond_cases", collections(one="cpu_cached_only", two="fail"), "two: wanted fail")
    fails("beyond_cases", collections(outcome="fail"), "wanted fail")
    fails("beyond_cases", collections(one=3), "malformed")
    assert verdict("beyond_cases", collections(one="cpu_cached_only", mood=3)).why == ("unknown key mood",)


# Rankings


def ranking(**said: Any) -> dict[str, Any]:
    return {"id": "pref", "platform": ["any"], "pixel_format": "B8G8R8A8"} | said


TILED = ["INTEL_X_TILED", "INTEL_Y_TILED", "INTEL_YF_TILED"]


def test_equals_cost_the_same() -> None:
    passes("preference_cases", ranking(equal_cost=TILED))
    passes("preference_cases", ranking(equal_cost=["LINEAR", "NONE", None]))
    passes("preference_cases", ranking(equal_cost=[TILED[:2], ["ARM_AFBC_16X16", "ARM_AFBC_32X8"]]))
    passes("preference_cases", ranking(worst_to_best=["LINEAR", "INTEL_Y_TILED_CCS"], equal_cost=TILED))
    fails("preference_cases", ranking(equal_cost=["LINEAR", "ARM_AFBC_16X16"]), "its equal B8G8R8A8 LINEAR")
    fails("preference_cases", ranking(equal_cost=[TILED, ["LINEAR", "ARM_AFBC_16X16"]]), "its equal")


def test_a_ranking_that_contradicts_itself_fails() -> None:
    order = ["LINEAR", "INTEL_X_TILED", "INTEL_Y_TILED_CCS"]
    passes("preference_cases", ranking(worst_to_best=order))
    fails("preference_cases", ranking(worst_to_best=order, equal_cost=order[:2]), "contradicts itself")
    fails("preference_cases", ranking(worst_to_best=[*order, "LINEAR"]), "one of them twice")
    fails("preference_cases", ranking(worst_to_best=order[::-1]), "costs")


def test_formats_are_ranked_as_modifiers_are() -> None:
    # 4 bytes a pixel, 2, one and a half
    passes("preference_cases", ranking(worst_to_best=["B8G8R8A8", "R5G6B5", "NV12"]))
    fails("preference_cases", ranking(worst_to_best=["NV12", "B8G8R8A8"]), "costs")
    pairs = [["B8G8R8A8", "LINEAR"], {"modifier": "ARM_AFBC_16X16"}]
    passes("preference_cases", ranking(worst_to_best=pairs))
    fails("preference_cases", ranking(worst_to_best=pairs[::-1]), "costs")


def test_what_drm_does_not_have_is_left_out_or_waited_for() -> None:
    passes("preference_cases", ranking(worst_to_best=["LINEAR", "ARM_AFBC_16X16_TE", "ARM_AFBC_16X16"]))
    found = verdict("preference_cases", ranking(worst_to_best=["ARM_AFBC_16X16", "ARM_AFBC_16X16_TE"]))
    assert (found.outcome, found.why) == ("waiting", ("layout of ARM_AFBC_16X16_TE",))
    assert verdict("preference_cases", ranking(equal_cost=["LINEAR", "ARM_LINEAR_TE"])).outcome == "waiting"


# Pools


def pool(*steps: dict[str, Any], **said: Any) -> dict[str, Any]:
    return {"id": "pool", "pool_bytes": 16384, "block": 4096, "steps": [*steps]} | said


def take(size: int, expect: str = "ok", **said: Any) -> dict[str, Any]:
    return {"do": "allocate", "size": size, "expect": expect} | said


def test_a_pool_is_full_when_it_is() -> None:
    passes("pool_cases", pool(take(4096, count=4), take(1, "fail"), asserted={"allocations_failed": 1}))
    passes("pool_cases", pool(take(4097, count=2), take(1, "fail"), derived={"free_at_high_water": 0}))
    fails("pool_cases", pool(take(4096, count=4), take(1)), "step 1: allocate 1 of 1: wanted ok")
    fails("pool_cases", pool(take(4096, "fail")), "wanted fail, got ok")
    fails("pool_cases", pool(take(1), derived={"free_at_high_water": 0}), "free_at_high_water")


def test_a_failure_for_holes_is_one_by_addresses() -> None:
    every_second = {"do": "free_every_second"}
    holed = verdict("pool_cases", pool(take(4096, count=4), every_second, take(8192, "fail")))
    assert (holed.outcome, holed.why) == ("out of scope", ("holes left by earlier frees",))
    passes("pool_cases", pool(take(4096, count=4), every_second, take(4096, count=2), take(4096, "fail")))
    # the first two pages are free together
    fails(
        "pool_cases",
        pool(take(4096, count=4), {"do": "free"}, {"do": "free"}, take(8192, "fail")),
        "wanted fail",
    )
    one_less = {"do": "free_every_second", "count": 1}
    passes("pool_cases", pool(take(4096, count=4), one_less, take(8192, "fail"), take(4096)))


@pytest.mark.parametrize(
    ("case", "text"),
    [
        (pool(take(4096), {"do": "free", "index": 1}), "step 1: free of buffer 1, 1 are live"),
        (pool({"size": 4096}), "step 0: no do"), (pool({"do": "allocate"}), "step 0: no size"),
        (pool(take(4096, "perhaps")), "expect: ok or fail"), ({"id": "pool"}, "no steps"), (pool("x"), "expected an object"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_malformed_pools_fail_in_words(case: dict[str, Any], text: str) -> None:
    fails("pool_cases", case, text)


def test_an_unknown_step_or_statement_of_a_pool_is_out_of_scope() -> None:
    assert verdict("pool_cases", pool({"do": "defragment"})).why == ("unknown step defragment",)
    assert verdict("pool_cases", pool(take(4096, alignment=65536))).why == ("unknown key alignment",)
    passes("pool_cases", pool(take(4096, why="there is room", label="first"), difficulty="easy"))


# Layouts


def layout(*checks: Any, **said: Any) -> dict[str, Any]:
    return {"id": "layout", "pixel_format": "B8G8R8A8", "checks": [*checks]} | said


def test_an_unset_modifier_is_linear() -> None:
    for said in ({}, {"modifier": None}, {"modifier": "NONE"}, {"modifier": "LINEAR"}):
        # 17 x 4 = 68, to 32
        passes("layout_cases", layout({"width": 17, "min_row_bytes": 96}, bpr_divisor=32, **said))
        fails(
            "layout_cases",
            layout({"width": 17, "min_row_bytes": 100}, bpr_divisor=32, **said),
            "min_row_bytes",
        )


@pytest.mark.parametrize(
    ("said", "check", "good"),
    [
        ({"width_range": [12, 100]}, {"width": 12, "bytes_per_row": 48}, True),
        ({"width_range": [12, 100]}, {"width": 100, "bytes_per_row": 400}, True),
        ({"width_range": [12, 100]}, {"width": 101, "error": "too wide"}, True),
        ({"width_range": [12, 100]}, {"width": 100, "error": "too wide"}, False),
        ({"max_bpr": 400}, {"width": 101, "error": "too wide"}, True), ({"max_bpr": 400}, {"width": 101}, False),
        ({"min_bpr": 500}, {"width": 10, "bytes_per_row": 500}, True),
        ({"min_size": [8, 8], "max_size": [16, 16]}, {"size": [16, 17], "error": True}, True),
        ({"pixel_format": "B8G8R8", "bpr_divisor": 4, "bpr_at_pixel": True}, {"width": 65, "bytes_per_row": 204}, True),
        ({"pixel_format": "NV12"}, {"size": [16, 8], "plane_offsets": [0, 128], "image_size": 192}, True),
        ({"pixel_format": "NV12"}, {"size": [16, 8], "plane_offsets": [0, 64]}, False),
        ({"pixel_format": "I420"}, {"size": [16, 8], "plane_row_bytes": [16, 8, 8], "plane_offsets": [0, 128, 160]}, True),
        ({"modifier": "INTEL_X_TILED"}, {"size": [64, 64], "image_size": 32768}, True),
        ({"modifier": "INTEL_X_TILED"}, {"size": [64, 64], "image_size": 32767}, False),
    ],
    ids=str,
)  # fmt: skip
def test_layouts(said: dict[str, Any], check: dict[str, Any], good: bool) -> None:
    assert verdict("layout_cases", layout(check, **said)).outcome == ("passed" if good else "failed")


@pytest.mark.parametrize(
    ("case", "text"),
    [
        (layout({"width": 1}, pixel_format="MOON"), "the file has no format MOON"),
        ({"id": "x", "checks": [{"width": 1}]}, "pixel_format: field required"), (layout(), "there are none"),
        (layout({"error": "x"}), "without width or size"), (layout({"width": "17"}), "valid integer"),
        (layout(17), "layout.checks.0"),
    ],
)  # fmt: skip
def test_malformed_layouts_fail_in_words(case: dict[str, Any], text: str) -> None:
    fails("layout_cases", case, text)
    assert verdict("layout_cases", case).why[0].startswith("malformed: ")


def test_what_layouts_may_also_say() -> None:
    waiting = verdict("layout_cases", layout({"width": 8}, modifier="ARM_AFBC_16X16_TE"))
    assert (waiting.outcome, waiting.why) == ("waiting", ("layout of ARM_AFBC_16X16_TE",))
    assert verdict("layout_cases", layout({"width": 8, "rows": 3})).why == ("unknown key rows",)
    passes("layout_cases", layout({"width": 8, "label": "narrow"}, tags=["a"], debug_name="x"))


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


# Whom a conflict names


BLAMED = {
    "sizes": (p(mem={"min_size": 8192}), p("b", "a", mem={"max_size": 4096})),
    "counts": (p(count={"camping": 3}, mem=RAW), p("b", "a", count={"camping": 3, "max": 4})),
    "a minimum and a maximum": (p(count={"min": 3}, mem=RAW), p("b", "a", count={"max": 2})),
    "images": (pic(im(min_size=[64, 64])), p("b", "a", images=[im(max_size=[32, 32])])),
    "required images": (pic(im(required_max=[64, 64])), p("b", "a", images=[im(max_area=4095)])),
    "strides": (pic(im(min_size=[8, 8], bpr_divisor=512)), p("b", "a", images=[im(max_bpr=256)])),
    "formats": (pic(im("NV12", min_size=[8, 8])), p("b", "a", images=[im()])),
    "heaps": (raw(heaps=["cma"]), p("b", "a", mem={"heaps": ["system_ram"]})),
}


@pytest.mark.parametrize("nodes", BLAMED.values(), ids=BLAMED)
def test_a_conflict_names_who_clashes_and_nobody_else(nodes: tuple[dict[str, Any], ...]) -> None:
    case = fail(*nodes, p("ba", "a", usage=GPU))
    good = {
        "names": ["a", "b: the rest"],
        "does_not_name": ["ba"],
        "smallest_relaxations": ["any"],
        "note": "a good one",
    }
    passes("cases", case | {"explanation_expected": good})
    case["expect"]["explanation_expected"] = {"names": ["a", "b", "ba"]}
    fails("cases", case, "does not name ['ba']")
    fails("cases", case | {"explanation_expected": {"names": ["a"], "not": ["b"]}}, "names ['b']")


def test_a_participant_that_contradicts_itself_is_named() -> None:
    case = fail(raw(heaps=[]), p("b", "a"))
    passes("cases", case | {"explanation_expected": {"names": ["a"], "not": ["b"]}})


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


def test_usages_need_no_case() -> None:
    passes("cases", ok(p(usage=CPU | GPU, mem=RAW), p("b", "a", usage=DISPLAY), domain="cpu"))
