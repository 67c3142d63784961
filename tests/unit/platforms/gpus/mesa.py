"""What Mesa 25.0.7 imports, written from its source alone: which formats, and which planes.

A YUV image that the hardware does not sample as it is becomes an image for each of its planes, and
each is imported by itself (src/gallium/frontends/dri/dri2.c dri_create_image_from_winsys()). The
tables below are those of the C source, in its order where it has one; `imports` is what each
driver's `resource_from_handle()` looks at, plane by plane.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple


class Plane(NamedTuple):
    """An image of one plane: its format, which plane's memory it reads, and how many shifts smaller it is."""

    format: str
    of: int
    right: int
    down: int


# src/gallium/frontends/dri/dri_helpers.c dri2_format_table[]. Left out: 4:1:0 and 4:1:1 (YUV9, YU11 and
# their twins), which nothing that we ship makes, and P030, whose packed words are no R16.
_THREE: Final = {
    "YU12": (1, 1),
    "YV12": (1, 1),
    "YU16": (1, 0),
    "YV16": (1, 0),
    "YU24": (0, 0),
    "YV24": (0, 0),
}
_TWO: Final = {"NV12": (1, 1), "NV21": (1, 1), "NV16": (1, 0)}
_WIDE: Final = ("P010", "P012", "P016")
LOWERED: Final[dict[str, tuple[Plane, ...]]] = {
    **{f: (Plane("R8", 0, 0, 0), Plane("R8", 1, *by), Plane("R8", 2, *by)) for f, by in _THREE.items()},
    **{f: (Plane("R8", 0, 0, 0), Plane("GR88", 1, *by)) for f, by in _TWO.items()},
    **{f: (Plane("R16", 0, 0, 0), Plane("GR32", 1, 1, 1)) for f in _WIDE},
    **{f: (Plane("GR88", 0, 0, 0), Plane("AR24", 0, 1, 0)) for f in ("YUYV", "YVYU")},
    **{f: (Plane("GR88", 0, 0, 0), Plane("AB24", 0, 1, 0)) for f in ("UYVY", "VYUY")},
    **{f: (Plane("GR32", 0, 0, 0), Plane("AB48", 0, 1, 0)) for f in ("Y210", "Y212", "Y216")},
    **{f: (Plane("AB48", 0, 0, 0),) for f in ("Y412", "Y416")},
    "AYUV": (Plane("AB24", 0, 0, 0),),
    "XYUV": (Plane("XB24", 0, 0, 0),),
    "Y410": (Plane("AB30", 0, 0, 0),),
}
BYTES: Final = {
    "R8": 1,
    **dict.fromkeys(("GR88", "R16", "RG16", "AR15", "AR12"), 2),
    **dict.fromkeys(("AB48", "XB48", "AB4H", "XB4H"), 8),
}
"""Of a pixel; all others of one plane have four."""
_BASIC: Final = frozenset({"R8", "GR88", "AR24", "AB24", "XR24", "XB24"})
_ALL: Final = _BASIC | {"R16", "GR32", "AB48", "AB30"}
_PLANAR_7: Final = {"NV12": 16, "NV16": 16, "YU12": 16, "YV12": 16, "NV21": 64, "NV15": 1, "NV20": 1}
_PACKED_7: Final = dict.fromkeys(("YUYV", "YVYU", "UYVY", "VYUY"), 64)


class Import(NamedTuple):
    """One plane as a driver gets it: its pixels, what the caller says of it, and the room in its dma-buf."""

    bytes: int
    width: int
    height: int
    stride: int
    offset: int
    room: int
    render: bool
    """Whether the import asks for rendering too: RGB that can be rendered to."""

    @property
    def row(self) -> int:
        return self.width * self.bytes


def _up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple


def radeonsi(it: Import) -> bool:
    """ac_surface.c ac_surface_override_offset_stride(), si_texture.c si_texture_from_winsys_buffer()."""
    return it.stride % 256 == 0 and it.offset % 256 == 0 and it.offset + it.stride * it.height <= it.room


