"""Where the bytes of an image lie: the closed form of every linear and tiled layout.

All attachments pour what they ask into one `Demand`; `solve` gives the smallest
layout that meets it, or None. Smallest is best: every stride, offset and size
only grows, and nothing in the model gains from a larger one, so one layout per
(format, modifier, dma-bufs) is enough.

Worked example (design §4): XR24 1366x768, GPU `multiple: 256`, display 64,
encoder 16. A row is 1366 × 4 = 5464 bytes; lcm(256, 64, 16) = 256; 5464 rounded
up to 256 is 5632; 768 rows × 5632 = 4 325 376 bytes.
"""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction
from functools import cache
from math import gcd, lcm
from typing import Final, NamedTuple

from platforms.schema import Tail
from platforms.values import Extent

WIDEST: Final = 1 << 40
"""No stride is larger; where a device implies offsets, tails between planes may ask for a wide one."""


class PlaneShape(NamedTuple):
    """One plane of a pixel format: `bytes` per `pixels` samples of a row."""

    bytes: int
    pixels: int
    hsub: int
    vsub: int

    def row(self, width: int) -> int:
        """Bytes of one row of an image `width` pixels wide.

        Source: linux-7.2.13:drivers/gpu/drm/drm_fourcc.c drm_format_info_min_pitch().
        """
        samples = -(-width // self.hsub)
        return -(-samples * self.bytes // self.pixels)


class Shape(NamedTuple):
    """A format in a modifier: its planes, and the tiles that pad them.

    `rows` is the height of a tile in each plane, `columns` its width in bytes.
    """

    planes: tuple[PlaneShape, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]


class Plane(NamedTuple):
    """Bytes; `offset` counts from the start of dma-buf `dmabuf`."""

    offset: int
    stride: int
    size: int
    dmabuf: int


class Layout(NamedTuple):
    """A solved layout; `sizes` is what each dma-buf must hold, in bytes."""

    planes: tuple[Plane, ...]
    sizes: tuple[int, ...]
    coded: Extent
    rows: int

    @property
    def size(self) -> int:
        return sum(self.sizes)


class Demand:
    """What all attachments together ask of one layout."""

    __slots__ = (
        "beyond", "bytes_max", "bytes_multiple", "coded_height", "coded_width", "equal", "exact", "groups",
        "halved", "implied", "max_pixels", "maximum", "minimum", "minimum_rows", "multiple", "offset",
        "pinned", "power_of_two", "rows", "sets", "tails",
    )  # fmt: skip

    def __init__(self) -> None:
        self.coded_width = 1
        self.coded_height = 1
        self.rows = 1
        self.multiple = 1
        self.minimum = 0
        self.maximum: int | None = None
        self.max_pixels: int | None = None
        self.groups: list[tuple[int, int]] = []
        self.exact: list[int] = []
        self.sets: list[tuple[int, ...]] = []
        self.power_of_two = False
        self.beyond: list[tuple[int, int]] = []
        self.equal = False
        self.halved: list[int] = []
        self.offset = 1
        self.implied: list[int] = []
        self.tails: list[tuple[Tail, Extent]] = []
        self.minimum_rows: list[int] = []
        self.bytes_max: int | None = None
        self.bytes_multiple = 1
        self.pinned: int | None = None


def round_up(number: int, multiple: int) -> int:
    return number + -number % multiple


def raw(size: int, need: Demand) -> Layout | None:
    """The layout of `size` bytes of raw data, or None where no port takes it."""
    total = round_up(size, need.bytes_multiple)
    if need.pinned is not None or (need.bytes_max is not None and total > need.bytes_max):
        return None
    return Layout((Plane(0, 0, size, 0),), (total,), Extent(0, 0), 0)


def solve(need: Demand, image: Extent, shape: Shape, dmabufs: int) -> Layout | None:
    """The smallest layout of `image` that meets `need`, or None.

    `dmabufs` is 1 (all planes together) or the number of planes (each alone).
    """
    coded = Extent(round_up(image.width, need.coded_width), round_up(image.height, need.coded_height))
    rows = round_up(coded.height, lcm(need.rows, shape.rows[0]))
    heights = [round_up(-(-rows // p.vsub), tile) for p, tile in zip(shape.planes, shape.rows, strict=True)]
    implied = bool(need.implied) and dmabufs == 1
    roomy = _roomy(need, image, shape, heights) if implied else 0
    if roomy is None:
        return None
    strides = _strides(need, image, coded.width, shape, implied, max(need.minimum, roomy))
    planes = None if strides is None else _planes(need, image, shape, strides, heights, dmabufs)
    if planes is None:
        return None
    sizes = tuple(_size(need, image, shape, planes, dmabuf) for dmabuf in range(dmabufs))
    if need.bytes_max is not None and max(sizes) > need.bytes_max:
        return None
    return Layout(planes, sizes, coded, rows)


@cache
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
    for plane, ratio, column in zip(shape.planes, ratios, shape.columns, strict=True):
        above, below = ratio.as_integer_ratio()
        least = max(least, -(-plane.row(width) * below // above))
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
        starts = _implied(need.implied[0], image, shape, strides)
        ends = [
            start + stride * height + _tail(need, shape, index, stride, per_plane=True)
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
) -> tuple[Plane, ...] | None:
    """Planes one after the other, or each at the start of its own dma-buf."""
    implied = [_implied(m, image, shape, strides) for m in need.implied] if dmabufs == 1 else []
    planes: list[Plane] = []
    end = 0
    for index, (stride, height) in enumerate(zip(strides, heights, strict=True)):
        if dmabufs > 1:
            planes.append(Plane(0, stride, stride * height, index))
            continue
        offset = round_up(end, need.offset) if index else 0
        if implied:
            offset = implied[0][index]
            if offset < end or offset % need.offset or any(other[index] != offset for other in implied):
                return None
        planes.append(Plane(offset, stride, stride * height, 0))
        end = offset + stride * height + _tail(need, shape, index, stride, per_plane=True)
    return tuple(planes)


def _implied(multiple: int, image: Extent, shape: Shape, strides: list[int]) -> list[int]:
    """Where a device that knows no offsets looks for each plane."""
    height = round_up(image.height, multiple)
    offsets, end = [], 0
    for plane, stride in zip(shape.planes, strides, strict=True):
        offsets.append(end)
        end += stride * -(-height // plane.vsub)
    return offsets


def _tail(need: Demand, shape: Shape, plane: int, stride: int, *, per_plane: bool) -> int:
    """The largest tail asked for after `plane` (or once, after the image)."""
    most = 0
    for tail, coded in need.tails:
        if tail.per_plane != per_plane:
            continue
        size = tail.bytes if isinstance(tail.bytes, int) else 0
        if tail.per_block is not None:
            width, height = tail.per_block.of
            size += tail.per_block.bytes * -(-coded.width // width) * -(-coded.height // height)
        size += stride * -(-tail.rows // shape.planes[plane].vsub)
        if tail.at_least_stride_or is not None:
            size += max(stride, tail.at_least_stride_or)
        most = max(most, size)
    return most


def _size(need: Demand, image: Extent, shape: Shape, planes: tuple[Plane, ...], dmabuf: int) -> int:
    """What one dma-buf must hold: its planes, tails, and the least anybody checks for."""
    mine = [(index, plane) for index, plane in enumerate(planes) if plane.dmabuf == dmabuf]
    index, last = mine[-1]
    end = last.offset + last.size
    tail = _tail(need, shape, index, last.stride, per_plane=True)
    if dmabuf == 0:
        tail = max(tail, _tail(need, shape, 0, planes[0].stride, per_plane=False))
    size = end + tail
    for multiple in need.minimum_rows:
        height = round_up(image.height, multiple)
        size = max(size, sum(p.stride * -(-height // shape.planes[i].vsub) for i, p in mine))
    return round_up(size, need.bytes_multiple)
