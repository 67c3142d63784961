"""Formats and modifiers of each GPU are among Mesa's, and what only samples is not rendered to."""

from __future__ import annotations

from typing import Final

import pytest

from tests.unit.platforms.gpus.benches import gpu, linear
from tests.unit.platforms.gpus.mesa import GPUS, LOWERED

# src/gallium/frontends/dri/dri_helpers.c dri2_format_table[], what is no YUV.
RGB: Final = frozenset(
    [
        "AB4H",
        "XB4H",
        "AB48",
        "XB48",
        "AR30",
        "XR30",
        "AB30",
        "XB30",
        "AR24",
        "AB24",
        "XR24",
        "XB24",
        "AR15",
        "AB15",
        "AR12",
        "AB12",
        "RG16",
        "R8",
        "R16",
        "GR88",
        "GR32",
    ]
)

SAMPLED_ONLY: Final = {
    # v3dx_format_table.c: no render format.
    "v3d": {"R16", "GR32", "AB48"},
    # nv50_formats.c F3(…, T): no padded formats of ten bits.
    "nvidia-desktop": {"XR30", "XB30"},
    # etnaviv_screen.c gpu_supports_render_format(): R8 from HALTI5, GR88 from HALTI2 on, which the file does not count on.
    "etnaviv-rs": {"R8", "GR88"},
}

_AFBC: Final = {"ARM_AFBC(16x16,SPARSE,YTR)", "ARM_AFBC(16x16,SPARSE)"}
_SPLIT: Final = {"ARM_AFBC(32x8,SPARSE,SPLIT,YTR)", "ARM_AFBC(32x8,SPARSE,SPLIT)"}
_TILED: Final = {"ARM_AFBC(16x16,SC,SPARSE,TILED,YTR)", "ARM_AFBC(16x16,SC,SPARSE,TILED)"}
_MALI: Final = {"LINEAR", "ARM_16X16_BLOCK_U_INTERLEAVED"}
_GEN12: Final = {f"I915_Y_TILED_GEN12_{kind}" for kind in ("RC_CCS", "RC_CCS_CC", "MC_CCS")}
_MTL: Final = {f"I915_4_TILED_MTL_{kind}" for kind in ("RC_CCS", "RC_CCS_CC", "MC_CCS")}
XR24: Final = {
    # ac_surface.c ac_get_supported_modifiers(): those without numbers of the chip.
    "amdgpu-gfx103": {"LINEAR", "AMD(GFX9,64K_S)"},
    "amdgpu-gfx10": {"LINEAR"},
    # iris_resource.c modifier_is_supported().
    "i915-gt-tgl": {"LINEAR", "I915_X_TILED", "I915_Y_TILED", *_GEN12},
    "i915-gt-mtl": {"LINEAR", "I915_X_TILED", "I915_4_TILED", *_MTL},
    # Compression in memory that is not the card's own would have no control bits: left out.
    "i915-gt-dg2": {"LINEAR", "I915_X_TILED", "I915_4_TILED"},
    # pan_layout.c pan_best_modifiers[]; pan_afbc.c: SPLIT from architecture 6, TILED from 7 on. AFRC only if asked for.
    "panfrost-midgard": _MALI | _AFBC,
    "panfrost-bifrost": _MALI | _AFBC | _SPLIT,
    "panfrost-valhall": _MALI | _AFBC | _SPLIT | _TILED,
    "panthor": _MALI | _AFBC | _SPLIT | _TILED,
    "lima": _MALI,
    "v3d": {"LINEAR", "BROADCOM_UIF"},
    "msm-a6xx": {"LINEAR", "QCOM_COMPRESSED", "QCOM_TILED3"},
    # etnaviv_screen.c supported_modifiers[]: the split ones need two pixel pipes.
    "etnaviv-rs": {"LINEAR", "VIVANTE_TILED", "VIVANTE_SUPER_TILED"},
    "nvidia-desktop": {"LINEAR", *(f"NVIDIA_BLOCK_LINEAR_2D(0,1,0,0xfe,{height})" for height in range(6))},
}


def modifiers(name: str, port: str, fourcc: str) -> set[str]:
    return {m for rule in gpu(name).ports[port].images if fourcc in rule.formats for m in rule.modifiers}


@pytest.mark.parametrize("name", GPUS)
def test_no_gpu_takes_a_format_that_mesa_does_not_know(name: str) -> None:
    """BG16, RX24 and RG24 are DRM's, and no import of Mesa's has them."""
    known = RGB | LOWERED.keys() | GPUS[name].native.keys() | {"P030"}
    for port in gpu(name).ports.values():
        assert {f for rule in port.images for f in rule.formats} <= known


@pytest.mark.parametrize("name", GPUS)
def test_all_rgb_is_rendered_that_the_driver_renders(name: str) -> None:
    sampled = linear(name).keys() & RGB
    assert sampled - linear(name, "render").keys() == SAMPLED_ONLY.get(name, set())
    assert linear(name, "render").keys() <= sampled


@pytest.mark.parametrize("name", GPUS)
def test_modifiers_of_xr24_are_those_that_mesa_lists(name: str) -> None:
    assert modifiers(name, "sample", "XR24") == XR24[name]


@pytest.mark.parametrize("name", GPUS)
def test_what_is_rendered_is_sampled_too_but_media_compression(name: str) -> None:
    media = {m for m in XR24[name] if m.endswith("MC_CCS")}
    local = {"I915_4_TILED_DG2_RC_CCS"} if name == "i915-gt-dg2" else set()
    assert modifiers(name, "render", "XR24") - local == XR24[name] - media


def test_sand_columns_are_sampled_in_the_formats_of_their_planes() -> None:
    """v3d_screen.c v3d_screen_is_dmabuf_modifier_supported()."""
    sand = {
        f
        for rule in gpu("v3d").ports["sample"].images
        for f in rule.formats
        if "BROADCOM_SAND128" in rule.modifiers
    }
    assert sand == {"NV12", "P030", "R8", "GR88", "R16", "GR32"}
