"""The image walk: what one device wrote, read back by every other.

A device computes addresses by its own rules, not by the plan: it rounds
strides, finds planes at its own implied offsets and touches its own tail. The
writer marks sampled bytes (both ends of the first and last row of each plane);
a reader that finds another mark, or none, has read a corrupt image.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from allocator.hardware import known, round_up
from allocator.simulated.faults import Objection, seen
from allocator.simulated.image import Layout, Rule, implied_offsets, touched


class View(NamedTuple):
    """A layout as one device sees it."""

    strides: tuple[int, ...]
    offsets: tuple[int, ...]
    ends: tuple[int, ...]
    """Where its last access to each dma-buf ends."""


class Mark(NamedTuple):
    """A sampled byte of the image."""

    plane: int
    row: int
    column: int


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


def _own_strides(rule: Rule, layout: Layout) -> tuple[int, ...]:
    pixels, planes = layout.pixels, range(len(layout.strides))
    for multiple in rule.exact_multiples:
        return tuple(pixels.row_bytes(plane, round_up(layout.width, multiple)) for plane in planes)
    first = _own_stride(rule, layout.strides[0], (pixels.block_bytes, pixels.block_width))
    if rule.equal_planes:
        return (first,) * len(planes)
    if rule.facts.stride.planes == "halved":
        return (first, *(first // 2 for _ in layout.strides[1:]))
    return (first, *layout.strides[1:])


def view(rule: Rule, layout: Layout) -> View:
    """Which bytes the device behind `rule` touches when it is told `layout`."""
    strides = _own_strides(rule, layout)
    offsets = tuple(round_up(offset, rule.offset_multiple) for offset in layout.offsets)
    offsets = implied_offsets(rule, layout, strides) or offsets
    if strides == layout.strides and offsets == layout.offsets:
        return View(strides, offsets, touched(rule, layout))
    own = layout._replace(strides=strides, offsets=offsets)
    return View(strides, offsets, touched(rule, own))


def samples(layout: Layout, seen_as: View) -> Iterator[tuple[tuple[int, int], Mark]]:
    """(dma-buf, address) and mark of every sampled byte, by one device's view."""
    for plane, (stride, offset) in enumerate(zip(seen_as.strides, seen_as.offsets, strict=True)):
        last_row = layout.pixels.rows(plane, layout.height) - 1
        last_column = layout.pixels.row_bytes(plane, layout.width) - 1
        for row in (0, 1, last_row) if last_row > 1 else (0, last_row):
            for column in (0, last_column):
                at = (layout.dmabufs[plane], offset + row * stride + column)
                yield at, Mark(plane, row, column)


def read_back(layout: Layout, writer: View, reader: View) -> Objection | None:
    """The first sampled byte that the reader finds wrong."""
    if writer.strides == reader.strides and writer.offsets == reader.offsets:
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


def overrun(layout: Layout, seen_as: View) -> Objection | None:
    """The device's last access lies outside the buffer."""
    for home, (end, size) in enumerate(zip(seen_as.ends, layout.sizes, strict=True)):
        if end > size:
            return seen("tail", f"touches byte {end - 1} of dma-buf {home}, which has {size}")
    return None


def mismatches(
    layout: Layout, writers: Sequence[tuple[str, View]], readers: Sequence[tuple[str, View]]
) -> Iterator[tuple[str, Objection]]:
    """(device, objection) for every reader that any writer's image corrupts."""
    for device, reader in readers:
        for _, writer in writers:
            found = read_back(layout, writer, reader)
            if found is not None:
                yield device, found
                break
