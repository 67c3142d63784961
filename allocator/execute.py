"""Carry out a plan: allocate, check what was promised, attach, and give back.

Buffers are made in the order on which the promise of a plan rests (`heapwright.allocator.order`), and the
largest are attached first, since bus addresses are aligned to sizes (`heapwright.allocator.addresses`).
The kernel's "yes" is not believed: size, runs,
alignment and the addresses that devices get are compared with the profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from heapwright.allocator.addresses import addresses
from heapwright.allocator.backend import (
    AllocatedBuffer,
    AllocationFailed,
    Backend,
    Dmabuf,
    Import,
    KernelRefused,
    Segment,
)
from heapwright.allocator.hardware import DeviceFacts, HeapFacts, device_facts, present_heaps, round_up
from heapwright.allocator.order import units
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import AttachedPort, Placement, Plan
from heapwright.solver.question.pipeline import Pipeline


class Allocation:
    """The buffers of a plan, alive until released."""

    def __init__(self, backend: Backend, plan: Plan) -> None:
        self.backend = backend
        self.plan = plan
        self.buffers: list[AllocatedBuffer] = []

    def of(self, pipeline: str, buffer: str) -> list[AllocatedBuffer]:
        """The buffers of one placement."""
        return [
            each
            for each in self.buffers
            if (each.placement.pipeline, each.placement.buffer) == (pipeline, buffer)
        ]

    def release(self) -> None:
        """Give everything back, newest first; a second call does nothing."""
        while self.buffers:
            self.backend.release(self.buffers.pop())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self.release()


def execute(platform: Platform, pipelines: Sequence[Pipeline], plan: Plan, backend: Backend) -> Allocation:
    """Make every buffer of a plan and attach it to its ports.

    Raises:
        AllocationFailed: a call failed or a promise was broken; nothing stays allocated.
    """
    _check_question(pipelines, plan)
    allocation = Allocation(backend, plan)
    try:
        _make_all(platform, allocation)
        for buffer, attached in _in_order(platform, allocation.buffers):
            _attach(platform, backend, buffer, attached)
    except BaseException:
        allocation.release()
        raise
    return allocation


def _in_order(
    platform: Platform, buffers: Sequence[AllocatedBuffer]
) -> list[tuple[AllocatedBuffer, AttachedPort]]:
    """Attachments in the order in which bus addresses are sure to last: who sees few of them first, then by size."""

    def rank(pair: tuple[AllocatedBuffer, AttachedPort]) -> tuple[int, int, int]:
        buffer, attached = pair
        facts = platform.devices.get(attached.device)
        place = None if facts is None else addresses(platform, device_facts(attached.device, facts))
        if place is None:
            return 0, 0, 0
        largest = max((dmabuf.size for dmabuf in buffer.dmabufs), default=0)
        return place.width, place.start, -largest

    return sorted(((b, each) for b in buffers for each in b.placement.attachments), key=rank)


def _check_question(pipelines: Sequence[Pipeline], plan: Plan) -> None:
    wanted = {(pipeline.name, name) for pipeline in pipelines for name in pipeline.buffers}
    wanted |= {
        (each.pipeline, each.writes) for each in plan.conversions if (each.pipeline, each.buffer) in wanted
    }
    for placement in plan.placements:
        if (placement.pipeline, placement.buffer) not in wanted:
            raise AllocationFailed(
                placement.buffer, "", None, f"{placement.pipeline} asks for no such buffer"
            )


def _make_all(platform: Platform, allocation: Allocation) -> None:
    """Every buffer of the plan; those made dma-buf by dma-buf are joined when all are there."""
    parts: dict[tuple[int, int], list[tuple[int, AllocatedBuffer]]] = {}
    heaps = present_heaps(platform)
    for unit in units(heaps, allocation.plan.placements):
        whole = unit.placement.sizes == unit.sizes
        part = unit.placement if whole else unit.placement.model_copy(update={"sizes": unit.sizes})
        buffer = _make(heaps.get(part.heap), allocation, part)
        if not whole:
            parts.setdefault((id(unit.placement), unit.number), []).append((unit.part, buffer))
    placements = {id(each): each for each in allocation.plan.placements}
    for (placement, _), made in parts.items():
        made.sort(key=lambda each: each[0])
        joined = allocation.backend.join(placements[placement], [buffer for _, buffer in made])
        first = min(allocation.buffers.index(buffer) for _, buffer in made)
        allocation.buffers[first] = joined
        for _, buffer in made:
            if buffer in allocation.buffers:
                allocation.buffers.remove(buffer)


def _make(heap: HeapFacts | None, allocation: Allocation, placement: Placement) -> AllocatedBuffer:
    name = placement.buffer
    try:
        buffer = allocation.backend.allocate(placement)
    except KernelRefused as refused:
        raise AllocationFailed(name, "", refused.errno, refused.text, placement=placement) from refused
    allocation.buffers.append(buffer)
    if len(buffer.dmabufs) != len(placement.sizes):
        raise AllocationFailed(
            name, "", None, f"{len(buffer.dmabufs)} dma-bufs instead of {len(placement.sizes)}"
        )
    for dmabuf, size in zip(buffer.dmabufs, placement.sizes, strict=True):
        if dmabuf.size < size:
            raise AllocationFailed(name, "", None, f"{dmabuf.size} bytes instead of {size}")
        if heap is not None and (broken := _broken_promise(heap, dmabuf, size)) is not None:
            raise AllocationFailed(name, "", None, broken)
    return buffer


def _broken_promise(heap: HeapFacts, dmabuf: Dmabuf, size: int) -> str | None:
    """What a dma-buf lacks of what its heap guarantees; buffers that may move promise nothing yet."""
    if dmabuf.segments is None or heap.facts.moves_to is not None:
        return None
    alignment = heap.alignment(size)
    if dmabuf.segments[0].address % alignment:
        return f"{heap.name} put it at {dmabuf.segments[0].address:#x}, not on a multiple of {alignment}"
    runs = merged(dmabuf.segments)
    wanted = round_up(size, heap.page) if heap.run is None else heap.run
    short = min((run.length for run in runs[:-1]), default=None)
    if heap.run is None and len(runs) > 1 and runs[0].length < wanted:
        return f"{heap.name} gave a run of {runs[0].length} bytes instead of {wanted}"
    if heap.run is not None and short is not None and short < wanted:
        return f"{heap.name} gave a run of {short} bytes instead of {wanted}"
    return None


def merged(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Segments with neighbours that follow each other in memory taken as one."""
    runs: list[Segment] = []
    for segment in segments:
        if runs and runs[-1].end == segment.address:
            runs[-1] = Segment(runs[-1].address, runs[-1].length + segment.length)
        else:
            runs.append(segment)
    return tuple(runs)


