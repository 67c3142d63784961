"""Fixed tiles: the image is padded to whole tiles, and its size is that of the padded image.

MTK_16L_32S_TILE, Samsung, Allwinner, Vivante, Mali's U-interleaved and the like:
the tile is a property of the modifier alone (platforms/modifiers.py), nothing is
compressed and no metadata is added.

Source: include/uapi/drm/drm_fourcc.h, the comments of each modifier.
"""

from __future__ import annotations

from functools import cache

from platforms.formats import pixel_format
from platforms.modifiers import parse_modifier
from solver.layout import Shape
from solver.modifiers.linear import planes


@cache
def shape(fourcc: str, modifier: str) -> Shape | None:
    found, tile = pixel_format(fourcc), parse_modifier(modifier).tile
    if found is None or tile is None or not found.linear:
        return None
    chroma = tile.chroma_height or tile.height
    rows = (tile.height,) + (chroma,) * (len(found.planes) - 1)
    lying = planes(found)
    if tile.in_bytes:
        return Shape(lying, rows, (tile.width,) * len(lying))
    return Shape(lying, rows, tuple(-(-tile.width * plane.bytes // plane.pixels) for plane in lying))
