"""The firmware's ISP of Raspberry Pi: rows are as long as its driver works out, by another rule for 24 bits a pixel."""

from __future__ import annotations

from pathlib import Path

import pytest

from heapwright.platforms.catalog import load_platform
from heapwright.platforms.schema import Platform
from tests.builders import buffer, pipeline, placed

BOARD = """
schema: heapwright/platform/1
name: pi-with-firmware-isp
title: A Raspberry Pi 4 with the ISP node of libcamera
extends: rpi4-bcm2711
devices:
  codec-isp: null
  firmware-isp: {rules: bcm2835-isp}
"""
DEPTHS = {
    "RG24": (24, 32), "BG24": (24, 32), "RG16": (16, 32), "YUYV": (16, 64), "UYVY": (16, 64), "XR24": (32, 64),
    "NV12": (8, 32),
}  # fmt: skip
"""bcm2835-isp-fmts.h supported_formats[]: depth in bits, of planar formats luma's, and bytesperline_align."""


def bytes_per_line(width: int, depth: int, align: int) -> int:
    """bcm2835-v4l2-isp.c get_bytesperline()."""
    if depth == 24:
        return -(-width // 32) * 32 * 3
    return -(-(width * depth >> 3) // align) * align


@pytest.fixture(scope="module")
def pi(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    path: Path = tmp_path_factory.mktemp("boards") / "pi.yaml"
    path.write_text(BOARD)
    return load_platform(str(path))


@pytest.mark.parametrize("fourcc", DEPTHS)
@pytest.mark.parametrize("width", [64, 100, 640, 648, 1366, 1920])
def test_rows_of_the_firmware_isp_are_those_of_its_driver(pi: Platform, fourcc: str, width: int) -> None:
    frame = placed(
        pi,
        pipeline(
            frame=buffer(size=f"{width}x480", formats=[fourcc], written_by="isp.output", read_by="cpu.read")
        ),
    )
    assert frame.planes[0].stride == bytes_per_line(width, *DEPTHS[fourcc])
