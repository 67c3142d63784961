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

from allocator.hardware import known, round_up
from allocator.simulated.faults import Objection, refused, seen
from allocator.simulated.pixels import Pixels
from platforms.schema import ExtentRule, ImageRule, Tail
from platforms.values import Extent


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

    def end(self, plane: int) -> int:
        return self.offsets[plane] + self.strides[plane] * self.rows[plane]

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

    @cached_property
    def equal_planes(self) -> bool:
        return self.facts.stride.planes == "equal"


def form_objections(layout: Layout) -> Iterator[Objection]:
    """What is wrong with a layout before any device is asked."""
    pixels = layout.pixels
    for plane, (stride, rows, offset) in enumerate(
        zip(layout.strides, layout.rows, layout.offsets, strict=True)
    ):
        need = pixels.row_bytes(plane, layout.coded_width)
        if stride < need:
            yield refused(
                "stride-range", f"stride {stride} of plane {plane} is shorter than a row of {need} bytes"
            )
        if rows < pixels.rows(plane, layout.coded_height):
            yield refused(
                "rows", f"plane {plane} has {rows} rows of {pixels.rows(plane, layout.coded_height)}"
            )
        if rows != pixels.plane_rows(plane, layout.rows[0]):
            yield refused("rows", f"plane {plane} has {rows} rows beside {layout.rows[0]} of plane 0")
        if stride % pixels.stride_unit(plane) or rows % pixels.rows_unit(plane):
            yield refused("modifier", f"plane {plane} is not made of whole tiles")
        home = layout.dmabufs[plane]
        if plane == 0 or layout.dmabufs[plane - 1] != home:
            if offset:
                yield refused(
                    "plane-buffers", f"plane {plane} starts dma-buf {home} at {offset} instead of 0"
                )
        elif offset < layout.end(plane - 1):
            yield refused("plane-offset", f"plane {plane} at {offset} overlaps plane {plane - 1}")
        if layout.end(plane) > layout.sizes[home]:
            yield refused(
                "minimum-size", f"plane {plane} ends at {layout.end(plane)} of {layout.sizes[home]} bytes"
            )


def in_proportion(layout: Layout) -> bool:
    """Whether all strides follow plane 0 as the format's subsampling does."""
    return all(
        layout.pixels.natural(plane, layout.strides[0]) == stride
        for plane, stride in enumerate(layout.strides)
    )


def extent_objections(rule: Rule, layout: Layout, writes: bool) -> Iterator[Objection]:
    facts: ExtentRule = rule.facts.extent
    width, height = layout.width, layout.height
    if isinstance(facts.min, Extent) and (width < facts.min.width or height < facts.min.height):
        yield refused("extent", f"{width}x{height} is smaller than {facts.min}")
    if isinstance(facts.max, Extent) and (width > facts.max.width or height > facts.max.height):
        yield refused("extent", f"{width}x{height} is larger than {facts.max}")
    if writes and rule.facts.coded is not None:
        width, height = layout.coded_width, layout.coded_height
        if width % rule.coded.width or height % rule.coded.height:
            yield refused("coded-size", f"coded {width}x{height} is not a multiple of {rule.coded}")
    if isinstance(facts.multiple, Extent) and (
        width % facts.multiple.width or height % facts.multiple.height
    ):
        yield refused("extent", f"{width}x{height} is not a multiple of {facts.multiple}")


