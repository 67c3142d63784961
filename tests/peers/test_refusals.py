"""Refusals: what that system's interface takes no notice of, turns away, or drops without a word."""

from __future__ import annotations

from typing import Any

import pytest

from tests import builders as ours

from .builders import RAW, fail, im, ok, p, pic, raw
from .judge import judge
from .test_lists import WORLD, fails, passes, verdict


@pytest.mark.parametrize(
    "said", [["all but the first child"], "everybody whom the group passes over", ["a b"]], ids=str
)
def test_prose_among_those_who_must_fail_is_no_name(said: Any) -> None:
    passes("cases", ok(raw(), participants_that_must_fail=said))
    case = fail(p(mem={"min_size": 2, "max_size": 1}))
    case["expect"]["participants_that_must_fail"] = said
    passes("cases", case)


def test_one_who_must_fail_may_stand_without_a_list() -> None:
    fails("cases", ok(raw(), participants_that_must_fail="moon"), "no participant moon")
    fails(
        "cases",
        ok(raw(), participants_that_must_fail="a"),
        "participants_that_must_fail: wanted a, got ['a']",
    )


def test_null_is_no_format_and_an_image_without_one_is_refused() -> None:
    nothing = {"formats": [[None, "LINEAR"]], "color_spaces": ["SRGB"], "min_size": [8, 8]}
    passes("cases", fail(pic(nothing)))
    fails("cases", ok(pic(nothing)), "wanted a plan, got none: a: an image entry without a format")
    wanted = fail(p(mem={"min_size": 2, "max_size": 1}))
    wanted["expect"]["derived"] = {"pixel_format": None, "modifier": None}
    passes("cases", wanted)
    layout = {"pixel_format": None, "checks": [{"width": 8, "height": 8, "error": True}]}
    passes("layout_cases", layout)
    fails(
        "layout_cases", layout | {"checks": [{"width": 8, "height": 8}]}, "wanted a plan, got none: no format"
    )
    fails(
        "layout_cases", {"checks": [{"width": 8, "height": 8, "error": True}]}, "pixel_format: field required"
    )


def test_an_alignment_that_is_no_power_of_two_is_refused_by_their_interface_not_by_our_solver() -> None:
    size = {"pixel_format": "R8G8B8A8", "checks": [{"width": 6, "height": 6, "error": True}]}
    passes("layout_cases", size | {"size_align": [3, 1]})
    fails("layout_cases", size | {"size_align": [2, 2]}, "6x6: wanted True, got")
    for said in ({"size_align": [3, 1]}, {"display_align": [1, 6]}, {"start_offset_divisor": 12}):
        passes("cases", fail(pic(im(min_size=[6, 6], **said))))
    passes("cases", fail(p(mem=RAW | {"contiguous": True, "min_physical_base_alignment": 12288})))
    # What they refuse by their interface we can ask: six is a multiple of three.
    image_of_three = ours.image("XR24", extent={"multiple": "3x3"})
    platform = ours.board(devices={"camera": ours.device("camera", capture=ours.port(image_of_three))})
    assert ours.placed(platform, ours.pipeline(frame=ours.buffer(size="6x6"))).width == 6


def test_a_format_without_a_name_of_drms_is_dropped_where_it_is_only_implied() -> None:
    world = WORLD.model_copy(update={"formats": {**WORLD.formats, "MOON": WORLD.formats["R8G8B8A8"]}})
    both = {
        "formats": [["MOON", "LINEAR"], ["R8G8B8A8", "LINEAR"]],
        "color_spaces": ["SRGB"],
        "min_size": [8, 8],
    }
    any_format = {"formats": [["DO_NOT_CARE", "LINEAR"]], "color_spaces": ["SRGB"]}
    implied = ok(pic(both), p("b", images=[any_format]), pixel_format="R8G8B8A8")
    assert judge(world, "cases", implied).outcome == "passed"
    named = ok(pic(both), p("b", images=[both]), pixel_format="R8G8B8A8")
    assert judge(world, "cases", named).why == ("no DRM fourcc known for MOON",)


def test_a_pair_without_a_layout_is_dropped_where_it_is_only_implied() -> None:
    odd = "ARM_AFBC_MADE_UP"
    formats = {"formats": [["R8G8B8A8", "LINEAR"], ["NV12", "DO_NOT_CARE"]], "color_spaces": ["DO_NOT_CARE"]}
    other = {"formats": [["DO_NOT_CARE", odd]], "color_spaces": ["REC709"], "min_size": [8, 8]}
    passes("cases", fail(pic(formats), p("b", images=[other])))
    named = other | {"formats": [["NV12", odd]]}
    assert verdict("cases", fail(pic(formats), p("b", images=[named]))).outcome == "waiting"
