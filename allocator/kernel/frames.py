"""One frame through an allocation on a pretended board, byte addresses and all.

Every writer marks sampled bytes in physical memory, at the addresses that its
own idea of the layout and its own mapping give; a converter writes on what it
could read; then every reader reads at its own. Firewalls and IOMMUs fault where
hardware would; the frame goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from heapwright.allocator.backend import AllocatedBuffer
from heapwright.allocator.execute import Allocation
from heapwright.allocator.faults import PlanFault, refused, seen
from heapwright.allocator.frameworks import unmapped
from heapwright.allocator.judge.constraints.image.walk import Sample
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.allocator.judge.question.conversion_trees import (
    ConversionTree,
    shape_faults,
    tree_faults,
    trees,
)
from heapwright.allocator.judge.question.device_assignment import device_assignments, unassigned
from heapwright.allocator.kernel.accesses import (
    AccessedPlacement,
    DeviceAccess,
    accessed_placement,
    overruns,
    touched,
)
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.allocator.kernel.bus import Mapping
from heapwright.solver.answer.plan import Conversion
from heapwright.solver.question.pipeline import Pipeline


class Content(NamedTuple):
    """One frame of one buffer, in whatever format it lies."""

    pipeline: str
    buffer: str
    frame: int


def run_frame(
    board: SimulatedBoard,
    pipelines: Sequence[Pipeline],
    allocation: Allocation,
    skipped: Collection[str] = (),
) -> tuple[PlanFault, ...]:
    """Pass one frame through every buffer; the faults are returned and counted by the board.

    `skipped`: placements whose conversion is not run, as by a service that forgot it.
    """
    case, plan = JudgedQuestion(board.facts, pipelines), allocation.plan
    faults = list(tree_faults(case.requested, plan))
    forest = [] if faults else trees(case.requested, plan)
    faults += [fault for tree in forest for fault in shape_faults(board.platform, tree)]
    assignments = None if faults else next(device_assignments(board.platform, forest), None)
    if assignments is None:
        faults = faults or list(unassigned(board.platform, forest))
    else:
        nodes = iter(case.nodes(forest, assignments))
        for tree in forest:
            every_access = [accessed_placement(case, next(nodes), faults) for _ in tree.placements]
            faults += _Passage(board, tree, every_access, allocation, skipped).faults()
    board.faults += faults
    return tuple(faults)


class _Passage:
    """A frame on its way through one buffer and all that is made of it."""

    def __init__(
        self,
        board: SimulatedBoard,
        tree: ConversionTree,
        every_access: Sequence[AccessedPlacement],
        allocation: Allocation,
        skipped: Collection[str],
    ) -> None:
        self.board, self.tree, self.every_access, self.skipped = board, tree, every_access, skipped
        self.rings = [allocation.of(each.placement.pipeline, each.placement.buffer) for each in every_access]
        self.memory: dict[object, tuple[Content, Sample]] = {}

    def faults(self) -> Iterator[PlanFault]:
        """Every buffer of every ring is passed at least once."""
        if not all(self.rings):
            yield refused("placements", "was not allocated").against(self.tree.request.name, "")
            return
        for frame in range(max(len(ring) for ring in self.rings)):
            yield from self._frame(Content(*self.tree.request.key, frame))

    def _frame(self, content: Content) -> Iterator[PlanFault]:
        self.memory.clear()
        buffers = [ring[content.frame % len(ring)] for ring in self.rings]
        for accessed, buffer in zip(self.every_access, buffers, strict=True):
            for device_access in accessed.accesses:
                if not device_access.reads and not device_access.converts:
                    yield from self._touch(accessed, device_access, buffer, content)
        for step in self.tree.steps:
            if step.conversion.writes not in self.skipped:
                yield from self._convert(step.parent, step.child, step.conversion, buffers, content)
        for accessed, buffer in zip(self.every_access, buffers, strict=True):
            for device_access in accessed.accesses:
                if device_access.reads and not device_access.converts:
                    yield from self._touch(accessed, device_access, buffer, content)

    def _convert(
        self, parent: int, child: int, step: Conversion, buffers: Sequence[AllocatedBuffer], content: Content
    ) -> Iterator[PlanFault]:
        """A converter writes only what it could read."""
        reader = self.every_access[parent].converter(step.device, step.from_, "read")
        writer = self.every_access[child].converter(step.device, step.to, "write")
        if reader is None or writer is None:
            return
        found = list(self._touch(self.every_access[parent], reader, buffers[parent], content))
        yield from found
        if not found:
            yield from self._touch(self.every_access[child], writer, buffers[child], content)

    def _touch(
        self,
        accessed: AccessedPlacement,
        device_access: DeviceAccess,
        buffer: AllocatedBuffer,
        content: Content,
    ) -> Iterator[PlanFault]:
        """One device writes, or reads and compares, every byte that is looked at."""
        request, device = accessed.request, device_access.attachment.device
        stopped = self.board.firewall.objection(
            buffer, device_access.attachment, request.domain is not None, device_access.reads
        )
        if stopped is not None:
            yield stopped.against(request.name, device.name)
            return
        unseen = self.board.firewall.mapping_objection(buffer) if device.by_cpu else None
        if unseen is not None:
            yield unmapped(device, self.board.facts.heaps[buffer.placement.heap]).against(
                request.name, device.name
            )
            return
        mappings = self.board.bus.mappings(buffer, device_access.attached)
        yield from overruns(accessed, device_access, buffer)
        for (dmabuf, offset), mark in touched(accessed, device_access):
            place = _place(mappings[dmabuf], offset, (id(buffer), device.name))
            if place is None:
                text = f"page fault at byte {offset} of dma-buf {dmabuf}"
                yield seen("tail", text).against(request.name, device.name)
                break
            if not device_access.reads:
                self.memory[place] = (content, mark)
            elif self.memory.get(place) != (content, mark):
                text = f"plane {mark.plane} row {mark.row} byte {mark.column} is not what was written"
                yield seen("corrupt-read-back", text).against(request.name, device.name)
                break


def _place(mapping: Mapping, offset: int, slot: tuple[int, str]) -> object:
    """Where an access ends up: a physical address, or a slot of the bounce buffer that nobody else sees."""
    return (slot, offset) if mapping.bounced else mapping.physical(offset)
