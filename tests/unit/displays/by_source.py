"""What PC display drivers take, written from their sources alone: the reference of the tests beside it.

linux-7.3.4:
- drivers/gpu/drm/i915/display/: intel_fb.c intel_modifiers[], intel_fb_supports_90_270_rotation(),
  intel_plane_compute_gtt(); skl_universal_plane.c icl_hdr_plane_formats[], tgl_plane_format_mod_supported(),
  skl_plane_check_fb(), skl_check_main_surface(), skl_check_nv12_aux_surface(),
  skl_plane_check_nv12_rotation(); intel_plane.c intel_plane_check_src_coordinates(); skl_scaler.c
  skl_update_scaler(); intel_cursor.c i9xx_check_cursor()
- drivers/gpu/drm/amd/display/: amdgpu_dm/amdgpu_dm_plane.c amdgpu_dm_plane_validate_dcc();
  dc/hubbub/dcn30/dcn30_hubbub.c hubbub3_get_dcc_compression_cap(); dc/dml/dcn30/display_mode_vba_30.c
  SourceFormatPixelAndScanSupport; amdgpu_dm/amdgpu_dm_cursor.c dm_check_cursor_fb()
- drivers/gpu/drm/nouveau/dispnv50/: curs507a.c curs507a_acquire(), head507d.c head507d_curs_layout()
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Shown(NamedTuple):
    """A picture as a plane is asked to show it."""

    fourcc: str
    modifier: str
    width: int
    height: int
    angle: int = 0
    scaled: bool = False


CPP: Final[dict[str, tuple[int, ...]]] = {
    **dict.fromkeys(("XR24", "AR24", "XB24", "AB24", "XR30", "AR30", "XB30", "AB30", "XYUV", "XV30"), (4,)),
    **dict.fromkeys(("Y210", "Y212", "Y216"), (4,)),
    **dict.fromkeys(("RG16", "YUYV", "UYVY", "YVYU", "VYUY"), (2,)),
    "NV12": (1, 2),
    **dict.fromkeys(("P010", "P012", "P016"), (2, 4)),
}
"""Of icl_hdr_plane_formats[], those that every plane of a pipe or its first three show: drm_fourcc.c .cpp."""
PACKED_422: Final = frozenset({"YUYV", "UYVY", "YVYU", "VYUY", "Y210", "Y212", "Y216"})
RGB: Final = frozenset({"XR24", "AR24", "XB24", "AB24", "XR30", "AR30", "XB30", "AB30"})
I915_MODIFIERS: Final[dict[int, frozenset[str]]] = {
    12: frozenset({"LINEAR", "I915_X_TILED", "I915_Y_TILED", "I915_Y_TILED_GEN12_RC_CCS"}),
    13: frozenset({"LINEAR", "I915_X_TILED", "I915_4_TILED", "I915_4_TILED_DG2_RC_CCS"}),
    14: frozenset({"LINEAR", "I915_X_TILED", "I915_4_TILED", "I915_4_TILED_MTL_RC_CCS"}),
}


def i915_takes(version: int, shown: Shown) -> bool:
    """Whether a plane of this display version shows it, alone on its pipe."""
    compressed = shown.modifier.endswith("CCS")
    if shown.modifier not in I915_MODIFIERS[version] or (compressed and shown.fourcc not in RGB):
        return False
    columns = shown.angle in (90, 270)
    if columns and (version >= 13 or shown.modifier != "I915_Y_TILED"):
        return False
    if columns and shown.fourcc in ("Y210", "Y212", "Y216"):
        return False
    width, height = (shown.height, shown.width) if columns else (shown.width, shown.height)
    semiplanar = len(CPP[shown.fourcc]) == 2
    return (
        _i915_surfaces(version, CPP[shown.fourcc], width, height)
        and (not shown.scaled or _i915_scaler(version, semiplanar, width, height))
        and _i915_coordinates(shown.fourcc, width, height, columns)
        and not (semiplanar and shown.angle == 270 and width % 4)
    )


def _i915_surfaces(version: int, cpp: tuple[int, ...], width: int, height: int) -> bool:
    """skl_check_main_surface(), and skl_check_nv12_aux_surface() for half of it, rounded up."""
    most = 4096 if len(cpp) == 2 else 5120
    for plane, size in enumerate(cpp):
        across, down = (width, height) if plane == 0 else (-(-width // 2), -(-height // 2))
        least = 16 // size + (0 if version >= 14 else 2)
        if not least <= across <= most or not 1 <= down <= 4320:
            return False
    return True


def _i915_scaler(version: int, semiplanar: bool, width: int, height: int) -> bool:
    least = 16 if semiplanar else 8
    return least <= width <= (4096 if version >= 14 else 5120) and least <= height <= 8192


def _i915_coordinates(fourcc: str, width: int, height: int, columns: bool) -> bool:
    across, down = (2, 2) if len(CPP[fourcc]) == 2 else (2, 1) if fourcc in PACKED_422 else (1, 1)
    if fourcc == "RG16" and columns:
        across = down = 2
    if columns:
        across = down = max(across, down)
    return width % across == 0 and height % down == 0


class Blocks(NamedTuple):
    """How a modifier of GFX10.3 compresses."""

    independent_64: bool


LINE_BUFFER: Final = 184 * 1024
"""hubbub3_construct() detile_buf_size."""


def dcn30_takes(modifier: str, compressed: Blocks | None, height: int, angle: int) -> bool:
    """Whether DCN 3.0 scans a picture of four bytes a pixel out at that angle."""
    columns = angle in (90, 270)
    if modifier == "LINEAR":
        return not columns
    if compressed is None or not columns:
        # 64KB_R_X of four bytes is contiguous along rows: 128B_128B at worst, no independent 64B blocks.
        return True
    # Blocks of 256 bytes are 8x8 pixels; two swaths of columns fit, or each request is halved.
    halved = 2 * height * 8 * 4 > LINE_BUFFER
    return compressed.independent_64 or not halved


def cursor_takes(driver: str, width: int, height: int) -> bool:
    """Whether a cursor buffer of this size, rows packed, is shown."""
    match driver:
        case "amdgpu":
            return width in (64, 128, 256) and height <= 256
        case "i915-12" | "i915-13":
            return width in (64, 128, 256) and 8 <= height <= width
        case "i915-14":
            return width in (64, 128, 256) and height == width
        case "nouveau":
            return width == height and width in (32, 64)
        case "virtio_gpu":
            return (width, height) == (64, 64)
        case _:
            raise AssertionError(driver)
