"""What a port's image rule says about one layout, and where its device would look.

Each `*_objections` function asks one rule about one aspect of a given layout;
`view` tells which bytes the device behind the rule really touches, whatever
the layout says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from heapwright.allocator.faults import Objection, refused, seen
from heapwright.allocator.hardware import known, round_up
from heapwright.allocator.judge.layout.pixels import Pixels
from heapwright.allocator.judge.layout.surfaces import Bands
from heapwright.platforms.schema import ExtentRule, ImageRule, Tail
from heapwright.platforms.values import Extent


class Layout(NamedTuple):
    """How a plan says the bytes of one image lie; planes in order."""

    pixels: Pixels
    width: int
    height: int
    coded_width: int
    coded_height: int
    strides: tuple[int, ...]
    rows: tuple[int, ...]
    offsets: tuple[int, ...]
    dmabufs: tuple[int, ...]
    """Which dma-buf each plane lies in."""
    sizes: tuple[int, ...]
    """Bytes of each dma-buf."""
    metadata: tuple[int, ...] = ()
    """Bytes at the start of each plane that describe the rest of it; empty where none has any."""

    def spans(self, plane: int) -> tuple[tuple[int, int], ...]:
        """(first byte, last byte + 1) of every piece of its dma-buf that a plane uses."""
        surface, at = self.pixels.planes[plane], self.offsets[plane]
        table = self.table(plane)
        (first, length), *others = surface.occupied(self.strides[plane], self.rows[plane])
        pieces = ((first, table + length), *((table + begin, each) for begin, each in others))
        return tuple((at + begin, at + begin + each) for begin, each in pieces)

    def table(self, plane: int) -> int:
        """Bytes of a plane's metadata."""
        return self.metadata[plane] if self.metadata else 0

    def end(self, plane: int) -> int:
        """Where the last byte of a plane has passed."""
        return self.spans(plane)[-1][1]

    def below(self, plane: int) -> int:
        """Where the next plane could begin: right below, where planes share columns."""
        return self.spans(plane)[0][1]

    @property
    def coloured(self) -> tuple[int, ...]:
        """Strides of the planes that hold pixels."""
        return self.strides[: self.pixels.coloured]

    @property
    def apart(self) -> bool:
        return len(self.sizes) > 1


def _extent(value: object, least: int) -> Extent:
    return value if isinstance(value, Extent) else Extent(least, least)


