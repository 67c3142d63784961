"""The dma-bufs of a placement, made in the way of its heap.

A heap that a device exports (dumb buffers, a video node's own) lays images out
itself: what it made of the request is held against the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from errno import EINVAL, ENODEV, EOPNOTSUPP
from functools import lru_cache
from pathlib import Path
from typing import Final

from allocator.backend import KernelRefused
from allocator.linux.control import Absent, opened
from allocator.linux.dmabuf import OwnedDmabuf
from allocator.linux.exporters import dumb, heap, mmap, udmabuf
from allocator.linux.queue import Direction
from platforms.schema import Device, Heap, Platform
from platforms.videodev import v4l2_code
from platforms.words import Via
from solver.plan import Placement

_BITS: Final = 32
_ROW: Final = 4096
"""Bytes of a row of a dumb buffer for data that has none."""


def make(platform: Platform, placement: Placement, name: str) -> tuple[OwnedDmabuf, ...]:
    """One buffer: all its dma-bufs, or none.

    Raises:
        Absent, NotPermitted, Full, KernelRefused: as the exporter says.
    """
    found = platform.heaps.get(placement.heap)
    if found is None:
        raise Absent(ENODEV, f"{platform.name} has no heap {placement.heap}")
    way = _WAYS.get(found.via)
    if way is None:
        raise KernelRefused(
            EOPNOTSUPP, f"nobody here knows how to allocate from {placement.heap} ({found.via})"
        )
    made = way(platform, found, placement, name)
    for each, size in zip(made, placement.sizes, strict=True):
        if each.size < size:
            _close(made)
            raise KernelRefused(EINVAL, f"{placement.heap} made {each.size} bytes instead of {size}")
    return made


Way = Callable[[Platform, Heap, Placement, str], tuple[OwnedDmabuf, ...]]


def _close(made: Iterable[OwnedDmabuf]) -> None:
    for each in made:
        each.close()


def _each(placement: Placement, allocate: Callable[[int], OwnedDmabuf]) -> tuple[OwnedDmabuf, ...]:
    made: list[OwnedDmabuf] = []
    try:
        made.extend(map(allocate, placement.sizes))
    except BaseException:
        _close(made)
        raise
    return tuple(made)


def _from_heap(platform: Platform, found: Heap, placement: Placement, name: str) -> tuple[OwnedDmabuf, ...]:
    node = _node(placement.names or found.names)
    return _each(placement, lambda size: heap.allocate(node, size, name))


@lru_cache(maxsize=64)
def _node(names: tuple[str, ...]) -> Path:
    """A heap's node, looked for once: if it goes away, opening it says so."""
    return heap.node(names)


def _from_udmabuf(
    platform: Platform, found: Heap, placement: Placement, name: str
) -> tuple[OwnedDmabuf, ...]:
    huge = any("huge" in flag for flag in found.flags)
    return _each(placement, lambda size: udmabuf.allocate(size, name, huge=huge))


def _from_card(platform: Platform, found: Heap, placement: Placement, name: str) -> tuple[OwnedDmabuf, ...]:
    _, node = _exporter(platform, found, placement)
    row = placement.planes[0].stride if placement.planes and placement.planes[0].stride else _ROW
    with opened(node) as card:
        return _each(
            placement,
            lambda size: dumb.allocate(card, -(-row * 8 // _BITS), -(-size // row), _BITS, name).dmabuf,
        )


def _from_queue(platform: Platform, found: Heap, placement: Placement, name: str) -> tuple[OwnedDmabuf, ...]:
    device, node = _exporter(platform, found, placement)
    apart = len(placement.sizes) > 1
    code = v4l2_code(placement.format, apart=apart) if placement.format is not None else None
    if code is None:
        raise KernelRefused(EINVAL, f"V4L2 has no format for {placement.format or 'raw data'}")
    stride = placement.planes[0].stride
    made = mmap.allocate(
        node, _direction(device), code, placement.width, placement.height, stride, name
    )  # fmt: skip
    if made.settled.stride != stride or len(made.dmabufs) != len(placement.sizes):
        _close(made.dmabufs)
        told = f"rows of {made.settled.stride} bytes in {len(made.dmabufs)} dma-bufs"
        raise KernelRefused(EINVAL, f"{node.name} makes {told}, not of {stride} in {len(placement.sizes)}")
    return made.dmabufs


def _exporter(platform: Platform, found: Heap, placement: Placement) -> tuple[Device, Path]:
    device = platform.devices.get(found.exporter) if found.exporter is not None else None
    if device is None or device.node is None:
        raise Absent(ENODEV, f"{platform.name} does not say which node {placement.heap} is allocated from")
    return device, Path(device.node)


def _direction(device: Device) -> Direction:
    return "capture" if any(port.access == "write" for port in device.ports.values()) else "output"


_WAYS: Final[dict[Via, Way]] = {
    "dma-heap": _from_heap,
    "tee": _from_heap,
    "udmabuf": _from_udmabuf,
    "drm": _from_card,
    "v4l2": _from_queue,
}