def stride_objections(rule: Rule, layout: Layout) -> Iterator[Objection]:
    stride, facts, pixels = layout.strides[0], rule.facts.stride, layout.pixels
    counted = layout.strides if facts.planes == "halved" else (stride,)
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
            pixels.row_bytes(plane, round_up(layout.width, multiple)) for plane in range(len(layout.strides))
        )
        if own != layout.strides:
            yield refused("stride-exact", f"strides {layout.strides} are not exactly {own}")
    least, most, most_pixels = known(facts.min), known(facts.max), known(facts.max_pixels)
    if least is not None and stride < least:
        yield refused("stride-range", f"stride {stride} is below {least}")
    if most is not None and stride > most:
        yield refused("stride-range", f"stride {stride} is above {most}")
    if most_pixels is not None and stride * pixels.block_width > most_pixels * pixels.block_bytes:
        yield refused("stride-range", f"stride {stride} is longer than {most_pixels} pixels")
    if facts.beyond is not None and stride > facts.beyond.bytes and stride % facts.beyond.multiple:
        yield refused("stride-range", f"stride {stride} is no multiple of {facts.beyond.multiple}")
    if rule.equal_planes and any(each != stride for each in layout.strides):
        yield refused("plane-strides", f"strides {layout.strides} are not equal")
    if facts.planes == "halved" and any(2 * each != stride for each in layout.strides[1:]):
        yield refused("plane-strides", f"chroma strides of {layout.strides} are not half the luma stride")


def rows_objections(rule: Rule, layout: Layout) -> Iterator[Objection]:
    if layout.rows[0] % rule.rows_multiple:
        yield refused("rows", f"{layout.rows[0]} rows are not a multiple of {rule.rows_multiple}")


def implied_offsets(rule: Rule, layout: Layout, strides: tuple[int, ...]) -> tuple[int, ...] | None:
    """Where a driver whose interface carries no offsets looks for each plane."""
    if rule.implied_rows is None or layout.apart:
        return None
    height, at = round_up(layout.height, rule.implied_rows), 0
    places = []
    for plane, stride in enumerate(strides):
        places.append(at)
        at += stride * layout.pixels.rows(plane, height)
    return tuple(places)


def offset_objections(rule: Rule, layout: Layout) -> Iterator[Objection]:
    if any(offset % rule.offset_multiple for offset in layout.offsets):
        yield refused("plane-offset", f"offsets {layout.offsets} are not multiples of {rule.offset_multiple}")
    implied = implied_offsets(rule, layout, layout.strides)
    if implied is not None and implied != layout.offsets:
        yield seen("implied-plane-offset", f"looks for planes at {implied}, not {layout.offsets}")
    if rule.facts.tail is not None and rule.facts.tail.per_plane:
        for plane in range(len(layout.strides) - 1):
            after = layout.end(plane) + tail_bytes(rule, layout, plane)
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
    need = [0] * len(layout.sizes)
    last = {home: plane for plane, home in enumerate(layout.dmabufs)}
    tail = rule.facts.tail
    for home, plane in last.items():
        need[home] = layout.end(plane)
        if tail is not None and tail.per_plane:
            need[home] += tail_bytes(rule, layout, plane)
    if tail is not None and not tail.per_plane:
        need[0] += tail_bytes(rule, layout, 0)
    return tuple(need)


def size_objections(rule: Rule, layout: Layout) -> Iterator[Objection]:
    for home, (size, need) in enumerate(zip(layout.sizes, touched(rule, layout), strict=True)):
        if need > size:
            yield refused("tail", f"touches {need} bytes of dma-buf {home}, which has {size}")
    if rule.facts.minimum is not None:
        height = round_up(layout.height, rule.facts.minimum.rows_multiple)
        need_of = [0] * len(layout.sizes)
        for plane, stride in enumerate(layout.strides):
            need_of[layout.dmabufs[plane]] += stride * layout.pixels.rows(plane, height)
        for home, (size, need) in enumerate(zip(layout.sizes, need_of, strict=True)):
            if need > size:
                yield refused("minimum-size", f"wants {need} bytes in dma-buf {home}, which has {size}")


def objections(rule: Rule, layout: Layout, writes: bool) -> Iterator[Objection]:
    """Everything one rule holds against a layout."""
    if len(layout.sizes) not in rule.facts.dmabufs:
        yield refused("plane-buffers", f"{len(layout.sizes)} dma-bufs; takes {rule.facts.dmabufs}")
    yield from extent_objections(rule, layout, writes)
    yield from stride_objections(rule, layout)
    yield from rows_objections(rule, layout)
    yield from offset_objections(rule, layout)
    yield from size_objections(rule, layout)
