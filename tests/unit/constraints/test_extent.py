"""extent: a port takes images of some sizes only, or buffers up to some size."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, plan, port, refusal, said


def limited(access: str = "read", **rule: Any) -> Platform:
    """A panel (or, for `write`, a camera) whose one rule is this."""
    if access == "write":
        return board(devices={"camera": device("camera", capture=port(image(**rule)))})
    return board(devices={"panel": device("display", scanout=port(image(**rule)))})


def of(size: str) -> Any:
    return pipeline(frame=buffer(size=size))


@pytest.mark.parametrize(
    ("extent", "fits", "fails", "words"),
    [
        ({"max": "32x16"}, "32x16", "33x16", "of at most 32x16"),
        ({"max": "32x16"}, "32x16", "32x17", "of at most 32x16"),
        ({"min": "32x16"}, "32x16", "31x16", "of at least 32x16"),
        ({"min": "32x16"}, "32x16", "32x15", "of at least 32x16"),
        ({"multiple": "4x2"}, "32x16", "34x16", "in steps of 4x2"),
        ({"multiple": "4x2"}, "32x16", "32x15", "in steps of 4x2"),
        (
            {"min": "8x8", "max": "64x64", "multiple": "8x8"},
            "64x64",
            "68x64",
            "of at least 8x8, of at most 64x64, in steps of 8x8",
        ),
    ],
)
def test_sizes_just_inside_and_just_outside(
    extent: dict[str, str], fits: str, fails: str, words: str
) -> None:
    platform = limited(extent=extent)
    assert placed(platform, of(fits)).heap == "system"
    answer = refusal(platform, of(fails))
    assert facts(answer) == [("extent", "frame→panel")]
    assert said(answer, "extent") == f"panel.scanout takes frame {words} only"


def test_the_image_counts_and_not_its_padding() -> None:
    # The camera codes 30x30 as 32x32; the panel that takes at most 30x30 shows the image.
    camera = device("camera", capture=port(image(coded={"multiple": "16x16"})))
    panel = device("display", scanout=port(image(extent={"max": "30x30"})))
    placement = placed(board(devices={"camera": camera, "panel": panel}), of("30x30"))
    assert (placement.width, placement.coded_width) == (30, 32)


def test_a_step_is_met_by_a_writer_that_rounds_up_itself() -> None:
    platform = limited("write", extent={"multiple": "16x16"}, coded={"multiple": "16x16"})
    placement = placed(platform, of("30x30"))
    assert (placement.coded_width, placement.coded_height) == (32, 32)
    assert facts(refusal(limited("write", extent={"multiple": "16x16"}), of("30x30"))) == [
        ("extent", "frame→camera")
    ]


def test_a_reader_that_states_a_coded_size_still_wants_its_step() -> None:
    platform = limited(extent={"multiple": "16x16"}, coded={"multiple": "16x16"})
    assert facts(refusal(platform, of("30x30"))) == [("extent", "frame→panel")]


def test_buffers_up_to_some_size() -> None:
    # 16x16 XR24 is 1024 bytes.
    def at_most(size: int) -> Platform:
        return board(devices={"panel": device("display", scanout=port(bytes={"max": size}))})

    assert placed(at_most(1024)).size == 1024
    answer = refusal(at_most(1023))
    assert facts(answer) == [("extent", "frame→panel")]
    assert said(answer, "extent") == "panel.scanout takes frame of at most 1023 bytes only"


def test_raw_data_up_to_some_size() -> None:
    platform = board(devices={"panel": device("display", scanout=port(bytes={"max": 4096}))})
    assert placed(platform, pipeline(frame=buffer(bytes=4096))).size == 4096
    assert facts(refusal(platform, pipeline(frame=buffer(bytes=4097)))) == [("extent", "frame→panel")]


def test_the_smallest_limit_binds() -> None:
    platform = board(
        devices={
            "camera": device("camera", capture=port(bytes={"max": 1000})),
            "panel": device("display", scanout=port(bytes={"max": 4096})),
        }
    )
    assert facts(refusal(platform)) == [("extent", "frame→camera")]


def test_limits_nobody_knows_are_not_imposed_and_listed() -> None:
    answer = plan(limited(extent={"max": "unknown"}))
    assert [(fact.subject, fact.field) for fact in answer.unknown_facts] == [("panel.scanout", "extent.max")]


def test_odd_images_get_whole_chroma_samples() -> None:
    # NV12 17x17: 9 pairs of chroma are 18 bytes, so luma rows take 18 too; 9 chroma rows.
    rule = image("NV12")
    devices = {"camera": device("camera", capture=port(rule)), "panel": device("display", scanout=port(rule))}
    placement = placed(board(devices=devices), of("17x17"))
    assert [(p.offset, p.stride, p.size) for p in placement.planes] == [(0, 18, 306), (306, 18, 162)]
