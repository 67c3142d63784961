"""stride-exact: some devices compute the stride from the width and accept no other."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, port, refusal


def exact(camera: dict[str, Any], panel: dict[str, Any], fourcc: str = "XR24") -> Platform:
    return board(
        devices={
            "camera": device("camera", capture=port(image(fourcc, stride=camera))),
            "panel": device("display", scanout=port(image(fourcc, stride=panel))),
        }
    )


def strides(platform: Platform, size: str) -> list[int]:
    return [plane.stride for plane in placed(platform, pipeline(frame=buffer(size=size))).planes]


def test_the_bytes_of_the_rounded_width() -> None:
    # 1366 to 64 pixels is 1408; × 4 = 5632.
    assert strides(exact({"exact": {"width_multiple": 64}}, {}), "1366x8") == [5632]


def test_fixed_is_the_width_itself() -> None:
    assert strides(exact({"fixed": True}, {}), "17x8") == [68]


def test_two_that_compute_the_same_agree() -> None:
    # 1280 is a multiple of 64 and of 256 pixels alike.
    assert strides(
        exact({"exact": {"width_multiple": 64}}, {"exact": {"width_multiple": 256}}), "1280x8"
    ) == [5120]


def test_two_that_compute_different_ones_clash() -> None:
    # 1366: to 64 pixels 1408 (5632 bytes), to 256 pixels 1536 (6144 bytes).
    answer = refusal(
        exact({"exact": {"width_multiple": 64}}, {"exact": {"width_multiple": 256}}),
        pipeline(frame=buffer(size="1366x8")),
    )
    assert facts(answer) == [("stride-exact", "frame→camera"), ("stride-exact", "frame→panel")]
    assert [reason.text for reason in answer.conflict] == [
        "camera.capture computes the stride of frame from its width rounded up to 64 pixels, and accepts no other",
        "panel.scanout computes the stride of frame from its width rounded up to 256 pixels, and accepts no other",
    ]


def test_the_sentence_of_a_device_that_cannot_pad() -> None:
    answer = refusal(
        exact({"fixed": True}, {"exact": {"width_multiple": 64}}), pipeline(frame=buffer(size="17x8"))
    )
    assert answer.conflict[0].text == (
        "camera.capture cannot pad rows: the stride of frame is its width in bytes exactly"
    )


def test_every_plane_is_that_of_its_own_width() -> None:
    # NV12 1366 to 64 pixels: luma 1408, chroma 704 pairs of 2 bytes; YU12: chroma 704 samples.
    assert strides(exact({"exact": {"width_multiple": 64}}, {}, "NV12"), "1366x8") == [1408, 1408]
    assert strides(exact({"exact": {"width_multiple": 64}}, {}, "YU12"), "1366x8") == [1408, 704, 704]


def test_the_image_width_counts_and_not_a_merged_coded_width() -> None:
    # A writer that codes 100 as 128 wide needs rows of 512 bytes; a reader that computes 100 × 4 = 400 clashes.
    camera = device("camera", capture=port(image(coded={"multiple": "64x16"})))
    panel = device("display", scanout=port(image(stride={"fixed": True})))
    answer = refusal(board(devices={"camera": camera, "panel": panel}), pipeline(frame=buffer(size="100x16")))
    assert facts(answer) == [("stride-exact", "frame→panel"), ("coded-size", "frame→camera")]
