"""The judge beyond one answer: late participants, expectations that clash, better answers, rankings, whom a conflict names."""

from __future__ import annotations

from typing import Any

import pytest

from .builders import CPU, DECODER, DISPLAY, GPU, RAW, fail, im, ok, p, pic, raw
from .files import read_cases
from .judge import Verdict, judge

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


DECODES = p("decoder", usage=DECODER, count={"camping": 3}, images=[im("NV12", min_size=[64, 64])])
SHOWS = p("display", "decoder", usage=DISPLAY, count={"camping": 2}, images=[im("B8G8R8A8")])
SAID: list[Any] = [
    "NV12 to B8G8R8A8", {"input": "NV12", "output": "B8G8R8A8"}, [{"from": ["NV12", "LINEAR"], "to": ["B8G8R8A8", None]}],
]  # fmt: skip


@pytest.mark.parametrize("said", SAID, ids=str)
def test_a_converter_asks_for_nothing_itself(said: Any) -> None:
    first = {"pixel_format": "NV12", "buffer_count": 3, "size_bytes": 64 * 64 * 3 // 2}
    second = {"pixel_format": "B8G8R8A8", "buffer_count": 2, "size_bytes": 64 * 64 * 4}
    passes(
        "beyond_cases",
        better(DECODES, SHOWS, outcome="two_buffers", converter=said, first=first, second=second),
    )
    fails(
        "beyond_cases",
        better(DECODES, SHOWS, outcome="two_buffers", converter=said, first={"buffer_count": 4}),
    )


def test_what_is_converted_from_protected_content_is_protected() -> None:
    decodes = p(
        "decoder", usage=DECODER, mem={"secure_required": True}, images=[im("NV12", min_size=[64, 64])]
    )
    shows = p("display", "decoder", usage=DISPLAY, mem={"heaps": ["amlogic_secure"]}, images=[im("B8G8R8A8")])
    both = {"first": {"secure": True}, "second": {"secure": True, "heap": "amlogic_secure"}}
    passes(
        "beyond_cases", better(decodes, shows, outcome="two_buffers", converter="NV12 -> B8G8R8A8", **both)
    )


# Rankings


def ranking(**said: Any) -> dict[str, Any]:
    return {"id": "pref", "platform": ["any"], "pixel_format": "B8G8R8A8"} | said


TILED = ["INTEL_X_TILED", "INTEL_Y_TILED", "INTEL_YF_TILED"]


def test_equals_cost_the_same() -> None:
    passes("preference_cases", ranking(equal_cost=TILED))
    passes("preference_cases", ranking(equal_cost=["LINEAR", "NONE", None]))
    passes("preference_cases", ranking(equal_cost=[TILED[:2], ["ARM_AFBC_16X16", "ARM_AFBC_32X8"]]))
    passes("preference_cases", ranking(worst_to_best=["LINEAR", "INTEL_Y_TILED_CCS"], equal_cost=TILED))
    passes("preference_cases", ranking(equal_cost=["LINEAR", "ARM_AFBC_16X16"]))
    fails(
        "preference_cases", ranking(equal_cost=[["R8", "LINEAR"], ["NV12", "LINEAR"]]), "its equal R8 LINEAR"
    )


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


def test_what_leaves_bytes_where_they_are_costs_the_same() -> None:
    passes("preference_cases", ranking(worst_to_best=["LINEAR", "ARM_AFBC_16X16_TE", "ARM_AFBC_16X16"]))
    passes("preference_cases", ranking(worst_to_best=["ARM_AFBC_16X16", "ARM_AFBC_16X16_TE"]))
    passes("preference_cases", ranking(equal_cost=["LINEAR", "ARM_LINEAR_TE"]))
    fails("preference_cases", ranking(worst_to_best=["ARM_AFBC_16X16_TE", "LINEAR"]), "costs")


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


def test_usages_need_no_case() -> None:
    passes("cases", ok(p(usage=CPU | GPU, mem=RAW), p("b", "a", usage=DISPLAY), domain="cpu"))
