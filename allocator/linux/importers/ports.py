"""Device ports that hold buffers of ours: a queue of a video node, or a card.

A port is opened when the first buffer comes and closed when one of its buffers
goes: a queue lets go of all its buffers at once (VIDIOC_REQBUFS with a count of 0).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from errno import EBUSY, EINVAL
from pathlib import Path
from typing import NamedTuple, Protocol

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import Absent, NotPermitted, call, open_node
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.importers.prime import Importer
from heapwright.allocator.linux.queue import ImageFormat, V4l2Direction, VideoQueue
from heapwright.platforms.fourcc.videodev import v4l2_code
from heapwright.solver.answer.plan import Placement


class NotImported(KernelRefused):
    """The device looked at the buffer itself and does not take it."""


class ImportedAt(NamedTuple):
    """A buffer at a port: its number there, which is a queue's index or a framebuffer's id."""

    number: int


class OpenPort(Protocol):
    """One open device port."""

    def take(self, placement: Placement, dmabufs: Sequence[OwnedDmabuf]) -> ImportedAt:
        """Attach a buffer and map it.

        Raises:
            NotImported: the device does not take this buffer.
            KernelRefused: it does not take what was planned at all.
        """

    def close(self) -> None:
        """Detach everything and close the device."""


class QueuePort:
    """A V4L2 queue; `queue` may be streamed once buffers are in it."""

    def __init__(self, fd: int, direction: V4l2Direction) -> None:
        self.queue = VideoQueue(fd, direction)
        self._settled: ImageFormat | None = None
        self._next = 0
        self._room = 0

    def take(self, placement: Placement, dmabufs: Sequence[OwnedDmabuf]) -> ImportedAt:
        if self._next == 0:
            self._settle(placement)
            self._room = self.queue.request(placement.count, uapi.V4L2_DMABUF)
        if self._next >= self._room:
            raise KernelRefused(EBUSY, f"the queue has room for {self._room} buffers")
        captures = self.queue.type in (uapi.V4L2_CAPTURE, uapi.V4L2_CAPTURE_MULTIPLANAR)
        used = 0 if captures or self._settled is None else self._settled.size
        with _importing():
            self.queue.put(self._next, dmabufs, used)
        self._next += 1
        return ImportedAt(self._next - 1)

    def _settle(self, placement: Placement) -> None:
        """Have the driver take the image as planned; raw data keeps the format that is set."""
        if placement.format is None:
            return
        code = v4l2_code(placement.format, apart=len(placement.sizes) > 1)
        if code is None:
            raise KernelRefused(EINVAL, f"V4L2 has no format for {placement.format}")
        stride = placement.planes[0].stride if placement.planes else 0
        got = self.queue.format(code, placement.width, placement.height, stride)
        wanted = (code, placement.width, placement.height, stride)
        if got[:4] != wanted:
            reported = f"{got.width}x{got.height} in rows of {got.stride} bytes"
            raise KernelRefused(
                EINVAL, f"VIDIOC_S_FMT makes it {reported}, not {wanted[1]}x{wanted[2]} in rows of {stride}"
            )
        self._settled = got

    def close(self) -> None:
        self.queue.release()


class CardPort:
    """A DRM card: handles, and framebuffers where it shows pictures."""

    def __init__(self, card: int, *, shows: bool) -> None:
        self._importer = Importer(card)
        self._shows = shows
        self._modifiers = _knows_modifiers(card)
        with contextlib.suppress(KernelRefused):  # somebody else is master: importing needs no mastery
            call(card, uapi.DRM_DROP_MASTER)

    def take(self, placement: Placement, dmabufs: Sequence[OwnedDmabuf]) -> ImportedAt:
        with _importing():
            handles = [self._importer.attach(each) for each in dmabufs]
            if not self._shows or placement.format is None or not placement.planes:
                return ImportedAt(handles[0])
            planes = [(dmabufs[plane.dmabuf], plane) for plane in placement.planes]
            value = placement.modifier_value
            modifier = int(value, 16) if value is not None and self._modifiers else None
            return ImportedAt(
                self._importer.framebuffer(
                    placement.format, placement.width, placement.height, planes, modifier
                )
            )

    def close(self) -> None:
        self._importer.release()


def opened_port(
    node: Path, *, writes: bool, shows: bool, beside: OpenPort | None = None
) -> tuple[OpenPort, ExitStack]:
    """A port of a device node, and what closes it again.

    `beside` is another open port of the device: both queues of a converter belong to one open file.

    Raises:
        Absent, NotPermitted: the node cannot be opened.
        KernelRefused: it is no such device.
    """
    with ExitStack() as undone:
        fd = os.dup(beside.queue.fd) if isinstance(beside, QueuePort) else open_node(node)
        undone.callback(os.close, fd)
        port: OpenPort
        if node.name.startswith("video"):
            port = QueuePort(fd, "capture" if writes else "output")
        else:
            port = CardPort(fd, shows=shows)
        undone.callback(port.close)
        return port, undone.pop_all()


def _knows_modifiers(card: int) -> bool:
    asked = uapi.DrmCapability(capability=uapi.CAP_ADDFB2_MODIFIERS)
    try:
        call(card, uapi.DRM_GET_CAP, asked)
    except KernelRefused:
        return False
    return bool(asked.value)


@contextmanager
def _importing() -> Iterator[None]:
    """Calls by which a device takes a buffer: their refusals are about the buffer."""
    try:
        yield
    except (Absent, NotPermitted):
        raise
    except KernelRefused as refused:
        raise NotImported(refused.errno, refused.text) from refused
