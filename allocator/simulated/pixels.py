"""How many bytes the planes of a pixel format take under a modifier.

The table gives facts (bytes, samples, tiles); what follows from them is worked
out here a second time, apart from the solver.
"""

from __future__ import annotations

from functools import lru_cache

from allocator.hardware import round_up
from platforms.formats import PixelFormat, pixel_format
from platforms.modifiers import Modifier, Tile, parse_modifier


class Pixels:
    """The planes of one format, linear or in fixed tiles."""

    def __init__(self, form: PixelFormat, tile: Tile | None) -> None:
        self.planes = form.planes
        self.tile = tile
        self.block_bytes = form.planes[0].bytes
        self.block_width = form.planes[0].samples

    def row_bytes(self, plane: int, width: int) -> int:
        """Bytes that a row of an image of `width` pixels takes in a plane.

        A last group of samples need not be whole: drivers/gpu/drm/drm_fourcc.c
        drm_format_info_min_pitch().
        """
        facts = self.planes[plane]
        samples = -(-width // facts.hsub)
        return -(-samples * facts.bytes // facts.samples)

    def rows(self, plane: int, height: int) -> int:
        """Rows that an image of `height` pixels has in a plane."""
        return -(-height // self.planes[plane].vsub)

    def plane_rows(self, plane: int, first: int) -> int:
        """Rows of a plane beside `first` rows of plane 0, whole tiles of its own."""
        return round_up(-(-first // self.planes[plane].vsub), self.rows_unit(plane))

    def natural(self, plane: int, stride: int) -> int | None:
        """The stride of a plane in proportion to plane 0's; None where that is no whole number."""
        if plane == 0:
            return stride
        facts, first = self.planes[plane], self.planes[0]
        per_first, per_plane = (
            first.bytes * facts.samples * facts.hsub,
            facts.bytes * first.samples * first.hsub,
        )
        whole, rest = divmod(stride * per_plane, per_first)
        return None if rest else whole

    def stride_unit(self, plane: int) -> int:
        """Bytes of a row that a tile spans."""
        if self.tile is None:
            return 1
        facts = self.planes[plane]
        return self.tile.width if self.tile.in_bytes else self.tile.width * facts.bytes // facts.samples

    def rows_unit(self, plane: int) -> int:
        """Rows of the plane that a tile spans."""
        if self.tile is None:
            return 1
        return self.tile.chroma_height or self.tile.height if plane else self.tile.height


@lru_cache(maxsize=4096)
def pixels(fourcc: str, modifier: str) -> Pixels | None:
    """The planes of a format; None where its bytes under that modifier are not known here."""
    form, layout = pixel_format(fourcc), modifier_named(modifier)
    if form is None or (layout.linear and not form.linear) or not (layout.linear or layout.tile):
        return None
    return Pixels(form, layout.tile)


@lru_cache(maxsize=4096)
def modifier_named(text: str) -> Modifier:
    try:
        return parse_modifier(text)
    except ValueError:
        return Modifier(text, None)
