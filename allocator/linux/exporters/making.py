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

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux.control import Absent, opened
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.exporters import dumb, heap, mmap, udmabuf
from heapwright.allocator.linux.exporters.heap import OpenHeap
from heapwright.allocator.linux.queue import V4l2Direction
from heapwright.platforms.fourcc.videodev import v4l2_code
from heapwright.platforms.schema import Device, Heap, Platform
from heapwright.platforms.words import Via
from heapwright.solver.answer.plan import Placement

_BITS: Final = 32
_ROW: Final = 4096
"""Bytes of a row of a dumb buffer for data that has none."""


Maker = Callable[[Placement, str], tuple[OwnedDmabuf, ...]]
"""Makes one buffer under a name: all its dma-bufs, or none."""


def maker(platform: Platform, name: str, nodes: list[OpenHeap]) -> Maker:
    """What makes buffers of one heap; nodes that it leaves open are added to `nodes`.

    Raises:
        Absent: there is no such heap, or no node for it.
        KernelRefused: nobody here knows how.
    """
    found = platform.heaps.get(name)
    if found is None:
        raise Absent(ENODEV, f"{platform.name} has no heap {name}")
    way = _WAYS.get(found.via)
    if way is None:
        raise KernelRefused(EOPNOTSUPP, f"nobody here knows how to allocate from {name} ({found.via})")
    return way(platform, name, found, nodes)


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


def _from_heap(platform: Platform, key: str, found: Heap, nodes: list[OpenHeap]) -> Maker:
    @lru_cache(maxsize=64)
    def node(names: tuple[str, ...]) -> OpenHeap:
        nodes.append(OpenHeap(heap.node(names)))
        return nodes[-1]

    def make(placement: Placement, name: str) -> tuple[OwnedDmabuf, ...]:
        allocate = node(placement.names or found.names).allocate
        if len(placement.sizes) == 1:
            return (allocate(placement.sizes[0], name),)
        return _each(placement, lambda size: allocate(size, name))

    return make


def _from_udmabuf(platform: Platform, key: str, found: Heap, nodes: list[OpenHeap]) -> Maker:
    huge = any("huge" in flag for flag in found.flags)

    def make(placement: Placement, name: str) -> tuple[OwnedDmabuf, ...]:
        return _each(placement, lambda size: udmabuf.allocate(size, name, huge=huge))

    return make


def _from_card(platform: Platform, key: str, found: Heap, nodes: list[OpenHeap]) -> Maker:
    _, node = _exporter(platform, key, found)

    def make(placement: Placement, name: str) -> tuple[OwnedDmabuf, ...]:
        row = placement.planes[0].stride if placement.planes and placement.planes[0].stride else _ROW
        with opened(node) as card:
            return _each(
                placement,
                lambda size: dumb.allocate(card, -(-row * 8 // _BITS), -(-size // row), _BITS, name).dmabuf,
            )

    return make


def _from_queue(platform: Platform, key: str, found: Heap, nodes: list[OpenHeap]) -> Maker:
    device, node = _exporter(platform, key, found)
    direction = _direction(device)
    return lambda placement, name: _exported(node, direction, placement, name)


def _exported(
    node: Path, direction: V4l2Direction, placement: Placement, name: str
) -> tuple[OwnedDmabuf, ...]:
    apart = len(placement.sizes) > 1
    code = v4l2_code(placement.format, apart=apart) if placement.format is not None else None
    if code is None:
        raise KernelRefused(EINVAL, f"V4L2 has no format for {placement.format or 'raw data'}")
    stride = placement.planes[0].stride
    made = mmap.allocate(node, direction, code, placement.width, placement.height, stride, name)
    if made.settled.stride != stride or len(made.dmabufs) != len(placement.sizes):
        _close(made.dmabufs)
        reported = f"rows of {made.settled.stride} bytes in {len(made.dmabufs)} dma-bufs"
        raise KernelRefused(
            EINVAL, f"{node.name} makes {reported}, not of {stride} in {len(placement.sizes)}"
        )
    return made.dmabufs


def _exporter(platform: Platform, key: str, found: Heap) -> tuple[Device, Path]:
    device = platform.devices.get(found.exporter) if found.exporter is not None else None
    if device is None or device.node is None:
        raise Absent(ENODEV, f"{platform.name} does not say which node {key} is allocated from")
    return device, Path(device.node)


def _direction(device: Device) -> V4l2Direction:
    return "capture" if any(port.access == "write" for port in device.ports.values()) else "output"


_WAYS: Final[dict[Via, Callable[[Platform, str, Heap, list[OpenHeap]], Maker]]] = {
    "dma-heap": _from_heap,
    "tee": _from_heap,
    "udmabuf": _from_udmabuf,
    "drm": _from_card,
    "v4l2": _from_queue,
}
