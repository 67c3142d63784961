"""A plan's numbers as the layout of one image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heapwright.allocator.faults import Objection, refused
from heapwright.allocator.judge.layout.pixels import Pixels, pixels
from heapwright.allocator.judge.layout.surfaces import PlaneBytes
from heapwright.solver.answer.plan import Placement, Plane


class StatedLayout(NamedTuple):
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


def layout_of(placement: Placement) -> StatedLayout | Objection:
    """A plan's numbers as a layout, or what makes them none."""
    if placement.format is None or placement.modifier is None:
        return refused("format", "an image needs a format and a modifier")
    facts = pixels(placement.format, placement.modifier)
    if facts is None:
        return refused("modifier", f"no bytes are known for {placement.format} in {placement.modifier}")
    planes, sizes = placement.planes, placement.sizes
    if len(planes) != len(facts.planes):
        return refused(
            "format",
            f"{len(planes)} planes; {placement.format} in {placement.modifier} has {len(facts.planes)}",
        )
    dmabufs = tuple(plane.dmabuf for plane in planes)
    if dmabufs != (0,) * len(planes) and dmabufs != tuple(range(len(planes))):
        return refused("plane-buffers", f"planes lie in dma-bufs {dmabufs}")
    if len(sizes) != len(set(dmabufs)) or sum(sizes) != placement.size:
        return refused(
            "plane-buffers", f"sizes {sizes} for {len(set(dmabufs))} dma-bufs and {placement.size} bytes"
        )
    rows = _rows(facts, planes)
    if isinstance(rows, Objection):
        return rows
    return StatedLayout(
        facts,
        placement.width,
        placement.height,
        placement.coded_width,
        placement.coded_height,
        tuple(plane.stride for plane in planes),
        rows,
        tuple(plane.offset for plane in planes),
        dmabufs,
        sizes,
        tuple(plane.metadata for plane in planes),
    )


def _rows(facts: Pixels, planes: Sequence[Plane]) -> tuple[int, ...] | Objection:
    """How many rows each plane has, by its bytes; of planes that describe others, by what they describe."""
    found: list[int] = []
    for index, (plane, surface) in enumerate(zip(planes, facts.planes, strict=True)):
        if plane.stride < 1 or plane.size < 1:
            return refused("rows", "a plane is no whole number of rows")
        stated = PlaneBytes(plane.size, plane.metadata, plane.metadata_stride)
        if surface.control:
            rows: int | None = facts.plane_rows(index, found[0])
            if surface.shape(plane.stride, rows or 0) != stated:
                return refused("metadata-planes", f"plane {index} has {plane.size} bytes for {rows} rows")
        else:
            rows = surface.rows_in(plane.stride, stated)
        if rows is None:
            return refused(
                "metadata-planes" if surface.described or plane.metadata else "rows",
                f"the bytes of plane {index} make no whole number of rows",
            )
        found.append(rows)
    return tuple(found)


def in_proportion(layout: StatedLayout) -> bool:
    """Whether all strides follow plane 0 as the format's subsampling does."""
    return all(
        layout.pixels.natural(plane, layout.strides[0]) == stride
        for plane, stride in enumerate(layout.coloured)
    )
