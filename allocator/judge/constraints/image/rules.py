"""A port's image rule, and where the device behind it would look, whatever a layout says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from heapwright.allocator.hardware import known, round_up
from heapwright.allocator.judge.layout.pixels import Pixels
from heapwright.allocator.judge.layout.stated import StatedLayout
from heapwright.allocator.judge.layout.surfaces import Bands
from heapwright.platforms.schema import ImageRule, Tail
from heapwright.platforms.values import Extent


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

    def own_pixels(self, layout: StatedLayout) -> Pixels:
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


def implied_offsets(rule: Rule, layout: StatedLayout, strides: tuple[int, ...]) -> tuple[int, ...] | None:
    """Where a driver whose interface carries no offsets looks for each plane."""
    if rule.implied_rows is None or layout.apart:
        return None
    height, at = round_up(layout.height, rule.implied_rows), 0
    places = []
    for plane, stride in enumerate(strides[: layout.pixels.coloured]):
        places.append(at)
        at += stride * layout.pixels.rows(plane, height)
    return tuple(places)


def tail_bytes(rule: Rule, layout: StatedLayout, plane: int) -> int:
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


def touched(rule: Rule, layout: StatedLayout) -> tuple[int, ...]:
    """How many bytes of each dma-buf the device needs, by its own reckoning."""
    need, tail = [0] * len(layout.sizes), rule.facts.tail
    last = {dmabuf: plane for plane, dmabuf in enumerate(layout.dmabufs[: layout.pixels.coloured])}
    for plane, dmabuf in enumerate(layout.dmabufs):
        surface = layout.pixels.planes[plane]
        columns = surface.all_columns(layout.strides[plane]) if isinstance(surface, Bands) else 0
        need[dmabuf] = max(need[dmabuf], layout.end(plane), columns)
    for dmabuf, plane in last.items():
        if tail is not None and tail.per_plane and layout.pixels.coloured == len(layout.strides):
            need[dmabuf] += tail_bytes(rule, layout, plane)
    if tail is not None and not tail.per_plane:
        need[0] += tail_bytes(rule, layout, 0)
    return tuple(need)
