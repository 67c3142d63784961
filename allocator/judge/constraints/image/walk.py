"""The image walk: what one device wrote, read back by every other.

A device computes addresses by its own rules, not by the plan: it rounds
strides, finds planes at its own implied offsets and touches its own tail. The
writer marks sampled units (bytes, or blocks and their entries in the metadata,
at the ends of a few rows of each plane); a reader that finds another mark, or
none, has read a corrupt image.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import lcm
from typing import NamedTuple

from heapwright.allocator.faults import Objection, seen
from heapwright.allocator.hardware import known, round_up
from heapwright.allocator.judge.constraints.image.rules import Rule, implied_offsets, touched
from heapwright.allocator.judge.layout.pixels import Pixels
from heapwright.allocator.judge.layout.stated import StatedLayout
from heapwright.allocator.judge.layout.surfaces import Bands


class View(NamedTuple):
    """A layout as one device sees it."""

    pixels: Pixels
    strides: tuple[int, ...]
    rows: tuple[int, ...]
    offsets: tuple[int, ...]
    ends: tuple[int, ...]
    """Where its last access to each dma-buf ends."""


class Sample(NamedTuple):
    """A sampled unit of the image: a byte or a block, its first byte, its last, or its entry."""

    plane: int
    row: int
    column: int
    part: int = 0


def _own_stride(rule: Rule, stride: int, pixel_bytes: tuple[int, int]) -> int:
    """What the device makes of the stride it is told for plane 0."""
    facts = rule.facts.stride
    if (least := known(facts.min)) is not None:
        stride = max(stride, least)
    stride = round_up(stride, rule.multiple)
    if facts.pixels is not None:
        stride = round_up(stride, facts.pixels.bytes)
    if facts.beyond is not None and stride > facts.beyond.bytes:
        stride = round_up(stride, facts.beyond.multiple)
    if facts.power_of_two:
        stride = 1 << (stride - 1).bit_length()
    if facts.set is not None:
        stride = min((each for each in facts.set if each >= stride), default=max(facts.set))
    if (most := known(facts.max)) is not None:
        stride = min(stride, most)
    if (most_pixels := known(facts.max_pixels)) is not None:
        stride = min(stride, most_pixels * pixel_bytes[0] // pixel_bytes[1])
    return stride


def _own_strides(rule: Rule, layout: StatedLayout) -> tuple[int, ...]:
    """What the device makes of the strides of the planes that hold pixels."""
    pixels, planes = layout.pixels, range(layout.pixels.coloured)
    if (only := pixels.only_strides(layout.coded_width)) is not None:
        return only
    for multiple in rule.exact_multiples:
        return tuple(pixels.row_bytes(plane, round_up(layout.width, multiple)) for plane in planes)
    first = _own_stride(rule, layout.strides[0], (pixels.block_bytes, pixels.block_width))
    if rule.equal_planes:
        return (first,) * len(planes)
    if rule.facts.stride.planes == "halved":
        return (first, *(first // 2 for _ in planes[1:]))
    return (first, *layout.coloured[1:])


def _own_offsets(rule: Rule, layout: StatedLayout) -> tuple[int, ...]:
    """Where the device looks for the planes; columns it takes as it is told."""
    pixels, places, behind = layout.pixels, [], 0
    for plane, offset in enumerate(layout.offsets):
        surface = pixels.planes[plane]
        if isinstance(surface, Bands):
            places.append(offset)
        elif pixels.packed:
            places.append(0 if layout.apart else behind)
            behind += surface.shape(layout.strides[plane], layout.rows[plane]).length
        else:
            places.append(round_up(offset, lcm(rule.offset_multiple, surface.offset_unit)))
    implied = implied_offsets(rule, layout, layout.strides)
    return tuple(places) if implied is None else (*implied, *places[len(implied) :])


def view(rule: Rule, layout: StatedLayout) -> View:
    """Which bytes the device behind `rule` touches when it is told `layout`."""
    pixels = rule.own_pixels(layout)
    coloured = _own_strides(rule, layout)
    controls = range(pixels.coloured, len(layout.strides))
    strides = (*coloured, *(pixels.control_stride(plane, coloured) for plane in controls))
    only = pixels.only_rows(layout.coded_height)
    rows = layout.rows if only is None else (*only, *layout.rows[len(only) :])
    own = layout._replace(pixels=pixels, strides=strides, rows=rows)
    own = own._replace(offsets=_own_offsets(rule, own))
    return View(pixels, strides, rows, own.offsets, touched(rule, own))


def samples(layout: StatedLayout, seen_as: View) -> Iterator[tuple[tuple[int, int], Sample]]:
    """(dma-buf, address) and mark of every sampled byte, by one device's view."""
    shapes = zip(seen_as.pixels.planes, seen_as.strides, seen_as.rows, seen_as.offsets, strict=True)
    for plane, (surface, stride, rows, offset) in enumerate(shapes):
        dmabuf = layout.dmabufs[plane]
        for unit in surface.sampled(layout.width, layout.height, stride, rows):
            first, length = unit.body
            at = offset + layout.table(plane) + first
            yield (dmabuf, at), Sample(plane, unit.row, unit.column)
            if length > 1:
                yield (dmabuf, at + length - 1), Sample(plane, unit.row, unit.column, 1)
            if unit.entry is not None:
                yield (dmabuf, offset + unit.entry[0]), Sample(plane, unit.row, unit.column, 2)


def read_back(layout: StatedLayout, writer: View, reader: View) -> Objection | None:
    """The first sampled byte that the reader finds wrong."""
    if writer[:-1] == reader[:-1]:
        return None
    written = dict(samples(layout, writer))
    for at, wanted in samples(layout, reader):
        found = written.get(at)
        if found != wanted:
            what = f"byte {found.column} of row {found.row} of plane {found.plane}" if found else "no pixel"
            return seen(
                "corrupt-read-back",
                f"plane {wanted.plane} row {wanted.row} byte {wanted.column} read at {at[1]:#x} holds {what}",
            )
    return None


def overrun(layout: StatedLayout, seen_as: View) -> Objection | None:
    """The device's last access lies outside the buffer."""
    for dmabuf, (end, size) in enumerate(zip(seen_as.ends, layout.sizes, strict=True)):
        if end > size:
            return seen("tail", f"touches byte {end - 1} of dma-buf {dmabuf}, which has {size}")
    return None


def mismatches(
    layout: StatedLayout, writers: Sequence[tuple[str, View]], readers: Sequence[tuple[str, View]]
) -> Iterator[tuple[str, Objection]]:
    """(device, objection) for every reader that any writer's image corrupts."""
    for device, reader in readers:
        for _, writer in writers:
            found = read_back(layout, writer, reader)
            if found is not None:
                yield device, found
                break
