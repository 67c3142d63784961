"""A V4L2 queue of single-planar images: format, buffers of its own to export, or of others to import.

Sources: include/uapi/linux/videodev2.h; drivers/media/common/videobuf2/videobuf2-core.c
__prepare_dmabuf(): a dma-buf is attached and mapped at VIDIOC_QBUF.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable
from types import TracebackType
from typing import Literal, NamedTuple, Self

from allocator.backend import KernelRefused
from allocator.linux import uapi
from allocator.linux.control import Request, call
from allocator.linux.dmabuf import OwnedDmabuf


class ImageFormat(NamedTuple):
    """What the driver settled on; sizes in pixels and bytes, `fourcc` V4L2's own."""

    fourcc: int
    width: int
    height: int
    stride: int
    size: int


class Queue:
    """One direction of an open video node; its buffers are given back at the end."""

    def __init__(self, fd: int, direction: Literal["capture", "output"]) -> None:
        self.fd = fd
        self.type = uapi.V4L2_CAPTURE if direction == "capture" else uapi.V4L2_OUTPUT
        self._memory = 0
        self._streaming = False

    def format(
        self, fourcc: int, width: int, height: int, stride: int = 0, *, keep: bool = True
    ) -> ImageFormat:
        """Set a format, or only ask what would become of it where not `keep`.

        Raises:
            KernelRefused: the driver has no such format, or is busy.
        """
        wanted = uapi.V4l2Format(type=self.type)
        pix = wanted.fmt.pix
        pix.width, pix.height, pix.pixelformat, pix.bytesperline, pix.field = width, height, fourcc, stride, 1
        call(self.fd, uapi.VIDIOC_S_FMT if keep else uapi.VIDIOC_TRY_FMT, wanted)
        return ImageFormat(pix.pixelformat, pix.width, pix.height, pix.bytesperline, pix.sizeimage)

    def request(self, count: int, memory: int) -> int:
        """Ask for `count` buffers of a kind of memory; how many the driver grants.

        Raises:
            KernelRefused: no room, or the driver cannot use such memory.
        """
        wanted = uapi.V4l2RequestBuffers(count=count, type=self.type, memory=memory)
        call(self.fd, uapi.VIDIOC_REQBUFS, wanted)
        self._memory = memory if count else 0
        return int(wanted.count)

    def export(self, index: int, name: str = "") -> OwnedDmabuf:
        """One of the queue's own buffers as a dma-buf."""
        wanted = uapi.V4l2ExportBuffer(type=self.type, index=index, flags=os.O_RDWR | os.O_CLOEXEC)
        call(self.fd, uapi.VIDIOC_EXPBUF, wanted)
        return OwnedDmabuf(wanted.fd, name)

    def put(self, index: int, dmabuf: OwnedDmabuf, used: int = 0, length: int = 0) -> None:
        """Queue a dma-buf; with `length` 0 all of it is attached and mapped.

        Raises:
            KernelRefused: EFAULT where a contiguous device finds too short a run, EINVAL where
                the buffer is too small or out of the device's reach.
        """
        buffer = uapi.V4l2Buffer(index=index, type=self.type, memory=uapi.V4L2_DMABUF, length=length)
        buffer.m.fd, buffer.bytesused, buffer.field = dmabuf.fd, used, 1
        call(self.fd, uapi.VIDIOC_QBUF, buffer)

    def stream(self) -> None:
        """Start the device.

        Raises:
            KernelRefused: it cannot start.
        """
        _switch(self.fd, uapi.VIDIOC_STREAMON, self.type)
        self._streaming = True

    def take(self) -> int:
        """The index of a buffer that the device is done with; waits for it.

        Raises:
            KernelRefused: the stream broke.
        """
        buffer = uapi.V4l2Buffer(type=self.type, memory=self._memory)
        call(self.fd, uapi.VIDIOC_DQBUF, buffer)
        return int(buffer.index)

    def release(self) -> None:
        """Stop, and give all buffers back; a second call does nothing."""
        if self._streaming:
            self._streaming = False
            _quietly(lambda: _switch(self.fd, uapi.VIDIOC_STREAMOFF, self.type))
        if self._memory:
            memory = self._memory
            _quietly(lambda: self.request(0, memory))
            self._memory = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self.release()


def _switch(fd: int, request: Request, type_: int) -> None:
    call(fd, request, ctypes.c_int(type_))


def _quietly(step: Callable[[], object]) -> None:
    """What is given back on the way out may be gone already (the device was unbound)."""
    with contextlib.suppress(KernelRefused):
        step()
