"""The buffer of an observation, made by the heap's own way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from errno import EINVAL, ENODEV
from pathlib import Path
from typing import Final

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux.control import Absent, opened
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.exporters import dumb, heap, mmap, udmabuf
from heapwright.allocator.linux.observe.grades import Subject
from heapwright.allocator.linux.queue import V4l2Direction, VideoQueue
from heapwright.platforms.fourcc.videodev import v4l2_code

_BITS: Final = 32
_NAME: Final = "heapwright-verify"


def make(subject: Subject) -> OwnedDmabuf:
    """One dma-buf that holds the subject's bytes.

    Raises:
        KernelRefused: the heap does not make it.
    """
    origin, size = subject.origin, subject.size
    if origin.via in ("dma-heap", "tee"):
        return heap.allocate(heap.node(origin.names), size, _NAME)
    if origin.via == "udmabuf":
        return udmabuf.allocate(size, _NAME, huge=is_huge(origin.flags))
    if origin.node is None:
        raise Absent(ENODEV, f"{origin.heap} names no exporter with a node")
    made = _dumb(Path(origin.node), size) if origin.via == "drm" else _exported(subject, Path(origin.node))
    if made.size < size:
        with made:
            raise KernelRefused(EINVAL, f"{origin.heap} makes {made.size} bytes of {size}")
    return made


def is_huge(flags: tuple[str, ...]) -> bool:
    """Whether udmabuf is to take huge pages."""
    return any("huge" in flag for flag in flags)


def _dumb(card: Path, size: int) -> OwnedDmabuf:
    """A dumb buffer of about as many pixels of 32 bits; extents are limited, so it is as square as it goes."""
    pixels = -(-size * 8 // _BITS)
    width = next((w for w in (512, 1024, 2048, 4096) if pixels <= w * w), 8192)
    with opened(card) as fd:
        return dumb.allocate(fd, width, -(-pixels // width), _BITS, _NAME).dmabuf


def _exported(subject: Subject, node: Path) -> OwnedDmabuf:
    """A buffer of a video node's own: of the first picture it makes that is large enough, else of the largest."""
    direction: V4l2Direction = "capture" if subject.origin.access == "write" else "output"
    with opened(node, os.O_RDWR | os.O_NONBLOCK) as fd:
        queue = VideoQueue(fd, direction)
        tried = [queue.format(*each, keep=False) for each in _pictures(subject)]
    best = next((each for each in tried if each.size >= subject.size), max(tried, key=lambda each: each.size))
    first, *rest = mmap.allocate(node, direction, best.fourcc, best.width, best.height, name=_NAME).dmabufs
    for each in rest:
        each.close()
    return first


def _pictures(subject: Subject) -> Iterator[tuple[int, int, int]]:
    """V4L2 code, width and height, the subject's own picture first."""
    extents = ((subject.width, subject.height), (640, 480), (1280, 720), (1920, 1080), (3840, 2160))
    for width, height in extents:
        for fourcc in (subject.format, "XR24", "RG16"):
            code = v4l2_code(fourcc) if fourcc is not None else None
            if code is not None and width and height:
                yield code, width, height
