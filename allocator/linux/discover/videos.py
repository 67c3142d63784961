"""V4L2 nodes: directions, formats, sizes, kinds of memory.

Sources: include/uapi/linux/videodev2.h; VIDIOC_REQBUFS with count 0 tells the kinds of
memory a queue takes (Documentation/userspace-api/media/v4l/vidioc-reqbufs.rst).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import call, opened
from heapwright.allocator.linux.discover.files import folders, text
from heapwright.allocator.linux.discover.hardware import hardware
from heapwright.allocator.linux.discover.iommus import reach
from heapwright.allocator.linux.discover.permissions import permission
from heapwright.allocator.linux.discover.trying import LARGEST, Trying
from heapwright.allocator.linux.queue import VideoQueue as Queue
from heapwright.allocator.linux.uapi import looking as uapi_looking
from heapwright.platforms.fourcc.modifiers import LINEAR
from heapwright.platforms.fourcc.videodev import picture
from heapwright.platforms.importers.records import QueueDirection, QueueRecord, Sizes, Video, VideoFormat

MOST_FORMATS: Final = 512
MOST_SIZES: Final = 64
_VIDEO = re.compile(r"video(\d+)", re.ASCII)


def found(root: Path, notes: list[str]) -> Iterator[Video]:
    """The video nodes that may be opened and handle pictures, in order of their numbers."""
    nodes = [
        (int(match[1]), each) for each in folders(root / "dev") if (match := _VIDEO.fullmatch(each.name))
    ]
    for _, node in sorted(nodes):
        try:
            with opened(node, os.O_RDWR | os.O_NONBLOCK) as fd:
                video = _video(root, node, fd)
        except KernelRefused as refused:
            notes.append(f"/dev/{node.name} could not be read: {refused}")
        else:
            if video.queues:
                yield video


def _video(root: Path, node: Path, fd: int) -> Video:
    reported = uapi.V4l2Capability()
    call(fd, uapi.VIDIOC_QUERYCAP, reported)
    driver, card = reported.driver.decode("utf-8", "replace"), reported.card.decode("utf-8", "replace")
    folder = root / "sys/class/video4linux" / node.name
    able = reported.device_caps
    directions: list[QueueDirection] = []
    if able & (uapi_looking.OUTPUTS | uapi_looking.CONVERTS):
        directions.append("output")
    if able & (uapi_looking.CAPTURES | uapi_looking.CONVERTS):
        directions.append("capture")
    name = text(folder / "name") or card
    source = f"probed: /dev/{node.name} ({name}, driver {driver})"
    return Video(
        f"/dev/{node.name}", name, driver, card, tuple(_queue(fd, each) for each in directions),
        reach(folder / "device"), permission(node, os.R_OK | os.W_OK), source,
        hardware(folder / "device", reported.bus_info.decode("utf-8", "replace")),
    )  # fmt: skip


def _queue(fd: int, direction: QueueDirection) -> QueueRecord:
    queue = Queue(fd, direction)
    able = _memory_kinds(fd, queue.type)
    return QueueRecord(
        direction, tuple(_formats(queue)), bool(able & uapi_looking.QUEUE_DMABUF),
        bool(able & uapi_looking.QUEUE_USERPTR), bool(able & uapi_looking.QUEUE_MMAP),
    )  # fmt: skip


def _memory_kinds(fd: int, type_: int) -> int:
    wanted = uapi.V4l2RequestBuffers(count=0, type=type_, memory=uapi.V4L2_MMAP)
    try:
        call(fd, uapi.VIDIOC_REQBUFS, wanted)
    except KernelRefused:
        return 0
    return int(wanted.capabilities)


def _formats(queue: Queue) -> Iterator[VideoFormat]:
    for index in range(MOST_FORMATS):
        reported = uapi.V4l2FormatDescription(index=index, type=queue.type)
        try:
            call(queue.fd, uapi.VIDIOC_ENUM_FMT, reported)
        except KernelRefused:
            return
        code = int(reported.pixelformat)
        name = _name(code)
        compressed = bool(reported.flags & uapi_looking.FORMAT_COMPRESSED)
        fourcc, modifier, buffers = picture(code)
        compressed = compressed and fourcc is None
        sizes = _sizes(queue, code)
        strides = None
        if fourcc is not None and modifier == LINEAR and not compressed and sizes:
            strides = Trying(queue, code).strides(sizes)
        yield VideoFormat(name, fourcc, compressed, sizes, strides, buffers, modifier)


def _name(code: int) -> str:
    """V4L2's four characters; the top bit says that the bytes of a pixel are the other way round."""
    text = (code & 0x7FFFFFFF).to_bytes(4, "little").decode("ascii", "replace").rstrip()
    return f"{text}-BE" if code >> 31 else text


def _sizes(queue: Queue, code: int) -> tuple[Sizes, ...]:
    """Image sizes by VIDIOC_ENUM_FRAMESIZES; else what becomes of the smallest and the largest wish."""
    listed: list[Sizes] = []
    for index in range(MOST_SIZES):
        reported = uapi_looking.FrameSize(index=index, pixel_format=code)
        try:
            call(queue.fd, uapi_looking.ENUM_FRAMESIZES, reported)
        except KernelRefused:
            break
        if reported.type == uapi_looking.FRAMESIZE_DISCRETE:
            pair = (int(reported.sizes[0]), int(reported.sizes[1]))
            listed.append(Sizes(pair, pair))
            continue
        least_width, most_width, across, least_height, most_height, down = map(int, reported.sizes)
        return (
            Sizes((least_width, least_height), (most_width, most_height), (max(1, across), max(1, down))),
        )
    return tuple(dict.fromkeys(listed)) or _by_trying(queue, code)


def _by_trying(queue: Queue, code: int) -> tuple[Sizes, ...]:
    try:
        small = queue.format(code, 1, 1, keep=False)
        large = queue.format(code, LARGEST, LARGEST, keep=False)
    except KernelRefused:
        return ()
    if not (0 < small.width <= large.width and 0 < small.height <= large.height):
        return ()
    return (Sizes((small.width, small.height), (large.width, large.height)),)
