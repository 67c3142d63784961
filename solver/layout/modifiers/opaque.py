"""Modifiers whose bytes nobody but a driver can place: only a lower bound of the size is known.

The exporter computes the size, so only heaps whose exporter is told what a buffer is
for can take it (`heapwright.solver.constraints.memory.exporter_computes_size`).

Source: linux-7.2.13:include/uapi/drm/drm_fourcc.h: "Higher-level programs … see modifiers as opaque tokens".
"""

from __future__ import annotations

from typing import NamedTuple

from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.platforms.values import Extent
from heapwright.solver.layout.layout import Demand, Layout, PlaneShape, compressed
from heapwright.solver.layout.modifiers.linear import planes


class Opaque(NamedTuple):
    """A format of which only the bytes of its pixels are known."""

    planes: tuple[PlaneShape, ...]
    compressed: bool

    @property
    def dmabufs(self) -> frozenset[int]:
        return frozenset({1})

    def lay(self, need: Demand, image: Extent, dmabufs: int) -> Layout | None:
        """The pixels, packed; of what ports ask only the extent is imposed, and the most bytes they take."""
        size = sum(plane.row(image.width) * -(-image.height // plane.vsub) for plane in self.planes)
        if need.bytes_max is not None and size > need.bytes_max:
            return None
        found = Layout((), (size,), image, 0)
        return compressed(found, 0) if self.compressed else found


def shape(fourcc: str, modifier: Modifier) -> Opaque | None:
    found = pixel_format(fourcc)
    return None if found is None else Opaque(planes(found), modifier.compressed)
