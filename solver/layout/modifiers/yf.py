"""Intel's Yf tiles: 4 KiB whose shape depends on the bytes of a sample.

Source: linux-7.2.13:drivers/gpu/drm/i915/display/intel_fb.c intel_tile_width_bytes(), intel_tile_height().

Example:
    image: [R8, I915_Yf_TILED, 100x100]  # tiles of 64 × 64 bytes: two by two, of 4 KiB each
    strides: [128]
    bytes: 16384
"""

from __future__ import annotations

from heapwright.platforms.fourcc.formats import PixelFormat, pixel_format
from heapwright.platforms.fourcc.layout_facts import facts
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.solver.layout.modifiers.linear import planes, whole_samples
from heapwright.solver.layout.shape import Shape


def claims(modifier: Modifier) -> bool:
    return modifier.name == "I915_Yf_TILED"


def shape(fourcc: str, modifier: Modifier) -> Shape | None:
    found = pixel_format(fourcc)
    tile = found and tiles(found)
    if found is None or not tile:
        return None
    return Shape(planes(found), tile[1], tile[0], align=(facts("yf")["tile_bytes"],))


def tiles(found: PixelFormat) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Bytes of a row of a tile and its rows, in each plane; None for samples of other sizes."""
    table, sizes = facts("yf"), whole_samples(found)
    if sizes is None or not all(str(size) in table["columns"] for size in sizes):
        return None
    columns = tuple(table["columns"][str(size)] for size in sizes)
    return columns, tuple(table["tile_bytes"] // column for column in columns)
