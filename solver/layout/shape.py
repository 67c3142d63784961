"""The closed form of every linear, tiled and compressed layout.

Worked example (design §4): XR24 1366x768, GPU `multiple: 256`, display 64,
encoder 16. A row is 1366 × 4 = 5464 bytes; lcm(256, 64, 16) = 256; 5464 rounded
up to 256 is 5632; 768 rows × 5632 = 4 325 376 bytes.

docs/modifiers.md says in words what is computed here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Final, NamedTuple

from heapwright.platforms.schema import PlaneRows
from heapwright.platforms.values import Extent
from heapwright.solver.layout.layout import (
    Demand,
    Layout,
    PlaneLayout,
    PlaneShape,
    coded,
    compressed,
    round_up,
    settled,
)

WIDEST: Final = 1 << 40
"""No stride is larger; where a device implies offsets, tails between planes may ask for a wide one."""


class Metadata(NamedTuple):
    """What a compressed plane begins with: `bytes` for every `columns` bytes of a row by `rows` rows.

    A row of it takes a multiple of `stride` bytes, there are a multiple of `down` rows,
    and the pixels begin on a multiple of `align`.
    """

    columns: int
    rows: int
    bytes: int
    stride: int
    down: int
    align: int


class Control(NamedTuple):
    """A plane that is nothing but metadata: `bytes` for every `columns` bytes of plane `of` by `rows` rows."""

    of: int
    columns: int
    rows: int
    bytes: int
    stride: int
    down: int
    align: int
    """Of its offset."""
    multiple: int = 1
    """Of its size."""


class Shape(NamedTuple):
    """A format in a modifier: its planes, and the tiles that pad them.

    `rows` is the height of a tile in each plane, `columns` its width in bytes of a row.
    """

    planes: tuple[PlaneShape, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    tiles: tuple[int, ...] = ()
    """Bytes a tile takes, where that is not rows × columns."""
    metadata: tuple[Metadata, ...] = ()
    """Of each plane, inside it."""
    controls: tuple[Control, ...] = ()
    align: tuple[int, ...] = (1,)
    """Where each plane starts; the last number is that of all further ones."""
    multiple: int = 1
    """The pixels of each plane take a multiple of so many bytes."""
    whole: int = 1
    """So does each dma-buf."""
    payload: tuple[PlaneShape, ...] = ()
    """The planes as their rows really lie, where they are packed otherwise than the format's."""
    derived: bool = False
    """Everybody works it out from the coded extent: nobody can pad it."""
    beyond: tuple[int, int] = (1 << 31, 1)
    """Images of more pixels across need strides that are such multiples."""
    compressed: bool = False
    """Devices move fewer bytes than the pixels take."""

    @property
    def dmabufs(self) -> frozenset[int]:
        return frozenset({1} if self.controls else {1, len(self.planes)})

    def lay(self, need: Demand, image: Extent, dmabufs: int) -> Layout | None:
        """The smallest layout of `image` that meets `need`, or None."""
        laid = _laid(self, need, image, dmabufs)
        if not self.derived or laid is None:
            return laid
        bare = Demand()
        bare.coded_width, bare.coded_height = need.coded_width, need.coded_height
        plain = _laid(self, bare, image, dmabufs)
        return laid if plain is not None and laid.planes == plain.planes else None


