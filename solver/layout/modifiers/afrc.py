"""Arm's fixed-rate compression: coding units of a fixed size, 64 of them in a paging tile.

Sizes and strides are those of the compressed bytes, so a plane's "bytes a sample" are
the coding unit's.

Source: linux-7.2.13:include/uapi/drm/drm_fourcc.h "Arm Fixed-Rate Compression (AFRC) modifiers".

Example:
    image: [XB24, ARM_AFRC(P0=24), 33x33]  # to 64 × 64 pixels: 16 × 16 units of 24 bytes
    strides: [96]
    bytes: 6144
"""

from __future__ import annotations

from heapwright.platforms.fourcc.formats import PixelFormat, pixel_format
from heapwright.platforms.fourcc.layout_facts import facts
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.solver.layout.layout import PlaneShape
from heapwright.solver.layout.shape import Shape


def claims(modifier: Modifier) -> bool:
    return modifier.family == "ARM_AFRC"


def shape(fourcc: str, modifier: Modifier) -> Shape | None:
    found = pixel_format(fourcc)
    parts = found and _components(found)
    sizes = {word[:-3]: int(word[-2:]) for word in modifier.words if "=" in word}
    if found is None or not parts or ("P12" in sizes) != (len(parts) > 1):
        return None
    table, scan = facts("afrc"), "SCAN" in modifier.words
    across, down = table["tile"][0 if scan else 1]
    lying, rows, columns, align = [], [], [], []
    for index, (plane, count) in enumerate(zip(found.planes, parts, strict=True)):
        unit = sizes["P12" if index else "P0"]
        width, height = table["units"][str(count)][0 if scan else 1]
        lying.append(PlaneShape(unit, width * height, plane.hsub, plane.vsub))
        rows.append(height * down)
        columns.append(across * unit // height)
        align.append(table["align"][str(unit)])
    return Shape(tuple(lying), tuple(rows), tuple(columns), align=tuple(align))


def _components(found: PixelFormat) -> tuple[int, ...] | None:
    """How many numbers a sample of each plane has; None for packed YUV and others AFRC does not know."""
    if not found.linear or any(plane.samples != 1 for plane in found.planes):
        return None
    if found.colour == "yuv":
        first = found.planes[0].bytes
        return tuple(plane.bytes // first for plane in found.planes) if len(found.planes) > 1 else None
    names = [name for name in found.title.partition(" ")[0].split(":") if name not in "xX"]
    return (len(names),) if len(found.planes) == 1 and found.colour in ("rgb", "grey") else None
