"""V4L2 buffers that a driver allocates for itself (MMAP), exported by VIDIOC_EXPBUF.

Sources: drivers/media/common/videobuf2/videobuf2-core.c vb2_core_expbuf();
videobuf2-dma-contig.c vb2_dc_alloc(): memory comes from where the driver's own
DMA allocations come from. An exported buffer outlives its queue:
vb2_dc_dmabuf_ops_release() gives the memory back with the last descriptor.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, NamedTuple

from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import opened, room_in
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.queue import ImageFormat, VideoQueue


class Exported(NamedTuple):
    """The dma-bufs of one image, one a plane of the queue, and what the driver made of the request."""

    dmabufs: tuple[OwnedDmabuf, ...]
    settled: ImageFormat


def allocate(
    node: Path, direction: Literal["capture", "output"], fourcc: int, width: int, height: int,
    stride: int = 0, name: str = "",
) -> Exported:  # fmt: skip
    """One buffer of a video node for images of this kind; the driver alone chooses its size.

    Raises:
        Absent, NotPermitted: the node cannot be opened.
        Full: no room.
        KernelRefused: no such format, or nothing can be exported.
    """
    with opened(node, os.O_RDWR | os.O_NONBLOCK) as fd, VideoQueue(fd, direction) as queue:
        settled = queue.format(fourcc, width, height, stride)
        with room_in(node.name, sum(plane.size for plane in settled.planes)):
            queue.request(1, uapi.V4L2_MMAP)
        with ExitStack() as undone:
            planes = range(len(settled.planes))
            made = tuple(undone.enter_context(queue.export(0, name, plane)) for plane in planes)
            undone.pop_all()
        return Exported(made, settled)
