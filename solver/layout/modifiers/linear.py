"""LINEAR: rows one after the other, planes as the format lists them.

Source: include/uapi/drm/drm_fourcc.h DRM_FORMAT_MOD_LINEAR.

Example:
    image: [NV12, LINEAR, 1920x1080]  # 1920 × 1080 bytes of luma, then 1920 × 540 of chroma
    strides: [1920, 1920]
    offsets: [0, 2073600]
    bytes: 3110400
"""

from heapwright.platforms.fourcc.formats import PixelFormat
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.solver.layout.shape import Shape


def claims(modifier: Modifier) -> bool:
    return modifier.linear


def shape(pixels: PixelFormat, modifier: Modifier) -> Shape | None:
    if not pixels.linear:
        return None
    return Shape(pixels.planes, tuple(plane.lines for plane in pixels.planes), (1,) * len(pixels.planes))


def whole_samples(pixels: PixelFormat) -> tuple[int, ...] | None:
    """Bytes of a sample of each plane, where they are powers of two; else None."""
    sizes = tuple(p.bytes for p in pixels.planes)
    plain = pixels.linear and all(p.samples == 1 and p.bytes & (p.bytes - 1) == 0 for p in pixels.planes)
    return sizes if plain else None
