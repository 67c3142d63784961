"""Planes that hold no pixels: Intel's colour control surfaces and clear colours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from heapwright.allocator.hardware import round_up
from heapwright.allocator.judge.layout.surfaces import PlaneBytes, Surface

CACHE_LINE: Final = 64
TILE: Final = 4096


class ControlPlane(Surface, ABC):
    """A plane that describes another one, its main plane."""

    control = True

    def __init__(self, main: Surface, stride_unit: int = 1, rows_unit: int = 1, offset_unit: int = 1) -> None:
        super().__init__(main.facts, stride_unit, rows_unit, offset_unit)
        self.main = main

    @abstractmethod
    def beside(self, main_stride: int) -> int:
        """The stride that goes with a stride of the main plane."""

    def row_bytes(self, width: int) -> int:
        return self.beside(round_up(self.main.row_bytes(width), self.main.stride_unit))

    def group_bytes(self, width: int) -> int:
        return self.beside(round_up(self.main.group_bytes(width), self.main.stride_unit))

    def shape(self, stride: int, rows: int) -> PlaneBytes:
        """i915 counts a buffer in tiles of 4 KiB, whatever lies in them (intel_fb.c calc_plane_normal_size())."""
        return PlaneBytes(round_up(stride * rows, TILE))


class LinearControl(ControlPlane):
    """Intel's CCS from display version 12 on: 64 bytes for each 4 by 1 tiles of the main plane.

    drivers/gpu/drm/i915/display/intel_fb.c gen12_ccs_aux_stride(): the stride is
    64 × (main stride / four tile widths, rounded up) and no other; one row of it
    stands for 32 rows of the main plane (intel_fb_plane_get_subsampling()); its
    offset is on a tile of 4 KiB (intel_fb_offset_to_xy()).
    """

    def __init__(self, main: Surface) -> None:
        super().__init__(main, CACHE_LINE, 1, TILE)

    def beside(self, main_stride: int) -> int:
        return -(-main_stride // self.main.stride_unit) * CACHE_LINE

    def rows(self, height: int) -> int:
        return -(-self.main.rows(height) // 32)


class TiledControl(ControlPlane):
    """Intel's CCS up to display version 11: a byte for 8 by 16 pixels, in tiles of 128 bytes by 32 rows.

    drivers/gpu/drm/i915/display/intel_fb.c skl_ccs_formats[], intel_tile_width_bytes().
    """

    def __init__(self, main: Surface) -> None:
        super().__init__(main, 128, 32, TILE)

    def beside(self, main_stride: int) -> int:
        pixels = main_stride * self.facts.samples // self.facts.bytes
        return round_up(-(-pixels // 8), self.stride_unit)

    def rows(self, height: int) -> int:
        return -(-self.main.rows(height) // 16)


class ClearColour(ControlPlane):
    """Intel's clear colour: 64 bytes on a multiple of 64 (intel_fb.c intel_fill_fb_info()); we take a whole tile's start."""

    def __init__(self, main: Surface) -> None:
        super().__init__(main, CACHE_LINE, 1, TILE)

    def beside(self, main_stride: int) -> int:
        return CACHE_LINE

    def rows(self, height: int) -> int:
        return 1

    def shape(self, stride: int, rows: int) -> PlaneBytes:
        return PlaneBytes(stride * rows)

    def grid(self, width: int, height: int) -> tuple[int, int]:
        return CACHE_LINE, 1
