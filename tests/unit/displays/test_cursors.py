"""Cursor planes of PC displays take few sizes, with packed rows, in few memories."""

from __future__ import annotations

import pytest

from heapwright import solve
from heapwright.solver.answer.plan import Infeasible, Plan
from tests.answered import answered
from tests.builders import placed, refusal, said, ways_out
from tests.examples import board as shipped
from tests.unit.displays.asking import question
from tests.unit.displays.by_source import Shown, cursor_takes

DRIVERS = {
    "amd-dgpu-desktop": "amdgpu",
    "amd-apu-laptop": "amdgpu",
    "intel-laptop": "i915-12",
    "intel-arc-dgpu": "i915-13",
    "intel-laptop-mtl": "i915-14",
    "nvidia-desktop": "nouveau",
    "qemu-virt-arm64": "virtio_gpu",
}
SIZES = [
    (24, 24), (32, 32), (48, 48), (64, 7), (64, 8), (64, 48), (64, 64), (64, 65), (64, 256), (64, 257), (100, 100),
    (128, 128), (150, 150), (192, 192), (256, 100), (256, 256), (256, 257), (300, 300),
]  # fmt: skip
CARDS = {
    "amd-dgpu-desktop": "amdgpu-vram",
    "amd-apu-laptop": "amdgpu-vram",
    "intel-arc-dgpu": "i915-lmem",
    "nvidia-desktop": "nouveau-vram",
}


def pointer(width: int, height: int) -> Shown:
    return Shown("AR24", "LINEAR", width, height)


@pytest.mark.parametrize("board", DRIVERS)
def test_a_cursor_has_one_of_the_sizes_that_the_driver_takes(board: str) -> None:
    platform = shipped(board)
    for width, height in SIZES:
        answer = answered(platform, [question(pointer(width, height), "cpu.write", "display.cursor")])
        assert (answer is not None) == cursor_takes(DRIVERS[board], width, height), (width, height)
        if answer is not None:
            (frame,) = answer.placements
            assert [plane.stride for plane in frame.planes] == [width * 4]
            assert frame.heap == CARDS.get(board, frame.heap)


@pytest.mark.parametrize(("size", "stride"), [(64, 256), (128, 512), (256, 1024)])
def test_a_gpu_draws_a_cursor_into_packed_rows(size: int, stride: int) -> None:
    # dm_check_cursor_fb(): pitches of 64, 128 and 256 pixels, and each multiple of 256 bytes suits the GPU.
    frame = placed(shipped("amd-dgpu-desktop"), question(pointer(size, size), "gpu.render", "display.cursor"))
    assert (frame.heap, frame.planes[0].stride) == ("amdgpu-vram", stride)


def test_a_cursor_of_48_is_refused_with_the_size_that_does() -> None:
    # A framebuffer of 48 pixels in rows of 64 is refused too: "Cursor FB width 48 doesn't match pitch 64".
    answer = refusal(shipped("amd-dgpu-desktop"), question(pointer(48, 48), "cpu.write", "display.cursor"))
    assert "at least 64x1" in said(answer, "extent")
    assert ways_out(answer) == {"buffers.frame.size": "64x48"}


@pytest.mark.parametrize(
    ("board", "angle", "size", "turned"),
    [
        ("intel-laptop", 180, (64, 64), True),
        ("intel-laptop", 180, (64, 48), False),
        ("intel-laptop-mtl", 180, (128, 128), True),
        ("intel-laptop", 90, (64, 64), False),
        ("amd-dgpu-desktop", 180, (64, 64), False),
        ("nvidia-desktop", 180, (64, 64), False),
        ("qemu-virt-arm64", 180, (64, 64), False),
    ],
)
def test_few_cursors_turn(board: str, angle: int, size: tuple[int, int], turned: bool) -> None:
    # i9xx_cursor_size_ok(): square where rotated; the other drivers give their cursors no rotation property.
    asked = question(pointer(*size)._replace(angle=angle), "cpu.write", "display.cursor")
    assert isinstance(solve(shipped(board), [asked]), Plan) == turned


@pytest.mark.parametrize("board", DRIVERS)
def test_a_display_has_one_cursor(board: str) -> None:
    cursor = next(
        device.ports["cursor"]
        for device in shipped(board).devices.values()
        if device.kind == "display" and "cursor" in device.ports
    )
    assert cursor.how_many == 1


@pytest.mark.parametrize("board", ["simple-displays", "intel-laptop-dock"])
def test_an_adapter_without_a_cursor_plane_has_no_such_port(board: str) -> None:
    assert "cursor" not in shipped(board).devices["udl"].ports
    if board == "simple-displays":
        asked = question(pointer(64, 64), "cpu.write", "display.cursor")
        assert isinstance(solve(shipped(board), [asked]), Infeasible)
