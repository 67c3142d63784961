"""What a port's image rule holds against one layout, aspect by aspect."""

from __future__ import annotations

from collections.abc import Iterator

from heapwright.allocator.faults import Objection, refused, seen
from heapwright.allocator.hardware import known, round_up
from heapwright.allocator.judge.constraints.image.rules import Rule, implied_offsets, tail_bytes, touched
from heapwright.allocator.judge.layout.stated import StatedLayout
from heapwright.allocator.judge.layout.surfaces import Bands
from heapwright.platforms.schema import ExtentRule
from heapwright.platforms.values import Extent


def extent_objections(rule: Rule, extent: Extent, coded: Extent | None) -> Iterator[Objection]:
    """What it holds against the size of an image, and against the coded one where it makes that."""
    facts: ExtentRule = rule.facts.extent
    width, height = extent
    if isinstance(facts.min, Extent) and (width < facts.min.width or height < facts.min.height):
        yield refused("extent", f"{width}x{height} is smaller than {facts.min}")
    if isinstance(facts.max, Extent) and (width > facts.max.width or height > facts.max.height):
        yield refused("extent", f"{width}x{height} is larger than {facts.max}")
    if coded is not None and rule.facts.coded is not None:
        width, height = coded
        if width % rule.coded.width or height % rule.coded.height:
            yield refused("coded-size", f"coded {width}x{height} is not a multiple of {rule.coded}")
    if isinstance(facts.multiple, Extent) and (
        width % facts.multiple.width or height % facts.multiple.height
    ):
        yield refused("extent", f"{width}x{height} is not a multiple of {facts.multiple}")


def table_objections(rule: Rule, layout: StatedLayout) -> Iterator[Objection]:
    """Pixels begin where the device looks for them: behind a table of its own multiple."""
    multiple = (known(rule.facts.metadata.multiple) or 1) if rule.facts.metadata else 1
    for length in layout.metadata:
        if length % multiple:
            yield refused("metadata-planes", f"{length} bytes of metadata are no multiple of {multiple}")


