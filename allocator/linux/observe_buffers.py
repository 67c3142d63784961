"""The buffer of an observation, made by the heap's own way."""

from __future__ import annotations

from errno import EINVAL, ENODEV
from pathlib import Path
from typing import Final

from allocator.backend import KernelRefused
from allocator.linux.control import Absent, opened
from allocator.linux.dmabuf import OwnedDmabuf
from allocator.linux.exporters import dumb, heap, mmap, udmabuf
from allocator.linux.grades import Subject
from allocator.linux.queue import Direction
from platforms.formats import pixel_formats
from platforms.videodev import v4l2_code

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
    """A buffer of a video node's own, of whatever picture it makes that is large enough."""
    direction: Direction = "capture" if subject.origin.access == "write" else "output"
    code = v4l2_code(subject.format or "") or next(
        code for each in pixel_formats() if (code := v4l2_code(each)) is not None
    )
    made = mmap.allocate(node, direction, code, subject.width, subject.height, name=_NAME)
    first, *rest = made.dmabufs
    for each in rest:
        each.close()
    return first
