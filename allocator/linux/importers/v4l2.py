"""V4L2 devices that use dma-bufs of others: the queue of a node, and frames through it.

Sources: drivers/media/common/videobuf2/videobuf2-core.c vb2_core_qbuf(),
vb2_core_streamon(); Documentation/userspace-api/media/v4l/dmabuf.rst.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import opened
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.queue import V4l2Direction, VideoQueue

ImageDmabufs = Sequence[OwnedDmabuf]
"""The dma-bufs of one image: one, or one a plane of a multi-planar queue."""


@contextmanager
def port(node: Path, direction: V4l2Direction) -> Iterator[VideoQueue]:
    """A queue of a node, opened for it alone.

    Raises:
        Absent, NotPermitted: the node cannot be opened.
    """
    with opened(node) as fd, VideoQueue(fd, direction) as queue:
        yield queue


@contextmanager
def converter(node: Path) -> Iterator[tuple[VideoQueue, VideoQueue]]:
    """Both queues of a memory-to-memory device: what it reads (output), and what it writes (capture)."""
    with opened(node) as fd, VideoQueue(fd, "output") as reads, VideoQueue(fd, "capture") as writes:
        yield reads, writes


def import_all(queue: VideoQueue, images: Sequence[ImageDmabufs], used: int = 0) -> None:
    """Attach and map every image at a queue whose format is set.

    Raises:
        KernelRefused: the device cannot or will not use one of them.
    """
    queue.request(len(images), uapi.V4L2_DMABUF)
    for index, image in enumerate(images):
        queue.put(index, image, used)


def frame(queue: VideoQueue) -> int:
    """Start the device on what is queued; the index of the buffer it is done with first.

    Raises:
        KernelRefused: it cannot start, or nothing came back.
    """
    queue.stream()
    return queue.take()


def converted(reads: VideoQueue, writes: VideoQueue) -> None:
    """One image through a memory-to-memory device, from the queue it reads to the one it writes.

    Raises:
        KernelRefused: it cannot start, or nothing came back.
    """
    reads.stream()
    writes.stream()
    writes.take()
    reads.take()
