"""How many bytes the planes of a pixel format take under a modifier.

The tables give facts (bytes, samples, tiles, flags); what follows from them is
worked out here a second time, apart from the solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from heapwright.allocator.hardware import round_up
from heapwright.allocator.judge.layout.compressed import Ubwc
from heapwright.allocator.judge.layout.control import ControlPlane, TiledControl
from heapwright.allocator.judge.layout.families import parameter_free, surfaces
from heapwright.allocator.judge.layout.surfaces import Bands, Surface
from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.fourcc.modifiers import Modifier, parse_modifier

WIDE: Final = 3840
BMG_CCS: Final = 0x0100000000000011
"""I915_FORMAT_MOD_4_TILED_BMG_CCS: "with a size aligned to 64KB" (drm_fourcc.h)."""


class Pixels:
    """The planes of a framebuffer of one format and modifier, in AddFB2's order."""

    def __init__(self, planes: tuple[Surface, ...], size_unit: int = 1) -> None:
        self.planes = planes
        self.size_unit = size_unit
        """What the bytes of a dma-buf are a multiple of."""
        self.coloured = sum(not plane.control for plane in planes)
        """How many planes hold pixels; they come first."""
        self.block_bytes = planes[0].facts.bytes
        self.block_width = planes[0].facts.samples

    def row_bytes(self, plane: int, width: int) -> int:
        """Bytes that a row of an image of `width` pixels takes in a plane."""
        return self.planes[plane].row_bytes(width)

    def least_stride(self, plane: int, width: int) -> int:
        """The shortest stride that such a row fits into."""
        return self.planes[plane].least_stride(width)

    def rows(self, plane: int, height: int) -> int:
        """Rows that an image of `height` pixels has in a plane."""
        return self.planes[plane].rows(height)

    def plane_rows(self, plane: int, first: int) -> int:
        """Rows of a plane beside `first` rows of plane 0, whole tiles of its own."""
        return round_up(self.planes[plane].rows(first), self.planes[plane].rows_unit)

    def control_stride(self, plane: int, strides: Sequence[int]) -> int:
        """The stride of a plane that describes another one of those strides."""
        surface = self.planes[plane]
        assert isinstance(surface, ControlPlane)
        return surface.beside(strides[self.planes.index(surface.main)])

    def natural(self, plane: int, stride: int) -> int | None:
        """The stride of a coloured plane in proportion to plane 0's; None where that is no whole number."""
        facts, first = self.planes[plane].facts, self.planes[0].facts
        per_first, per_plane = (
            first.bytes * facts.samples * facts.hsub,
            facts.bytes * first.samples * first.hsub,
        )
        whole, rest = divmod(stride * per_plane, per_first)
        return None if rest else whole

    def only_strides(self, width: int) -> tuple[int, ...] | None:
        """The strides of the coloured planes that hardware works out from the width alone, if it does."""
        only = [plane.only_stride(width) for plane in self.planes[: self.coloured]]
        stated = tuple(each for each in only if each is not None)
        return stated if len(stated) == self.coloured else None

    def only_rows(self, height: int) -> tuple[int, ...] | None:
        """The rows of the coloured planes that hardware works out from the height alone, if it does."""
        only = [plane.only_rows(height) for plane in self.planes[: self.coloured]]
        stated = tuple(each for each in only if each is not None)
        return stated if len(stated) == self.coloured else None

    @property
    def packed(self) -> bool:
        """Hardware works out for itself where every plane begins: right behind the one before."""
        return any(isinstance(plane, Ubwc) for plane in self.planes)

    @property
    def wide(self) -> int | None:
        """Above so many pixels, rows of the main plane must be four tiles at once (intel_fb_stride_alignment())."""
        return WIDE if any(isinstance(plane, TiledControl) for plane in self.planes) else None

    def banded(self, height: int) -> Pixels:
        """The same planes in columns of another height."""
        bands = (plane for plane in self.planes if isinstance(plane, Bands))
        return Pixels(tuple(Bands(plane.facts, plane.width, height) for plane in bands))

    @property
    def together(self) -> bool:
        """All planes must lie in one dma-buf: some describe others, or share columns with them."""
        return any(plane.control or isinstance(plane, Bands) for plane in self.planes)

    def stride_unit(self, plane: int) -> int:
        """What a stride is a multiple of."""
        return self.planes[plane].stride_unit

    def rows_unit(self, plane: int) -> int:
        """What the rows of the plane are a multiple of."""
        return self.planes[plane].rows_unit


@lru_cache(maxsize=4096)
def pixels(fourcc: str, modifier: str) -> Pixels | None:
    """The planes of a format; None where its bytes under that modifier are not known here."""
    form, named = pixel_format(fourcc), modifier_named(modifier)
    planes = None if form is None else surfaces(form, named)
    if form is None or planes is None:
        return None
    return Pixels(planes, 1 << 16 if named.value == BMG_CCS else 1)


@lru_cache(maxsize=4096)
def modifier_named(text: str) -> Modifier:
    try:
        return parse_modifier(text)
    except ValueError:
        return Modifier(text, None)


def names(modifiers: Sequence[str], modifier: str) -> bool:
    """Whether a list has a modifier; one of columns may stand there without their height."""
    return modifier in modifiers or parameter_free(modifier_named(modifier)) in modifiers
