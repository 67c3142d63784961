"""One placement as if it were the only one: its layout, its heap, everybody who attaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from heapwright.allocator.faults import PlanFault, absent, no_node, no_room, refused, seen
from heapwright.allocator.hardware import known
from heapwright.allocator.judge.board.attachments import JudgedAttachment, uses_of
from heapwright.allocator.judge.board.residence import BackedBuffer
from heapwright.allocator.judge.constraints.addressability import port_objections
from heapwright.allocator.judge.constraints.image.opaque import exporter_objections
from heapwright.allocator.judge.constraints.image.ports import LayoutVerdict
from heapwright.allocator.judge.constraints.memory.existing_usage import as_stated, existing_uses, pace_faults
from heapwright.allocator.judge.constraints.memory.usage import PlacementUsage
from heapwright.allocator.judge.constraints.protection import (
    audience_faults,
    heap_objections,
    moved_objections,
)
from heapwright.allocator.judge.constraints.protection import port_objections as ward_objections
from heapwright.allocator.judge.constraints.request import count_faults, raw_faults, request_faults
from heapwright.allocator.judge.layout.families import opaque
from heapwright.allocator.judge.layout.pixels import modifier_named
from heapwright.allocator.judge.layout.stated import StatedLayout, layout_of
from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.allocator.judge.question.request import BufferUser, PlannedAssignment, RequestedBuffer
from heapwright.solver.answer.plan import Placement


def attachments_of(
    on: JudgedPlatform, request: RequestedBuffer, assignment: PlannedAssignment
) -> tuple[list[JudgedAttachment], list[PlanFault]]:
    """The ports that attach, or which of them the board lacks."""
    attachments: list[JudgedAttachment] = []
    faults: list[PlanFault] = []
    for user, name in zip(request.users_of(assignment), assignment.devices, strict=True):
        device = on.devices[name]
        port = device.facts.ports.get(user.port)
        if port is None:
            faults.append(absent("missing-device", f"has no port {user.port}").against(request.name, name))
            continue
        if user.connector is not None and user.connector not in device.facts.connectors:
            text = f"has no connector {user.connector}"
            faults.append(absent("missing-device", text).against(request.name, name))
        if device.facts.codecs is not None and not user.codecs <= set(device.facts.codecs):
            text = f"does not know all of {', '.join(sorted(user.codecs))}"
            faults.append(absent("missing-device", text).against(request.name, name))
        attachments.append(JudgedAttachment(device, user.port, port, user.rarely))
    return attachments, faults


def alone(
    on: JudgedPlatform, request: RequestedBuffer, placement: Placement, assignment: PlannedAssignment
) -> tuple[list[PlanFault], PlacementUsage | None]:
    """Judge one placement as if it were the only one, and say what it takes."""
    attachments, faults = attachments_of(on, request, assignment)
    if faults:
        return faults, None
    faults += request_faults(request, placement)
    faults += count_faults(request, placement.count, attachments)
    faults += pace_faults(placement, attachments)
    users = request.users_of(assignment)
    verdict = layout_verdict(on, request, placement, attachments, users)
    faults += verdict.faults
    if not placement.sizes:
        return [*faults, refused("plane-buffers", "no sizes").against(request.name, "")], None
    found, usage = heap_verdict(on, request, placement, attachments, users, verdict)
    return faults + found, usage


def layout_verdict(
    on: JudgedPlatform,
    request: RequestedBuffer,
    placement: Placement,
    attachments: Sequence[JudgedAttachment],
    users: Sequence[BufferUser],
) -> LayoutVerdict:
    """Whether every port can use the bytes as they lie, and takes what it is said to take."""
    verdict = _as_it_lies(on, request, placement, attachments, users)
    ways = as_stated(placement, attachments, verdict.ways)
    faults = verdict.faults
    if verdict.ways and not ways:
        faults += (seen("uses", "no choice of rules uses what is said").against(request.name, ""),)
    return LayoutVerdict(faults, ways)


def _as_it_lies(
    on: JudgedPlatform,
    request: RequestedBuffer,
    placement: Placement,
    attachments: Sequence[JudgedAttachment],
    users: Sequence[BufferUser],
) -> LayoutVerdict:
    is_image = request.buffer.bytes is None and placement.modifier is not None
    exact = not (is_image and opaque(modifier_named(placement.modifier or "")))
    faults = [
        refused("extent", f"buffers of {size} bytes; {attachment.port.bytes} holds").against(
            request.name, attachment.device.name
        )
        for attachment in attachments
        for size in placement.sizes
        if (exact and size % (known(attachment.port.bytes.multiple) or 1))
        or ((most := known(attachment.port.bytes.max)) is not None and size > most)
    ]
    if not exact:  # only the exporter knows the size: it is at least this
        verdict = on.ports.judge_opaque(placement, attachments, users)
        return LayoutVerdict((*faults, *verdict.faults), verdict.ways)
    if request.buffer.bytes is not None:
        faults += raw_faults(request, placement)
        return LayoutVerdict(tuple(faults), (tuple(uses_of(attachment, None) for attachment in attachments),))
    layout = layout_of(placement)
    if not isinstance(layout, StatedLayout):
        return LayoutVerdict((*faults, layout.against(request.name, "")), ())
    verdict = on.ports.judge(placement, layout, attachments, users)
    return LayoutVerdict((*faults, *verdict.faults), verdict.ways)


def heap_verdict(
    on: JudgedPlatform,
    request: RequestedBuffer,
    placement: Placement,
    attachments: Sequence[JudgedAttachment],
    users: Sequence[BufferUser],
    verdict: LayoutVerdict,
) -> tuple[list[PlanFault], PlacementUsage | None]:
    """Whether the heap can make such buffers and everybody can use them there."""
    name, heap = request.name, on.heaps.get(placement.heap)
    if heap is None:
        return [no_node("heap-limits", f"no heap {placement.heap} on this kernel").against(name, "")], None
    faults = [each.against(name, "") for each in heap_objections(request, heap)]
    if placement.modifier is not None and opaque(modifier_named(placement.modifier)):
        faults += [each.against(name, "") for each in exporter_objections(heap)]
    if placement.names != heap.facts.names:
        faults.append(no_node("heap-limits", f"{heap.name} is not {placement.names}").against(name, ""))
    largest = known(heap.facts.largest) or 1 << 64
    faults += [
        no_room("heap-limits", f"{heap.whole(size)} bytes; {heap.name} makes {largest}").against(name, "")
        for size in placement.sizes
        if heap.whole(size) > largest
    ]
    where = on.residence(heap.name, [attachment.device for attachment in attachments])
    if placement.allocated != (taken := sum(where.backing.slot(size) for size in placement.sizes)):
        text = f"{where.backing.name} takes {taken} bytes for it, not {placement.allocated}"
        faults.append(seen("allocated", text).against(name, ""))
    faults += _attach_faults(on, request, placement, attachments, where)
    faults += audience_faults(request, where, on.devices, attachments, users)
    usage = on.usages.usage(
        name,
        where,
        placement.sizes,
        placement.count,
        request.buffer.rate,
        attachments,
        verdict.uses(attachments),
    )
    return faults, usage


def _attach_faults(
    on: JudgedPlatform,
    request: RequestedBuffer,
    placement: Placement,
    attachments: Sequence[JudgedAttachment],
    where: BackedBuffer,
) -> Iterator[PlanFault]:
    attached: set[str] = set()
    for attachment in attachments:
        device, reach = attachment.device, on.reach
        if device.name in attached and device.facts.once:
            yield refused("attach-once", "attaches a buffer only once").against(request.name, device.name)
        attached.add(device.name)
        for each in reach.objections(device, where):
            yield each.against(request.name, device.name)
        own = where.heap.facts.exporter == device.name
        for each in port_objections(on.physical_map, attachment.port, where, own=own):
            yield each.against(request.name, device.name)
        for each in (*ward_objections(request, attachment), *moved_objections(request, where, device)):
            yield each.against(request.name, device.name)
        for size in placement.sizes:
            for each in reach.contiguity(device, where, size):
                yield each.against(request.name, device.name)
            for each in reach.paged(device, where, size):
                yield each.against(request.name, device.name)
            for each in reach.base_objections(device, attachment.port, where, size):
                yield each.against(request.name, device.name)


def live_usage(on: JudgedPlatform, placement: Placement) -> PlacementUsage:
    """What a buffer that exists already takes; it was judged when it was made."""
    attachments = []
    for attached in placement.attachments:
        device = on.devices[attached.device]
        rarely = attached.how_often == "rarely"
        attachments.append(JudgedAttachment(device, attached.port, device.facts.ports[attached.port], rarely))
    where = on.residence(placement.heap, [attachment.device for attachment in attachments])
    usage = on.usages.usage(
        placement.buffer,
        where,
        placement.sizes,
        placement.count,
        placement.rate,
        attachments,
        existing_uses(placement, attachments),
    )
    return usage._replace(existing=True)
