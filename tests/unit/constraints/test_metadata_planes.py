"""metadata-planes: pixels begin on a multiple of some bytes after their metadata."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, port, refusal, said

AFBC = "ARM_AFBC(16x16,SPARSE)"


def aligned(modifier: str = AFBC, fourcc: str = "XR24", **panel: Any) -> Platform:
    return board(
        devices={
            "camera": device("camera", capture=port(image(fourcc, modifiers=[modifier]))),
            "panel": device("display", scanout=port(image(fourcc, modifiers=[modifier], **panel))),
        }
    )


def test_the_header_takes_what_the_family_says() -> None:
    # 3 × 3 superblocks, 9 × 16 = 144 bytes, to 64: 192.
    placement = placed(aligned(), pipeline(frame=buffer(size="48x48")))
    assert (placement.planes[0].metadata, placement.planes[0].metadata_stride) == (192, 48)
    assert placement.size == 192 + 9 * 1024


def test_a_port_may_want_pixels_further_on() -> None:
    # Mali from architecture 6 on: 128 bytes; 144 to 128 is 256.
    wanted = pipeline(frame=buffer(size="48x48"))
    assert placed(aligned(metadata={"multiple": 128}), wanted).planes[0].metadata == 256
    assert placed(aligned(metadata={"multiple": 96}), wanted).planes[0].metadata == 192


def test_ubwc_has_whole_pages_and_no_others() -> None:
    # 1920x1080 XR24: 120 blocks to 128, 270 rows of blocks to 272, 34 816 to 36 864.
    wanted = pipeline(frame=buffer(size="1920x1080"))
    ubwc = "QCOM_COMPRESSED"
    assert placed(aligned(ubwc, metadata={"multiple": 4096}), wanted).planes[0].metadata == 36864
    answer = refusal(aligned(ubwc, metadata={"multiple": 65536}), wanted)
    assert facts(answer) == [("modifier", "frame→camera"), ("metadata-planes", "frame→panel")]
    assert said(answer, "metadata-planes") == (
        "panel.scanout needs the pixels of frame to begin on a multiple of 65536 bytes after their metadata"
    )


def test_an_image_without_metadata_does_not_mind() -> None:
    assert placed(aligned("LINEAR", metadata={"multiple": 4096})).planes[0].metadata == 0