def stride_objections(rule: Rule, layout: StatedLayout) -> Iterator[Objection]:
    stride, facts, pixels = layout.strides[0], rule.facts.stride, layout.pixels
    coloured = layout.coloured
    counted = coloured if facts.planes == "halved" else (stride,)
    if any(each % rule.multiple for each in counted):
        yield refused("stride-multiple", f"strides {counted} are not multiples of {rule.multiple}")
    if (group := facts.pixels) is not None:
        if any(each % group.bytes for each in counted):
            yield refused("stride-multiple", f"strides {counted} are not multiples of {group.bytes}")
        if stride < -(-layout.coded_width // group.group) * group.bytes:
            yield refused("stride-multiple", f"stride {stride} holds too few groups of {group.group} pixels")
    if facts.set is not None and stride not in facts.set:
        yield refused("stride-set", f"stride {stride} is none of {facts.set}")
    if facts.power_of_two and stride & (stride - 1):
        yield refused("stride-set", f"stride {stride} is no power of two")
    for multiple in rule.exact_multiples:
        own = tuple(
            pixels.row_bytes(plane, round_up(layout.width, multiple)) for plane in range(len(coloured))
        )
        if own != coloured:
            yield refused("stride-exact", f"strides {coloured} are not exactly {own}")
    least, most, most_pixels = known(facts.min), known(facts.max), known(facts.max_pixels)
    if least is not None and stride < least:
        yield refused("stride-range", f"stride {stride} is below {least}")
    if most is not None and stride > most:
        yield refused("stride-range", f"stride {stride} is above {most}")
    if most_pixels is not None and stride * pixels.block_width > most_pixels * pixels.block_bytes:
        yield refused("stride-range", f"stride {stride} is longer than {most_pixels} pixels")
    if facts.beyond is not None and stride > facts.beyond.bytes and stride % facts.beyond.multiple:
        yield refused("stride-range", f"stride {stride} is no multiple of {facts.beyond.multiple}")
    if rule.equal_planes and any(each != stride for each in coloured):
        yield refused("plane-strides", f"strides {coloured} are not equal")
    if facts.planes == "halved" and any(2 * each != stride for each in coloured[1:]):
        yield refused("plane-strides", f"chroma strides of {coloured} are not half the luma stride")


def column_objections(rule: Rule, layout: StatedLayout) -> Iterator[Objection]:
    bands = layout.pixels.planes[0]
    if isinstance(bands, Bands):
        least, most = rule.column_heights(layout.coded_height)
        if bands.height < least or (most is not None and bands.height > most):
            limit = "any number" if most is None else str(most)
            yield refused("modifier", f"columns of {bands.height} rows; takes {least} to {limit}")


def rows_objections(rule: Rule, layout: StatedLayout) -> Iterator[Objection]:
    if layout.rows[0] % rule.rows_multiple:
        yield refused("rows", f"{layout.rows[0]} rows are not a multiple of {rule.rows_multiple}")


def offset_objections(rule: Rule, layout: StatedLayout) -> Iterator[Objection]:
    if any(offset % rule.offset_multiple for offset in layout.offsets):
        yield refused("plane-offset", f"offsets {layout.offsets} are not multiples of {rule.offset_multiple}")
    implied = implied_offsets(rule, layout, layout.strides)
    if implied is not None and implied != layout.offsets[: layout.pixels.coloured]:
        yield seen("implied-plane-offset", f"looks for planes at {implied}, not {layout.offsets}")
    if rule.facts.tail is not None and rule.facts.tail.per_plane:
        for plane in range(min(layout.pixels.coloured, len(layout.strides) - 1)):
            after = layout.below(plane) + tail_bytes(rule, layout, plane)
            if layout.dmabufs[plane + 1] == layout.dmabufs[plane] and layout.offsets[plane + 1] < after:
                yield refused(
                    "tail", f"plane {plane + 1} at {layout.offsets[plane + 1]} lies in a tail up to {after}"
                )


def size_objections(rule: Rule, layout: StatedLayout) -> Iterator[Objection]:
    for dmabuf, (size, need) in enumerate(zip(layout.sizes, touched(rule, layout), strict=True)):
        if need > size:
            yield refused("tail", f"touches {need} bytes of dma-buf {dmabuf}, which has {size}")
    for rows in checked_rows(rule, layout):
        need_of = [0] * len(layout.sizes)
        for plane, stride in enumerate(layout.coloured):
            need_of[layout.dmabufs[plane]] += stride * rows[plane]
        for dmabuf, (size, need) in enumerate(zip(layout.sizes, need_of, strict=True)):
            if need > size:
                yield refused("minimum-size", f"wants {need} bytes in dma-buf {dmabuf}, which has {size}")


def checked_rows(rule: Rule, layout: StatedLayout) -> Iterator[tuple[int, ...]]:
    """Rows of each plane that its driver checks for, whatever it reads."""
    planes = range(len(layout.coloured))
    if rule.facts.minimum is not None:
        height = round_up(layout.height, rule.facts.minimum.rows_multiple)
        yield tuple(layout.pixels.rows(plane, height) for plane in planes)
    if (own := rule.facts.plane_rows) is not None:
        counted = []
        for plane in planes:
            # s5p-mfc halves the height of the image with an integer division before it multiplies.
            pixels = layout.strides[plane] * (layout.height // layout.pixels.planes[plane].facts.vsub)
            small = own.below is not None and pixels < own.below.bytes
            group = own.below.multiple if own.below is not None and small else own.multiple
            counted.append(round_up(layout.pixels.rows(plane, layout.height), group))
        yield tuple(counted)


def objections(rule: Rule, layout: StatedLayout, writes: bool) -> Iterator[Objection]:
    """Everything one rule holds against a layout."""
    if len(layout.sizes) not in rule.facts.dmabufs:
        yield refused("plane-buffers", f"{len(layout.sizes)} dma-bufs; takes {rule.facts.dmabufs}")
    if rule.facts.banks is not None:
        yield refused("plane-buffers", f"wants a plane in each of {', '.join(rule.facts.banks)}")
    coded = Extent(layout.coded_width, layout.coded_height) if writes else None
    yield from extent_objections(rule, Extent(layout.width, layout.height), coded)
    yield from column_objections(rule, layout)
    yield from table_objections(rule, layout)
    yield from stride_objections(rule, layout)
    yield from rows_objections(rule, layout)
    yield from offset_objections(rule, layout)
    yield from size_objections(rule, layout)