def _attach(platform: Platform, backend: Backend, buffer: AllocatedBuffer, attached: AttachedPort) -> None:
    name, facts = buffer.placement.buffer, platform.devices.get(attached.device)
    if facts is None:
        raise AllocationFailed(name, attached.device, None, f"{platform.name} has no such device")
    device = device_facts(attached.device, facts)
    try:
        if facts.kind == "cpu":
            backend.map(buffer)
        seen = backend.attach(buffer, attached)
    except KernelRefused as refused:
        raise AllocationFailed(
            name, attached.device, refused.errno, refused.text, placement=buffer.placement, port=attached.port
        ) from refused
    buffer.imports.append(seen)
    if (wrong := _unreachable(device, seen)) is not None:
        raise AllocationFailed(name, attached.device, None, wrong)


def _unreachable(device: DeviceFacts, seen: Import) -> str | None:
    """Why the device will not see the buffer's bytes although the kernel let it in."""
    if seen.bounced:
        return f"accepted, but {seen.bounced} bytes go through a bounce buffer, so frames would be lost"
    if device.bits is None or seen.bus is None:
        return None
    for segment in (each for segments in seen.bus for each in segments):
        if segment.end > 1 << device.bits:
            return f"accepted at {segment.address:#x}, beyond the {device.bits} address bits of the device"
    return None
