"""What is wrong with a layout before any device is asked."""

from __future__ import annotations

from collections.abc import Iterator

from heapwright.allocator.faults import Objection, refused
from heapwright.allocator.judge.layout.stated import StatedLayout
from heapwright.allocator.judge.layout.surfaces import Bands


def form_objections(layout: StatedLayout) -> Iterator[Objection]:
    """What is wrong with a layout before any device is asked."""
    pixels = layout.pixels
    if pixels.together and layout.apart:
        yield refused("plane-buffers", "planes that belong together lie apart")
    for plane, offset in enumerate(layout.offsets):
        yield from _shape_objections(layout, plane)
        dmabuf = layout.dmabufs[plane]
        if plane == 0 or layout.dmabufs[plane - 1] != dmabuf:
            if offset:
                yield refused(
                    "plane-buffers", f"plane {plane} starts dma-buf {dmabuf} at {offset} instead of 0"
                )
        elif offset < layout.offsets[plane - 1] or _overlaps(layout, plane):
            yield refused("plane-offset", f"plane {plane} at {offset} overlaps plane {plane - 1}")
        elif pixels.packed and offset != layout.end(plane - 1):
            yield refused("plane-offset", f"plane {plane} at {offset} is not right behind plane {plane - 1}")
        if offset % pixels.planes[plane].offset_unit:
            unit = pixels.planes[plane].offset_unit
            yield refused("plane-offset", f"plane {plane} at {offset} does not start on a multiple of {unit}")
        if layout.end(plane) > layout.sizes[dmabuf]:
            yield refused(
                "minimum-size", f"plane {plane} ends at {layout.end(plane)} of {layout.sizes[dmabuf]} bytes"
            )
    yield from _band_objections(layout)
    if (unit := pixels.size_unit) > 1 and any(size % unit for size in layout.sizes):
        yield refused("minimum-size", f"{layout.sizes} bytes are not a multiple of {unit}")


def _shape_objections(layout: StatedLayout, plane: int) -> Iterator[Objection]:
    """What is wrong with the rows of one plane."""
    pixels, stride, rows = layout.pixels, layout.strides[plane], layout.rows[plane]
    need = pixels.least_stride(plane, layout.coded_width)
    if stride < need:
        yield refused(
            "stride-range", f"stride {stride} of plane {plane} is shorter than a row of {need} bytes"
        )
    if rows < pixels.rows(plane, layout.coded_height):
        yield refused("rows", f"plane {plane} has {rows} rows of {pixels.rows(plane, layout.coded_height)}")
    if rows != pixels.plane_rows(plane, layout.rows[0]):
        yield refused("rows", f"plane {plane} has {rows} rows beside {layout.rows[0]} of plane 0")
    if stride % pixels.stride_unit(plane) or rows % pixels.rows_unit(plane):
        yield refused("modifier", f"plane {plane} is not made of whole tiles")
    if plane:
        return
    only = pixels.only_strides(layout.coded_width), pixels.only_rows(layout.coded_height)
    if only[0] is not None and only[0] != layout.coloured:
        yield refused("modifier", f"strides {layout.coloured} under a modifier that makes them {only[0]}")
    if only[1] is not None and only[1] != layout.rows[: pixels.coloured]:
        yield refused("modifier", f"rows {layout.rows} under a modifier that makes them {only[1]}")
    if pixels.wide is not None and layout.coded_width > pixels.wide and stride % (4 * pixels.stride_unit(0)):
        yield refused(
            "modifier", f"stride {stride} of an image of {layout.coded_width} pixels is not four tiles"
        )


def _overlaps(layout: StatedLayout, plane: int) -> bool:
    """Whether a byte of a plane belongs to an earlier one as well."""
    mine = layout.spans(plane)
    return any(
        first < other_end and other_first < end
        for earlier in range(plane)
        if layout.dmabufs[earlier] == layout.dmabufs[plane]
        for other_first, other_end in layout.spans(earlier)
        for first, end in mine
    )


def _band_objections(layout: StatedLayout) -> Iterator[Objection]:
    """Columns hold all rows of all planes, one plane right below the other, and are all there."""
    bands, below = layout.pixels.planes[0], 0
    if not isinstance(bands, Bands):
        return
    for plane, offset in enumerate(layout.offsets):
        if offset != below * bands.width:
            yield refused("plane-offset", f"plane {plane} starts at {offset}, not below {below} rows")
        below += layout.rows[plane]
    if below > bands.height:
        yield refused("modifier", f"columns of {bands.height} rows for {below}")
    if (need := bands.all_columns(layout.strides[0])) > layout.sizes[0]:
        yield refused("minimum-size", f"the columns end at {need} of {layout.sizes[0]} bytes")


def control_objections(layout: StatedLayout) -> Iterator[Objection]:
    """Planes that describe others have the stride that goes with theirs, and no other."""
    for plane in range(layout.pixels.coloured, len(layout.strides)):
        if (own := layout.pixels.control_stride(plane, layout.strides)) != layout.strides[plane]:
            yield refused("metadata-planes", f"stride {layout.strides[plane]} of plane {plane} is not {own}")
