"""Their pixel formats and modifiers in DRM's words."""

from __future__ import annotations

from typing import Final

from heapwright.platforms.fourcc.modifiers import parse_modifier

from .party import Unreadable

FOURCC: Final = {
    "R8G8B8A8": "AB24", "B8G8R8A8": "AR24", "R8G8B8X8": "XB24", "B8G8R8X8": "XR24", "NV12": "NV12", "I420": "YU12",
    "YV12": "YV12", "YUY2": "YUYV", "B8G8R8": "RG24", "R8G8B8": "BG24", "R5G6B5": "RG16", "R8": "R8", "R8G8": "GR88",
    "A2B10G10R10": "AB30", "A2R10G10B10": "AR30", "P010": "P010",
}  # fmt: skip
"""Their formats name components in memory order, DRM's from the highest bit."""
_AFBC_FLAGS: Final = {
    "SPLIT_BLOCK": "SPLIT", "SPARSE": "SPARSE", "YUV": "YTR", "YTR": "YTR", "TILED_HEADER": "TILED", "BCH": "BCH",
}  # fmt: skip


def fourcc(name: str) -> str:
    if name not in FOURCC:
        raise Unreadable(f"no DRM fourcc known for {name}")
    return FOURCC[name]


def modifier_name(name: str) -> str:
    """Their modifier in DRM's words: `ARM_AFBC_16X16_SPARSE_YUV` is `ARM_AFBC(16x16,SPARSE,YTR)`.

    A flag that DRM does not have stays behind as a mark, so that no two of them become one.
    """
    if not name.startswith("ARM_AFBC_"):
        return name.replace("INTEL_YF_", "INTEL_Yf_")
    block, _, rest = name.removeprefix("ARM_AFBC_").partition("_")
    words = [block.lower()]
    for flag, ours in _AFBC_FLAGS.items():
        if f"_{flag}_" in f"_{rest}_":
            words.append(ours)
            rest = rest.replace(flag, "", 1)
    left = [word for word in rest.split("_") if word]
    spelt = f"ARM_AFBC({','.join(dict.fromkeys(words))})"
    try:
        parse_modifier(spelt)
    except ValueError:
        return name
    return spelt + "".join(f"+{word}" for word in left)
