"""Modifiers whose bytes nobody but a driver can place: only a lower bound of the size is known.

The exporter computes the size, so only heaps whose exporter is told what a buffer is
for can take it (`heapwright.solver.constraints.memory.exporter_computes_size`).

Source: linux-7.2.13:include/uapi/drm/drm_fourcc.h: "Higher-level programs … see modifiers as opaque tokens".
"""

from typing import NamedTuple

from heapwright.platforms.fourcc.formats import PixelFormat, PlaneFormat
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.solver.layout.layout import Demand, Layout, compressed, row


class Opaque(NamedTuple):
    """A format of which only the bytes of its pixels are known."""

    planes: tuple[PlaneFormat, ...]
    compressed: bool
    dmabufs: frozenset[int] = frozenset({1})

    def lay(self, need: Demand, dmabufs: int) -> Layout | None:
        """The pixels, packed; of what ports ask only the extent is imposed, and the most bytes they take."""
        image = need.image
        size = sum(row(plane, image.width) * -(-image.height // plane.vsub) for plane in self.planes)
        if need.bytes_max is not None and size > need.bytes_max:
            return None
        found = Layout((), (size,), image, 0)
        return compressed(found, 0) if self.compressed else found


def shape(pixels: PixelFormat, modifier: Modifier) -> Opaque:
    return Opaque(pixels.planes, modifier.compressed)
