"""Sequences on the pretended board of allocator/kernel."""

from __future__ import annotations

from functools import lru_cache
from typing import assert_never

from heapwright.allocator.backend import AllocatedBuffer, KernelRefused
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.allocator.kernel.calls import heap_call_refusal
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import AttachedPort, Placement, Plane
from tests.kernel.sequences.language import (
    FRAMES,
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

IN_IMAGES = ("v4l2",)
"""Exporters that settle sizes by the format they are set to."""


class Pretended:
    """A board in board mode, and the buffers that a sequence has made on it."""

    def __init__(self, platform: Platform, luck: float) -> None:
        self.platform = platform
        self.board = SimulatedBoard(platform, contiguity=luck)
        self.buffers: dict[str, AllocatedBuffer] = {}

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
                via = self.platform.heaps[heap_of(self.platform, step.heap)].via
                made = self._made(step.buffer, step.heap, step.bytes(via in IN_IMAGES))
                return Outcome("ok", made.dmabufs[0].size)
            case Fill():
                return self._fill(step.name, step.heap, step.size, step.most)
            case FillDescriptors():
                self.board.descriptors = len(self.buffers) + step.room
                try:
                    return self._fill(step.name, step.heap, step.size, step.room + 1)
                finally:
                    self.board.descriptors = None
            case Import():
                return self._import(step)
            case Map():
                self.board.map(self.buffers[step.buffer])
                return Outcome("ok")
            case Free():
                return self._free(step)
            case HeapCall():
                return self._heap_call(step)
            case _:
                assert_never(step)

    def _made(self, name: str, heap: str, size: int) -> AllocatedBuffer:
        made = self.board.allocate(_raw(heap_of(self.platform, heap), size))
        self.buffers[name] = made
        return made

    def _fill(self, name: str, heap: str, size: int, most: int) -> Outcome:
        for number in range(most):
            try:
                self._made(f"{name}/{number}", heap, size)
            except KernelRefused as no:
                return refused(no.errno, number)
        return Outcome("ok", most)

    def _import(self, step: Import) -> Outcome:
        device = self.platform.devices[step.device]
        name, port = next(iter(device.ports.items()))
        made = self.buffers[step.buffer]
        needed = FRAMES[step.frame].image if step.frame else 0
        seen = AllocatedBuffer(_raw(made.placement.heap, made.dmabufs[0].size, needed), made.dmabufs)
        way = AttachedPort(device=step.device, port=name, access=port.access)
        try:
            for _ in range(step.times):
                seen.imports.append(self.board.attach(seen, way))
        finally:
            self.board.release(seen)
        return Outcome("ok")

    def _free(self, step: Free) -> Outcome:
        names = [name for name in self.buffers if name == step.name or name.startswith(f"{step.name}/")]
        for name in names[:: step.every]:
            self.board.release(self.buffers.pop(name))
        return Outcome("ok")

    def _heap_call(self, step: HeapCall) -> Outcome:
        no = heap_call_refusal(step.length, step.fd, step.fd_flags, step.heap_flags, self.platform.page)
        if no is not None:
            return refused(no)
        made = self.board.allocate(_raw(step.heap, step.length))
        self.board.release(made)
        return Outcome("ok", made.dmabufs[0].size)

    def close(self) -> None:
        while self.buffers:
            self.board.release(self.buffers.popitem()[1])


@lru_cache(maxsize=256)
def _raw(heap: str, size: int, needed: int = 0) -> Placement:
    """A placement of bytes in a heap, of which a port needs so many.

    `size` may be more than any placement: it is not checked.
    """
    return Placement(
        pipeline="sequence", buffer="buffer", heap=heap, names=(), format=None, modifier=None,
        modifier_value=None, width=0, height=0, coded_width=0, coded_height=0,
        planes=(Plane(offset=0, stride=0, size=needed),), size=needed, allocated=needed, sizes=(needed,),
        count=1, attachments=(),
    ).model_copy(update={"sizes": (size,)})  # fmt: skip
