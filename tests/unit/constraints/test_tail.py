"""tail: a device may touch bytes after the image."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, plan, port, refusal, said


def with_tail(
    camera: dict[str, Any], panel: dict[str, Any] | None = None, fourcc: str = "NV12", **rule: Any
) -> Platform:
    reader = image(fourcc, **rule, **({"tail": panel} if panel else {}))
    return board(
        devices={
            "camera": device("camera", capture=port(image(fourcc, tail=camera, **rule))),
            "panel": device("display", scanout=port(reader)),
        }
    )


def size(platform: Platform, extent: str = "16x16") -> int:
    return placed(platform, pipeline(frame=buffer(size=extent))).size


IMAGE = 16 * 16 * 3 // 2


@pytest.mark.parametrize(
    ("tail", "more"),
    [
        ({}, 0),
        ({"bytes": 100}, 100),
        ({"rows": 2}, 2 * 16),
        # rkvdec: 128 bytes for each macroblock of 16x16.
        ({"per_block": {"of": "16x16", "bytes": 128}}, 128),
        ({"per_block": {"of": "4x4", "bytes": 8}, "bytes": 4}, 16 * 8 + 4),
        # "a stride or 64 bytes, whichever is more"
        ({"at_least_stride_or": 64}, 64),
        ({"at_least_stride_or": 8}, 16),
    ],
)
def test_bytes_after_the_image(tail: dict[str, Any], more: int) -> None:
    assert size(with_tail(tail)) == IMAGE + more


def test_blocks_are_counted_in_the_coded_size_of_that_rule() -> None:
    # 17x17 is 32x32 when coded in 16x16 blocks: 2 × 2 blocks, and 32 × 32 × 3/2 bytes of image.
    assert (
        size(with_tail({"per_block": {"of": "16x16", "bytes": 128}}, coded={"multiple": "16x16"}), "17x17")
        == 1536 + 4 * 128
    )


def test_the_largest_tail_wins() -> None:
    assert size(with_tail({"bytes": 100}, {"bytes": 60})) == IMAGE + 100
    assert size(with_tail({"bytes": 60}, {"bytes": 100})) == IMAGE + 100


def test_a_tail_after_every_plane_moves_the_next() -> None:
    placement = placed(with_tail({"bytes": 64, "per_plane": True}))
    assert [p.offset for p in placement.planes] == [0, 256 + 64]
    assert placement.size == IMAGE + 2 * 64


def test_rows_of_chroma_are_half_as_many() -> None:
    # Two luma rows of 16 bytes after luma, one chroma row after chroma.
    assert size(with_tail({"rows": 2, "per_plane": True})) == IMAGE + 32 + 16


def test_a_tail_of_the_image_lies_in_the_first_dmabuf() -> None:
    # rkvdec adds its motion vectors to plane 0.
    assert placed(with_tail({"bytes": 100}, dmabufs=[2])).sizes == (256 + 100, 128)
    assert placed(with_tail({"bytes": 100, "per_plane": True}, dmabufs=[2])).sizes == (256 + 100, 128 + 100)


def test_a_tail_that_a_port_has_no_room_for() -> None:
    camera = device(
        "camera",
        capture=port(
            image(
                tail={
                    "bytes": 8,
                    "rows": 1,
                    "per_block": {"of": "16x16", "bytes": 128},
                    "at_least_stride_or": 64,
                }
            )
        ),
    )
    panel = device("display", scanout=port(bytes={"max": 1024}))
    answer = refusal(board(devices={"camera": camera, "panel": panel}))
    assert facts(answer) == [("extent", "frame→panel"), ("tail", "frame→camera")]
    assert said(answer, "tail") == (
        "camera.capture touches 8 bytes and 128 bytes per block of 16x16 and 1 rows and a stride or 64 bytes, "
        "whichever is more, after the image of frame"
    )


def test_a_tail_nobody_knows_is_not_imposed_and_listed() -> None:
    answer = plan(with_tail({"bytes": "unknown"}))
    assert answer.placements[0].size == IMAGE
    assert [(fact.subject, fact.field) for fact in answer.unknown_facts] == [("camera.capture", "tail.bytes")]
