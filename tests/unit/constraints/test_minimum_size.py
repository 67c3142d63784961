"""minimum-size: an importer may check that the buffer holds a padded image, whatever it reads."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.catalog import load_platform
from heapwright.platforms.schema import Platform
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


MACROBLOCK = 16
MAX_FRAME_SIZE = 2 << 20


def calc_plane(width: int, height: int) -> int:
    """linux-7.3.4:drivers/media/platform/samsung/s5p-mfc/s5p_mfc_opr_v6.c calc_plane()."""
    across, down = -(-width // MACROBLOCK), -(-height // MACROBLOCK)
    if width * height < MAX_FRAME_SIZE:
        down = (down + 1) // 2 * 2
    return across * MACROBLOCK * down * MACROBLOCK


def mfc_sizes(width: int, height: int) -> tuple[int, int]:
    """s5p_mfc_dec_calc_dpb_size_v6(): NV12M, S5P_FIMV_NV12MT_HALIGN_V6 16."""
    stride = -(-width // 16) * 16
    return calc_plane(stride, height), calc_plane(stride, height // 2)


MFC = [
    (16, 16), (176, 144), (320, 240), (640, 368), (640, 480), (720, 576), (1024, 600), (1280, 720), (1366, 768),
    (1600, 912), (1920, 1080), (1920, 1088), (2048, 1024), (2048, 1040), (1952, 1072), (2560, 1600), (3840, 2160),
]  # fmt: skip


@pytest.mark.parametrize(("width", "height"), MFC)
def test_a_codec_rounds_the_macroblock_rows_of_each_plane(width: int, height: int) -> None:
    frame = buffer(
        size=f"{width}x{height}", formats=["NV12"], written_by="video-decoder.frame", read_by="cpu.read"
    )
    assert placed(load_platform("exynos5"), pipeline(frame=frame)).sizes == mfc_sizes(width, height)


def test_an_even_number_of_macroblock_rows_below_two_mebipixels() -> None:
    # 45 and 23 rows of macroblocks become 46 and 24: 1280 × 736 and 1280 × 384.
    assert mfc_sizes(1280, 720) == (942080, 491520)
