"""Arm's fixed-rate compression: coding units of a fixed size, 64 of them in a paging tile.

Sizes and strides are those of the compressed bytes, so a plane's "bytes a sample" are
the coding unit's.

Source: linux-7.2.13:include/uapi/drm/drm_fourcc.h "Arm Fixed-Rate Compression (AFRC) modifiers".

Example:
    image: [XB24, ARM_AFRC(P0=24), 33x33]  # to 64 × 64 pixels: 16 × 16 units of 24 bytes
    strides: [96]
    bytes: 6144
"""

from heapwright.platforms.fourcc.formats import PixelFormat, PlaneFormat
from heapwright.platforms.fourcc.layout_facts import facts
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.solver.layout.shape import Shape


def claims(modifier: Modifier) -> bool:
    return modifier.family == "ARM_AFRC"


def shape(pixels: PixelFormat, modifier: Modifier) -> Shape | None:
    parts = _components(pixels)
    sizes = {word[:-3]: int(word[-2:]) for word in modifier.words if "=" in word}
    if not parts or ("P12" in sizes) != (len(parts) > 1):
        return None
    table, scan = facts("afrc"), "SCAN" in modifier.words
    across, down = table["tile"][0 if scan else 1]
    lying, rows, columns, align = [], [], [], []
    for index, (plane, count) in enumerate(zip(pixels.planes, parts, strict=True)):
        unit = sizes["P12" if index else "P0"]
        width, height = table["units"][str(count)][0 if scan else 1]
        lying.append(PlaneFormat(unit, width * height, plane.hsub, plane.vsub))
        rows.append(height * down)
        columns.append(across * unit // height)
        align.append(table["align"][str(unit)])
    return Shape(tuple(lying), tuple(rows), tuple(columns), align=tuple(align))


def _components(pixels: PixelFormat) -> tuple[int, ...] | None:
    """How many numbers a sample of each plane has; None for packed YUV and others AFRC does not know."""
    if not pixels.linear or any(plane.samples != 1 for plane in pixels.planes):
        return None
    if pixels.colour == "yuv":
        first = pixels.planes[0].bytes
        return tuple(plane.bytes // first for plane in pixels.planes) if len(pixels.planes) > 1 else None
    names = [name for name in pixels.title.partition(" ")[0].split(":") if name not in "xX"]
    return (len(names),) if len(pixels.planes) == 1 and pixels.colour in ("rgb", "grey") else None
