"""stride-range: registers bound the stride in bytes, in pixels, or by rules past a threshold."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, plan, port, refusal, said


def bounded(stride: dict[str, Any], camera: dict[str, Any] | None = None) -> Platform:
    return board(
        devices={
            "camera": device("camera", capture=port(image(stride=camera or {}))),
            "panel": device("display", scanout=port(image(stride=stride))),
        }
    )


def stride(platform: Platform, width: int) -> int:
    return placed(platform, pipeline(frame=buffer(size=f"{width}x4"))).planes[0].stride


def test_short_rows_are_padded_to_the_minimum() -> None:
    assert stride(bounded({"min": 128}), 16) == 128
    assert stride(bounded({"min": 128}), 33) == 132


@pytest.mark.parametrize(
    ("limit", "words"), [({"max": 128}, "at most 128 bytes"), ({"max_pixels": 32}, "at most 32 pixels")]
)
def test_a_row_just_at_the_maximum_and_one_pixel_more(limit: dict[str, int], words: str) -> None:
    assert stride(bounded(limit), 32) == 128
    answer = refusal(bounded(limit), pipeline(frame=buffer(size="33x4")))
    assert facts(answer) == [("stride-range", "frame→panel")]
    assert said(answer, "stride-range") == f"panel.scanout takes strides of {words} in frame"


def test_both_maxima_bind() -> None:
    assert stride(bounded({"max": 256, "max_pixels": 32}), 32) == 128
    assert facts(refusal(bounded({"max": 256, "max_pixels": 32}), pipeline(frame=buffer(size="33x4")))) == [
        ("stride-range", "frame→panel")
    ]
    assert facts(refusal(bounded({"max": 128, "max_pixels": 64}), pipeline(frame=buffer(size="33x4")))) == [
        ("stride-range", "frame→panel")
    ]


def test_the_smallest_maximum_of_all_ports_binds() -> None:
    answer = refusal(bounded({"max": 256}, {"max": 128}), pipeline(frame=buffer(size="33x4")))
    assert facts(answer) == [("stride-range", "frame→camera")]


def test_padding_for_one_port_may_exceed_another() -> None:
    # 17 × 4 = 68, to 256 for the camera; the panel stops at 128.
    answer = refusal(bounded({"max": 128}, {"multiple": 256}), pipeline(frame=buffer(size="17x4")))
    assert facts(answer) == [("stride-multiple", "frame→camera"), ("stride-range", "frame→panel")]


def test_past_a_threshold_a_coarser_multiple_counts() -> None:
    # Up to 128 bytes any stride; above, multiples of 512.
    rule = {"beyond": {"bytes": 128, "multiple": 512}}
    assert stride(bounded(rule), 32) == 128
    assert stride(bounded(rule), 33) == 512


def test_several_thresholds_add_up() -> None:
    # 33 × 4 = 132: above 128 to 48 (144), above 140 to lcm(48, 64) = 192.
    low, high = {"beyond": {"bytes": 128, "multiple": 48}}, {"beyond": {"bytes": 140, "multiple": 64}}
    assert stride(bounded(low, high), 33) == 192
    assert stride(bounded(low, high), 32) == 128


def test_the_sentence_names_all_bounds() -> None:
    rule = {"min": 8, "max": 64, "beyond": {"bytes": 32, "multiple": 16}}
    answer = refusal(bounded(rule), pipeline(frame=buffer(size="17x4")))
    assert said(answer, "stride-range") == (
        "panel.scanout takes strides of at least 8 bytes, at most 64 bytes, a multiple of 16 bytes above 32 in frame"
    )


def test_a_maximum_nobody_knows_is_not_imposed_and_listed() -> None:
    answer = plan(bounded({"max": "unknown"}))
    assert [(fact.subject, fact.field) for fact in answer.unknown_facts] == [("panel.scanout", "stride.max")]
