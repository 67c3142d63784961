"""minimum-size: an importer may check that the buffer holds a padded image, whatever it reads."""

from __future__ import annotations

from typing import Any

from platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, port, refusal, said


def checking(
    fourcc: str = "XR24", rows: int | None = None, panel: dict[str, Any] | None = None, **camera: Any
) -> Platform:
    rule = image(fourcc, **({} if rows is None else {"minimum": {"rows_multiple": rows}}))
    return board(
        devices={
            "camera": device("camera", capture=port(image(fourcc), **camera)),
            "panel": device("display", scanout=port(rule, **(panel or {}))),
        }
    )


def size(platform: Platform, extent: str) -> int:
    return placed(platform, pipeline(frame=buffer(size=extent))).size


def test_room_for_a_rounded_height() -> None:
    # etnaviv: stride × the height rounded up to 4.
    assert size(checking(rows=4), "16x16") == 64 * 16
    assert size(checking(rows=4), "16x17") == 64 * 20


def test_all_planes_are_summed() -> None:
    # NV12 16x18 to 4 rows: 16 × 20 luma, 16 × 10 chroma; the plane itself stays at 18 rows.
    placement = placed(checking("NV12", rows=4), pipeline(frame=buffer(size="16x18")))
    assert (placement.size, placement.planes[1].offset) == (480, 288)


def test_whole_multiples_of_bytes() -> None:
    platform = checking(panel={"bytes": {"multiple": 96}}, bytes={"multiple": 64})
    assert size(platform, "16x16") == 1152  # 1024 to lcm(96, 64) = 192
    assert placed(platform, pipeline(frame=buffer(bytes=100))).size == 192


def test_a_check_and_a_limit_that_exclude_each_other() -> None:
    answer = refusal(
        checking(rows=4, panel={"bytes": {"multiple": 512}}, bytes={"max": 1279}),
        pipeline(frame=buffer(size="16x17")),
    )
    assert facts(answer) == [("extent", "frame→camera"), ("minimum-size", "frame→panel")]
    assert said(answer, "minimum-size") == (
        "panel.scanout checks that frame has room for a height rounded up to 4 rows and a size that is a multiple of 512 bytes"
    )
