"""The planes of a framebuffer as hardware addresses them: one class for each way bytes can lie.

A surface says how short a row and how low a plane may be, what it takes of a
dma-buf, and in which bytes each of its units lies. A unit is the least that
hardware reads or writes by itself: a byte of a linear or tiled plane, a block
and its entry in the table of a compressed one. All of it is worked out from
`include/uapi/drm/drm_fourcc.h` and the drivers named at each class, apart from
the solver.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import lcm
from typing import Final, NamedTuple

from heapwright.allocator.hardware import round_up
from heapwright.platforms.fourcc.formats import PlaneFormat


class PlaneBytes(NamedTuple):
    """What a plane takes of its dma-buf, from its offset on."""

    length: int
    metadata: int = 0
    """How many of these bytes, all of them at the start, describe the others."""
    metadata_stride: int = 0


class SampledUnit(NamedTuple):
    """One unit of a plane and the bytes that belong to it."""

    row: int
    column: int
    body: tuple[int, int]
    """(first byte, number of bytes) of its pixels, counted from the end of the plane's metadata."""
    entry: tuple[int, int] | None = None
    """The same of its entry in the metadata, counted from the plane's offset."""


class Surface:
    """Rows of bytes, one below the other."""

    control = False
    """It holds no pixels but what hardware needs to read those of another plane."""
    described = False
    """It begins with metadata, which hardware needs to read the rest."""

    def __init__(
        self, facts: PlaneFormat, stride_unit: int = 1, rows_unit: int = 1, offset_unit: int = 1
    ) -> None:
        self.facts = facts
        self.stride_unit, self.offset_unit = stride_unit, offset_unit
        self.rows_unit = lcm(rows_unit, facts.lines)

    def row_bytes(self, width: int) -> int:
        """Bytes that a row of an image of `width` pixels takes.

        A last group of samples need not be whole: drivers/gpu/drm/drm_fourcc.c
        drm_format_info_min_pitch().
        """
        return -(-self.samples(width) * self.facts.bytes // self.facts.samples)

    def least_stride(self, width: int) -> int:
        """The shortest stride that a row of an image fits into."""
        return self.group_bytes(width)

    def group_bytes(self, width: int) -> int:
        """Bytes that a row takes up to the end of the group that its last sample is in.

        drm_format_info_min_pitch() is content with less: the last macropixel then lies half in the next row.
        """
        groups = -(-self.samples(width) // self.facts.group)
        return -(-groups * self.facts.group * self.facts.bytes // self.facts.samples)

    def samples(self, width: int) -> int:
        return -(-width // self.facts.hsub)

    def rows(self, height: int) -> int:
        """Rows that an image of `height` pixels has here."""
        return -(-height // self.facts.vsub)

    def only_stride(self, width: int) -> int | None:
        """The stride that hardware works out for itself, if it listens to no other."""
        return None

    def only_rows(self, height: int) -> int | None:
        """The rows that hardware works out for itself, if it listens to no other number."""
        return None

    def shape(self, stride: int, rows: int) -> PlaneBytes:
        return PlaneBytes(stride * rows)

    def rows_in(self, stride: int, shape: PlaneBytes) -> int | None:
        """How many rows a plan's numbers make; None if no number of rows makes them."""
        rows, rest = divmod(shape.length, stride)
        return None if rest else rows

    def occupied(self, stride: int, rows: int) -> tuple[tuple[int, int], ...]:
        """(first byte, number of bytes) of all its pixels, counted from the end of its metadata."""
        shape = self.shape(stride, rows)
        return ((0, shape.length - shape.metadata),)

    def unit(self, stride: int, rows: int, row: int, column: int) -> SampledUnit:
        """The unit at a place: here, one byte."""
        return SampledUnit(row, column, (row * stride + column, 1))

    def grid(self, width: int, height: int) -> tuple[int, int]:
        """Units in a row and in a column of the part that an image fills."""
        return self.group_bytes(width), self.rows(height)

    def sampled(self, width: int, height: int, stride: int, rows: int) -> Iterator[SampledUnit]:
        """Units on both ends of the first two rows and the last, and around the middle."""
        across, down = self.grid(width, height)
        for row in sorted({0, min(1, down - 1), down // 2, down - 1}):
            for column in sorted({0, across // 2, across - 1}):
                yield self.unit(stride, rows, row, column)


class Tiled(Surface):
    """Tiles of some bytes by some rows, one row of tiles after the other; raster order within.

    Where `at_once` is more than one, a row has a multiple of so many tiles.
    """

    def __init__(
        self, facts: PlaneFormat, width: int, height: int, offset_unit: int = 1, at_once: int = 1
    ) -> None:
        super().__init__(facts, width * at_once, height, offset_unit)
        self.width = width

    def unit(self, stride: int, rows: int, row: int, column: int) -> SampledUnit:
        down, inner_row = divmod(row, self.rows_unit)
        across, inner_column = divmod(column, self.width)
        tile = self.tile(stride // self.width, down, across)
        at = tile * self.width * self.rows_unit + self.within(inner_row, inner_column)
        return SampledUnit(row, column, (at, 1))

    def tile(self, across: int, row: int, column: int) -> int:
        """Which tile of memory lies there, with `across` of them in a row."""
        return row * across + column

    def within(self, row: int, column: int) -> int:
        """Where a byte lies in its tile."""
        return row * self.width + column


class TTiled(Tiled):
    """Broadcom's T tiles: every other row of tiles runs from right to left (drm_fourcc.h "T" format)."""

    def tile(self, across: int, row: int, column: int) -> int:
        return row * across + (across - 1 - column if row % 2 else column)


class OwordTiled(Tiled):
    """Intel's Y tile: columns of 16 bytes, each as high as the tile (drm_fourcc.h I915_FORMAT_MOD_Y_TILED)."""

    def within(self, row: int, column: int) -> int:
        across, rest = divmod(column, 16)
        return across * 16 * self.rows_unit + row * 16 + rest


class ZTiled(Tiled):
    """Samsung's blocks of 64 bytes by 32 rows, laid in a Z over each two rows of blocks.

    Documentation/userspace-api/media/v4l/pixfmt-yuv-planar.rst, NV12MT: the first
    eight blocks are 0 1 6 7 over 2 3 4 5; an odd last row of blocks goes straight.
    """

    def unit(self, stride: int, rows: int, row: int, column: int) -> SampledUnit:
        across, down = stride // 64, rows // 32
        block_row, inner_row = divmod(row, 32)
        block, inner_column = divmod(column, 64)
        place = block + block_row // 2 * 2 * across
        if block_row % 2:
            place += block // 4 * 4 + 2
        elif block_row != down - 1:
            place += (block + 2) // 4 * 4
        return SampledUnit(row, column, (place * 2048 + inner_row * 64 + inner_column, 1))


class Bands(Surface):
    """Broadcom's SAND: columns of some bytes, each as high as the modifier says.

    drivers/gpu/drm/vc4/vc4_plane.c vc4_plane_mode_set(): a byte lies at offset
    + column × height of a column × width of a column + row × width of a column.
    All planes lie in the same columns, one below the other, so the bytes of a
    plane are not in one piece.
    """

    def __init__(self, facts: PlaneFormat, width: int, height: int) -> None:
        super().__init__(facts, width)
        self.width, self.height = width, height

    def only_stride(self, width: int) -> int:
        return round_up(self.row_bytes(width), self.width)

    def columns(self, stride: int) -> int:
        return -(-stride // self.width)

    def shape(self, stride: int, rows: int) -> PlaneBytes:
        return PlaneBytes(((self.columns(stride) - 1) * self.height + rows) * self.width)

    def rows_in(self, stride: int, shape: PlaneBytes) -> int | None:
        last = shape.length - (self.columns(stride) - 1) * self.height * self.width
        rows, rest = divmod(last, self.width)
        return None if rest or rows < 1 else rows

    def unit(self, stride: int, rows: int, row: int, column: int) -> SampledUnit:
        band, inner = divmod(column, self.width)
        return SampledUnit(row, column, (band * self.height * self.width + row * self.width + inner, 1))

    def occupied(self, stride: int, rows: int) -> tuple[tuple[int, int], ...]:
        whole = self.width * self.height
        return tuple((band * whole, self.width * rows) for band in range(self.columns(stride)))

    def all_columns(self, stride: int) -> int:
        """Bytes of all columns, their unused ends included."""
        return self.columns(stride) * self.height * self.width


class UifSurface(Surface):
    """Broadcom's UIF: blocks of 256 bytes in columns four blocks wide.

    Mesa src/gallium/drivers/v3d/v3d_resource.c v3d_setup_slices(),
    v3d_get_ub_pad(): rows of blocks are padded so that columns that lie side by
    side do not meet in one SDRAM bank.
    """

    CACHE: Final = 32
    """Rows of blocks in as much memory as all banks hold open: 8 banks of 4 KiB pages, a row of 1 KiB."""
    SPREAD: Final = 6
    """Rows of one and a half pages: what two columns should be apart."""

    def __init__(self, facts: PlaneFormat) -> None:
        utile = {1: (8, 8), 2: (8, 4), 4: (4, 4), 8: (2, 4)}[facts.bytes]
        self.block = (2 * utile[0], 2 * utile[1])
        super().__init__(facts, 4 * self.block[0] * facts.bytes, self.block[1], 4096)

    def only_stride(self, width: int) -> int:
        return round_up(self.row_bytes(width), self.stride_unit)

    def only_rows(self, height: int) -> int:
        blocks = -(-self.rows(height) // self.rows_unit)
        over = blocks % self.CACHE
        if over and over < self.SPREAD and blocks >= self.CACHE:
            blocks += self.SPREAD - over
        elif over > self.CACHE - self.SPREAD:
            blocks += self.CACHE - over
        return blocks * self.rows_unit

    def unit(self, stride: int, rows: int, row: int, column: int) -> SampledUnit:
        block_row, inner_row = divmod(row, self.rows_unit)
        band, inner = divmod(column, self.stride_unit)
        block, rest = divmod(inner, self.block[0] * self.facts.bytes)
        at = (band * (rows // self.rows_unit) + block_row) * 4 * 256 + block * 256
        return SampledUnit(row, column, (at + inner_row * self.block[0] * self.facts.bytes + rest, 1))
