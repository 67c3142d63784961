"""Which surfaces a format has under a modifier, read from the modifier's 64-bit value.

`include/uapi/drm/drm_fourcc.h` says what the bits of each vendor mean. A
modifier that is not understood here is opaque: nobody but the driver that
computes the layout can say how the bytes lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Final

from heapwright.allocator.judge.layout.compressed import AFBC_BLOCK_PIXELS, Afbc, Afrc, Macrotile, Ubwc
from heapwright.allocator.judge.layout.control import ClearColour, LinearControl, TiledControl
from heapwright.allocator.judge.layout.surfaces import (
    Bands,
    OwordTiled,
    Surface,
    Tiled,
    TTiled,
    UifSurface,
    ZTiled,
)
from heapwright.platforms.fourcc.formats import PixelFormat, PlaneFormat
from heapwright.platforms.fourcc.modifiers import Modifier

Surfaces = tuple[Surface, ...] | None
Lay = Callable[[PixelFormat], Surfaces]
PAGE: Final = 4096

INTEL, AMD, NVIDIA, SAMSUNG, QCOM, VIVANTE, BROADCOM, ARM, ALLWINNER, MTK = 1, 2, 3, 4, 5, 6, 7, 8, 9, 11
INVALID: Final = (1 << 56) - 1


def surfaces(form: PixelFormat, modifier: Modifier) -> Surfaces:
    """The planes of a framebuffer; None where no layout is known."""
    lay = _lay(modifier.value)
    return None if lay is None else lay(form)


def opaque(modifier: Modifier) -> bool:
    """Nobody but a driver knows how bytes lie under that modifier, whatever the format."""
    return _lay(modifier.value) is None


def parameter_free(modifier: Modifier) -> str | None:
    """The name of a SAND modifier without its column height; None for others and without a height."""
    value = modifier.value or 0
    banded = value >> 56 == BROADCOM and value & 0xFF in _BANDS and _column_height(value)
    return f"BROADCOM_SAND{_BANDS[value & 0xFF]}" if banded else None


def column_height(modifier: Modifier) -> int | None:
    """How many rows the columns of a SAND modifier have."""
    return _column_height(modifier.value or 0) if parameter_free(modifier) is not None else None


def compressing(modifier: Modifier) -> bool:
    """Whether devices move fewer bytes than the buffer has."""
    value = modifier.value
    if value is None:
        return False
    vendor, bits = value >> 56, value & INVALID
    return (
        (vendor == INTEL and bits in _INTEL_COMPRESSED)
        or (vendor == AMD and bool(bits >> 13 & 1))
        or (vendor == QCOM and bits == 1)
        or (vendor == ARM and bits >> 52 == 0 and not bits >> 12 & 1)
    )


@lru_cache(maxsize=4096)
def _lay(value: int | None) -> Lay | None:
    if value is None or value == INVALID:
        return None
    vendor, bits = value >> 56, value & INVALID
    if value == 0:
        return lambda form: _each(form, Surface) if form.linear else None
    family = _VENDORS.get(vendor)
    return None if family is None else family(bits)


def _each(form: PixelFormat, make: Callable[[PlaneFormat], Surface]) -> tuple[Surface, ...]:
    return tuple(make(plane) for plane in form.planes)


def _raster(form: PixelFormat, make: Callable[[PlaneFormat], Surface]) -> Surfaces:
    """A layout of tiles that moves plain bytes about; formats that are never plain have none."""
    return _each(form, make) if form.linear else None


def _cpp(form: PixelFormat) -> bool:
    """Every sample is a power of two of bytes."""
    return form.linear and all(p.samples == 1 and not p.bytes & (p.bytes - 1) for p in form.planes)


def _squares(form: PixelFormat, side: int) -> Surfaces:
    """Tiles as wide as high, in samples, if a row of one is whole bytes."""
    rows = [divmod(side * facts.bytes, facts.samples) for facts in form.planes]
    if any(rest for _, rest in rows):
        return None
    return _raster(form, lambda facts: Tiled(facts, side * facts.bytes // facts.samples, side))


# Intel: drivers/gpu/drm/i915/display/intel_fb.c intel_modifiers[], intel_tile_width_bytes().

_YF_WIDTH: Final = {1: 64, 2: 128, 4: 128, 8: 256, 16: 256}
_CCS: Final = {
    4: "tiled",
    5: "tiled",
    6: "linear",
    7: "linear",
    8: "linear",
    13: "linear",
    14: "linear",
    15: "linear",
}
_CLEAR: Final = (8, 12, 15)
_INTEL_COMPRESSED: Final = (4, 5, 6, 7, 8, *range(10, 18))
"""For formats of whole samples, of powers of two of bytes: gen12_ccs_formats[]."""
_FOUR_TILES: Final = (6, 7, 8, 10, 11, 12, 13, 14, 15)


def _intel(bits: int) -> Lay | None:
    control, compressed = _CCS.get(bits), bits in _INTEL_COMPRESSED

    def tile(facts: PlaneFormat) -> Surface:
        at_once = 4 if bits in _FOUR_TILES else 1
        if bits == 1:
            return Tiled(facts, 512, 8, PAGE)
        if bits in (3, 5):
            width = _YF_WIDTH[facts.bytes]
            return Tiled(facts, width, PAGE // width, PAGE)
        kind = OwordTiled if bits in (2, 4, 6, 7, 8) else Tiled
        return kind(facts, 128, 32, PAGE, at_once)

    def lay(form: PixelFormat) -> Surfaces:
        if (bits in (3, 5) or compressed) and not _cpp(form):
            return None
        if control == "tiled" and [plane.bytes for plane in form.planes] != [4]:
            return None  # skl_ccs_formats[]
        planes = _raster(form, tile)
        if planes is None:
            return None
        mains = planes
        if control is not None:
            planes += tuple((LinearControl if control == "linear" else TiledControl)(main) for main in mains)
        if bits in _CLEAR:
            planes += (ClearColour(mains[0]),)
        return planes

    return lay if 1 <= bits <= 17 else None


# AMD: drivers/gpu/drm/amd/amdgpu/amdgpu_display.c amdgpu_display_verify_sizes().


def _amd(bits: int) -> Lay | None:
    version, tile, dcc = bits & 0xFF, bits >> 8 & 0x1F, bits >> 13 & 1
    if version >= 5:
        log2 = {1: 8, 2: 12, 3: 16, 4: 18}.get(tile)
    else:
        log2 = {1: 8, 5: 12, 21: 12, 9: 16, 17: 16, 25: 16, 29: 18}.get((tile & ~3) + 1)
    if not 1 <= version <= 5 or log2 is None or (dcc and version < 5):
        return None

    def block(facts: PlaneFormat) -> Surface:
        """As square as can be, else twice as wide: get_block_dimensions()."""
        pixels = log2 - (facts.bytes.bit_length() - 1)
        return Tiled(facts, (1 << (pixels + 1) // 2) * facts.bytes, 1 << pixels // 2, 1 << log2)

    return lambda form: _each(form, block) if _cpp(form) else None


# NVIDIA: drm_fourcc.h "Generalized Block Linear layout"; nouveau_display.c nouveau_check_bl_size().


def _nvidia(bits: int) -> Lay | None:
    if bits == 1:
        return lambda form: _raster(form, lambda facts: Tiled(facts, 16, 16))
    if not bits & 0x10 or bits >> 23:
        return None
    gob = 4 if bits >> 20 & 3 == 1 else 8
    return lambda form: _raster(form, lambda facts: Tiled(facts, 64, gob << (bits & 0xF)))


# Samsung, Vivante, Allwinner: drm_fourcc.h, the comment at each.


def _samsung(bits: int) -> Lay | None:
    if bits == 1:
        return lambda form: _raster(form, lambda facts: ZTiled(facts, 128, 32))
    return _sixteen if bits == 2 else None


def _sixteen(form: PixelFormat) -> Surfaces:
    """Chroma in such tiles as go with 16 by 16 pixels of luma, two bytes for each two by two."""
    if not form.linear:
        return None
    return tuple(Tiled(facts, 16, 8 if index else 16) for index, facts in enumerate(form.planes))


def _vivante(bits: int) -> Lay | None:
    side = {1: 4, 2: 64}.get(bits)
    if side is None:
        return None
    return lambda form: _squares(form, side)


def _allwinner(bits: int) -> Lay | None:
    return (lambda form: _raster(form, lambda facts: Tiled(facts, 32, 32))) if bits == 1 else None


# MediaTek: videodev2.h V4L2_PIX_FMT_MM21, _MT2110T: tiles of 16 luma samples by 32 rows, chroma by 16;
# drm_fourcc.h: ten bits are packed unless the modifier says how else they lie, in as many bytes.


def _mediatek(bits: int) -> Lay | None:
    if bits & 0xFF != 1 or bits >> 8 & 0xF:
        return None

    def lay(form: PixelFormat) -> Surfaces:
        eight, ten = form.planes[0][:2] == (1, 1), form.planes[0][:2] == (5, 4)
        if not ten and (not eight or bits >> 16):
            return None
        wide = 20 if ten else 16
        return tuple(Tiled(facts, wide, 16 if index else 32) for index, facts in enumerate(form.planes))

    return lay


# Qualcomm: drivers/gpu/drm/msm/disp/dpu1/dpu_formats.c _dpu_format_populate_plane_sizes_ubwc().

_TILES: Final[dict[str, tuple[Macrotile, ...]]] = {
    "NV12": (Macrotile(128, 128, 32, (32, 8)), Macrotile(64, 128, 32, (16, 8))),
    "P010": (Macrotile(192, 256, 16, (48, 4)), Macrotile(96, 256, 16, (24, 4))),
}


def _qcom(bits: int) -> Lay | None:
    if bits not in (1, 3):
        return None

    def lay(form: PixelFormat) -> Surfaces:
        tiles = _TILES.get(form.fourcc)
        first = form.planes[0]
        if tiles is None and form.colour == "rgb" and len(form.planes) == 1 and first.bytes in (2, 4):
            tiles = (Macrotile(256 // first.bytes, 256, 16, (16, 4)),)
        if tiles is None:
            return None
        return tuple(Ubwc(facts, tile, bits == 1) for facts, tile in zip(form.planes, tiles, strict=True))

    return lay


# Broadcom: drm_fourcc.h "Broadcom VC4 T format", SAND, UIF.

_BANDS: Final = {2: 32, 3: 64, 4: 128, 5: 256}


def _column_height(value: int) -> int:
    return value >> 8 & (1 << 48) - 1


def _broadcom(bits: int) -> Lay | None:
    if bits == 1:
        return _t_tiled
    if bits == 6:
        return _uif
    width, height = _BANDS.get(bits & 0xFF), _column_height(bits)
    if width is None or not height:
        return None

    def bands(form: PixelFormat) -> Surfaces:
        small = form.fourcc == "P030" or len(form.planes) == 1 or form.planes[0][:2] == (1, 1)
        alike = len({Fraction(p.bytes, p.samples * p.hsub) for p in form.planes}) == 1
        if not form.linear or len(form.planes) > 2 or not small or not alike:
            return None
        return _each(form, lambda facts: Bands(facts, width, height))

    return bands


def _uif(form: PixelFormat) -> Surfaces:
    fits = len(form.planes) == 1 and _cpp(form) and form.planes[0].bytes <= 8
    return (UifSurface(form.planes[0]),) if fits else None


def _t_tiled(form: PixelFormat) -> Surfaces:
    """4 KiB tiles, 128 bytes wide at 16 and 32 bits a pixel, the only depths that vc4 has them at."""
    if len(form.planes) > 1 or form.planes[0][:2] not in ((2, 1), (4, 1)):
        return None
    return _each(form, lambda facts: TTiled(facts, 128, 32, PAGE))


# Arm: drm_fourcc.h AFBC, AFRC and the 16x16 block of Utgard and Midgard.

_AFBC_BLOCKS: Final = {
    1: ((16, 16), (16, 16)),
    2: ((32, 8), (32, 8)),
    3: ((64, 4), (64, 4)),
    4: ((32, 8), (64, 4)),
}
_AFRC_BYTES: Final = {1: 16, 2: 24, 3: 32}
_DOUBLE_BUFFER: Final = 1 << 10


def _arm(bits: int) -> Lay | None:
    kind, flags = bits >> 52, bits & (1 << 52) - 1
    if kind == 0:
        return _afbc(flags)
    if kind == 1 and flags == 1:
        return lambda form: _squares(form, 16)
    return _afrc(flags) if kind == 2 else None


def _afbc(flags: int) -> Lay | None:
    blocks = _AFBC_BLOCKS.get(flags & 0xF)
    if blocks is None or flags & _DOUBLE_BUFFER or flags >> 13:
        return None

    def lay(form: PixelFormat) -> Surfaces:
        if blocks[0] != blocks[1] and len(form.planes) == 1:
            return None
        if any(facts.bytes * 8 * AFBC_BLOCK_PIXELS % facts.samples for facts in form.planes):
            return None  # drm_gem_afbc_get_bpp() has whole bits of a pixel
        return tuple(
            Afbc(facts, blocks[bool(index)], bool(flags >> 8 & 1)) for index, facts in enumerate(form.planes)
        )

    return lay


def _components(form: PixelFormat) -> Iterable[int]:
    """How many numbers a sample of each plane has."""
    if len(form.planes) == 1:
        named = 1 if form.colour == "grey" else form.title.split()[0].count(":") + 1
        return (named if named < 3 else 4,)
    return (1, *(2 if len(form.planes) == 2 else 1 for _ in form.planes[1:]))


def _afrc(flags: int) -> Lay | None:
    first, other, scan = _AFRC_BYTES.get(flags & 0xF), _AFRC_BYTES.get(flags >> 4 & 0xF), bool(flags >> 8 & 1)
    if first is None:
        return None
    coding = {1: (16, 4) if scan else (8, 8), 2: (8, 4), 4: (4, 4)}

    def lay(form: PixelFormat) -> Surfaces:
        if not form.linear or (len(form.planes) > 1) != (other is not None):
            return None
        if any(facts.samples > 1 for facts in form.planes) or form.colour == "indexed":
            return None  # the table of components has no row for pixels that share bytes, nor for indices
        if (form.colour == "yuv") != (other is not None):
            return None  # nor for packed chroma, nor for a plane of alpha
        parts = zip(form.planes, _components(form), strict=True)
        return tuple(
            Afrc(facts, coding[count], (other if index and other else first), scan)
            for index, (facts, count) in enumerate(parts)
        )

    return lay


_VENDORS: Final[dict[int, Callable[[int], Lay | None]]] = {
    INTEL: _intel,
    AMD: _amd,
    NVIDIA: _nvidia,
    SAMSUNG: _samsung,
    QCOM: _qcom,
    VIVANTE: _vivante,
    BROADCOM: _broadcom,
    ARM: _arm,
    ALLWINNER: _allwinner,
    MTK: _mediatek,
}
