"""Planes of compressed blocks: where the table of entries lies and where each block's bytes may lie.

How many bytes a block compresses to is known to nobody beforehand, so each has
room for all of them: that is what the kernel demands of such a buffer.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from heapwright.allocator.hardware import round_up
from heapwright.allocator.judge.layout.surfaces import PlaneBytes, SampledUnit, Surface
from heapwright.platforms.fourcc.formats import PlaneFormat

AFBC_ENTRY: Final = 16
AFBC_SLOT: Final = 128
AFBC_TABLE: Final = 64
AFBC_TILED_TABLE: Final = 4096
AFBC_BLOCK_PIXELS: Final = 256


class Afbc(Surface):
    """Arm's AFBC: a table of 16 bytes a superblock, then the superblocks in the order of the table.

    drivers/gpu/drm/drm_gem_framebuffer_helper.c drm_gem_afbc_min_size(): the
    table is rounded up to 64 bytes, with tiled headers to 4096; a superblock has
    room for its 256 pixels uncompressed, rounded up to 128 bytes (drm_fourcc.h
    AFBC_FORMAT_MOD_SPARSE); with tiled headers superblocks come 8 by 8, whatever
    drm_fourcc.h says of 4 by 4 for wide formats. A device may want the table
    rounded up further; its entries say where the superblocks are.
    """

    described = True

    def __init__(self, facts: PlaneFormat, block: tuple[int, int], tiled: bool) -> None:
        self.block, self.group = block, 8 if tiled else 1
        self.table_unit = AFBC_TILED_TABLE if tiled else AFBC_TABLE
        bits = facts.bytes * 8 * AFBC_BLOCK_PIXELS // facts.samples
        self.slot = round_up(-(-bits // 8), AFBC_SLOT)
        across = block[0] * self.group
        super().__init__(
            facts,
            stride_unit=across * facts.bytes // facts.samples,
            rows_unit=block[1] * self.group,
            offset_unit=self.table_unit,
        )

    def _blocks(self, stride: int, rows: int) -> tuple[int, int]:
        across = stride * self.facts.samples // self.facts.bytes // self.block[0]
        return across, rows // self.block[1]

    def shape(self, stride: int, rows: int) -> PlaneBytes:
        across, down = self._blocks(stride, rows)
        table = round_up(across * down * AFBC_ENTRY, self.table_unit)
        return PlaneBytes(table + across * down * self.slot, table, across * AFBC_ENTRY)

    def rows_in(self, stride: int, shape: PlaneBytes) -> int | None:
        across, _ = self._blocks(stride, 0)
        if not across:
            return None
        down, rest = divmod(shape.length - shape.metadata, across * self.slot)
        least = self.shape(stride, down * self.block[1])
        lawful = shape.metadata >= least.metadata and not shape.metadata % self.table_unit
        if rest or not lawful or shape.metadata_stride != least.metadata_stride:
            return None
        return down * self.block[1]

    def grid(self, width: int, height: int) -> tuple[int, int]:
        return -(-self.samples(width) // self.block[0]), -(-self.rows(height) // self.block[1])

    def unit(self, stride: int, rows: int, row: int, column: int) -> SampledUnit:
        across, _ = self._blocks(stride, rows)
        index = row * across + column
        if self.group > 1:
            tile_row, inner_row = divmod(row, self.group)
            tile, inner = divmod(column, self.group)
            index = (
                (tile_row * (across // self.group) + tile) * self.group**2 + inner_row * self.group + inner
            )
        return SampledUnit(row, column, (index * self.slot, self.slot), (index * AFBC_ENTRY, AFBC_ENTRY))


class Afrc(Surface):
    """Arm's AFRC: coding units of a fixed size, in paging tiles of 64.

    drm_fourcc.h "Arm Fixed-Rate Compression (AFRC) modifiers": the sizes of units
    and tiles and the alignment of a plane's start; Mesa src/panfrost/lib/pan_mod.c
    pan_mod_afrc_get_wsi_row_pitch(): a stride is the compressed bytes of a row of
    tiles, shared out among their rows. So a coding unit is this plane's group of samples.
    """

    def __init__(self, facts: PlaneFormat, coding: tuple[int, int], unit_bytes: int, scan: bool) -> None:
        self.coding, self.unit_bytes = coding, unit_bytes
        self.paging = (16, 4) if scan else (8, 8)
        group = PlaneFormat(unit_bytes, coding[0] * coding[1], facts.hsub, facts.vsub)
        high = coding[1] * self.paging[1]
        super().__init__(group, 64 * unit_bytes // high, high, {16: 1024, 24: 512, 32: 2048}[unit_bytes])

    def grid(self, width: int, height: int) -> tuple[int, int]:
        return -(-self.samples(width) // self.coding[0]), -(-self.rows(height) // self.coding[1])

    def unit(self, stride: int, rows: int, row: int, column: int) -> SampledUnit:
        page_row, inner_row = divmod(row, self.paging[1])
        page, inner = divmod(column, self.paging[0])
        page += page_row * (stride // self.stride_unit)
        at = (page * 64 + inner_row * self.paging[0] + inner) * self.unit_bytes
        return SampledUnit(row, column, (at, self.unit_bytes))


class Macrotile(NamedTuple):
    """What a Qualcomm format's plane is made of, in samples and bytes."""

    group: int
    """So many samples of a row …"""
    group_bytes: int
    """… take so many bytes: what a stride is a multiple of."""
    rows: int
    """What the rows are a multiple of."""
    tile: tuple[int, int]
    """Samples that one byte of metadata stands for."""


