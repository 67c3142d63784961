"""The words of a layout: what all attachments ask of it, and what comes of it.

All attachments pour what they ask into one `Demand`; a modifier's `Form` gives the
smallest layout that meets it, or None. Smallest is best: every stride, offset and size
only grows, and nothing in the model gains from a larger one, so one layout per (format,
modifier, dma-bufs) is enough. Most forms are a `heapwright.solver.layout.shape.Shape`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, NamedTuple, Protocol

from heapwright.platforms.fourcc.formats import PlaneFormat
from heapwright.platforms.schema import ColumnHeight, PlaneRows, Tail
from heapwright.platforms.values import Extent

PIXEL: Final = Extent(1, 1)


class Form(Protocol):
    """How a family lays an image out: a `Shape`, or a closed form of its own."""

    @property
    def planes(self) -> tuple[PlaneFormat, ...]: ...

    @property
    def dmabufs(self) -> frozenset[int]:
        """In how many dma-bufs it can lie."""

    def lay(self, need: Demand, dmabufs: int) -> Layout | None:
        """The smallest layout that meets `need`, or None."""


class PlaneLayout(NamedTuple):
    """Bytes; `offset` counts from the start of dma-buf `dmabuf`."""

    offset: int
    stride: int
    size: int
    dmabuf: int
    metadata: int = 0
    """Of `size`, before the pixels."""
    metadata_stride: int = 0


class Layout(NamedTuple):
    """A solved layout; `sizes` is what each dma-buf must hold, in bytes.

    Without planes the layout is opaque, and the size a lower bound.
    """

    planes: tuple[PlaneLayout, ...]
    sizes: tuple[int, ...]
    coded: Extent
    rows: int
    moves: int = -1
    """Bytes that one attachment moves, where compression makes them fewer than `size`; else -1."""
    parameter: int = 0
    """Of the modifier, where it is made for this layout: SAND's column height."""

    @property
    def size(self) -> int:
        return sum(self.sizes)

    @property
    def opaque(self) -> bool:
        """Whether only the exporter knows how the bytes lie."""
        return not self.planes

    @property
    def moved(self) -> int:
        return self.size if self.moves < 0 else self.moves


@dataclass(slots=True, eq=False)
class Demand:
    """What all attachments together ask of one layout of an image (0x0: of raw data)."""

    image: Extent
    block: Extent = PIXEL
    """Writers round the image up to whole ones."""
    rows: int = 1
    multiple: int = 1
    minimum: int = 0
    maximum: int | None = None
    max_pixels: int | None = None
    groups: tuple[tuple[int, int], ...] = ()
    exact: tuple[int, ...] = ()
    sets: tuple[tuple[int, ...], ...] = ()
    power_of_two: bool = False
    beyond: tuple[tuple[int, int], ...] = ()
    equal: bool = False
    halved: tuple[int, ...] = ()
    offset: int = 1
    implied: tuple[int, ...] = ()
    tails: tuple[tuple[Tail, Extent], ...] = ()
    minimum_rows: tuple[int, ...] = ()
    plane_rows: tuple[PlaneRows, ...] = ()
    metadata: int = 1
    column_heights: tuple[ColumnHeight, ...] = ()
    bytes_max: int | None = None
    bytes_multiple: int = 1
    pinned: int | None = None

    def key(self) -> tuple[object, ...]:
        """Equal for demands that ask the same."""
        return _ASKED(self)


_ASKED: Final[Callable[[Demand], tuple[object, ...]]] = attrgetter(*Demand.__slots__)


def round_up(number: int, multiple: int) -> int:
    return number + -number % multiple


def row(plane: PlaneFormat, width: int) -> int:
    """Bytes of one row of an image `width` pixels wide, whatever groups they end in.

    Source: linux-7.2.13:drivers/gpu/drm/drm_fourcc.c drm_format_info_min_pitch().
    """
    samples = -(-width // plane.hsub)
    return -(-samples * plane.bytes // plane.samples)


def whole_row(plane: PlaneFormat, width: int) -> int:
    """Bytes of one row up to the end of its last group: two pixels of YUYV, four of NV15.

    Source: include/uapi/drm/drm_fourcc.h: "2x2 subsampled", "packed YCbCr", `[63:0]` of two pixels;
    drivers/media/v4l2-core/v4l2-common.c v4l2_format_plane_stride().
    """
    samples = round_up(-(-width // plane.hsub), plane.group)
    return -(-samples * plane.bytes // plane.samples)


def raw(size: int, need: Demand) -> Layout | None:
    """The layout of `size` bytes of raw data, or None where no port takes it."""
    total = round_up(size, need.bytes_multiple)
    if need.pinned is not None or (need.bytes_max is not None and total > need.bytes_max):
        return None
    return Layout((PlaneLayout(0, 0, size, 0),), (total,), Extent(0, 0), 0)


def solve(need: Demand, form: Form, dmabufs: int) -> Layout | None:
    """The smallest layout that meets `need`, or None.

    `dmabufs` is 1 (all planes together) or the number of planes (each alone).
    """
    return form.lay(need, dmabufs) if dmabufs in form.dmabufs else None


def whole_blocks(image: Extent, block: Extent | None) -> Extent:
    """An image, rounded up to whole blocks if there are any."""
    width, height = block or PIXEL
    return Extent(round_up(image.width, width), round_up(image.height, height))


def settled(
    need: Demand, sizes: tuple[int, ...], planes: tuple[PlaneLayout, ...], extent: Extent, rows: int
) -> Layout | None:
    """The layout, if no port finds its dma-bufs too large."""
    if need.bytes_max is not None and max(sizes) > need.bytes_max:
        return None
    return Layout(planes, sizes, extent, rows)


def compressed(layout: Layout, metadata: int) -> Layout:
    """The same bytes, of which an attachment moves the metadata and half of the rest.

    Source: Arm, "Vulkan best practice for mobile developers", AFBC: "bandwidth reductions of up to 50%".
    """
    return layout._replace(moves=metadata + -(-(layout.size - metadata) // 2))
