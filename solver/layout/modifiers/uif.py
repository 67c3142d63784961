"""Broadcom's UIF: blocks of 2 × 2 utiles in columns, padded against conflicts of SDRAM banks.

V3D works the layout out from the extent, and imports no other: it is derived.

Source: mesa:src/gallium/drivers/v3d/v3d_resource.c v3d_setup_slices(), v3d_get_ub_pad(),
v3d_resource_from_handle().

Example:
    image: [XR24, BROADCOM_UIF, 64x260]  # 33 rows of blocks, and 5 more against bank conflicts: 304 rows
    strides: [256]
    bytes: 77824
"""

from typing import NamedTuple

from heapwright.platforms.fourcc.formats import PixelFormat, PlaneFormat
from heapwright.platforms.fourcc.layout_facts import facts
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.solver.layout.layout import Demand, Layout, round_up, whole_blocks
from heapwright.solver.layout.modifiers.linear import whole_samples
from heapwright.solver.layout.shape import Shape


class Uif(NamedTuple):
    """One plane of `size` bytes a pixel; a UIF block is so many pixels by so many rows."""

    planes: tuple[PlaneFormat, ...]
    size: int
    block: tuple[int, int]
    across: int
    dmabufs: frozenset[int] = frozenset({1})

    def lay(self, need: Demand, dmabufs: int) -> Layout | None:
        """The only layout of that extent, if it meets `need`: a shape that is padded once, to its end."""
        height = padded(round_up(whole_blocks(need.image, need.block).height, self.block[1]) // self.block[1])
        column = self.block[0] * self.across * self.size
        one = Shape(self.planes, (height * self.block[1],), (column,), derived=True)
        return one.lay(need, dmabufs)


def claims(modifier: Modifier) -> bool:
    return modifier.name == "BROADCOM_UIF"


def shape(pixels: PixelFormat, modifier: Modifier) -> Uif | None:
    table, sizes = facts("uif"), whole_samples(pixels)
    if sizes is None or len(sizes) > 1 or str(sizes[0]) not in table["utile"]:
        return None
    width, height = table["utile"][str(sizes[0])]
    return Uif(pixels.planes, sizes[0], (2 * width, 2 * height), table["blocks_across"])


def padded(blocks: int) -> int:
    """Rows of UIF blocks with their padding, so that neighbouring columns do not meet in one bank."""
    table = facts("uif")
    cache: int = table["cache_rows"]
    apart: int = table["page_rows"] * 3 // 2
    over = blocks % cache
    if over == 0 or (over < apart and blocks < cache) or apart <= over <= cache - apart:
        return blocks
    return blocks - over + (apart if over < apart else cache)
