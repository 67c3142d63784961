"""The closed form of every linear, tiled and compressed layout.

Worked example (design §4): XR24 1366x768, GPU `multiple: 256`, display 64,
encoder 16. A row is 1366 × 4 = 5464 bytes; lcm(256, 64, 16) = 256; 5464 rounded
up to 256 is 5632; 768 rows × 5632 = 4 325 376 bytes.

docs/modifiers.md says in words what is computed here.
"""

from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from math import gcd, lcm
from typing import Final, NamedTuple

from heapwright.platforms.fourcc.formats import PlaneFormat
from heapwright.platforms.schema import PlaneRows, Tail
from heapwright.platforms.values import Extent
from heapwright.solver.layout.layout import (
    Demand,
    Layout,
    PlaneLayout,
    compressed,
    round_up,
    row,
    settled,
    whole_blocks,
    whole_row,
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

    def of(self, stride: int, height: int) -> tuple[int, int]:
        """Bytes of a row of it, and of all of it, for a plane of so many rows of `stride` bytes."""
        row = round_up(-(-stride // self.columns) * self.bytes, self.stride)
        return row, row * round_up(-(-height // self.rows), self.down)


class Control(NamedTuple):
    """A plane that is nothing but metadata, of plane `of`; it begins on a multiple of `data.align`."""

    of: int
    data: Metadata
    multiple: int = 1
    """Of its size."""


class Shape(NamedTuple):
    """A format in a modifier: its planes, and the tiles that pad them.

    `rows` is the height of a tile in each plane, `columns` its width in bytes of a row.
    """

    planes: tuple[PlaneFormat, ...]
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
    payload: tuple[PlaneFormat, ...] = ()
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

    def lay(self, need: Demand, dmabufs: int) -> Layout | None:
        """The smallest layout that meets `need`, or None."""
        laid = _laid(self, need, dmabufs)
        if not self.derived or laid is None:
            return laid
        plain = _laid(self, Demand(need.image, need.block), dmabufs)
        return laid if plain is not None and laid.planes == plain.planes else None


def _laid(shape: Shape, need: Demand, dmabufs: int) -> Layout | None:
    extent, ratios = whole_blocks(need.image, need.block), _ratios(need, shape)
    if ratios is None:
        return None
    rows = round_up(extent.height, lcm(need.rows, shape.rows[0]))
    heights = [round_up(-(-rows // p.vsub), tile) for p, tile in zip(shape.planes, shape.rows, strict=True)]
    implied = bool(need.implied) and dmabufs == 1
    roomy = _roomy(need, shape, ratios, heights) if implied else 0
    if roomy is None:
        return None
    strides = _strides(need, extent.width, shape, ratios, implied, max(need.minimum, roomy))
    planes = None if strides is None else _planes(need, shape, strides, heights, dmabufs)
    if planes is None or any(plane.metadata % need.metadata for plane in planes):
        return None
    members = [[each for each in enumerate(planes) if each[1].dmabuf == dmabuf] for dmabuf in range(dmabufs)]
    sizes = tuple(_size(need, shape, of_one) for of_one in members)
    found = settled(need, sizes, planes, extent, rows)
    if found is None or not shape.compressed:
        return found
    controls = sum(plane.size for plane in planes[len(shape.planes) :])
    return compressed(found, controls + sum(plane.metadata for plane in planes))


@lru_cache(maxsize=1024)
def _natural(shape: Shape) -> list[Fraction]:
    """The strides of rows without padding, as multiples of plane 0's."""
    first = shape.planes[0]
    return [
        Fraction(p.bytes * first.samples * first.hsub, p.samples * p.hsub * first.bytes) for p in shape.planes
    ]


def _ratios(need: Demand, shape: Shape) -> list[Fraction] | None:
    """Each plane's stride as a multiple of plane 0's; None where rules disagree."""
    natural = _natural(shape)
    if need.halved and any(need.equal or ratio != Fraction(1, 2) for ratio in natural[1:]):
        return None
    return [Fraction(1)] * len(natural) if need.equal else natural


def _strides(
    need: Demand, width: int, shape: Shape, ratios: list[Fraction], implied: bool, least: int
) -> list[int] | None:
    """The smallest strides of all planes, plane 0's at least `least`; `ratios` to it are those of all."""
    multiple = need.multiple
    wide = shape.beyond[1] if width > shape.beyond[0] else 1
    for plane, ratio, column in zip(shape.payload or shape.planes, ratios, shape.columns, strict=True):
        above, below = ratio.as_integer_ratio()
        least = max(least, -(-whole_row(plane, width) * below // above))
        steps = (wanted * below for wanted in (*need.halved, lcm(column, wide)))
        multiple = lcm(multiple, below, *(step // gcd(step, above) for step in steps))
    for rows in need.implied if implied else ():
        multiple = lcm(multiple, *_steps(need, round_up(need.image.height, rows), shape, ratios))
    for group, size in need.groups:
        least = max(least, -(-width // group) * size)
        multiple = lcm(multiple, size)
    stride = _first_stride(need, shape, ratios, least, multiple)
    if stride is None:
        return None
    return [stride * ratio.numerator // ratio.denominator for ratio in ratios]


def _roomy(need: Demand, shape: Shape, ratios: list[Fraction], heights: list[int]) -> int | None:
    """The least stride at which every plane and its tail end before the next implied offset."""
    whole = lcm(*(ratio.denominator for ratio in ratios))

    def fits(number: int) -> bool:
        strides = [int(number * whole * ratio) for ratio in ratios]
        starts = implied_offsets(need.implied[0], need.image, shape.planes, strides)
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
    rows = (r * -(-height // plane.vsub) for plane, r in zip(shape.planes[:-1], ratios, strict=False))
    return [(need.offset / above).numerator for above in accumulate(rows)]


def _first_stride(
    need: Demand, shape: Shape, ratios: list[Fraction], least: int, multiple: int
) -> int | None:
    """The smallest stride of plane 0 that everybody accepts."""
    first = shape.planes[0]
    pixels = None if need.max_pixels is None else need.max_pixels * first.bytes // first.samples
    most = min((limit for limit in (need.maximum, pixels) if limit is not None), default=None)

    def accepts(stride: int) -> bool:
        return (
            stride >= least
            and stride % multiple == 0
            and (most is None or stride <= most)
            and not (need.power_of_two and stride & (stride - 1))
            and not any(stride > above and stride % step for above, step in need.beyond)
            and all(stride in allowed for allowed in need.sets)
            and all(_is_exact(stride, step, need.image, shape, ratios) for step in need.exact)
        )

    return next(filter(accepts, _candidates(need, shape, least, multiple)), None)


def _is_exact(stride: int, step: int, image: Extent, shape: Shape, ratios: list[Fraction]) -> bool:
    """Whether every plane's stride is its bytes of the image width rounded up to `step`."""
    width = round_up(image.width, step)
    return all(row(plane, width) == stride * ratio for plane, ratio in zip(shape.planes, ratios, strict=True))


def _candidates(need: Demand, shape: Shape, least: int, multiple: int) -> list[int]:
    """Strides among which the smallest acceptable one lies, ascending."""
    if need.pinned is not None:
        return [need.pinned]
    if need.exact:
        return [row(shape.planes[0], round_up(need.image.width, need.exact[0]))]
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
    need: Demand, shape: Shape, strides: list[int], heights: list[int], dmabufs: int
) -> tuple[PlaneLayout, ...] | None:
    """Planes one after the other, or each at the start of its own dma-buf."""
    alone = need.implied if dmabufs == 1 else ()
    implied = [implied_offsets(m, need.image, shape.planes, strides) for m in alone]
    own = need.metadata if shape.metadata and not shape.derived else 1
    planes: list[PlaneLayout] = []
    end = 0
    for index, (stride, height) in enumerate(zip(strides, heights, strict=True)):
        plane = _plane(need, shape, index, stride, height)
        if dmabufs > 1:
            planes.append(plane._replace(dmabuf=index) if index else plane)
            continue
        align = lcm(need.offset, own, shape.align[min(index, len(shape.align) - 1)])
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
    row, size = facts.of(stride, height)
    metadata = round_up(size, facts.align if shape.derived else lcm(facts.align, need.metadata))
    return PlaneLayout(0, stride, metadata + pixels, 0, metadata, row)


def _control(control: Control, main: PlaneLayout, height: int, end: int, need: Demand) -> PlaneLayout:
    """A metadata plane after `end`."""
    stride, size = control.data.of(main.stride, height)
    offset = round_up(end, lcm(control.data.align, need.offset))
    return PlaneLayout(offset, stride, round_up(size, control.multiple), 0)


def implied_offsets(
    multiple: int, image: Extent, shapes: tuple[PlaneFormat, ...], strides: list[int]
) -> list[int]:
    """Where a device that knows no offsets looks for each plane."""
    height = round_up(image.height, multiple)
    sizes = [stride * -(-height // plane.vsub) for plane, stride in zip(shapes, strides, strict=True)]
    return [*accumulate(sizes[:-1], initial=0)]


def _tail(need: Demand, shape: Shape, plane: int, stride: int, *, per_plane: bool) -> int:
    """The largest tail asked for after `plane` (or once, after the image)."""
    vsub = shape.planes[plane].vsub
    asked = (_bytes(tail, extent, stride, vsub) for tail, extent in need.tails if tail.per_plane == per_plane)
    return max(asked, default=0)


def _bytes(tail: Tail, extent: Extent, stride: int, vsub: int) -> int:
    """What one tail asks for, after a plane of one row for every `vsub` of the image."""
    size = (tail.bytes if isinstance(tail.bytes, int) else 0) + stride * -(-tail.rows // vsub)
    if tail.per_block is not None:
        width, height = tail.per_block.of
        size += tail.per_block.bytes * -(-extent.width // width) * -(-extent.height // height)
    return size if tail.at_least_stride_or is None else size + max(stride, tail.at_least_stride_or)


def _size(need: Demand, shape: Shape, planes: list[tuple[int, PlaneLayout]], end: int | None = None) -> int:
    """What one dma-buf must hold: its planes, up to `end`, tails, and the least anybody checks for."""
    (first, begin), (index, last) = planes[0], planes[-1]
    tails = [0]
    if index < len(shape.planes):
        tails.append(_tail(need, shape, index, last.stride, per_plane=True))
    if first == 0:
        tails.append(_tail(need, shape, 0, begin.stride, per_plane=False))
    size = (last.offset + last.size if end is None else end) + max(tails)
    return round_up(max([size, *_least(need, shape, planes)]), lcm(shape.whole, need.bytes_multiple))


def after(need: Demand, shape: Shape, planes: tuple[PlaneLayout, ...], end: int) -> int | None:
    """The bytes of a dma-buf whose planes are interleaved up to `end`; None if a tail would lie among them."""
    inner = enumerate(planes[:-1])
    if any(_tail(need, shape, index, plane.stride, per_plane=True) for index, plane in inner):
        return None
    return _size(need, shape, [*enumerate(planes)], end)


def _least(need: Demand, shape: Shape, planes: list[tuple[int, PlaneLayout]]) -> Iterator[int]:
    """Bytes of the planes at the image height rounded up, or each at its own: what drivers check for."""
    own = [(shape.planes[index], plane.stride) for index, plane in planes if index < len(shape.planes)]
    for multiple in need.minimum_rows:
        height = round_up(need.image.height, multiple)
        yield sum(stride * -(-height // facts.vsub) for facts, stride in own)
    for rule in need.plane_rows:
        yield sum(stride * _own_rows(rule, need.image.height, facts.vsub, stride) for facts, stride in own)


def _own_rows(rule: PlaneRows, height: int, vsub: int, stride: int) -> int:
    """Rows of one plane in whole groups; which groups, its whole rows decide.

    Source: linux-7.3.4:drivers/media/platform/samsung/s5p-mfc/s5p_mfc_opr_v6.c calc_plane().
    """
    few = rule.below is not None and stride * (height // vsub) < rule.below.bytes
    return round_up(-(-height // vsub), rule.below.multiple if few and rule.below else rule.multiple)
