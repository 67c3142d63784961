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
from heapwright.allocator.judge.constraints.memory.charge import PlacementUsage
from heapwright.allocator.judge.constraints.memory.existing_usage import as_stated, existing_uses, pace_faults
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
from heapwright.allocator.judge.question.request import BufferUser, DeviceAssignment, RequestedBuffer
from heapwright.solver.answer.plan import Placement


def touches_of(
    on: JudgedPlatform, asked: RequestedBuffer, seating: DeviceAssignment
) -> tuple[list[JudgedAttachment], list[PlanFault]]:
    """The ports that attach, or which of them the board lacks."""
    touches: list[JudgedAttachment] = []
    faults: list[PlanFault] = []
    for party, name in zip(asked.seated(seating), seating.devices, strict=True):
        device = on.devices[name]
        port = device.facts.ports.get(party.port)
        if port is None:
            faults.append(absent("missing-device", f"has no port {party.port}").against(asked.name, name))
            continue
        if party.connector is not None and party.connector not in device.facts.connectors:
            text = f"has no connector {party.connector}"
            faults.append(absent("missing-device", text).against(asked.name, name))
        if device.facts.codecs is not None and not party.codecs <= set(device.facts.codecs):
            text = f"does not know all of {', '.join(sorted(party.codecs))}"
            faults.append(absent("missing-device", text).against(asked.name, name))
        touches.append(JudgedAttachment(device, party.port, port, party.rarely))
    return touches, faults


def alone(
    on: JudgedPlatform, asked: RequestedBuffer, placement: Placement, seating: DeviceAssignment
) -> tuple[list[PlanFault], PlacementUsage | None]:
    """Judge one placement as if it were the only one, and say what it takes."""
    touches, faults = touches_of(on, asked, seating)
    if faults:
        return faults, None
    faults += request_faults(asked, placement)
    faults += count_faults(asked, placement.count, touches)
    faults += pace_faults(placement, touches)
    parties = asked.seated(seating)
    verdict = layout_verdict(on, asked, placement, touches, parties)
    faults += verdict.faults
    if not placement.sizes:
        return [*faults, refused("plane-buffers", "no sizes").against(asked.name, "")], None
    found, charge = heap_verdict(on, asked, placement, touches, parties, verdict)
    return faults + found, charge


def layout_verdict(
    on: JudgedPlatform,
    asked: RequestedBuffer,
    placement: Placement,
    touches: Sequence[JudgedAttachment],
    parties: Sequence[BufferUser],
) -> LayoutVerdict:
    """Whether every port can use the bytes as they lie, and takes what it is said to take."""
    verdict = _as_it_lies(on, asked, placement, touches, parties)
    ways = as_stated(placement, touches, verdict.ways)
    faults = verdict.faults
    if verdict.ways and not ways:
        faults += (seen("uses", "no choice of rules uses what is said").against(asked.name, ""),)
    return LayoutVerdict(faults, ways)


def _as_it_lies(
    on: JudgedPlatform,
    asked: RequestedBuffer,
    placement: Placement,
    touches: Sequence[JudgedAttachment],
    parties: Sequence[BufferUser],
) -> LayoutVerdict:
    is_image = asked.buffer.bytes is None and placement.modifier is not None
    exact = not (is_image and opaque(modifier_named(placement.modifier or "")))
    faults = [
        refused("extent", f"buffers of {size} bytes; {touch.port.bytes} holds").against(
            asked.name, touch.device.name
        )
        for touch in touches
        for size in placement.sizes
        if (exact and size % (known(touch.port.bytes.multiple) or 1))
        or ((most := known(touch.port.bytes.max)) is not None and size > most)
    ]
    if not exact:  # only the exporter knows the size: it is at least this
        verdict = on.ports.judge_opaque(placement, touches, parties)
        return LayoutVerdict((*faults, *verdict.faults), verdict.ways)
    if asked.buffer.bytes is not None:
        faults += raw_faults(asked, placement)
        return LayoutVerdict(tuple(faults), (tuple(uses_of(touch, None) for touch in touches),))
    layout = layout_of(placement)
    if not isinstance(layout, StatedLayout):
        return LayoutVerdict((*faults, layout.against(asked.name, "")), ())
    verdict = on.ports.judge(placement, layout, touches, parties)
    return LayoutVerdict((*faults, *verdict.faults), verdict.ways)


def heap_verdict(
    on: JudgedPlatform,
    asked: RequestedBuffer,
    placement: Placement,
    touches: Sequence[JudgedAttachment],
    parties: Sequence[BufferUser],
    verdict: LayoutVerdict,
) -> tuple[list[PlanFault], PlacementUsage | None]:
    """Whether the heap can make such buffers and everybody can use them there."""
    name, heap = asked.name, on.heaps.get(placement.heap)
    if heap is None:
        return [no_node("heap-limits", f"no heap {placement.heap} on this kernel").against(name, "")], None
    faults = [each.against(name, "") for each in heap_objections(asked, heap)]
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
    where = on.residence(heap.name, [touch.device for touch in touches])
    if placement.allocated != (taken := sum(where.home.slot(size) for size in placement.sizes)):
        text = f"{where.home.name} takes {taken} bytes for it, not {placement.allocated}"
        faults.append(seen("allocated", text).against(name, ""))
    faults += _attach_faults(on, asked, placement, touches, where)
    faults += audience_faults(asked, where, on.devices, touches, parties)
    charge = on.charges.charge(
        name,
        where,
        placement.sizes,
        placement.count,
        asked.buffer.rate,
        touches,
        verdict.uses(touches),
    )
    return faults, charge


def _attach_faults(
    on: JudgedPlatform,
    asked: RequestedBuffer,
    placement: Placement,
    touches: Sequence[JudgedAttachment],
    where: BackedBuffer,
) -> Iterator[PlanFault]:
    attached: set[str] = set()
    for touch in touches:
        device, reach = touch.device, on.reach
        if device.name in attached and device.facts.once:
            yield refused("attach-once", "attaches a buffer only once").against(asked.name, device.name)
        attached.add(device.name)
        for each in reach.objections(device, where):
            yield each.against(asked.name, device.name)
        own = where.heap.facts.exporter == device.name
        for each in port_objections(on.ground, touch.port, where, own=own):
            yield each.against(asked.name, device.name)
        for each in (*ward_objections(asked, touch), *moved_objections(asked, where, device)):
            yield each.against(asked.name, device.name)
        for size in placement.sizes:
            for each in reach.contiguity(device, where, size):
                yield each.against(asked.name, device.name)
            for each in reach.paged(device, where, size):
                yield each.against(asked.name, device.name)
            for each in reach.base_objections(device, touch.port, where, size):
                yield each.against(asked.name, device.name)


def live_charge(on: JudgedPlatform, placement: Placement) -> PlacementUsage:
    """What a buffer that exists already takes; it was judged when it was made."""
    touches = []
    for attached in placement.attachments:
        device = on.devices[attached.device]
        rarely = attached.how_often == "rarely"
        touches.append(JudgedAttachment(device, attached.port, device.facts.ports[attached.port], rarely))
    where = on.residence(placement.heap, [touch.device for touch in touches])
    charge = on.charges.charge(
        placement.buffer,
        where,
        placement.sizes,
        placement.count,
        placement.rate,
        touches,
        existing_uses(placement, touches),
    )
    return charge._replace(standing=True)
