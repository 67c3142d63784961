"""What decoders write reaches the GPU as it is, ten bits included; Intel's media driver gets planes on whole rows."""

from __future__ import annotations

import pytest

from heapwright import solve
from heapwright.allocator.judge.judge import judge
from heapwright.solver.answer.plan import Plan
from tests.builders import board, device, image, pipeline, port
from tests.examples import board as shipped


@pytest.mark.parametrize(
    ("name", "fourcc", "codec"),
    [
        ("rk3588", "NV15", "h264"),
        ("amd-dgpu-desktop", "P010", "hevc"),
        ("intel-laptop", "P010", "hevc"),
        ("intel-laptop", "NV12", "h264"),
    ],
)
def test_decoded_frames_are_sampled_without_a_conversion(name: str, fourcc: str, codec: str) -> None:
    writer = {"port": "video-decoder.frame", "codec": codec}
    frame = {"size": "1920x1080", "formats": [fourcc], "written_by": writer, "read_by": "gpu.sample"}
    question = pipeline(frame=frame)
    answer = solve(shipped(name), [question])
    assert isinstance(answer, Plan)
    assert judge(shipped(name), [question], answer) == ()


@pytest.mark.parametrize("size", ["1920x1080", "1366x768", "720x576", "64x64"])
@pytest.mark.parametrize("offset", [1, 64, 4096, 65536])
def test_chroma_starts_on_a_whole_row_for_intels_media_driver(size: str, offset: int) -> None:
    """media_libva_util.cpp DdiMediaUtil_AllocateSurface(): `baseHeight = uiOffsets[1] / pitch`, as integers."""
    decoder = {"kind": "video-decoder", "rules": "intel-gen12-decoder", "source": "made up for a test"}
    reader = device("fpga", read=port(image("NV12", offset={"multiple": offset})))
    frame = {"size": size, "written_by": "video-decoder.frame", "read_by": "fpga.read", "formats": ["NV12"]}
    question = pipeline(frame=frame)
    platform = board(devices={"decoder": decoder, "reader": reader})
    answer = solve(platform, [question])
    assert isinstance(answer, Plan)
    luma, chroma = answer.placements[0].planes
    height = int(size.split("x")[1])
    assert luma.stride == chroma.stride
    assert chroma.offset % luma.stride == 0 and chroma.offset // luma.stride >= height
    assert judge(platform, [question], answer) == ()
