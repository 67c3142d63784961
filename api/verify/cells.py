"""What is asked of a machine: which buffer, from which heap, at which port.

Every heap meets every port, small and large. What concerns the port alone is asked
with one heap: its formats and many that it has not (so that one the profile forgot
is found as well as one it made up), a stride off every alignment, extents at
and beyond the limits it states.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Final, Literal, NamedTuple

from heapwright.platforms.fourcc.formats import pixel_formats
from heapwright.platforms.schema import Device, ImageRule, Platform, Port
from heapwright.platforms.values import Extent
from heapwright.platforms.words import PORTS

Aspect = Literal["size", "format", "stride", "extent", "limit"]
PICTURES: Final = (
    (Extent(320, 180), "R8"),
    (Extent(640, 480), "RG24"),
    (Extent(1280, 720), "NV12"),
    (Extent(1920, 1080), "XR24"),
)
"""About 56 KiB, 900 KiB, 1.3 MiB and 7.9 MiB, where the port has that format."""
MIDDLE: Final = Extent(640, 480)
FAVOURITE: Final = "XR24"
COMMON: Final = (
    "XR24", "AR24", "XB24", "AB24", "BX24", "RG24", "BG24", "RG16", "XR30", "R8", "R16",
    "YUYV", "UYVY", "NV12", "NV21", "NV16", "NV24", "YU12", "YV12", "P010",
)  # fmt: skip
"""Formats that every port is asked for, beside its own."""
RAW: Final = (64 << 10, 1 << 20, 3 << 19, 8 << 20)
ASTRAY: Final = 4
"""Bytes that an odd stride is longer than a row: whole pixels of every format but those of three bytes."""
LARGEST_TRIED: Final = 64 << 20


class Cell(NamedTuple):
    """One question. `format` is None for raw data of `size` bytes; `stride` is given or as it comes."""

    heap: str
    device: str
    port: str
    format: str | None
    extent: Extent
    stride: int | None = None
    size: int = 0
    about: Aspect = "size"

    @property
    def title(self) -> str:
        return f"{self.heap} → {self.device}.{self.port}"

    @property
    def picture(self) -> str:
        if self.format is None:
            return f"{self.size} bytes"
        stride = f" stride {self.stride}" if self.stride is not None else ""
        return f"{self.extent} {self.format}{stride}"


def ports_of(platform: Platform) -> Iterator[tuple[str, Device, str, Port]]:
    """Every port that can be tried on this machine, in order of names: those with a node, and the processor's.

    Not a codec's coded data: how many bytes its queue wants depends on the codec, which no profile says.
    Not a cursor: what it may be is looked at when it is moved, and not at its framebuffer.
    """
    for name, device in sorted(platform.devices.items()):
        if device.kind != "cpu" and device.node is None:
            continue
        for port_name, port in sorted(device.ports.items()):
            coded = is_video(device) and not port.images
            if port_name in PORTS[device.kind] and port_name != "cursor" and not coded:
                yield name, device, port_name, port


def sizes(platform: Platform) -> Iterator[Cell]:
    """Every heap at every port; in all sizes where one physical run is asked for, else the least and the most.

    Queues of the kernel's own make buffers for their own pictures: the small one is asked of them.
    """
    for device_name, device, port_name, port in ports_of(platform):
        pictures = list(_pictures(device, port))
        if device.by_cpu or device.kind == "cpu" or device.dma.mmu or device.dma.iommu is not None:
            pictures = pictures[:1] + pictures[-1:]
        for heap_name, heap in sorted(platform.heaps.items()):
            if heap.via == "v4l2" and heap.exporter == device_name and device.kind in ("camera", "display"):
                continue  # a queue is busy with what it exports
            tried = pictures[:1] if heap.via == "v4l2" and heap.run != "whole" else pictures
            for fourcc, extent, size in tried:
                yield Cell(heap_name, device_name, port_name, fourcc, extent, size=size)


def _pictures(device: Device, port: Port) -> Iterator[tuple[str | None, Extent, int]]:
    known = formats_of(port)
    if not known:
        yield from ((None, Extent(0, 0), size) for size in RAW)
        return
    for extent, wish in PICTURES:
        yield (wish if wish in known and is_video(device) else main_format(port)), extent, 0


def formats_of(port: Port) -> list[str]:
    return list(dict.fromkeys(fourcc for rule in port.images for fourcc in rule.formats))


def main_format(port: Port) -> str:
    """The format that questions about anything else are asked in."""
    known = formats_of(port)
    return FAVOURITE if FAVOURITE in known else known[0]


def about_ports(platform: Platform, heap_of: dict[tuple[str, str], str]) -> Iterator[Cell]:
    """What concerns a port alone, with the heap given for it (`heap_of`: (device, port) → heap)."""
    for device_name, device, port_name, port in ports_of(platform):
        heap = heap_of.get((device_name, port_name))
        if heap is None or device.kind == "cpu" or not port.images or not _describes(device, port_name):
            continue
        base = Cell(heap, device_name, port_name, main_format(port), MIDDLE)
        for fourcc in sorted({*COMMON, *formats_of(port)} - _shown_elsewhere(device, port)):
            yield base._replace(format=fourcc, extent=suiting(port, fourcc), about="format")
        first = next(rule for rule in port.images if base.format in rule.formats)
        extent = suiting(port, main_format(port))
        row = _row(main_format(port), extent)
        if row is not None:
            yield base._replace(extent=extent, stride=row + ASTRAY, about="stride")
        for edge in _edges(first):
            yield base._replace(extent=edge, about="extent")


def _shown_elsewhere(device: Device, port: Port) -> set[str]:
    """Formats of a card's other ports: a framebuffer may be of any of them, whatever it is for.

    Source: drivers/gpu/drm/drm_plane.c drm_any_plane_has_format().
    """
    if is_video(device):
        return set()
    others = (formats_of(other) for other in device.ports.values() if other is not port)
    return {fourcc for each in others for fourcc in each} - set(formats_of(port))


def _describes(device: Device, port: str) -> bool:
    """Whether the kernel gets a description of the picture at all: a card without a display only takes bytes."""
    return is_video(device) or (device.kind == "display" and port == "scanout")


def is_video(device: Device) -> bool:
    """Whether it takes buffers through V4L2 queues."""
    return device.node is not None and PurePath(device.node).name.startswith("video")


def suiting(port: Port, fourcc: str) -> Extent:
    """An extent that the port's rule for a format takes, near the middle one; that of any rule, if there is none."""
    rule = next((r for r in port.images if fourcc in r.formats), port.images[0])
    low, high = rule.extent.min, rule.extent.max
    extent = MIDDLE
    if isinstance(low, Extent):
        extent = Extent(max(low.width, extent.width), max(low.height, extent.height))
    if isinstance(high, Extent):
        extent = Extent(min(high.width, extent.width), min(high.height, extent.height))
    return extent


def _row(fourcc: str, extent: Extent) -> int | None:
    """Bytes of one row of a format with one plane."""
    form = pixel_formats()[fourcc]
    if len(form.planes) != 1:
        return None
    plane = form.planes[0]
    return -(-extent.width // plane.samples) * plane.bytes


def _edges(rule: ImageRule) -> Iterator[Extent]:
    """The extents at the limits of a rule, and just beyond them."""
    step = rule.extent.multiple if isinstance(rule.extent.multiple, Extent) else Extent(2, 2)
    high, low = rule.extent.max, rule.extent.min
    if isinstance(high, Extent) and high.width * high.height * 4 <= LARGEST_TRIED:
        yield high
        yield Extent(high.width + step.width, high.height)
    if isinstance(low, Extent):
        yield low
        if low.width > step.width:
            yield Extent(low.width - step.width, low.height)
