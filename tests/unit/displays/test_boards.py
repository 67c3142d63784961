"""Every shipped PC and virtual board: which displays turn by a quarter, and how many pictures each shows."""

from __future__ import annotations

import pytest

from heapwright import solve
from heapwright.platforms.catalog import board_names
from heapwright.platforms.schema import Device, Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.answered import answered
from tests.builders import facts, refusal, said
from tests.examples import board as shipped
from tests.unit.displays.asking import painted, question, with_devices
from tests.unit.displays.by_source import Shown

PLANES = {
    "i915-display-tgl": 7,  # intel_display_device.c num_sprites 6, and the primary
    "i915-display-dg2": 5,
    "i915-display-mtl": 5,
    "amdgpu-dcn": 2,  # one primary, and one overlay at least (max_slave_planes)
    "amdgpu DCN 3.0": 3,  # dcn30_resource.c max_slave_planes 2
    "nouveau": 1,
    "virtio_gpu": 1,
    "vkms": 1,
    "udl": 1,
}
"""Planes of one display for pictures, the cursor's aside."""
COLUMNS = {
    "i915-display-tgl": frozenset({"I915_Y_TILED"}),
    "amdgpu DCN 3.0": None,
    "vkms": frozenset({"LINEAR"}),
}
"""What is read by columns, by modifier; None: every layout of AMD's but LINEAR. The others never turn by a quarter."""
DISPLAYS: dict[tuple[str, str], str] = {
    ("amd-apu-laptop", "dcn"): "amdgpu-dcn",
    ("amd-apu-laptop-dgpu", "dcn"): "amdgpu-dcn",
    ("amd-dgpu-desktop", "dcn"): "amdgpu DCN 3.0",
    ("amd-dgpu-desktop-card", "dcn"): "amdgpu DCN 3.0",
    ("amd-dgpu-desktop-rdma", "dcn"): "amdgpu DCN 3.0",
    ("amd-dgpu-desktop-rdma-intel", "dcn"): "amdgpu DCN 3.0",
    ("hybrid-laptop", "dgpu-display"): "amdgpu-dcn",
    ("hybrid-laptop", "igpu-display"): "i915-display-tgl",
    ("intel-arc-dgpu", "display"): "i915-display-dg2",
    ("intel-arc-dgpu-igpu", "display"): "i915-display-dg2",
    ("intel-laptop", "display"): "i915-display-tgl",
    ("intel-laptop-dock", "display"): "i915-display-tgl",
    ("intel-laptop-dock", "udl"): "udl",
    ("intel-laptop-mtl", "display"): "i915-display-mtl",
    ("nvidia-desktop", "disp"): "nouveau",
    ("qemu-virt-arm64", "virtio-gpu"): "virtio_gpu",
    ("qemu-virt-arm64-6.12", "virtio-gpu"): "virtio_gpu",
    ("qemu-virt-arm64-contig", "virtio-gpu"): "virtio_gpu",
    ("qemu-virt-arm64-noblob", "virtio-gpu"): "virtio_gpu",
    ("qemu-virt-arm64-smmu", "virtio-gpu"): "virtio_gpu",
    ("simple-displays", "udl"): "udl",
    ("v4l2-capture-pc", "vkms"): "vkms",
    ("v4l2-capture-pc-cma", "vkms"): "vkms",
    ("v4l2-capture-pc-cma-across", "vkms"): "vkms",
}
PC_DRIVERS = {"i915", "amdgpu", "nouveau", "virtio_gpu", "vkms", "udl", "bochs"}


def displays(platform: Platform) -> dict[str, Device]:
    return {name: device for name, device in platform.devices.items() if device.kind == "display"}


def alone(board: str, display: str) -> Platform:
    """The board with one display only, and GPUs that render whatever it shows."""
    platform = painted(board)
    others = displays(platform).keys() - {display}
    return platform.model_copy(
        update={"devices": {name: each for name, each in platform.devices.items() if name not in others}}
    )


def writer(platform: Platform) -> str:
    return "gpu.render" if any(each.kind == "gpu" for each in platform.devices.values()) else "cpu.write"


def test_every_pc_display_is_in_the_table() -> None:
    found = {
        (board, name)
        for board in board_names()
        for name, device in displays(shipped(board)).items()
        if device.driver in PC_DRIVERS
    }
    assert found == set(DISPLAYS)


