"""Format modifiers as facts: canonical names, 64-bit values, and tiles of the fixed-tile ones.

A modifier is written as a name (`LINEAR`, with or without `DRM_FORMAT_MOD_`),
as a family with flags (`ARM_AFBC(16x16,SPARSE,YTR)`), or as its 64-bit value.
All spellings of one modifier have one canonical name. A name that we do not
know is carried as it is, without a value.

Source: include/uapi/drm/drm_fourcc.h, "Format Modifiers".
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from platforms.values import shown

SOURCE: Final = "include/uapi/drm/drm_fourcc.h"
LINEAR: Final = "LINEAR"
MAX_VALUE: Final = 2**64 - 1

_VENDORS: Final = {
    "NONE": 0x00, "INTEL": 0x01, "AMD": 0x02, "NVIDIA": 0x03, "SAMSUNG": 0x04, "QCOM": 0x05, "VIVANTE": 0x06,
    "BROADCOM": 0x07, "ARM": 0x08, "ALLWINNER": 0x09, "AMLOGIC": 0x0A, "MTK": 0x0B, "APPLE": 0x0C,
}  # fmt: skip


class Tile(NamedTuple):
    """A fixed tile: `width` pixels, or bytes of a row where `in_bytes`, by `height` rows, in each plane.

    `chroma_height` differs from `height` where tiles of the second plane are taller or lower.
    """

    width: int
    height: int
    in_bytes: bool = False
    chroma_height: int | None = None


class Modifier(NamedTuple):
    """A modifier: canonical name, value if known, and its tile if it has a fixed one."""

    name: str
    value: int | None
    tile: Tile | None = None

    @property
    def linear(self) -> bool:
        return self.value == 0

    @property
    def family(self) -> str:
        """The name without its parameters: `ARM_AFBC` of `ARM_AFBC(16x16)`."""
        return self.name.partition("(")[0]


def _code(vendor: str, value: int) -> int:
    return _VENDORS[vendor] << 56 | value


_FIXED: Final[dict[str, tuple[int, Tile | None]]] = {
    "LINEAR": (0, None),
    "INVALID": (_code("NONE", (1 << 56) - 1), None),
    # drm_fourcc.h: 4 KiB tiles; X is 512 bytes x 8 rows, Y and Tile 4 are 128 bytes x 32 rows
    # (drivers/gpu/drm/i915/display/intel_fb.c intel_tile_width_bytes(), intel_tile_height()).
    "I915_X_TILED": (_code("INTEL", 1), Tile(512, 8, in_bytes=True)),
    "I915_Y_TILED": (_code("INTEL", 2), Tile(128, 32, in_bytes=True)),
    "I915_Yf_TILED": (_code("INTEL", 3), None),
    "I915_Y_TILED_CCS": (_code("INTEL", 4), None),
    "I915_Yf_TILED_CCS": (_code("INTEL", 5), None),
    "I915_Y_TILED_GEN12_RC_CCS": (_code("INTEL", 6), None),
    "I915_Y_TILED_GEN12_MC_CCS": (_code("INTEL", 7), None),
    "I915_Y_TILED_GEN12_RC_CCS_CC": (_code("INTEL", 8), None),
    "I915_4_TILED": (_code("INTEL", 9), Tile(128, 32, in_bytes=True)),
    "I915_4_TILED_DG2_RC_CCS": (_code("INTEL", 10), None),
    "I915_4_TILED_DG2_MC_CCS": (_code("INTEL", 11), None),
    "I915_4_TILED_DG2_RC_CCS_CC": (_code("INTEL", 12), None),
    "I915_4_TILED_MTL_RC_CCS": (_code("INTEL", 13), None),
    "I915_4_TILED_MTL_MC_CCS": (_code("INTEL", 14), None),
    "I915_4_TILED_MTL_RC_CCS_CC": (_code("INTEL", 15), None),
    "I915_4_TILED_LNL_CCS": (_code("INTEL", 16), None),
    "I915_4_TILED_BMG_CCS": (_code("INTEL", 17), None),
    # "multiple of 128 pixels for the width, multiple of 32 pixels for the height", for each plane:
    # macroblocks of 64 x 32 lie in Z-shape, so they come in pairs.
    "SAMSUNG_64_32_TILE": (_code("SAMSUNG", 1), Tile(128, 32, in_bytes=True)),
    "SAMSUNG_16_16_TILE": (_code("SAMSUNG", 2), Tile(16, 16, in_bytes=True, chroma_height=8)),
    "QCOM_COMPRESSED": (_code("QCOM", 1), None),
    "QCOM_TILED2": (_code("QCOM", 2), None),
    "QCOM_TILED3": (_code("QCOM", 3), None),
    "VIVANTE_TILED": (_code("VIVANTE", 1), Tile(4, 4)),
    "VIVANTE_SUPER_TILED": (_code("VIVANTE", 2), Tile(64, 64)),
    "VIVANTE_SPLIT_TILED": (_code("VIVANTE", 3), None),
    "VIVANTE_SPLIT_SUPER_TILED": (_code("VIVANTE", 4), None),
    "NVIDIA_TEGRA_TILED": (_code("NVIDIA", 1), Tile(16, 16, in_bytes=True)),
    # Tiles of 4 KiB; 128 bytes x 32 rows at 16 and 32 bits a pixel, the only ones it is used with.
    "BROADCOM_VC4_T_TILED": (_code("BROADCOM", 1), Tile(128, 32, in_bytes=True)),
    "BROADCOM_UIF": (_code("BROADCOM", 6), None),
    "ARM_16X16_BLOCK_U_INTERLEAVED": (_code("ARM", 1 << 52 | 1), Tile(16, 16)),
    # "the luminance samples are disposed in tiles representing 32x32 pixels and the chrominance
    # samples in tiles representing 32x64 pixels": both tiles are 32 bytes x 32 rows of their plane.
    "ALLWINNER_TILED": (_code("ALLWINNER", 1), Tile(32, 32, in_bytes=True)),
    # V4L2_PIX_FMT_MM21: luma in tiles of 16 x 32, chroma in tiles of 16 x 16 bytes.
    "MTK_16L_32S_TILE": (_code("MTK", 1), Tile(16, 32, in_bytes=True, chroma_height=16)),
    "APPLE_GPU_TILED": (_code("APPLE", 1), None),
    "APPLE_GPU_TILED_COMPRESSED": (_code("APPLE", 2), None),
}  # fmt: skip

_ALIASES: Final = {
    "NONE": "LINEAR",
    "GENERIC_16_16_TILE": "SAMSUNG_16_16_TILE",
    **{name.replace("I915_", "INTEL_", 1): name for name in _FIXED if name.startswith("I915_")},
}
_AFBC_BLOCKS: Final = {"16x16": 1, "32x8": 2, "64x4": 3, "32x8_64x4": 4}
_AFBC_FLAGS: Final = {
    "BCH": 1 << 11, "CBR": 1 << 7, "DB": 1 << 10, "SC": 1 << 9, "SPARSE": 1 << 6, "SPLIT": 1 << 5,
    "TILED": 1 << 8, "USM": 1 << 12, "YTR": 1 << 4,
}  # fmt: skip
_MTK_TILES: Final = {"16L32S": 1}
_MTK_FLAGS: Final = {"10BIT_LSBRASTER": 2 << 16, "10BIT_LSBTILED": 1 << 16, "COMPRESS_V1": 1 << 8}
_SAND: Final = {"BROADCOM_SAND32": 2, "BROADCOM_SAND64": 3, "BROADCOM_SAND128": 4, "BROADCOM_SAND256": 5}
_CALL: Final = re.compile(r"([A-Za-z0-9_]+)\s*\(([^()]*)\)", re.ASCII)
_HEX: Final = re.compile(r"0[xX][0-9a-fA-F]{1,16}", re.ASCII)


def parse_modifier(text: str) -> Modifier:
    """The modifier that `text` names, by name or 64-bit value.

    Raises:
        ValueError: `text` is a family that we know with a parameter that it does not have.
    """
    plain = text.strip()
    if _HEX.fullmatch(plain):
        return _by_value(int(plain, 16))
    plain = re.sub(
        r"^(DRM_FORMAT_MOD_|I915_FORMAT_MOD_)", lambda found: "I915_" if "I915" in found[0] else "", plain
    )
    plain = _ALIASES.get(plain, plain)
    if plain in _FIXED:
        return Modifier(plain, *_FIXED[plain])
    if plain in _SAND:
        return Modifier(plain, _code("BROADCOM", _SAND[plain]))
    call = _CALL.fullmatch(plain)
    if call is None:
        return Modifier(plain, None)
    family = call[1].removesuffix("_COL_HEIGHT")
    words = [word.strip() for word in re.split(r"[,|]", call[2])]
    if family in ("ARM_AFBC", "AFBC"):
        return _with_flags("ARM_AFBC", "ARM", words, _AFBC_BLOCKS, _AFBC_FLAGS)
    if family == "MTK":
        return _with_flags("MTK", "MTK", words, _MTK_TILES, _MTK_FLAGS)
    if family in _SAND:
        return _sand(family, words, text)
    return Modifier(plain, None)


def canonical(value: object) -> object:
    """The canonical name of a modifier given as text or as a 64-bit number; anything else as it is.

    Raises:
        ValueError: the number is no 64-bit value, or a known family has a parameter that it does not have.
    """
    if isinstance(value, str) and value.strip():
        return parse_modifier(value).name
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value <= MAX_VALUE:
            raise ValueError(f"expected a modifier of 64 bits, got {shown(value)}")
        return _by_value(value).name
    return value


def _with_flags(
    family: str, vendor: str, words: list[str], first: dict[str, int], flags: dict[str, int]
) -> Modifier:
    """A family whose parameters are one choice of `first` and any of `flags`."""
    chosen = [word for word in words if word in first]
    unknown = [word for word in words if word not in first and word not in flags]
    if unknown or len(chosen) != 1 or len(set(words)) != len(words):
        what = f"no {shown(unknown[0])}" if unknown else "one of its tiles once, and each flag at most once"
        raise ValueError(
            f"{family} has {what}; it takes one of {', '.join(first)} and any of {', '.join(flags)}"
        )
    value = first[chosen[0]] + sum(flags[word] for word in words if word in flags)
    return _by_value(_code(vendor, value))


def _sand(family: str, words: list[str], text: str) -> Modifier:
    if len(words) != 1 or not re.fullmatch(r"[0-9]{1,9}", words[0], re.ASCII):
        raise ValueError(f"expected {family}(column height in rows), got {shown(text)}")
    return _by_value(_code("BROADCOM", int(words[0]) << 8 | _SAND[family]))


_BY_VALUE: Final = {value: name for name, (value, _) in _FIXED.items()}


def _by_value(value: int) -> Modifier:
    if value in _BY_VALUE:
        return Modifier(_BY_VALUE[value], *_FIXED[_BY_VALUE[value]])
    vendor, rest = value >> 56, value & ((1 << 56) - 1)
    name: str | None = None
    if vendor == _VENDORS["ARM"] and rest >> 52 == 0:
        name = _flag_name("ARM_AFBC", rest, 0xF, _AFBC_BLOCKS, _AFBC_FLAGS)
    elif vendor == _VENDORS["MTK"]:
        name = _flag_name("MTK", rest, 0xFF, _MTK_TILES, _MTK_FLAGS)
    elif vendor == _VENDORS["BROADCOM"] and rest & 0xFF in _SAND.values():
        family = next(name for name, code in _SAND.items() if code == rest & 0xFF)
        name = f"{family}({rest >> 8})" if rest >> 8 else family
    return Modifier(name or f"0x{value:x}", value)


def _flag_name(family: str, rest: int, mask: int, first: dict[str, int], flags: dict[str, int]) -> str | None:
    """`ARM_AFBC(16x16,SPARSE,YTR)` from its bits, flags in alphabetical order; None if a bit has no name."""
    chosen = next((word for word, code in first.items() if code == rest & mask), None)
    named = [word for word, bit in flags.items() if rest & bit]
    known = rest & mask | sum(flags[word] for word in named)
    return f"{family}({','.join([chosen, *named])})" if chosen is not None and known == rest else None
