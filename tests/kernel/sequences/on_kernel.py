"""Sequences on the running kernel, by the calls of allocator/linux."""

from __future__ import annotations

import fcntl
import os
import resource
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import assert_never

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import call, opened
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.exporters import dumb, heap, mmap, udmabuf
from heapwright.allocator.linux.importers.prime import Importer
from heapwright.allocator.linux.queue import VideoQueue
from heapwright.platforms.fourcc.videodev import v4l2_code
from heapwright.platforms.schema import Heap, Platform
from heapwright.solver.answer.plan import Plane
from tests.kernel.sequences.language import (
    FRAMES,
    KIB,
    NO_BUFFER,
    Allocate,
    Fill,
    FillDescriptors,
    Free,
    HeapCall,
    Import,
    Map,
    Outcome,
    Step,
    heap_of,
    refused,
)


class Real:
    """The machine that this runs on, and the buffers that a sequence has made on it."""

    def __init__(self, platform: Platform, nodes: Mapping[str, Path]) -> None:
        """`nodes`: where each of the profile's devices is."""
        self.platform, self.nodes = platform, nodes
        self.buffers: dict[str, OwnedDmabuf] = {}

    def do(self, step: Step) -> Outcome:
        try:
            return self._do(step)
        except KernelRefused as no:
            return refused(no.errno)

    def _do(self, step: Step) -> Outcome:
        if isinstance(step, Import | Map) and step.buffer not in self.buffers:
            return NO_BUFFER
        match step:
            case Allocate():
                made = self.buffers[step.buffer] = self._made(step)
                return Outcome("ok", made.size)
            case Fill():
                return self._fill(step.name, step.heap, step.size, step.most)
            case FillDescriptors():
                return self._fill_descriptors(step)
            case Import():
                return self._import(step)
            case Map():
                with self.buffers[step.buffer].mapped("both") as view:
                    view[0] = 1
                return Outcome("ok")
            case Free():
                return self._free(step)
            case HeapCall():
                return self._heap_call(step)
            case _:
                assert_never(step)

    def _made(self, step: Allocate) -> OwnedDmabuf:
        found = self.platform.heaps[heap_of(self.platform, step.heap)]
        size = step.bytes(in_images=False)
        if found.via in ("dma-heap", "tee"):
            return heap.allocate(heap.node((step.heap,) if step.heap in found.names else found.names), size)
        if found.via == "udmabuf":
            return udmabuf.allocate(size, huge="huge" in found.flags)
        node = self.nodes[found.exporter or ""]
        if found.via == "drm":
            with opened(node) as card:
                return dumb.allocate(card, KIB, size // (4 * KIB), 32).dmabuf
        frame = FRAMES[step.frame]
        code = v4l2_code(frame.format) or 0
        return mmap.allocate(node, "capture", code, frame.width, frame.height).dmabufs[0]

    def _fill(self, name: str, heap_name: str, size: int, most: int) -> Outcome:
        for number in range(most):
            made = f"{name}/{number}"
            try:
                self.buffers[made] = self._made(Allocate(made, heap_name, size))
            except KernelRefused as no:
                return refused(no.errno, number)
        return Outcome("ok", most)

    def _fill_descriptors(self, step: FillDescriptors) -> Outcome:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        # One more, for the heap's node while it is asked.
        resource.setrlimit(resource.RLIMIT_NOFILE, (_limit(step.room + 1), hard))
        try:
            return self._fill(step.name, step.heap, step.size, step.room + 1)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def _import(self, step: Import) -> Outcome:
        made, node = self.buffers[step.buffer], self.nodes[step.device]
        with ExitStack() as held:
            fd = held.enter_context(opened(node))
            if node.name.startswith("video"):
                _queued(held.enter_context(VideoQueue(fd, "capture")), made, step)
            else:
                _taken(held.enter_context(Importer(fd)), fd, made, step)
        return Outcome("ok")

    def _free(self, step: Free) -> Outcome:
        names = [name for name in self.buffers if name == step.name or name.startswith(f"{step.name}/")]
        for name in names[:: step.every]:
            self.buffers.pop(name).close()
        return Outcome("ok")

    def _heap_call(self, step: HeapCall) -> Outcome:
        found: Heap = self.platform.heaps[step.heap]
        wanted = uapi.HeapAllocation(
            len=step.length, fd=step.fd, fd_flags=step.fd_flags, heap_flags=step.heap_flags
        )
        with opened(heap.node(found.names), os.O_RDONLY) as fd:
            call(fd, uapi.HEAP_ALLOC, wanted)
        with OwnedDmabuf(wanted.fd) as made:
            return Outcome("ok", made.size)

    def close(self) -> None:
        while self.buffers:
            self.buffers.popitem()[1].close()


def _queued(queue: VideoQueue, made: OwnedDmabuf, step: Import) -> None:
    frame = FRAMES[step.frame]
    queue.format(v4l2_code(frame.format) or 0, frame.width, frame.height)
    queue.request(step.times, uapi.V4L2_DMABUF)
    for index in range(step.times):
        queue.put(index, made)


def _taken(importer: Importer, card: int, made: OwnedDmabuf, step: Import) -> None:
    handle = importer.attach(made)
    for _ in range(step.times - 1):
        again = uapi.PrimeHandle(fd=made.fd)
        call(card, uapi.DRM_PRIME_FD_TO_HANDLE, again)
        if again.handle != handle:
            raise KernelRefused(0, "another handle for the same buffer")
    if step.frame:
        frame = FRAMES[step.frame]
        plane = Plane(offset=0, stride=frame.width * 4, size=frame.image)
        importer.framebuffer(frame.format, frame.width, frame.height, [(made, plane)])


def _limit(room: int) -> int:
    """The RLIMIT_NOFILE that leaves room for so many more: it bounds numbers, not how many are open."""
    limit, free = 0, 0
    while free < room:
        free += not _open(limit)
        limit += 1
    return limit


def _open(fd: int) -> bool:
    try:
        fcntl.fcntl(fd, fcntl.F_GETFD)
    except OSError:
        return False
    return True
