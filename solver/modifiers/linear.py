"""LINEAR: rows one after the other, planes as the format lists them.

Source: include/uapi/drm/drm_fourcc.h DRM_FORMAT_MOD_LINEAR.
"""

from __future__ import annotations

from functools import cache

from platforms.formats import PixelFormat, pixel_format
from solver.layout import PlaneShape, Shape


def shape(fourcc: str, modifier: str) -> Shape | None:
    return _linear(fourcc) if modifier == "LINEAR" else None


@cache
def _linear(fourcc: str) -> Shape | None:
    found = pixel_format(fourcc)
    if found is None or not found.linear:
        return None
    ones = (1,) * len(found.planes)
    return Shape(planes(found), ones, ones)


def planes(found: PixelFormat) -> tuple[PlaneShape, ...]:
    return tuple(PlaneShape(p.bytes, p.samples, p.hsub, p.vsub) for p in found.planes)
