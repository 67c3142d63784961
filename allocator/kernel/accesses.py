"""Who touches a buffer, and which bytes of it: every device by its own idea of the layout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from heapwright.allocator.backend import AllocatedBuffer
from heapwright.allocator.faults import PlanFault, refused, seen
from heapwright.allocator.judge.board.attachments import JudgedAttachment
from heapwright.allocator.judge.constraints.image.opaque import INVALID
from heapwright.allocator.judge.constraints.image.walk import Sample, View, samples, view
from heapwright.allocator.judge.constraints.protection import port_objections
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.allocator.judge.layout.families import opaque
from heapwright.allocator.judge.layout.pixels import modifier_named
from heapwright.allocator.judge.layout.stated import StatedLayout, layout_of
from heapwright.allocator.judge.placement import touches_of
from heapwright.allocator.judge.question.conversion_trees import NOBODY, JudgedPlacement
from heapwright.allocator.judge.question.request import BufferUser, RequestedBuffer
from heapwright.solver.answer.plan import AttachedPort, Placement

RAW_SAMPLES = 4


class DeviceAccess(NamedTuple):
    """One attachment about to touch a buffer."""

    touch: JudgedAttachment
    party: BufferUser
    attached: AttachedPort
    looks: View | None
    """None for raw data."""

    @property
    def reads(self) -> bool:
        return self.party.access == "read"

    @property
    def converts(self) -> bool:
        return self.party.role.file == NOBODY


class PlacementAccesses(NamedTuple):
    """One placement and everybody who touches it."""

    asked: RequestedBuffer
    placement: Placement
    layout: StatedLayout | None
    actors: tuple[DeviceAccess, ...]

    def converter(self, device: str, port: str, access: str) -> DeviceAccess | None:
        """The attachment of a conversion, if it can touch the buffer at all."""
        return next(
            (
                actor
                for actor in self.actors
                if actor.converts
                and (actor.attached.device, actor.attached.port, actor.attached.access)
                == (device, port, access)
            ),
            None,
        )


def accesses_of(case: JudgedQuestion, node: JudgedPlacement, faults: list[PlanFault]) -> PlacementAccesses:
    """The scene of one placement; who cannot even look at it is missing, with a fault."""
    asked, placement, seating = node
    touches, missing = touches_of(case.of, asked, seating)
    faults += missing
    layout = None if _unplaced(placement) else layout_of(placement)
    if missing or (layout is not None and not isinstance(layout, StatedLayout)):
        if layout is not None and not isinstance(layout, StatedLayout):
            faults.append(layout.against(asked.name, ""))
        return PlacementAccesses(asked, placement, None, ())
    actors = []
    for touch, party in zip(touches, asked.seated(seating), strict=True):
        if asked.ward is not None:
            faults += [each.against(asked.name, touch.device.name) for each in port_objections(asked, touch)]
        attached = AttachedPort(device=touch.device.name, port=touch.port_name, access=party.access)
        looks = None
        if layout is not None:
            rule, why = case.of.ports.nearest(touch, party, placement, layout)
            if rule is None:
                why = why or refused("format", "no rule speaks of it")
                faults.append(why.against(asked.name, touch.device.name))
                continue
            looks = view(rule, layout)
        actors.append(DeviceAccess(touch, party, attached, looks))
    return PlacementAccesses(asked, placement, layout, tuple(actors))


def touched(scene: PlacementAccesses, actor: DeviceAccess) -> Iterator[tuple[tuple[int, int], Sample]]:
    """(dma-buf, offset) of every byte that is looked at, and what should be there."""
    if scene.layout is not None and actor.looks is not None:
        yield from samples(scene.layout, actor.looks)
        return
    placement = scene.placement
    last = (placement.planes[0].size if placement.planes else placement.size) - 1
    whose = _meaning(placement, actor)
    for step in range(RAW_SAMPLES + 1):
        yield (0, last * step // RAW_SAMPLES), Sample(0, 0, last * step // RAW_SAMPLES, whose)


def _unplaced(placement: Placement) -> bool:
    """No bytes of it have a known place: raw data, or an image that only a driver can lay out."""
    return placement.modifier is None or opaque(modifier_named(placement.modifier))


def _meaning(placement: Placement, actor: DeviceAccess) -> int:
    """Two drivers mean different things by no modifier at all."""
    return crc32((actor.touch.device.facts.driver or "").encode()) if placement.modifier == INVALID else 0


def overruns(scene: PlacementAccesses, actor: DeviceAccess, buffer: AllocatedBuffer) -> Iterator[PlanFault]:
    """The device's last byte lies outside what was allocated; slack of the last page is luck."""
    if actor.looks is None:
        return
    for end, dmabuf in zip(actor.looks.ends, buffer.dmabufs, strict=True):
        if end > dmabuf.size:
            text = f"touches byte {end - 1} of a dma-buf of {dmabuf.size}"
            yield seen("tail", text).against(scene.asked.name, actor.touch.device.name)
