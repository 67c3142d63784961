"""LINEAR: rows one after the other, planes as the format lists them.

Source: include/uapi/drm/drm_fourcc.h DRM_FORMAT_MOD_LINEAR.

Example:
    image: [NV12, LINEAR, 1920x1080]  # 1920 × 1080 bytes of luma, then 1920 × 540 of chroma
    strides: [1920, 1920]
    offsets: [0, 2073600]
    bytes: 3110400
"""

from __future__ import annotations

from functools import lru_cache

from heapwright.platforms.fourcc.formats import PixelFormat, pixel_format
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.solver.layout.layout import PlaneShape
from heapwright.solver.layout.shape import Shape


def claims(modifier: Modifier) -> bool:
    return modifier.linear


def shape(fourcc: str, modifier: Modifier) -> Shape | None:
    return _linear(fourcc)


@lru_cache(maxsize=1024)
def _linear(fourcc: str) -> Shape | None:
    found = pixel_format(fourcc)
    if found is None or not found.linear:
        return None
    ones = (1,) * len(found.planes)
    laid = planes(found)
    return Shape(laid, tuple(plane.lines for plane in laid), ones)


def planes(found: PixelFormat) -> tuple[PlaneShape, ...]:
    return tuple(PlaneShape(p.bytes, p.samples, p.hsub, p.vsub, p.group, p.lines) for p in found.planes)


def whole_samples(found: PixelFormat) -> tuple[int, ...] | None:
    """Bytes of a sample of each plane, where they are powers of two; else None."""
    sizes = tuple(p.bytes for p in found.planes)
    plain = found.linear and all(p.samples == 1 and p.bytes & (p.bytes - 1) == 0 for p in found.planes)
    return sizes if plain else None
