"""Sizes, planes and strides of a placement must fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from heapwright.allocator.judge.constraints.image.opaque import opaque_objections
from heapwright.allocator.judge.contradictions.path import Contradiction
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.allocator.judge.layout.families import opaque
from heapwright.allocator.judge.layout.form import control_objections, form_objections
from heapwright.allocator.judge.layout.pixels import modifier_named
from heapwright.allocator.judge.layout.stated import StatedLayout, layout_of
from heapwright.allocator.judge.layout.surfaces import Bands
from heapwright.platforms.errors import Path, shown
from heapwright.platforms.reading.documents import UNFIT
from heapwright.solver.answer.plan import Placement, Plan

MOST_COLUMNS: Final = 1 << 13
"""Of an image in columns (SAND): the simulator looks at each, and 8K has 60 of them."""


def wrong_numbers(case: JudgedQuestion, plan: Plan) -> Iterator[Contradiction]:
    """Sizes, planes and strides of a placement must fit each other."""
    for number, placement in enumerate(plan.placements):
        at: Path = ("placements", number)
        found = list(_sizes(placement)) or list(_planes(placement)) or list(_bytes(placement))
        yield from (((*at, *path), text) for path, text in found)


def _sizes(placement: Placement) -> Iterator[Contradiction]:
    sizes = placement.sizes
    if placement.count < 1:
        yield ("count",), "expected at least 1 buffer, got 0"
    if not sizes or 0 in sizes:
        yield ("sizes",), f"expected the bytes of each dma-buf, at least 1, got {_numbers_of(sizes)}"
    elif sum(sizes) != placement.size:
        yield (
            ("size",),
            f"the dma-bufs of {_numbers_of(sizes)} bytes are {sum(sizes)} together, not {placement.size}",
        )
    if placement.allocated < placement.size:
        yield (
            ("allocated",),
            f"a buffer of {placement.size} bytes cannot cost its memory {placement.allocated}",
        )


def _planes(placement: Placement) -> Iterator[Contradiction]:
    """Each plane lies in a dma-buf that is there, and ends in it; no dma-buf is without planes."""
    for index, plane in enumerate(placement.planes):
        at: Path = ("planes", index)
        if plane.dmabuf >= len(placement.sizes):
            yield (
                (*at, "dmabuf"),
                f"there are {len(placement.sizes)} dma-bufs, counted from 0; none is {plane.dmabuf}",
            )
            continue
        size = placement.sizes[plane.dmabuf]
        if plane.offset + plane.size > size:
            end = plane.offset + plane.size
            yield (*at, "size"), f"the plane ends at byte {end} of dma-buf {plane.dmabuf}, which has {size}"
        if plane.metadata > plane.size:
            yield (*at, "metadata"), f"{plane.metadata} bytes of metadata in a plane of {plane.size}"
        if plane.metadata_stride > plane.metadata:
            text = f"a row of metadata has {plane.metadata_stride} bytes, all of it {plane.metadata}"
            yield (*at, "metadata_stride"), text
    empty = set(range(len(placement.sizes))) - {plane.dmabuf for plane in placement.planes}
    if placement.planes and empty:
        yield ("sizes",), f"no plane lies in dma-buf {min(empty)}"


def _numbers_of(numbers: Sequence[int]) -> str:
    return " + ".join(map(str, numbers)) or "nothing"


def _bytes(placement: Placement) -> Iterator[Contradiction]:
    """How many planes there are and what each holds follows from format, modifier and extent."""
    if placement.format is None or placement.modifier is None:
        yield from _raw(placement)
        return
    if UNFIT.search(placement.modifier):
        yield ("modifier",), f"no modifier is called {shown(placement.modifier)}"
        return
    named = modifier_named(placement.modifier)
    value = None if named.value is None else f"{named.value:#x}"
    if value != placement.modifier_value:
        text = f"the value of {placement.modifier} is {value or 'unknown'}, not {placement.modifier_value}"
        yield ("modifier_value",), text
    if placement.coded_width < placement.width:
        yield ("coded_width",), f"expected at least the width {placement.width}, got {placement.coded_width}"
    if placement.coded_height < placement.height:
        yield (
            ("coded_height",),
            f"expected at least the height {placement.height}, got {placement.coded_height}",
        )
    if opaque(named):
        yield from (((), each.text) for each in opaque_objections(placement, ()) if each.kind != "modifier")
        if placement.planes:
            yield ("planes",), f"nobody knows the planes of {placement.format} in {placement.modifier}"
        return
    layout = layout_of(placement)
    if not isinstance(layout, StatedLayout):
        yield ("planes",), layout.text
        return
    bands = layout.pixels.planes[0]
    if isinstance(bands, Bands) and max(map(bands.columns, layout.strides)) > MOST_COLUMNS:
        yield ("planes",), f"strides {layout.strides} are more than {MOST_COLUMNS} columns"
        return
    for each in (*form_objections(layout), *control_objections(layout)):
        yield ("planes",), each.text


def _raw(placement: Placement) -> Iterator[Contradiction]:
    """Raw data has neither format nor extent, and one plane without stride."""
    stated = {
        "format": placement.format,
        "modifier": placement.modifier,
        "modifier_value": placement.modifier_value,
        "width": placement.width or None,
        "height": placement.height or None,
        "coded_width": placement.coded_width or None,
        "coded_height": placement.coded_height or None,
    }
    for key, value in stated.items():
        if value is not None:
            what = (
                "an image has a format and a modifier"
                if key in ("format", "modifier")
                else "raw data has none"
            )
            yield (key,), f"{what}; got {shown(value)}"
    if [(plane.offset, plane.stride, plane.dmabuf) for plane in placement.planes] != [(0, 0, 0)]:
        yield ("planes",), "raw data is one plane at offset 0, of stride 0, in dma-buf 0"
