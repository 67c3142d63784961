"""Ports of the machine's pretended devices, and what they say of a buffer."""

from pathlib import Path

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import opened
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.nodes import cards, videos
from heapwright.allocator.linux.queue import VideoQueue

CAPTURE, OUTPUT, M2M, M2M_MULTIPLANAR = 1 << 0, 1 << 1, 0x8000, 0x4000
XR24 = int.from_bytes(b"XR24", "little")
GREY = int.from_bytes(b"GREY", "little")


def vivid(allocator: int, capability: int = CAPTURE) -> Path:
    """The node of vivid whose buffers are virtual (0) or contiguous (1): two instances are loaded."""
    bus = f"platform:vivid-{allocator:03}"
    return next(node.path for node in videos() if node.bus == bus and node.capabilities & capability)


def card(driver: str) -> Path:
    """The node of a DRM card by its driver."""
    return next(node.path for node in cards() if node.driver == driver)


def queued(node: Path, made: OwnedDmabuf, width: int, height: int, fourcc: int) -> int:
    """0, or the errno with which a capture queue refuses the buffer."""
    with opened(node) as fd, VideoQueue(fd, "capture") as queue:
        queue.format(fourcc, width, height)
        queue.request(1, uapi.V4L2_DMABUF)
        try:
            queue.put(0, made)
        except KernelRefused as refused:
            return refused.errno
    return 0
