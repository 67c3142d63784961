"""Intel's Yf tiles: 4 KiB whose shape depends on the bytes of a sample.

Source: linux-7.2.13:drivers/gpu/drm/i915/display/intel_fb.c intel_tile_width_bytes(), intel_tile_height().

Example:
    image: [R8, I915_Yf_TILED, 100x100]  # tiles of 64 × 64 bytes: two by two, of 4 KiB each
    strides: [128]
    bytes: 16384
"""

from heapwright.platforms.fourcc.formats import PixelFormat
from heapwright.platforms.fourcc.layout_facts import facts
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.solver.layout.modifiers.linear import whole_samples
from heapwright.solver.layout.shape import Shape


def claims(modifier: Modifier) -> bool:
    return modifier.name == "I915_Yf_TILED"


def shape(pixels: PixelFormat, modifier: Modifier) -> Shape | None:
    table, sizes = facts("yf"), whole_samples(pixels)
    if sizes is None or not all(str(size) in table["columns"] for size in sizes):
        return None
    columns = tuple(table["columns"][str(size)] for size in sizes)
    rows = tuple(table["tile_bytes"] // column for column in columns)
    return Shape(pixels.planes, rows, columns, align=(table["tile_bytes"],))