def radeonsi_10(it: Import) -> bool:
    """The same with require_equal_pitch; gfx10addrlib.cpp HwlComputeSurfaceInfoLinear()."""
    return radeonsi(it) and it.stride == _up(it.width, 256 // it.bytes) * it.bytes


def iris(it: Import) -> bool:
    """isl.c isl_calc_row_pitch_alignment(), iris_resource.c iris_resource_from_handle()."""
    whole = it.stride % it.bytes == 0 if it.render else True
    return whole and it.stride >= it.row and it.offset + it.stride * (it.height - 1) + it.row <= it.room


def nouveau(it: Import) -> bool:
    """nouveau_screen.c nouveau_screen_bo_from_handle(); nvc0_tex.c gm107_create_texture_view() `pitch >> 5`."""
    return it.offset == 0 and it.stride % 32 == 0


def panfrost(it: Import) -> bool:
    """pan_layout.c pan_image_layout_init() before architecture 7."""
    return it.offset % 64 == 0 and it.stride >= it.row


def panfrost_7(it: Import, align: int = 64) -> bool:
    """The same from 7 on; the offset is then rounded up to 64, so that another reads elsewhere."""
    fits = it.stride % align == 0 and it.offset % align == 0 and it.stride >= _up(it.row, align)
    return fits and _up(it.offset, 64) == it.offset


def lima(it: Import) -> bool:
    """lima_resource.c lima_resource_from_handle()."""
    least = _up(it.width, 16) * it.bytes
    checked = it.stride >= least and it.room - it.offset >= least * it.height
    return it.offset % 64 == 0 and (checked if it.render else True)


def v3d(it: Import) -> bool:
    """v3d_resource.c v3d_resource_from_handle()."""
    return it.offset == 0 or it.offset + it.stride * it.height <= it.room


def freedreno(it: Import) -> bool:
    """freedreno_resource.c fd_resource_from_handle(): 16 pixels of gmem_align_w, at least 64 bytes."""
    return it.stride >= it.row and it.stride % max(64, 16 * it.bytes) == 0


def etnaviv(it: Import) -> bool:
    """etnaviv_resource.c etna_resource_from_handle() with the resolve engine and TEXTURE_HALIGN."""
    return it.stride >= _up(it.width, 16) * it.bytes and it.room >= it.stride * _up(it.height, 4)


class Gpu(NamedTuple):
    """A driver: formats of planes that it samples, YUV that it samples as it is, and how it imports."""

    samples: frozenset[str]
    native: dict[str, int]
    """With the alignment of rows, where the driver has one for it."""
    imports: Callable[..., bool]
    apart: bool = False
    """Every plane in a dma-buf of its own alone."""
    lacks: frozenset[str] = frozenset()
    """What Mesa samples and a file cannot say."""


GPUS: Final[dict[str, Gpu]] = {
    # gfx10_format_table.py; si_state.c si_is_format_supported(): no format of two planes.
    "amdgpu-gfx103": Gpu(_ALL, {"YUYV": 256, "UYVY": 256}, radeonsi),
    # Rows of half-wide planes are rounded up by themselves: no ratio of strides that a rule can state.
    "amdgpu-gfx10": Gpu(_ALL, {"YUYV": 256, "UYVY": 256}, radeonsi_10, lacks=frozenset({"YU12", "YV12", "YU16", "YV16"})),
    # iris_formats.c iris_is_format_supported(): no YUV at all, everything of one plane.
    "i915-gt-tgl": Gpu(_ALL, {}, iris),
    "i915-gt-mtl": Gpu(_ALL, {}, iris),
    "i915-gt-dg2": Gpu(_ALL, {}, iris),
    # pan_format.c: FMT_YUV from architecture 7 on; lists of src/panfrost/lib/pan_layout.c format_minimum_alignment().
    "panfrost-midgard": Gpu(_ALL, {}, panfrost),
    "panfrost-bifrost": Gpu(_ALL, {}, panfrost),
    "panfrost-valhall": Gpu(_ALL, {**_PLANAR_7, **_PACKED_7}, panfrost_7),
    "panthor": Gpu(_ALL, {**_PLANAR_7, **_PACKED_7}, panfrost_7),
    # lima_format.c lima_texel_formats[]: neither 16 bits a channel nor 10.
    "lima": Gpu(_BASIC, {}, lima),
    # v3dx_format_table.c.
    "v3d": Gpu(_ALL, {}, v3d),
    # fd6_format_table.c: R8_G8B8_420; YUYV and UYVY are there under names that the frontend does not ask for.
    "msm-a6xx": Gpu(_ALL, {"NV12": 64}, freedreno),
    # nv50_formats.c nvc0_format_table[]: YUYV as R8G8_R8B8, UYVY as G8R8_B8R8.
    "nvidia-desktop": Gpu(_ALL, {"YUYV": 32, "UYVY": 32}, nouveau, apart=True),
    # etnaviv_format.c: no R16, GR32 or AB48; EXT_A2B10G10R10 from HALTI0 on is not counted on.
    "etnaviv-rs": Gpu(_BASIC, {"YUYV": 1, "UYVY": 1}, etnaviv),
}  # fmt: skip


def planes(gpu: Gpu, fourcc: str) -> tuple[Plane, ...]:
    """The images that are imported: one a plane where it is sampled as it is, else what it is lowered to."""
    alike = {"NV15": "NV12", "NV20": "NV16"}.get(fourcc, fourcc)
    lowered = LOWERED.get(alike, (Plane(fourcc, 0, 0, 0),))
    return tuple(plane for at, plane in enumerate(lowered) if fourcc not in gpu.native or plane.of == at)


def sampled(gpu: Gpu) -> frozenset[str]:
    """YUV that Mesa samples on it when it is linear: dri_helpers.c dri2_yuv_dma_buf_supported()."""
    lowered = {f for f, planes in LOWERED.items() if all(plane.format in gpu.samples for plane in planes)}
    return frozenset(gpu.native) | lowered - gpu.lacks
