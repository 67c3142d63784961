"""A webcam's YUYV and P010 of the processor reach the GPU of every board as Mesa lets them, and AMD's tiles both sides."""

from __future__ import annotations

from typing import Any, Final

import pytest

from heapwright import solve
from heapwright.platforms.catalog import board_names, platform_from
from heapwright.platforms.fourcc.modifiers import parse_modifier
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Plan
from tests.builders import pipeline
from tests.examples import board as shipped
from tests.unit.platforms.gpus.mesa import GPUS, sampled

GPU_OF: Final = {
    "amdgpu-gfx103": (
        "amd-apu-laptop", "amd-apu-laptop-dgpu", "amd-dgpu-desktop", "amd-dgpu-desktop-card", "amd-dgpu-desktop-rdma",
        "amd-dgpu-desktop-rdma-intel", "fpga-pcie-card", "fpga-pcie-card-apart", "simple-displays",
    ),
    "i915-gt-tgl": ("hybrid-laptop", "intel-laptop", "intel-laptop-dock"),
    "i915-gt-mtl": ("intel-laptop-mtl",),
    "i915-gt-dg2": ("intel-arc-dgpu", "intel-arc-dgpu-igpu"),
    "lima": ("hikey-hi6220", "hikey-hi6220-sdp"),
    "panfrost-midgard": ("rk3399",),
    "panfrost-bifrost": ("hikey960-kirin960",),
    "panfrost-valhall": ("mt8195", "mt8195-gpu-linear", "mt8195-optee", "mt8195-restricted", "mt8195-svp"),
    "panthor": ("rk3588", "rk3588-8g", "rk3588-8g-rga2", "rk3588-8g-rga3"),
    "etnaviv-rs": ("imx8mp-evk", "imx8mp-evk-optee"),
    "v3d": ("rpi4-bcm2711", "rpi4-bcm2711-1g", "rpi5-bcm2712", "rpi5-bcm2712-iommu"),
    "msm-a6xx": ("sc8280xp-x13s", "sc8280xp-x13s-iris", "sc8280xp-x13s-secure"),
    "nvidia-desktop": ("nvidia-desktop",),
}  # fmt: skip
"""The boards whose GPU samples AR24 under Mesa, by the rules of its driver."""
NOT_MESA: Final = {
    # No driver of Mesa renders there: the profile is an example of block-linear images under nvgpu.
    "tegra-jetson-xavier",
}
PAIRS: Final = [(driver, name) for driver, names in GPU_OF.items() for name in names]


def question(**facts: Any) -> Any:
    return pipeline(frame={"read_by": "gpu.sample", **facts})


def test_every_board_whose_gpu_samples_rgb_is_in_the_table() -> None:
    sampling = {
        name
        for name in board_names()
        for device in shipped(name).devices.values()
        if device.kind == "gpu"
        and "sample" in device.ports
        and any("AR24" in rule.formats for rule in device.ports["sample"].images)
    }
    assert {name for _, name in PAIRS} | NOT_MESA == sampling
    assert len(PAIRS) == len(sampling - NOT_MESA)


@pytest.mark.parametrize("size", ["640x480", "1280x720"])
@pytest.mark.parametrize(("driver", "name"), PAIRS)
def test_yuyv_of_a_webcam_is_sampled_without_a_conversion(driver: str, name: str, size: str) -> None:
    assert "YUYV" in sampled(GPUS[driver])  # R8G8_R8B8, or GR88 and AR24 over the same bytes: everywhere
    frame = question(size=size, formats=["YUYV"], written_by="camera.capture")
    answer = solve(with_webcam(name), [frame])
    assert isinstance(answer, Plan)
    assert answer.placements[0].attachments[0].device == "uvc"


def with_webcam(name: str) -> Platform:
    """The board with a webcam, which is its only camera that captures."""
    head = {"schema": "heapwright/platform/1", "name": "with-webcam", "extends": [name, "part-uvc"]}
    cameras = {n for n, device in platform_from(head).devices.items() if device.kind == "camera"}
    return platform_from({**head, "devices": {n: {"ports": None} for n in cameras - {"uvc"}}})


