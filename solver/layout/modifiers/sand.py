"""Broadcom's SAND: columns one after the other, each with the rows of Y, then those of CbCr.

The column height is a parameter of the modifier and made for the buffer: the smallest
that everybody takes. Strides are derived; rows can be padded.

Source: linux-7.2.13:include/uapi/drm/drm_fourcc.h "Broadcom SAND format";
drivers/gpu/drm/vc4/vc4_plane.c vc4_plane_mode_set().

Example:
    image: [NV12, BROADCOM_SAND128, 1920x1080]  # 15 columns of 128 bytes, of 1080 + 540 rows each
    strides: [1920, 1920]
    offsets: [0, 138240]
    bytes: 3110400
"""

from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from math import ceil, floor, lcm
from typing import NamedTuple

from heapwright.platforms.fourcc.formats import PixelFormat, PlaneFormat
from heapwright.platforms.fourcc.layout_facts import facts
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.platforms.values import Ratio
from heapwright.solver.layout.layout import Demand, Layout, PlaneLayout, round_up, settled, whole_blocks
from heapwright.solver.layout.shape import Shape, after, implied_offsets


class Sand(NamedTuple):
    """Columns of `column` bytes; `fixed` is their height, if the modifier says it."""

    planes: tuple[PlaneFormat, ...]
    column: int
    fixed: int
    dmabufs: frozenset[int] = frozenset({1})

    def lay(self, need: Demand, dmabufs: int) -> Layout | None:
        """The smallest layout that meets `need`, or None."""
        extent = whole_blocks(need.image, need.block)
        rows = round_up(extent.height, lcm(need.rows, self.planes[0].lines))
        heights = [-(-rows // plane.vsub) for plane in self.planes]
        height = self._column_height(need, extent.height, sum(heights))
        plain = self._strides(need)
        if height is None or plain is None:
            return None
        columns = plain // self.column
        starts = [*accumulate((lines * self.column for lines in heights[:-1]), initial=0)]
        implied = (implied_offsets(m, need.image, self.planes, [plain] * len(starts)) for m in need.implied)
        if any(start % need.offset for start in starts) or any(other != starts for other in implied):
            return None
        laid = tuple(
            PlaneLayout(start, plain, ((columns - 1) * height + lines) * self.column, 0)
            for start, lines in zip(starts, heights, strict=True)
        )
        size = after(need, self._one(), laid, columns * height * self.column)
        found = None if size is None else settled(need, (size,), laid, extent, rows)
        return found and found._replace(parameter=height)

    def _one(self) -> Shape:
        """The planes' rows, for rules about strides."""
        number = len(self.planes)
        return Shape(self.planes, (1,) * number, (self.column,) * number, derived=True)

    def _strides(self, need: Demand) -> int | None:
        """The stride of all planes: whole columns, if nobody asks for another."""
        apart = replace(need, rows=1, offset=1, implied=(), tails=(), bytes_max=None)
        found = self._one().lay(apart, 1)
        if found is None or len({plane.stride for plane in found.planes}) > 1:
            return None
        return found.planes[0].stride

    def _column_height(self, need: Demand, height: int, rows: int) -> int | None:
        """The smallest that holds all rows and that every port takes."""
        least, most = rows, 1 << 48
        for rule in need.column_heights:
            least = max(least, rule.min or 0)
            most = min(most, rule.max if rule.max is not None else most)
            if rule.times_height is not None:
                least = max(least, ceil(_times(rule.times_height.min, height)))
                most = min(most, floor(_times(rule.times_height.max, height)))
        if self.fixed:
            return self.fixed if least <= self.fixed <= most else None
        return least if least <= most else None


def _times(ratio: Ratio, height: int) -> Fraction:
    return Fraction(ratio.numerator * height, ratio.denominator)


def claims(modifier: Modifier) -> bool:
    return bare(modifier) is not None


def shape(pixels: PixelFormat, modifier: Modifier) -> Sand | None:
    name = bare(modifier)
    if name is None or not _suits(pixels):
        return None
    height = int(modifier.words[0]) if modifier.words else 0
    return Sand(pixels.planes, facts("sand")["columns"][name], height)


def _suits(pixels: PixelFormat) -> bool:
    """One plane, or two of equal strides in samples of eight bits; and P030, 96 pixels in 128 bytes."""
    strides = {Fraction(plane.bytes, plane.samples * plane.hsub) for plane in pixels.planes}
    small = len(pixels.planes) == 1 or pixels.fourcc == "P030" or pixels.planes[0][:2] == (1, 1)
    return pixels.linear and small and len(pixels.planes) < 3 and len(strides) == 1


def bare(modifier: Modifier) -> str | None:
    """The name without its column height; None for other families."""
    name = modifier.family.removesuffix("_COL_HEIGHT")
    return name if name in facts("sand")["columns"] else None


def named(name: str, height: int) -> str:
    return name if "(" in name else f"{name}_COL_HEIGHT({height})"
