"""stride-multiple: rows start on multiples of some bytes, or hold whole groups of pixels."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, plan, port, refusal, said


def padded(
    camera: dict[str, Any] | None = None, panel: dict[str, Any] | None = None, fourcc: str = "XR24"
) -> Platform:
    return board(
        devices={
            "camera": device("camera", capture=port(image(fourcc, stride=camera or {}))),
            "panel": device("display", scanout=port(image(fourcc, stride=panel or {}))),
        }
    )


def stride(platform: Platform, size: str) -> int:
    return placed(platform, pipeline(frame=buffer(size=size))).planes[0].stride


def test_without_rules_rows_are_not_padded() -> None:
    assert stride(padded(), "17x4") == 68


@pytest.mark.parametrize(("width", "padded_to"), [(16, 64), (17, 128), (32, 128)])
def test_rows_grow_to_the_next_multiple(width: int, padded_to: int) -> None:
    assert stride(padded({"multiple": 64}), f"{width}x4") == padded_to


def test_two_multiples_meet_at_their_least_common_one() -> None:
    # 17 × 4 = 68; lcm(48, 64) = 192.
    assert stride(padded({"multiple": 48}, {"multiple": 64}), "17x4") == 192


def test_whole_groups_of_pixels() -> None:
    # NV15 holds 4 pixels in 5 bytes: 18 pixels are 5 groups, 25 bytes.
    group = {"pixels": {"group": 4, "bytes": 5}}
    assert stride(padded(group, fourcc="NV15"), "16x4") == 20
    assert stride(padded(group, fourcc="NV15"), "18x4") == 25


def test_groups_and_multiples_meet_too() -> None:
    # 18 pixels need 25 bytes in groups of 5; lcm(5, 16) = 80.
    assert stride(padded({"pixels": {"group": 4, "bytes": 5}}, {"multiple": 16}, "NV15"), "18x4") == 80


def test_a_multiple_that_an_exact_writer_does_not_meet() -> None:
    # 17 × 4 = 68 is no multiple of 64, and the camera cannot pad.
    platform = padded({"fixed": True}, {"multiple": 64})
    assert stride(platform, "16x4") == 64
    answer = refusal(platform, pipeline(frame=buffer(size="17x4")))
    assert facts(answer) == [("stride-multiple", "frame→panel"), ("stride-exact", "frame→camera")]
    assert said(answer, "stride-multiple") == (
        "panel.scanout needs a stride that is a multiple of 64 bytes in frame"
    )


def test_the_sentence_names_groups() -> None:
    platform = padded({"fixed": True}, {"pixels": {"group": 4, "bytes": 5}}, "R8")
    answer = refusal(platform, pipeline(frame=buffer(size="18x4")))
    assert said(answer, "stride-multiple") == (
        "panel.scanout needs rows of whole groups of 4 pixels in 5 bytes in frame"
    )


def test_a_multiple_nobody_knows_is_not_imposed_and_listed() -> None:
    answer = plan(padded({"multiple": "unknown"}), pipeline(frame=buffer(size="17x4")))
    assert answer.placements[0].planes[0].stride == 68
    assert [fact.text for fact in answer.unknown_facts] == [
        "stride.multiple of camera.capture is unknown and was not imposed"
    ]
