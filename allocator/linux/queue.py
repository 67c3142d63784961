"""A V4L2 queue of images: format, buffers of its own to export, or of others to import.

Single-planar or multi-planar as the device says: a plane of a multi-planar queue is a
dma-buf of its own.

Sources: include/uapi/linux/videodev2.h; drivers/media/common/videobuf2/videobuf2-core.c
__prepare_dmabuf(): a dma-buf is attached and mapped at VIDIOC_QBUF.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
from collections.abc import Callable, Sequence
from errno import ETIMEDOUT
from types import TracebackType
from typing import Final, Literal, NamedTuple, Self

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import Request, call
from heapwright.allocator.linux.dmabuf import OwnedDmabuf

SECONDS: Final = 10.0
"""How long a device may take over one buffer."""
_FIELD_NONE: Final = 1
V4l2Direction = Literal["capture", "output"]


class QueuePlane(NamedTuple):
    """Stride and size of one plane of a queue, in bytes."""

    stride: int
    size: int


class ImageFormat(NamedTuple):
    """What the driver settled on; sizes in pixels and bytes, `fourcc` V4L2's own.

    `stride` and `size` are those of the first plane, the only one of a single-planar queue.
    """

    fourcc: int
    width: int
    height: int
    stride: int
    size: int
    planes: tuple[QueuePlane, ...]


class VideoQueue:
    """One direction of an open video node; its buffers are given back at the end."""

    def __init__(self, fd: int, direction: V4l2Direction) -> None:
        """Raises KernelRefused if this is no video node."""
        self.fd = fd
        self.multiplanar = _is_multiplanar(fd, direction)
        if self.multiplanar:
            self.type = (
                uapi.V4L2_CAPTURE_MULTIPLANAR if direction == "capture" else uapi.V4L2_OUTPUT_MULTIPLANAR
            )
        else:
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
        request = uapi.VIDIOC_S_FMT if keep else uapi.VIDIOC_TRY_FMT
        if self.multiplanar:
            return _multiplanar_format(self.fd, request, wanted, fourcc, width, height, stride)
        pix = wanted.fmt.pix
        pix.width, pix.height, pix.pixelformat = width, height, fourcc
        pix.bytesperline, pix.field = stride, _FIELD_NONE
        call(self.fd, request, wanted)
        plane = QueuePlane(pix.bytesperline, pix.sizeimage)
        return ImageFormat(pix.pixelformat, pix.width, pix.height, *plane, (plane,))

    def request(self, count: int, memory: int) -> int:
        """Ask for `count` buffers of a kind of memory; how many the driver grants.

        Raises:
            KernelRefused: no room, or the driver cannot use such memory.
        """
        wanted = uapi.V4l2RequestBuffers(count=count, type=self.type, memory=memory)
        call(self.fd, uapi.VIDIOC_REQBUFS, wanted)
        self._memory = memory if count else 0
        return int(wanted.count)

    def export(self, index: int, name: str = "", plane: int = 0) -> OwnedDmabuf:
        """One plane of one of the queue's own buffers as a dma-buf."""
        flags = os.O_RDWR | os.O_CLOEXEC
        wanted = uapi.V4l2ExportBuffer(type=self.type, index=index, plane=plane, flags=flags)
        call(self.fd, uapi.VIDIOC_EXPBUF, wanted)
        return OwnedDmabuf(wanted.fd, name)

    def put(
        self, index: int, dmabufs: OwnedDmabuf | Sequence[OwnedDmabuf], used: int = 0, length: int = 0
    ) -> None:
        """Queue a dma-buf, or one for each plane; with `length` 0 all of it is attached and mapped.

        Raises:
            KernelRefused: EFAULT where a contiguous device finds too short a run, EINVAL where
                the buffer is too small or out of the device's reach.
        """
        each = (dmabufs,) if isinstance(dmabufs, OwnedDmabuf) else tuple(dmabufs)
        buffer = uapi.V4l2Buffer(
            index=index, type=self.type, memory=uapi.V4L2_DMABUF, field=_FIELD_NONE
        )  # fmt: skip
        planes = (uapi.V4l2Plane * len(each))()
        if self.multiplanar:
            for plane, dmabuf in zip(planes, each, strict=True):
                plane.m.fd, plane.bytesused, plane.length = dmabuf.fd, used or dmabuf.size, length
            buffer.m.planes, buffer.length = ctypes.addressof(planes), len(each)
        else:
            buffer.m.fd, buffer.bytesused, buffer.length = each[0].fd, used, length
        call(self.fd, uapi.VIDIOC_QBUF, buffer)

    def stream(self) -> None:
        """Start the device.

        Raises:
            KernelRefused: it cannot start.
        """
        _switch(self.fd, uapi.VIDIOC_STREAMON, self.type)
        self._streaming = True

    def take(self, seconds: float = SECONDS) -> int:
        """The index of a buffer that the device is done with; waits for it.

        Raises:
            KernelRefused: the stream broke, or nothing came in time (ETIMEDOUT).
        """
        ready = select.poll()
        ready.register(self.fd, _events(self.type))
        if not ready.poll(int(seconds * 1000)):
            raise KernelRefused(ETIMEDOUT, f"no buffer came back within {seconds:g} s")
        planes = (uapi.V4l2Plane * 8)()
        buffer = uapi.V4l2Buffer(type=self.type, memory=self._memory)
        if self.multiplanar:
            buffer.m.planes, buffer.length = ctypes.addressof(planes), len(planes)
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


def _is_multiplanar(fd: int, direction: V4l2Direction) -> bool:
    found = uapi.V4l2Capability()
    call(fd, uapi.VIDIOC_QUERYCAP, found)
    wanted = uapi.CAP_CAPTURE_MULTIPLANAR if direction == "capture" else uapi.CAP_OUTPUT_MULTIPLANAR
    return bool(found.device_caps & (wanted | uapi.CAP_M2M_MULTIPLANAR))


def _multiplanar_format(
    fd: int, request: Request, wanted: uapi.V4l2Format, fourcc: int, width: int, height: int, stride: int
) -> ImageFormat:
    pix = wanted.fmt.pix_mp
    pix.width, pix.height, pix.pixelformat, pix.field = width, height, fourcc, _FIELD_NONE
    pix.plane_fmt[0].bytesperline = stride
    call(fd, request, wanted)
    planes = tuple(
        QueuePlane(pix.plane_fmt[index].bytesperline, pix.plane_fmt[index].sizeimage)
        for index in range(pix.num_planes)
    )
    return ImageFormat(pix.pixelformat, pix.width, pix.height, *planes[0], planes)


def _events(type_: int) -> int:
    captures = type_ in (uapi.V4L2_CAPTURE, uapi.V4L2_CAPTURE_MULTIPLANAR)
    return (select.POLLIN if captures else select.POLLOUT) | select.POLLERR


def _switch(fd: int, request: Request, type_: int) -> None:
    call(fd, request, ctypes.c_int(type_))


def _quietly(step: Callable[[], object]) -> None:
    """What is given back on the way out may be gone already (the device was unbound)."""
    with contextlib.suppress(KernelRefused):
        step()