def _laid(shape: Shape, need: Demand, image: Extent, dmabufs: int) -> Layout | None:
    extent = coded(need, image)
    rows = round_up(extent.height, lcm(need.rows, shape.rows[0]))
    heights = [round_up(-(-rows // p.vsub), tile) for p, tile in zip(shape.planes, shape.rows, strict=True)]
    implied = bool(need.implied) and dmabufs == 1
    roomy = _roomy(need, image, shape, heights) if implied else 0
    if roomy is None:
        return None
    strides = _strides(need, image, extent.width, shape, implied, max(need.minimum, roomy))
    planes = None if strides is None else _planes(need, image, shape, strides, heights, dmabufs)
    if planes is None or any(plane.metadata % need.metadata for plane in planes):
        return None
    sizes = tuple(_size(need, image, shape, planes, dmabuf) for dmabuf in range(dmabufs))
    found = settled(need, sizes, planes, extent, rows)
    if found is None or not shape.compressed:
        return found
    main = len(shape.planes)
    controls = sum(plane.size for plane in planes[main:])
    return compressed(found, controls + sum(plane.metadata for plane in planes))


@lru_cache(maxsize=1024)
def _natural(shape: Shape) -> list[Fraction]:
    """The strides of rows without padding, as multiples of plane 0's."""
    first = shape.planes[0]
    return [
        Fraction(p.bytes * first.pixels * first.hsub, p.pixels * p.hsub * first.bytes) for p in shape.planes
    ]


def _ratios(need: Demand, shape: Shape) -> list[Fraction] | None:
    """Each plane's stride as a multiple of plane 0's; None where rules disagree."""
    natural = _natural(shape)
    if need.halved:
        halves = [Fraction(1)] + [Fraction(1, 2)] * (len(natural) - 1)
        if natural != halves:
            return None
    if need.equal:
        equal = [Fraction(1)] * len(natural)
        if need.halved and equal != natural:
            return None
        return equal
    return natural


def _strides(
    need: Demand, image: Extent, width: int, shape: Shape, implied: bool, floor: int
) -> list[int] | None:
    """The smallest strides of all planes, plane 0's at least `floor`."""
    ratios = _ratios(need, shape)
    if ratios is None:
        return None
    least, multiple = floor, need.multiple
    columns = shape.columns
    if width > shape.beyond[0]:
        columns = tuple(lcm(column, shape.beyond[1]) for column in columns)
    for plane, ratio, column in zip(shape.payload or shape.planes, ratios, columns, strict=True):
        above, below = ratio.as_integer_ratio()
        least = max(least, -(-plane.whole_row(width) * below // above))
        multiple = lcm(multiple, below)
        for wanted in (*need.halved, column):
            multiple = lcm(multiple, wanted * below // gcd(wanted * below, above))
    for rows in need.implied if implied else ():
        multiple = lcm(multiple, *_steps(need, round_up(image.height, rows), shape, ratios))
    for group, size in need.groups:
        least = max(least, -(-width // group) * size)
        multiple = lcm(multiple, size)
    stride = _first_stride(need, image, shape, ratios, least, multiple)
    if stride is None:
        return None
    return [stride * ratio.numerator // ratio.denominator for ratio in ratios]


def _roomy(need: Demand, image: Extent, shape: Shape, heights: list[int]) -> int | None:
    """The least stride at which every plane and its tail end before the next implied offset."""
    ratios = _ratios(need, shape)
    if ratios is None:
        return None
    whole = lcm(*(ratio.denominator for ratio in ratios))

    def fits(number: int) -> bool:
        strides = [int(number * whole * ratio) for ratio in ratios]
        starts = implied_offsets(need.implied[0], image, shape.planes, strides)
        ends = [
            start
            + _plane(need, shape, index, stride, height).size
            + _tail(need, shape, index, stride, per_plane=True)
            for index, (start, stride, height) in enumerate(zip(starts, strides, heights, strict=True))
        ]
        return all(end <= start for end, start in zip(ends, starts[1:], strict=False))

    if fits(1) or not fits(WIDEST):  # without tails all is in proportion
        return whole if fits(1) else None
    return whole * bisect_left(range(WIDEST), True, key=fits)


def _steps(need: Demand, height: int, shape: Shape, ratios: list[Fraction]) -> list[int]:
    """What plane 0's stride must be a multiple of, so that implied offsets are aligned."""
    steps, lines = [], Fraction(0)
    for plane, ratio in zip(shape.planes[:-1], ratios, strict=False):
        lines += ratio * -(-height // plane.vsub)
        steps.append((need.offset / lines).numerator)
    return steps


def _first_stride(
    need: Demand, image: Extent, shape: Shape, ratios: list[Fraction], least: int, multiple: int
) -> int | None:
    """The smallest stride of plane 0 that everybody accepts."""
    most = need.maximum
    if need.max_pixels is not None:
        first = shape.planes[0]
        pixels = need.max_pixels * first.bytes // first.pixels
        most = pixels if most is None else min(most, pixels)

    def accepts(stride: int) -> bool:
        if stride < least or stride % multiple or (most is not None and stride > most):
            return False
        if need.power_of_two and stride & (stride - 1):
            return False
        if any(stride > above and stride % step for above, step in need.beyond):
            return False
        if not all(stride in allowed for allowed in need.sets):
            return False
        return all(_is_exact(stride, step, image, shape, ratios) for step in need.exact)

    for stride in _candidates(need, image, shape, least, multiple):
        if accepts(stride):
            return stride
    return None


def _is_exact(stride: int, step: int, image: Extent, shape: Shape, ratios: list[Fraction]) -> bool:
    """Whether every plane's stride is its bytes of the image width rounded up to `step`."""
    width = round_up(image.width, step)
    return all(plane.row(width) == stride * ratio for plane, ratio in zip(shape.planes, ratios, strict=True))


def _candidates(need: Demand, image: Extent, shape: Shape, least: int, multiple: int) -> list[int]:
    """Strides among which the smallest acceptable one lies, ascending."""
    if need.pinned is not None:
        return [need.pinned]
    if need.exact:
        return [shape.planes[0].row(round_up(image.width, need.exact[0]))]
    if need.sets:
        return sorted(need.sets[0])
    if need.power_of_two:
        first = max(multiple, 1 << max(least - 1, 0).bit_length())
        return [first, *(max(first, 1 << step.bit_length() - 1) for _, step in sorted(need.beyond))]
    found = [round_up(least, multiple)]
    for above, _ in sorted(need.beyond):
        steps = lcm(multiple, *(step for threshold, step in need.beyond if threshold <= above))
        found.append(round_up(max(least, above + 1), steps))
    return found


def _planes(
    need: Demand, image: Extent, shape: Shape, strides: list[int], heights: list[int], dmabufs: int
) -> tuple[PlaneLayout, ...] | None:
    """Planes one after the other, or each at the start of its own dma-buf."""
    implied = [implied_offsets(m, image, shape.planes, strides) for m in need.implied] if dmabufs == 1 else []
    planes: list[PlaneLayout] = []
    end = 0
    for index, (stride, height) in enumerate(zip(strides, heights, strict=True)):
        plane = _plane(need, shape, index, stride, height)
        if dmabufs > 1:
            planes.append(plane._replace(dmabuf=index) if index else plane)
            continue
        align = lcm(need.offset, shape.align[min(index, len(shape.align) - 1)])
        if shape.metadata and not shape.derived:
            align = lcm(align, need.metadata)
        offset = round_up(end, align) if index else 0
        if implied:
            offset = implied[0][index]
            if offset < end or offset % align or any(other[index] != offset for other in implied):
                return None
        planes.append(plane._replace(offset=offset) if offset else plane)
        end = offset + plane.size + _tail(need, shape, index, stride, per_plane=True)
    for control in shape.controls:
        planes.append(_control(control, planes[control.of], heights[control.of], end, need))
        end = planes[-1].offset + planes[-1].size
    return tuple(planes)


def _plane(need: Demand, shape: Shape, index: int, stride: int, height: int) -> PlaneLayout:
    """One plane with its metadata, somewhere."""
    if shape.tiles:
        across, down = -(-stride // shape.columns[index]), -(-height // shape.rows[index])
        pixels = across * down * shape.tiles[index]
    else:
        pixels = stride * height
    pixels = round_up(pixels, shape.multiple)
    if not shape.metadata:
        return PlaneLayout(0, stride, pixels, 0)
    facts = shape.metadata[index]
    row = round_up(-(-stride // facts.columns) * facts.bytes, facts.stride)
    lines = round_up(-(-height // facts.rows), facts.down)
    align = facts.align if shape.derived else lcm(facts.align, need.metadata)
    metadata = round_up(row * lines, align)
    return PlaneLayout(0, stride, metadata + pixels, 0, metadata, row)


def _control(control: Control, main: PlaneLayout, height: int, end: int, need: Demand) -> PlaneLayout:
    """A metadata plane after `end`."""
    stride = round_up(-(-main.stride // control.columns) * control.bytes, control.stride)
    rows = round_up(-(-height // control.rows), control.down)
    size = round_up(stride * rows, control.multiple)
    return PlaneLayout(round_up(end, lcm(control.align, need.offset)), stride, size, 0)


def implied_offsets(
    multiple: int, image: Extent, shapes: tuple[PlaneShape, ...], strides: list[int]
) -> list[int]:
    """Where a device that knows no offsets looks for each plane."""
    height = round_up(image.height, multiple)
    offsets, end = [], 0
    for plane, stride in zip(shapes, strides, strict=True):
        offsets.append(end)
        end += stride * -(-height // plane.vsub)
    return offsets


def _tail(need: Demand, shape: Shape, plane: int, stride: int, *, per_plane: bool) -> int:
    """The largest tail asked for after `plane` (or once, after the image)."""
    if not need.tails:
        return 0
    most = 0
    for tail, extent in need.tails:
        if tail.per_plane != per_plane:
            continue
        size = tail.bytes if isinstance(tail.bytes, int) else 0
        if tail.per_block is not None:
            width, height = tail.per_block.of
            size += tail.per_block.bytes * -(-extent.width // width) * -(-extent.height // height)
        size += stride * -(-tail.rows // shape.planes[plane].vsub)
        if tail.at_least_stride_or is not None:
            size += max(stride, tail.at_least_stride_or)
        most = max(most, size)
    return most


def _size(need: Demand, image: Extent, shape: Shape, planes: tuple[PlaneLayout, ...], dmabuf: int) -> int:
    """What one dma-buf must hold: its planes, tails, and the least anybody checks for."""
    mine = [(index, plane) for index, plane in enumerate(planes) if plane.dmabuf == dmabuf]
    index, last = mine[-1]
    tail = 0
    if index < len(shape.planes):
        tail = _tail(need, shape, index, last.stride, per_plane=True)
    if dmabuf == 0:
        tail = max(tail, _tail(need, shape, 0, planes[0].stride, per_plane=False))
    size = last.offset + last.size + tail
    size = max([size, *_least(need, image, shape, mine)])
    return round_up(size, lcm(shape.whole, need.bytes_multiple))


def after(need: Demand, image: Extent, shape: Shape, planes: tuple[PlaneLayout, ...], end: int) -> int | None:
    """The bytes of a dma-buf whose planes are interleaved up to `end`; None if a tail would lie among them."""
    if any(
        _tail(need, shape, index, planes[index].stride, per_plane=True) for index in range(len(planes) - 1)
    ):
        return None
    last = len(planes) - 1
    size = end + max(
        _tail(need, shape, last, planes[last].stride, per_plane=True),
        _tail(need, shape, 0, planes[0].stride, per_plane=False),
    )
    size = max([size, *_least(need, image, shape, [*enumerate(planes)])])
    return round_up(size, need.bytes_multiple)


def _least(need: Demand, image: Extent, shape: Shape, planes: list[tuple[int, PlaneLayout]]) -> Iterator[int]:
    """Bytes of the planes at the image height rounded up, or each at its own: what drivers check for."""
    own = [(shape.planes[index], plane.stride) for index, plane in planes if index < len(shape.planes)]
    for multiple in need.minimum_rows:
        height = round_up(image.height, multiple)
        yield sum(stride * -(-height // facts.vsub) for facts, stride in own)
    for rule in need.plane_rows:
        yield sum(stride * _own_rows(rule, image.height, facts.vsub, stride) for facts, stride in own)


def _own_rows(rule: PlaneRows, height: int, vsub: int, stride: int) -> int:
    """Rows of one plane in whole groups; which groups, its whole rows decide.

    Source: linux-7.3.4:drivers/media/platform/samsung/s5p-mfc/s5p_mfc_opr_v6.c calc_plane().
    """
    few = rule.below is not None and stride * (height // vsub) < rule.below.bytes
    return round_up(-(-height // vsub), rule.below.multiple if few and rule.below else rule.multiple)
