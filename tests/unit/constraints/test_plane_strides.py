"""plane-strides: one stride for all planes, or chroma at half of luma."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, port, refusal, said


def planar(fourcc: str, panel: dict[str, Any], camera: dict[str, Any] | None = None) -> Platform:
    return board(
        devices={
            "camera": device("camera", capture=port(image(fourcc, stride=camera or {}))),
            "panel": device("display", scanout=port(image(fourcc, stride=panel))),
        }
    )


def strides(platform: Platform, size: str = "16x8") -> list[int]:
    return [plane.stride for plane in placed(platform, pipeline(frame=buffer(size=size))).planes]


def test_planes_keep_their_proportions() -> None:
    assert strides(planar("YU12", {"multiple": 64})) == [64, 32, 32]
    assert strides(planar("NV12", {"multiple": 64})) == [64, 64]
    assert strides(planar("NV24", {"multiple": 64})) == [64, 128]


def test_one_register_for_all_planes() -> None:
    assert strides(planar("YU12", {"planes": "equal", "multiple": 64})) == [64, 64, 64]


def test_one_register_is_wide_enough_for_the_widest_plane() -> None:
    # NV24 16 wide: luma 16 bytes, chroma 16 pairs of 2 bytes.
    assert strides(planar("NV24", {"planes": "equal"})) == [32, 32]


def test_halved_chroma_keeps_the_multiple_by_itself() -> None:
    # pisp_be: luma 128 so that chroma is aligned to 64.
    assert strides(planar("YU12", {"planes": "halved", "multiple": 64})) == [128, 64, 64]
    assert strides(planar("YU12", {"planes": "halved"}), "18x8") == [18, 9, 9]


def test_equal_and_halved_clash_where_they_differ() -> None:
    answer = refusal(planar("YU12", {"planes": "equal"}, {"planes": "halved"}))
    assert facts(answer) == [("plane-strides", "frame→camera"), ("plane-strides", "frame→panel")]
    assert [reason.text for reason in answer.conflict] == [
        "camera.capture has chroma strides of half the luma stride of frame",
        "panel.scanout has one stride for all planes of frame",
    ]


def test_on_one_plane_they_agree() -> None:
    assert strides(planar("XR24", {"planes": "equal"}, {"planes": "halved"})) == [64]


def test_halved_is_no_rule_for_chroma_as_wide_as_luma() -> None:
    answer = refusal(planar("NV12", {"planes": "halved"}))
    assert facts(answer) == [("plane-strides", "frame→panel")]
    assert (
        said(answer, "plane-strides") == "panel.scanout has chroma strides of half the luma stride of frame"
    )
