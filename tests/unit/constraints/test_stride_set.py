"""stride-set: some hardware knows a few strides only, or powers of two."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, port, refusal, said


def knowing(panel: dict[str, Any], camera: dict[str, Any] | None = None) -> Platform:
    return board(
        devices={
            "camera": device("camera", capture=port(image(stride=camera or {}))),
            "panel": device("display", scanout=port(image(stride=panel))),
        }
    )


def stride(platform: Platform, width: int) -> int:
    return placed(platform, pipeline(frame=buffer(size=f"{width}x4"))).planes[0].stride


def test_the_smallest_that_holds_a_row() -> None:
    strides = {"set": [512, 128, 256]}
    assert stride(knowing(strides), 32) == 128
    assert stride(knowing(strides), 33) == 256


def test_a_row_longer_than_all() -> None:
    answer = refusal(knowing({"set": [512, 128, 256]}), pipeline(frame=buffer(size="129x4")))
    assert facts(answer) == [("stride-set", "frame→panel")]
    assert said(answer, "stride-set") == "panel.scanout knows the strides 128, 256, 512 only, for frame"


def test_two_sets_meet() -> None:
    assert stride(knowing({"set": [128, 192, 256]}, {"set": [100, 192, 256]}), 16) == 192
    answer = refusal(knowing({"set": [128]}, {"set": [256]}))
    assert facts(answer) == [("stride-set", "frame→camera"), ("stride-set", "frame→panel")]


def test_a_set_and_a_multiple_meet() -> None:
    assert stride(knowing({"set": [128, 192, 256]}, {"multiple": 96}), 16) == 192


def test_powers_of_two() -> None:
    assert stride(knowing({"power_of_two": True}), 32) == 128
    assert stride(knowing({"power_of_two": True}), 33) == 256


def test_a_power_of_two_past_a_threshold() -> None:
    # 33 × 4 = 132, to 256; but above 200 strides are multiples of 1024, itself a power of two.
    assert stride(knowing({"power_of_two": True, "beyond": {"bytes": 200, "multiple": 1024}}), 33) == 1024


def test_48_is_no_power_of_two() -> None:
    # 4 × 4 = 16: the first multiple of 48 is 48 itself.
    answer = refusal(knowing({"power_of_two": True}, {"multiple": 48}), pipeline(frame=buffer(size="4x4")))
    assert facts(answer) == [("stride-multiple", "frame→camera"), ("stride-set", "frame→panel")]


def test_no_power_of_two_is_a_multiple_of_48() -> None:
    answer = refusal(knowing({"power_of_two": True}, {"multiple": 48}))
    assert facts(answer) == [("stride-multiple", "frame→camera"), ("stride-set", "frame→panel")]
    assert said(answer, "stride-set") == "panel.scanout needs a power of two as the stride of frame"