@pytest.mark.parametrize(("driver", "name"), PAIRS)
def test_p010_of_the_processor_is_sampled_where_there_are_16_bits_a_channel(driver: str, name: str) -> None:
    """lima and etnaviv have neither R16 nor GR32, the planes of P010."""
    answer = solve(shipped(name), [question(size="1920x1080", formats=["P010"], written_by="cpu.write")])
    if "P010" in sampled(GPUS[driver]):
        assert isinstance(answer, Plan)
    else:
        assert driver in ("lima", "etnaviv-rs")
        assert isinstance(answer, Infeasible)
        assert {reason.kind for reason in answer.conflict} == {
            "format",
            "conversion",
        }  # no conversions: forbidden


# Navi 21: 16 pipes, 16 packers. src/amd/common/ac_surface.c ac_get_supported_modifiers() GFX10_3 for 4 bytes a
# pixel, best first; tile 27 is 64K_R_X, 9 is 64K_S, version 3 GFX10_RBPLUS, 1 GFX9. Bit fields of drm_fourcc.h.
def _amd(version: int, tile: int, **fields: int) -> int:
    shifts = {
        "dcc": 13, "retile": 14, "pipe_align": 15, "by_64": 16, "by_128": 17, "most": 18, "constant": 20,
        "pipes": 21, "packers": 27,
    }  # fmt: skip
    return 2 << 56 | version | tile << 8 | sum(value << shifts[name] for name, value in fields.items())


CHIP: Final = {"pipes": 4, "packers": 4}
DCC: Final = {"dcc": 1, "constant": 1, **CHIP}
MESA: Final = (
    _amd(3, 27, pipe_align=1, by_128=1, most=1, **DCC),
    _amd(3, 27, retile=1, by_128=1, most=1, **DCC),
    _amd(3, 27, retile=1, by_64=1, by_128=1, most=0, **DCC),
    _amd(3, 27, **CHIP),
    _amd(1, 9),
    0,
)
# drivers/gpu/drm/amd/display/amdgpu_dm/amdgpu_dm_plane.c amdgpu_dm_plane_add_gfx10_3_modifiers(); its 64K_D is for
# 8 bytes a pixel (amdgpu_dm_plane_format_mod_supported()), LINEAR is added for all.
KERNEL: Final = (
    _amd(3, 27, by_64=1, by_128=1, most=0, **DCC),
    _amd(3, 27, by_128=1, most=1, **DCC),
    _amd(3, 27, retile=1, by_64=1, by_128=1, most=0, **DCC),
    _amd(3, 27, retile=1, by_128=1, most=1, **DCC),
    _amd(3, 27, **CHIP),
    _amd(3, 25, **CHIP),
    _amd(1, 9),
    0,
)


def _listed(device: str, port: str) -> set[int | None]:
    rules = shipped("amd-dgpu-desktop").devices[device].ports[port].images
    return {parse_modifier(text).value for rule in rules if "XR24" in rule.formats for text in rule.modifiers}


@pytest.mark.parametrize("port", ["sample", "render"])
def test_radeonsi_has_the_modifiers_of_mesa(port: str) -> None:
    assert _listed("gfx", port) == set(MESA)


def test_the_display_has_the_modifiers_of_the_kernel() -> None:
    assert _listed("dcn", "scanout") == set(KERNEL)


@pytest.mark.parametrize("fourcc", ["XR24", "AR24", "XB24", "AB24", "XR30", "AR30"])
@pytest.mark.parametrize("size", ["1920x1080", "3840x2160", "1366x768"])
def test_what_is_rendered_and_shown_has_a_modifier_that_both_have(fourcc: str, size: str) -> None:
    frame = question(size=size, formats=[fourcc], written_by="gpu.render", read_by="display.scanout")
    answer = solve(shipped("amd-dgpu-desktop"), [frame])
    assert isinstance(answer, Plan)
    value = parse_modifier(str(answer.placements[0].modifier)).value
    assert value in MESA and value in KERNEL
    assert value in {
        _amd(3, 27, retile=1, by_128=1, most=1, **DCC),
        _amd(3, 27, retile=1, by_64=1, by_128=1, **DCC),
    }