class Ubwc(Surface):
    """Qualcomm's UBWC: a byte of metadata for each tile, then the tiles, both rounded up to 4 KiB.

    drivers/gpu/drm/msm/disp/dpu1/dpu_formats.c _dpu_format_populate_plane_sizes_ubwc()
    and drivers/media/platform/qcom/iris/iris_buffer.c iris_yuv_buffer_size_qc08c(),
    _qc10c(): all numbers follow from the extent, whatever a framebuffer says.
    Without compression (QCOM_TILED3) the tiles are all there is.
    """

    META_STRIDE: Final = 64
    META_ROWS: Final = 16
    PLANE: Final = 4096

    def __init__(self, facts: PlaneFormat, tile: Macrotile, compressed: bool) -> None:
        self.tile, self.described = tile, compressed
        super().__init__(facts, tile.group_bytes, tile.rows, self.PLANE)

    def only_stride(self, width: int) -> int:
        return -(-self.samples(width) // self.tile.group) * self.tile.group_bytes

    def least_stride(self, width: int) -> int:
        """Rows may be packed tighter than the format's own: P010 has three samples in four bytes here."""
        return self.only_stride(width)

    def only_rows(self, height: int) -> int:
        return round_up(self.rows(height), self.rows_unit)

    def _tiles(self, stride: int, rows: int) -> tuple[int, int]:
        samples = stride // self.tile.group_bytes * self.tile.group
        return -(-samples // self.tile.tile[0]), -(-rows // self.tile.tile[1])

    def shape(self, stride: int, rows: int) -> PlaneBytes:
        pixels = round_up(stride * rows, self.PLANE)
        if not self.described:
            return PlaneBytes(pixels)
        across, down = self._tiles(stride, rows)
        row = round_up(across, self.META_STRIDE)
        table = round_up(row * round_up(down, self.META_ROWS), self.PLANE)
        return PlaneBytes(table + pixels, table, row)

    def rows_in(self, stride: int, shape: PlaneBytes) -> int | None:
        rows = (shape.length - shape.metadata) // stride // self.rows_unit * self.rows_unit
        return rows if rows > 0 and self.shape(stride, rows) == shape else None

    def grid(self, width: int, height: int) -> tuple[int, int]:
        return -(-self.samples(width) // self.tile.tile[0]), -(-self.rows(height) // self.tile.tile[1])

    def unit(self, stride: int, rows: int, row: int, column: int) -> SampledUnit:
        across, _ = self._tiles(stride, rows)
        each = self.tile.tile[0] * self.tile.group_bytes // self.tile.group * self.tile.tile[1]
        table = self.shape(stride, rows).metadata_stride
        entry = (row * table + column, 1) if self.described else None
        return SampledUnit(row, column, ((row * across + column) * each, each), entry)
