"""The steps of a sequence, and what one step came to.

A step names buffers, heaps and devices by the profile's names; nothing in it says
what should happen. Whoever carries it out tells one `Outcome` for each step.
"""

from __future__ import annotations

import errno as errnos
import os
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from heapwright.platforms.schema import Platform

KIB: Final = 1 << 10
MIB: Final = 1 << 20


class Frame(NamedTuple):
    """An image as a port is told of it; `image` bytes are what it fills, `room` the buffers made for it."""

    format: str
    width: int
    height: int
    image: int
    room: int


FRAMES: Final = {
    "64K": Frame("R8", 320, 180, 57_600, 64 * KIB),
    "1M": Frame("BG24", 640, 480, 921_600, MIB),
    "1.5M": Frame("NV12", 1280, 720, 1_382_400, 1536 * KIB),
    "8M": Frame("XR24", 1920, 1080, 8_294_400, 8 * MIB),
    "32M": Frame("XR24", 3840, 2160, 33_177_600, 32 * MIB),
}
"""The five sizes of the measured truth matrix."""


class Allocate(NamedTuple):
    """Make one buffer; an exporter that thinks in images is asked for `frame` instead of a size."""

    buffer: str
    heap: str
    size: int = 0
    frame: str = ""

    def bytes(self, in_images: bool) -> int:
        """What is asked for: the image alone where the exporter settles the size."""
        if not self.frame:
            return self.size
        return FRAMES[self.frame].image if in_images else FRAMES[self.frame].room


class Fill(NamedTuple):
    """Make buffers `NAME/0`, `NAME/1`, … until the heap says no, or `most` are there."""

    name: str
    heap: str
    size: int
    most: int = 4096


class FillDescriptors(NamedTuple):
    """The same, with so many free descriptors that `room` dma-bufs can be open."""

    name: str
    heap: str
    size: int
    room: int


class Import(NamedTuple):
    """Import a buffer at a device as often as said, and let it go again.

    At a V4L2 port `frame` is the format; at a DRM device it makes a framebuffer as well.
    """

    buffer: str
    device: str
    frame: str = ""
    times: int = 1


class Map(NamedTuple):
    """mmap a buffer and touch its first byte."""

    buffer: str


class Free(NamedTuple):
    """Close a buffer, or all that `Fill` made under the name; with `every`, one of so many."""

    name: str
    every: int = 1


class HeapCall(NamedTuple):
    """DMA_HEAP_IOCTL_ALLOC word for word; what it gives is closed at once."""

    heap: str
    length: int
    fd: int = 0
    fd_flags: int = os.O_RDWR | os.O_CLOEXEC
    heap_flags: int = 0


Step = Allocate | Fill | FillDescriptors | Import | Map | Free | HeapCall


class Outcome(NamedTuple):
    """`ok` or the name of an errno; bytes of a buffer, or how many were made."""

    word: str
    number: int = 0


NO_BUFFER: Final = Outcome("no buffer")
"""The step is about a buffer that was refused before."""


def heap_of(platform: Platform, name: str) -> str:
    """The heap that a step means: by its key, or by one of the names under which it is opened."""
    if name in platform.heaps:
        return name
    return next(key for key, heap in platform.heaps.items() if name in heap.names)


def refused(errno: int, number: int = 0) -> Outcome:
    return Outcome(errnos.errorcode.get(errno, str(errno)), number)


class Performer(Protocol):
    """Whoever carries steps out: a kernel, or a board that pretends."""

    def do(self, step: Step) -> Outcome:
        """One step, in the state that the steps before it left."""

    def close(self) -> None:
        """Give everything back."""


def perform(steps: Sequence[Step], by: Performer) -> list[Outcome]:
    """What each step came to; nothing is left behind."""
    try:
        return [by.do(step) for step in steps]
    finally:
        by.close()