@pytest.mark.parametrize("angle", [90, 270])
@pytest.mark.parametrize(("board", "display"), DISPLAYS)
def test_a_quarter_turn_is_planned_only_in_a_layout_that_the_driver_reads_by_columns(
    board: str, display: str, angle: int
) -> None:
    platform = alone(board, display)
    screen = {
        "size": "1920x1080", "formats": ["XR24"], "written_by": writer(platform),
        "read_by": [{"port": "display.scanout", "rotate": angle}],
    }  # fmt: skip
    asked = Pipeline.model_validate(
        {
            "schema": "heapwright/pipeline/1",
            "name": "sideways",
            "conversions": "forbid",
            "buffers": {"screen": screen},
        }
    )
    answer = solve(platform, [asked])
    driver = DISPLAYS[board, display]
    assert isinstance(answer, Plan) == (driver in COLUMNS)
    if isinstance(answer, Plan):
        (frame,) = answer.placements
        layouts = COLUMNS[driver]
        assert frame.modifier.startswith("AMD(") if layouts is None else frame.modifier in layouts


def shown_together(count: int, fourcc: str, writes: str) -> Pipeline:
    frame = {
        "size": "640x480", "formats": [fourcc], "modifiers": ["LINEAR"], "written_by": writes,
        "read_by": ["display.scanout"],
    }  # fmt: skip
    return Pipeline.model_validate(
        {
            "schema": "heapwright/pipeline/1",
            "name": "windows",
            "conversions": "forbid",
            "buffers": {f"window{number}": frame for number in range(count)},
        }
    )


@pytest.mark.parametrize(("board", "display"), DISPLAYS)
def test_as_many_pictures_are_shown_as_there_are_planes(board: str, display: str) -> None:
    platform = alone(board, display)
    planes = PLANES[DISPLAYS[board, display]]
    assert platform.devices[display].ports["scanout"].how_many == planes
    writes = writer(platform)
    assert isinstance(solve(platform, [shown_together(planes, "XR24", writes)]), Plan)
    answer = refusal(platform, shown_together(planes + 1, "XR24", writes))
    assert facts(answer) == [("resource", f"{display}.scanout")]
    assert f"{planes + 1} ports {display}.scanout; there are {planes}" in said(answer, "resource")
    assert answered(platform, [shown_together(40, "XR24", writes)]) is None


@pytest.mark.parametrize(
    ("board", "display"), [key for key, driver in DISPLAYS.items() if driver.startswith("i915")]
)
def test_three_planes_of_an_intel_pipe_read_nv12(board: str, display: str) -> None:
    # icl_is_hdr_plane(): planes 1 to 3; the rest are half of a pair, or read no NV12 (icl_nv12_y_plane_mask()).
    platform = alone(board, display)
    assert isinstance(solve(platform, [shown_together(3, "NV12", "gpu.render")]), Plan)
    answer = refusal(platform, shown_together(4, "NV12", "gpu.render"))
    assert ("resource", "nv12-plane") in facts(answer)
    assert said(answer, "resource") == "window0, window1, window2, window3 need 4 nv12-plane; there are 3"


@pytest.mark.parametrize("board", ["nvidia-desktop", "qemu-virt-arm64", "v4l2-capture-pc", "simple-displays"])
def test_displays_without_a_scaler_do_not_scale(board: str) -> None:
    platform = shipped(board)
    asked = question(Shown("XR24", "LINEAR", 1280, 720, scaled=True), "cpu.write")
    assert {kind for kind, _ in facts(refusal(platform, asked))} == {"modifier-side-condition"}
    assert isinstance(solve(platform, [question(Shown("XR24", "LINEAR", 1280, 720), "cpu.write")]), Plan)


def test_fermi_shows_ten_bits_with_blue_on_top_only() -> None:
    # base507c_format[] has XB30 and AB30; XR30 and AR30 come with base917c_format[], from Kepler on.
    platform = shipped("nvidia-desktop")
    for fourcc, shown in (("XB30", True), ("AB30", True), ("XR30", False), ("AR30", False)):
        asked = question(Shown(fourcc, "LINEAR", 1280, 720), "cpu.write")
        assert isinstance(solve(platform, [asked]), Plan) == shown, fourcc


def test_a_wall_wider_than_a_plane_reads_is_refused() -> None:
    # icl_hdr_plane_max_width(): 5120; NV12 4096.
    platform = painted("intel-laptop")
    for fourcc, width, shown in (
        ("XR24", 5120, True),
        ("XR24", 5184, False),
        ("NV12", 4096, True),
        ("NV12", 4160, False),
    ):
        answer = solve(platform, [question(Shown(fourcc, "I915_X_TILED", width, 1080))])
        assert isinstance(answer, Plan) == shown, (fourcc, width)
    assert with_devices(platform, {}) == platform