@dataclass(frozen=True)
class Rule:
    """An image rule with its unknowns settled."""

    facts: ImageRule

    @cached_property
    def multiple(self) -> int:
        return known(self.facts.stride.multiple) or 1

    @cached_property
    def coded(self) -> Extent:
        return _extent(self.facts.coded.multiple if self.facts.coded else None, 1)

    @cached_property
    def rows_multiple(self) -> int:
        return known(self.facts.rows.multiple) or 1 if self.facts.rows else 1

    @cached_property
    def offset_multiple(self) -> int:
        return known(self.facts.offset.multiple) or 1 if self.facts.offset else 1

    @cached_property
    def implied_rows(self) -> int | None:
        implied = self.facts.implied_offset
        return None if implied is None else known(implied.rows.multiple) or 1

    @cached_property
    def exact_multiples(self) -> tuple[int, ...]:
        """Its stride is that of the width rounded up to so many pixels and no other, if it is that strict."""
        stride = self.facts.stride
        exact = () if stride.exact is None else (stride.exact.width_multiple,)
        return (*exact, 1) if stride.fixed else exact

    def column_heights(self, coded_height: int) -> tuple[int, int | None]:
        """The lowest and the highest columns it takes of such an image."""
        facts = self.facts.column_height
        if facts is None:
            return 1, None
        least, most = [known(facts.min) or 1], [known(facts.max)]
        if (times := facts.times_height) is not None:
            (number, parts), (top, pieces) = times.min, times.max
            least.append(-(-number * coded_height // parts))
            most.append(top * coded_height // pieces)
        return max(least), min((each for each in most if each is not None), default=None)

    def own_pixels(self, layout: Layout) -> Pixels:
        """The planes as this device addresses them: with columns that it can make."""
        bands = layout.pixels.planes[0]
        if not isinstance(bands, Bands):
            return layout.pixels
        least, most = self.column_heights(layout.coded_height)
        height = max(bands.height, least)
        height = height if most is None else min(height, most)
        return layout.pixels if height == bands.height else layout.pixels.banded(height)

    @cached_property
    def equal_planes(self) -> bool:
        return self.facts.stride.planes == "equal"


def form_objections(layout: Layout) -> Iterator[Objection]:
    """What is wrong with a layout before any device is asked."""
    pixels = layout.pixels
    if pixels.together and layout.apart:
        yield refused("plane-buffers", "planes that belong together lie apart")
    for plane, offset in enumerate(layout.offsets):
        yield from _shape_objections(layout, plane)
        home = layout.dmabufs[plane]
        if plane == 0 or layout.dmabufs[plane - 1] != home:
            if offset:
                yield refused(
                    "plane-buffers", f"plane {plane} starts dma-buf {home} at {offset} instead of 0"
                )
        elif offset < layout.offsets[plane - 1] or _overlaps(layout, plane):
            yield refused("plane-offset", f"plane {plane} at {offset} overlaps plane {plane - 1}")
        elif pixels.packed and offset != layout.end(plane - 1):
            yield refused("plane-offset", f"plane {plane} at {offset} is not right behind plane {plane - 1}")
        if offset % pixels.planes[plane].offset_unit:
            unit = pixels.planes[plane].offset_unit
            yield refused("plane-offset", f"plane {plane} at {offset} does not start on a multiple of {unit}")
        if layout.end(plane) > layout.sizes[home]:
            yield refused(
                "minimum-size", f"plane {plane} ends at {layout.end(plane)} of {layout.sizes[home]} bytes"
            )
    yield from _band_objections(layout)
    if (unit := pixels.size_unit) > 1 and any(size % unit for size in layout.sizes):
        yield refused("minimum-size", f"{layout.sizes} bytes are not a multiple of {unit}")


def _shape_objections(layout: Layout, plane: int) -> Iterator[Objection]:
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


def _overlaps(layout: Layout, plane: int) -> bool:
    """Whether a byte of a plane belongs to an earlier one as well."""
    mine = layout.spans(plane)
    return any(
        first < other_end and other_first < end
        for earlier in range(plane)
        if layout.dmabufs[earlier] == layout.dmabufs[plane]
        for other_first, other_end in layout.spans(earlier)
        for first, end in mine
    )


def _band_objections(layout: Layout) -> Iterator[Objection]:
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


def in_proportion(layout: Layout) -> bool:
    """Whether all strides follow plane 0 as the format's subsampling does."""
    return all(
        layout.pixels.natural(plane, layout.strides[0]) == stride
        for plane, stride in enumerate(layout.coloured)
    )


def control_objections(layout: Layout) -> Iterator[Objection]:
    """Planes that describe others have the stride that goes with theirs, and no other."""
    for plane in range(layout.pixels.coloured, len(layout.strides)):
        if (own := layout.pixels.control_stride(plane, layout.strides)) != layout.strides[plane]:
            yield refused("metadata-planes", f"stride {layout.strides[plane]} of plane {plane} is not {own}")


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


def table_objections(rule: Rule, layout: Layout) -> Iterator[Objection]:
    """Pixels begin where the device looks for them: behind a table of its own multiple."""
    multiple = (known(rule.facts.metadata.multiple) or 1) if rule.facts.metadata else 1
    for length in layout.metadata:
        if length % multiple:
            yield refused("metadata-planes", f"{length} bytes of metadata are no multiple of {multiple}")


def stride_objections(rule: Rule, layout: Layout) -> Iterator[Objection]:
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


def column_objections(rule: Rule, layout: Layout) -> Iterator[Objection]:
    bands = layout.pixels.planes[0]
    if isinstance(bands, Bands):
        least, most = rule.column_heights(layout.coded_height)
        if bands.height < least or (most is not None and bands.height > most):
            limit = "any number" if most is None else str(most)
            yield refused("modifier", f"columns of {bands.height} rows; takes {least} to {limit}")


def rows_objections(rule: Rule, layout: Layout) -> Iterator[Objection]:
    if layout.rows[0] % rule.rows_multiple:
        yield refused("rows", f"{layout.rows[0]} rows are not a multiple of {rule.rows_multiple}")


def implied_offsets(rule: Rule, layout: Layout, strides: tuple[int, ...]) -> tuple[int, ...] | None:
    """Where a driver whose interface carries no offsets looks for each plane."""
    if rule.implied_rows is None or layout.apart:
        return None
    height, at = round_up(layout.height, rule.implied_rows), 0
    places = []
    for plane, stride in enumerate(strides[: layout.pixels.coloured]):
        places.append(at)
        at += stride * layout.pixels.rows(plane, height)
    return tuple(places)


def offset_objections(rule: Rule, layout: Layout) -> Iterator[Objection]:
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


def tail_bytes(rule: Rule, layout: Layout, plane: int) -> int:
    """Bytes the device touches behind `plane`."""
    tail: Tail | None = rule.facts.tail
    if tail is None:
        return 0
    total = known(tail.bytes) or 0
    if tail.per_block is not None:
        across, down = tail.per_block.of
        width, height = round_up(layout.width, rule.coded.width), round_up(layout.height, rule.coded.height)
        total += tail.per_block.bytes * -(-width // across) * -(-height // down)
    stride, rows = layout.strides[plane], tail.rows
    if tail.per_plane:
        rows = layout.pixels.rows(plane, rows)
    total += rows * stride
    if tail.at_least_stride_or is not None:
        total += max(stride, tail.at_least_stride_or)
    return total


def touched(rule: Rule, layout: Layout) -> tuple[int, ...]:
    """How many bytes of each dma-buf the device needs, by its own reckoning."""
    need, tail = [0] * len(layout.sizes), rule.facts.tail
    last = {home: plane for plane, home in enumerate(layout.dmabufs[: layout.pixels.coloured])}
    for plane, home in enumerate(layout.dmabufs):
        surface = layout.pixels.planes[plane]
        columns = surface.all_columns(layout.strides[plane]) if isinstance(surface, Bands) else 0
        need[home] = max(need[home], layout.end(plane), columns)
    for home, plane in last.items():
        if tail is not None and tail.per_plane and layout.pixels.coloured == len(layout.strides):
            need[home] += tail_bytes(rule, layout, plane)
    if tail is not None and not tail.per_plane:
        need[0] += tail_bytes(rule, layout, 0)
    return tuple(need)


def size_objections(rule: Rule, layout: Layout) -> Iterator[Objection]:
    for home, (size, need) in enumerate(zip(layout.sizes, touched(rule, layout), strict=True)):
        if need > size:
            yield refused("tail", f"touches {need} bytes of dma-buf {home}, which has {size}")
    for rows in checked_rows(rule, layout):
        need_of = [0] * len(layout.sizes)
        for plane, stride in enumerate(layout.coloured):
            need_of[layout.dmabufs[plane]] += stride * rows[plane]
        for home, (size, need) in enumerate(zip(layout.sizes, need_of, strict=True)):
            if need > size:
                yield refused("minimum-size", f"wants {need} bytes in dma-buf {home}, which has {size}")


def checked_rows(rule: Rule, layout: Layout) -> Iterator[tuple[int, ...]]:
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


def objections(rule: Rule, layout: Layout, writes: bool) -> Iterator[Objection]:
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
