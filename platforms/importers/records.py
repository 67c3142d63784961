"""What was read about a machine, before it becomes a profile.

Every record says where it was read (`source`, a text that begins with `probed:` or
`device-tree:`); None and empty mean that nobody told.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

QueueDirection = Literal["capture", "output"]
Entry = dict[str, Any]
"""What records become: a part of a profile as a file states it."""


class Bank(NamedTuple):
    """A range of ordinary memory; `base` is None where it may not be read."""

    base: int | None
    size: int
    held: int
    source: str


class Area(NamedTuple):
    """Memory set aside from ordinary memory: a CMA area, a pool of huge pages, a reserved region.

    `kind`: `cma` gives contiguous buffers to whoever asks, `huge` are huge pages, and from
    `reserved` no heap allocates.
    """

    name: str
    kind: Literal["cma", "huge", "reserved"]
    base: int | None
    size: int | None
    held: int
    source: str
    default: bool = False
    """The area that devices without one of their own allocate from."""


class HeapNodeRecord(NamedTuple):
    """A node of /dev/dma_heap, or /dev/udmabuf."""

    name: str
    permission: str
    source: str


class IommuGroup(NamedTuple):
    """An IOMMU group whose devices are translated."""

    name: str
    source: str


class BusFacts(NamedTuple):
    """What sysfs tells of the device behind a node."""

    group: str | None = None
    mask_bits: int | None = None
    local_bytes: int | None = None
    """The largest memory of its own that the bus shows (a prefetchable BAR)."""


class Hardware(NamedTuple):
    """What tells which hardware is behind a node; empty where nobody told."""

    compatible: tuple[str, ...] = ()
    """Of its device tree node, the most specific first."""
    pci: str = ""
    """Vendor and device: `8086:9a49`."""
    bus: str = ""
    """V4L2's bus info: `platform:fdb50000.video-codec`."""


class TreeDevice(NamedTuple):
    """A device of the device tree that is not disabled: `video-codec@fdb50000`."""

    name: str
    compatible: tuple[str, ...]

    @property
    def platform(self) -> str:
        """How Linux calls it: drivers/of/device.c of_device_make_bus_id()."""
        node, _, address = self.name.partition("@")
        return f"{address}.{node}" if address else node


class Sizes(NamedTuple):
    """Image sizes of a port: one, or a grid from `least` to `most` in steps of `step`."""

    least: tuple[int, int]
    most: tuple[int, int]
    step: tuple[int, int] = (1, 1)


class Strides(NamedTuple):
    """What a driver made of the stride it was asked for.

    `free`: any is taken; `rounded`: to a multiple of `multiple`; `ignored`: the shortest
    for the width rounded to `width_multiple`.
    """

    behaviour: Literal["free", "rounded", "ignored"]
    multiple: int = 1
    width_multiple: int = 1
    most: int | None = None
    rows_multiple: int = 1


class VideoFormat(NamedTuple):
    """One format of a queue. `code` is V4L2's four characters; `fourcc` DRM's, None where DRM has none."""

    code: str
    fourcc: str | None
    compressed: bool
    sizes: tuple[Sizes, ...]
    """Empty where nobody told."""
    strides: Strides | None = None
    buffers: int = 1
    """Planes that lie in buffers of their own."""
    modifier: str = "LINEAR"


class QueueRecord(NamedTuple):
    """One direction of a video node."""

    direction: QueueDirection
    formats: tuple[VideoFormat, ...]
    imports: bool
    """Takes dma-bufs (V4L2_BUF_CAP_SUPPORTS_DMABUF)."""
    userptr: bool
    mmap: bool


class Video(NamedTuple):
    """A V4L2 video node."""

    node: str | None
    name: str
    driver: str
    card: str
    queues: tuple[QueueRecord, ...]
    reach: BusFacts
    permission: str
    source: str
    hardware: Hardware = Hardware()


class ScanoutFormat(NamedTuple):
    """A fourcc of a plane with its modifiers by canonical name or number; none told is ()."""

    fourcc: str
    modifiers: tuple[str, ...]
    rotations: tuple[int, ...] = (0,)
    """Angles that its planes say they turn it by, in no layout in particular."""


class PlanesRecord(NamedTuple):
    """The planes of a card."""

    formats: dict[str, tuple[ScanoutFormat, ...]]
    """By plane type: primary, overlay, cursor."""
    shown: int | None = None
    """Primary and overlay planes that each display can use; None where nobody told."""
    cursors: int | None = None


class CardRecord(NamedTuple):
    """A DRM card."""

    node: str | None
    driver: str
    imports: bool
    exports: bool
    dumb: bool
    pitch_multiple: int | None
    """Bytes that the driver rounds dumb pitches to; None where it was not asked."""
    modes: tuple[tuple[int, int], tuple[int, int]] | None
    """Least and most extent of framebuffers; None where the card shows nothing."""
    planes: PlanesRecord
    cursor: tuple[int, int] | None
    writeback: tuple[str, ...]
    """Fourccs of a writeback connector."""
    connectors: tuple[str, ...]
    reach: BusFacts
    permission: str
    source: str
    dumb_bits: tuple[int, ...] = ()
    """Bits a pixel for which the driver makes dumb buffers."""
    blob: bool = False
    """virtio-gpu with blob resources."""
    hardware: Hardware = Hardware()


class Machine(NamedTuple):
    """All of it."""

    title: str
    kernel: str | None
    page: int
    banks: tuple[Bank, ...] = ()
    areas: tuple[Area, ...] = ()
    heaps: tuple[HeapNodeRecord, ...] = ()
    udmabuf: HeapNodeRecord | None = None
    udmabuf_limit: int | None = None
    groups: tuple[IommuGroup, ...] = ()
    cards: tuple[CardRecord, ...] = ()
    videos: tuple[Video, ...] = ()
    has_cpu: bool = True
    tree: tuple[TreeDevice, ...] = ()
    """Devices of the device tree, whatever they are."""
    notes: tuple[str, ...] = ()
    """What could not be read, and why, in sentences."""
