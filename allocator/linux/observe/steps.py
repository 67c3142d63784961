"""What this machine does with one buffer at one port, step by step, up to the first refusal.

Every step is a call that programs make too: nothing is asked of the kernel that it
would not be asked in use. What is written is compared where both ends can be seen:
the processor fills what a port reads, and counts the pages that a port has written.

A buffer that the processor cannot map is never streamed through a V4L2 queue: the
kernel's test drivers write with the processor and follow the mapping they have not
got (drivers/media/test-drivers/vivid/vivid-kthread-cap.c vivid_fillbuff()).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Final

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import Absent, opened
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.exporters import udmabuf
from heapwright.allocator.linux.importers.kms import Display
from heapwright.allocator.linux.importers.prime import Importer
from heapwright.allocator.linux.observe.buffers import make
from heapwright.allocator.linux.observe.grades import Grade, Observation, Subject
from heapwright.allocator.linux.observe.kernel_log import KernelLog
from heapwright.allocator.linux.queue import ImageFormat, V4l2Direction, VideoQueue
from heapwright.platforms.errors import HeapwrightError
from heapwright.platforms.fourcc.videodev import v4l2_code
from heapwright.solver.answer.plan import Plane

PAGE: Final = 4096
BLANK: Final = 0xA5
DRAWN: Final = 0x33
FAITHFUL: Final = "XR24"
LOOKED_AT: Final = 640
"""Wider pictures are not shown: pretended displays compose them with the processor, pixel by pixel."""
SECONDS: Final = 3.0
SLOTS_TO_READ: Final = 2
"""A device that shows buffers keeps the last one; it gives the first back when it has another."""


class Adjusted(HeapwrightError):
    """The driver took the call and made something else of it."""


class Trial:
    """The way of one buffer so far."""

    def __init__(self, subject: Subject, held: ExitStack) -> None:
        self.subject = subject
        self.held = held
        self.grade = Grade.NOTHING
        self.good, self.pages, self.note = 0, 0, ""

    def reached(self, grade: Grade) -> None:
        self.grade = grade

    def buffer(self) -> OwnedDmabuf:
        """The buffer, made now."""
        made = self.held.enter_context(make(self.subject))
        self.reached(Grade.ALLOCATED)
        return made

    def compared(self, good: int, pages: int) -> None:
        self.good, self.pages = good, pages
        self.reached(Grade.PIXELS)


def observe(subject: Subject, log: KernelLog) -> Observation:
    """Try it; what is made is given back before this returns."""
    log.news()
    call, errno = "", None
    with ExitStack() as held:
        trial = Trial(subject, held)
        try:
            _way(subject)(trial)
        except Adjusted as adjusted:
            call = str(adjusted)
        except KernelRefused as refused:
            call, errno = refused.text, refused.errno
    return Observation(trial.grade, call, errno, log.news(), trial.good, trial.pages, trial.note)


def _way(subject: Subject) -> Callable[[Trial], None]:
    target = subject.target
    if target.kind == "cpu":
        return _by_processor
    if target.node is None:
        raise Absent(0, f"{target.device} has no node")
    return _by_queue if Path(target.node).name.startswith("video") else _by_card


def _by_processor(trial: Trial) -> None:
    trial.reached(Grade.OPENED)
    made = trial.buffer()
    trial.reached(Grade.ATTACHED)
    size = min(trial.subject.size, made.size)
    with made.mapped("both") as view:
        trial.reached(Grade.IMPORTED)
        fill(view, size)
    with made.mapped("read") as view:
        trial.reached(Grade.USED)
        trial.compared(*same(view, size))


def _by_queue(trial: Trial) -> None:
    subject, target = trial.subject, trial.subject.target
    assert target.node is not None  # `_way`
    fd = trial.held.enter_context(opened(Path(target.node), os.O_RDWR | os.O_NONBLOCK))
    direction: V4l2Direction = "capture" if target.access == "write" else "output"
    trial.reached(Grade.OPENED)
    made = trial.buffer()
    queue = trial.held.enter_context(VideoQueue(fd, direction))
    settle(queue, subject)
    slots = 1 if target.access == "write" else SLOTS_TO_READ
    queue.request(slots, uapi.V4L2_DMABUF)
    trial.reached(Grade.ATTACHED)
    if subject.mapped:  # whatever the profile says: what cannot be mapped goes no further
        with made.mapped("write") as view:
            view[:] = bytes([BLANK]) * len(view)
    for index in range(slots):
        queue.put(index, made, used=0 if target.access == "write" else subject.size)
    trial.reached(Grade.IMPORTED)
    if not subject.mapped:
        trial.note = "not streamed: the processor cannot map it"
        return
    if target.kind not in ("camera", "display"):
        trial.note = "not streamed: its other queue wants a picture as well"
        return
    queue.stream()
    trial.reached(Grade.PRESENTED)
    queue.take(SECONDS)
    trial.reached(Grade.USED)
    if target.access == "read":
        trial.note = "nothing can be seen of what it read"
        return
    with made.mapped("read") as view:
        trial.compared(*written(view, subject.size))


def settle(queue: VideoQueue, subject: Subject) -> ImageFormat | None:
    """Have the queue take the picture as it is laid out.

    Raises:
        Adjusted: the driver made something else of it.
        KernelRefused: it does not take it at all.
    """
    if subject.format is None:
        return None
    code = v4l2_code(subject.format)
    if code is None:
        raise Adjusted(f"V4L2 has no format with the bytes of {subject.format}")
    stride = subject.planes[0].stride
    got = queue.format(code, subject.width, subject.height, stride)
    if got.fourcc != code:
        raise Adjusted(f"VIDIOC_S_FMT: format {subject.format} became {_letters(got.fourcc)}")
    if (got.width, got.height) != (subject.width, subject.height):
        asked = f"{subject.width}x{subject.height}"
        raise Adjusted(f"VIDIOC_S_FMT: extent {asked} became {got.width}x{got.height}")
    if got.stride != stride:
        raise Adjusted(f"VIDIOC_S_FMT: stride {stride} became {got.stride}")
    return got


def _letters(code: int) -> str:
    return code.to_bytes(4, "little").decode(errors="replace").strip()


def _by_card(trial: Trial) -> None:
    subject, target = trial.subject, trial.subject.target
    assert target.node is not None  # `_way`
    fd = trial.held.enter_context(opened(Path(target.node)))
    trial.reached(Grade.OPENED)
    made = trial.buffer()
    importer = trial.held.enter_context(Importer(fd))
    trial.reached(Grade.ATTACHED)
    importer.attach(made)
    trial.reached(Grade.IMPORTED)
    if subject.format is None:
        trial.note = "raw data: there is no framebuffer to make"
        return
    planes = [(made, plane) for plane in subject.planes]
    if target.kind != "display":
        trial.note = "no display: there is no framebuffer to make"
        return
    modifier = subject.modifier or None  # LINEAR goes without: old drivers know no modifiers
    framebuffer = importer.framebuffer(subject.format, subject.width, subject.height, planes, modifier)
    trial.reached(Grade.PRESENTED)
    if target.port == "writeback" or (subject.format == FAITHFUL and subject.width <= LOOKED_AT):
        _shown(trial, fd, importer, framebuffer, made)
    else:
        trial.note = "not shown"


def _shown(trial: Trial, card: int, importer: Importer, framebuffer: int, made: OwnedDmabuf) -> None:
    """Scan out one buffer and have the display write into another; one of the two is the subject's."""
    subject = trial.subject
    display = trial.held.enter_context(Display(card))
    if display.pipe.writeback is None or not subject.mapped:
        trial.note = "nothing can be seen of what is shown"
        return
    width, height = subject.width, subject.height
    plane = Plane(offset=0, stride=width * 4, size=width * height * 4)
    other = trial.held.enter_context(udmabuf.allocate(plane.size, "heapwright-verify"))
    second = importer.framebuffer(FAITHFUL, width, height, [(other, plane)])
    reads = trial.subject.target.access == "read"
    source, sink = (made, other) if reads else (other, made)
    with source.mapped("write") as view:
        view[:] = bytes([DRAWN]) * len(view)
    with sink.mapped("write") as view:
        view[:] = bytes([BLANK]) * len(view)
    display.write_back(*((framebuffer, second) if reads else (second, framebuffer)), width, height)
    trial.reached(Grade.USED)
    with sink.mapped("read") as view:
        trial.compared(*written(view, plane.size if reads else subject.size))


def pattern(size: int) -> bytes:
    """Bytes of which no two pages are alike."""
    return _pattern(1 << max(size - 1, 0).bit_length())[:size]


@lru_cache(maxsize=4)
def _pattern(size: int) -> bytes:
    pages = -(-size // PAGE)
    return b"".join([number.to_bytes(4, "little") * (PAGE // 4) for number in range(1, pages + 1)])


def fill(view: memoryview, size: int) -> None:
    """Write `pattern`."""
    view[:size] = pattern(size)


def same(view: memoryview, size: int) -> tuple[int, int]:
    """Pages that hold the pattern, and how many there are."""
    seen, wanted = bytes(view[:size]), pattern(size)
    starts = range(0, size, PAGE)
    if seen == wanted:
        return len(starts), len(starts)
    return sum([seen[at : at + PAGE] == wanted[at : at + PAGE] for at in starts]), len(starts)


def written(view: memoryview, size: int) -> tuple[int, int]:
    """Pages of the picture that are no longer blank, and how many there are."""
    seen, blank = bytes(view[:size]), bytes([BLANK]) * PAGE
    starts = range(0, size, PAGE)
    return sum([not blank.startswith(seen[at : at + PAGE]) for at in starts]), len(starts)
