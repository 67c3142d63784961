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
from heapwright.allocator.judge.placement import attachments_of
from heapwright.allocator.judge.question.conversion_trees import NOBODY, JudgedPlacement
from heapwright.allocator.judge.question.request import BufferUser, RequestedBuffer
from heapwright.solver.answer.plan import AttachedPort, Placement

RAW_SAMPLES = 4


class DeviceAccess(NamedTuple):
    """One attachment about to touch a buffer."""

    attachment: JudgedAttachment
    user: BufferUser
    attached: AttachedPort
    looks: View | None
    """None for raw data."""

    @property
    def reads(self) -> bool:
        return self.user.access == "read"

    @property
    def converts(self) -> bool:
        return self.user.role.file == NOBODY


class AccessedPlacement(NamedTuple):
    """One placement and everybody who touches it."""

    request: RequestedBuffer
    placement: Placement
    layout: StatedLayout | None
    accesses: tuple[DeviceAccess, ...]

    def converter(self, device: str, port: str, access: str) -> DeviceAccess | None:
        """The attachment of a conversion, if it can touch the buffer at all."""
        return next(
            (
                device_access
                for device_access in self.accesses
                if device_access.converts
                and (
                    device_access.attached.device,
                    device_access.attached.port,
                    device_access.attached.access,
                )
                == (device, port, access)
            ),
            None,
        )


def accessed_placement(
    case: JudgedQuestion, node: JudgedPlacement, faults: list[PlanFault]
) -> AccessedPlacement:
    """Everybody who touches one placement; who cannot even look at it is missing, with a fault."""
    request, placement, assignment = node
    attachments, missing = attachments_of(case.of, request, assignment)
    faults += missing
    layout = None if _unplaced(placement) else layout_of(placement)
    if missing or (layout is not None and not isinstance(layout, StatedLayout)):
        if layout is not None and not isinstance(layout, StatedLayout):
            faults.append(layout.against(request.name, ""))
        return AccessedPlacement(request, placement, None, ())
    accesses = []
    for attachment, user in zip(attachments, request.users_of(assignment), strict=True):
        if request.domain is not None:
            faults += [
                each.against(request.name, attachment.device.name)
                for each in port_objections(request, attachment)
            ]
        attached = AttachedPort(device=attachment.device.name, port=attachment.port_name, access=user.access)
        looks = None
        if layout is not None:
            rule, why = case.of.ports.nearest(attachment, user, placement, layout)
            if rule is None:
                why = why or refused("format", "no rule speaks of it")
                faults.append(why.against(request.name, attachment.device.name))
                continue
            looks = view(rule, layout)
        accesses.append(DeviceAccess(attachment, user, attached, looks))
    return AccessedPlacement(request, placement, layout, tuple(accesses))


def touched(
    accessed: AccessedPlacement, device_access: DeviceAccess
) -> Iterator[tuple[tuple[int, int], Sample]]:
    """(dma-buf, offset) of every byte that is looked at, and what should be there."""
    if accessed.layout is not None and device_access.looks is not None:
        yield from samples(accessed.layout, device_access.looks)
        return
    placement = accessed.placement
    last = (placement.planes[0].size if placement.planes else placement.size) - 1
    whose = _meaning(placement, device_access)
    for step in range(RAW_SAMPLES + 1):
        yield (0, last * step // RAW_SAMPLES), Sample(0, 0, last * step // RAW_SAMPLES, whose)


def _unplaced(placement: Placement) -> bool:
    """No bytes of it have a known place: raw data, or an image that only a driver can lay out."""
    return placement.modifier is None or opaque(modifier_named(placement.modifier))


def _meaning(placement: Placement, device_access: DeviceAccess) -> int:
    """Two drivers mean different things by no modifier at all."""
    return (
        crc32((device_access.attachment.device.facts.driver or "").encode())
        if placement.modifier == INVALID
        else 0
    )


def overruns(
    accessed: AccessedPlacement, device_access: DeviceAccess, buffer: AllocatedBuffer
) -> Iterator[PlanFault]:
    """The device's last byte lies outside what was allocated; slack of the last page is no promise."""
    if device_access.looks is None:
        return
    for end, dmabuf in zip(device_access.looks.ends, buffer.dmabufs, strict=True):
        if end > dmabuf.size:
            text = f"touches byte {end - 1} of a dma-buf of {dmabuf.size}"
            yield seen("tail", text).against(accessed.request.name, device_access.attachment.device.name)
