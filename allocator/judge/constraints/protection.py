"""Who may see protected content: what flows where, the firewall in the way, and who is let in.

Only the attachments chosen count: a stage that reads a protected buffer taints
what it writes, unless the port of the very device that writes `declassifies`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from heapwright.allocator.faults import Objection, PlanFault, seen
from heapwright.allocator.hardware import DeviceFacts, HeapFacts
from heapwright.allocator.judge.board.attachments import JudgedAttachment
from heapwright.allocator.judge.board.residence import BackedBuffer
from heapwright.allocator.judge.question.request import (
    BufferProtection,
    BufferUser,
    DeviceRole,
    PlannedAssignment,
    RequestedBuffer,
)
from heapwright.solver.question.pipeline import Selector

Job = tuple[DeviceRole, str | None]


def protection_domains(
    requested: Sequence[RequestedBuffer],
    assignments: Sequence[PlannedAssignment],
    devices: Mapping[str, DeviceFacts],
) -> list[BufferProtection | None]:
    """The protection of every buffer, by itself and by what flows into it.

    Whoever may see it is in the audience that the file states, and in those of everything
    protected that its writers read; stating more is a fault.
    """
    found = [each.own_domain for each in requested]
    reading = [
        _jobs(each, assignment, devices, "read")
        for each, assignment in zip(requested, assignments, strict=True)
    ]
    writing = [
        _jobs(each, assignment, devices, "write")
        for each, assignment in zip(requested, assignments, strict=True)
    ]
    while True:
        carried: dict[Job, frozenset[tuple[Selector, ...]]] = {}
        for domain, jobs in zip(found, reading, strict=True):
            if domain is not None:
                carried.update({job: carried.get(job, frozenset()) | domain.audiences for job in jobs})
        after = []
        for each, jobs in zip(requested, writing, strict=True):
            flows = [carried[job] for job in jobs if job in carried]
            own = each.own_domain
            if not flows:
                after.append(own)
                continue
            incoming = frozenset[tuple[Selector, ...]]().union(*flows)
            stated = own.audiences if own is not None else frozenset()
            after.append(BufferProtection(incoming | stated, _overstated(stated, incoming)))
        if after == found:
            return found
        found = after


def _overstated(
    stated: frozenset[tuple[Selector, ...]], incoming: frozenset[tuple[Selector, ...]]
) -> tuple[str, ...]:
    """Those whom a file names for a buffer, and somebody whose content comes in does not."""

    def among(named: Selector, audience: Sequence[Selector]) -> bool:
        wider = {
            (named.kind, label, plug) for label in (None, named.label) for plug in (None, named.connector)
        }
        return any((each.kind, each.label, each.connector) in wider for each in audience)

    named = {
        str(each) for own in stated for each in own if not all(among(each, guests) for guests in incoming)
    }
    return tuple(sorted(named))


def _jobs(
    request: RequestedBuffer, assignment: PlannedAssignment, devices: Mapping[str, DeviceFacts], access: str
) -> list[Job]:
    """The stages that touch a buffer this way, without those whose port ends protection."""
    jobs = []
    for user, name in zip(request.users_of(assignment), assignment.devices, strict=True):
        port = devices[name].facts.ports.get(user.port)
        if user.access == access and not (access == "write" and port is not None and port.declassifies):
            jobs.append(user.job)
    return jobs


def _in_audience(
    device: DeviceFacts,
    audience: Sequence[Selector],
    attachments: Sequence[JudgedAttachment],
    users: Sequence[BufferUser],
) -> bool:
    labels = {
        user.role.label
        for attachment, user in zip(attachments, users, strict=True)
        if attachment.device.name == device.name
    }
    return any(
        selector.kind == device.facts.kind
        and (selector.connector is None or selector.connector in device.facts.connectors)
        and (selector.label is None or selector.label in labels)
        for selector in audience
    )


def closed(heap: HeapFacts) -> bool:
    """Whether it is known who gets into the heap, and that the CPU cannot map it."""
    return isinstance(heap.facts.access, tuple) and heap.facts.cpu == "none" and heap.disputed is None


def heap_objections(request: RequestedBuffer, heap: HeapFacts) -> Iterator[Objection]:
    if request.domain is None:
        if heap.access is not None:
            yield seen(
                "protected-only", f"{heap.name} lies behind a firewall and holds protected buffers only"
            )
    elif not isinstance(heap.facts.access, tuple):
        yield seen("protected-needs-firewall", f"{heap.name} has no known firewall")
    elif heap.disputed is not None:
        yield seen("protected-needs-firewall", f"{heap.disputed} opens the memory of {heap.name} to others")
    elif not closed(heap):
        yield seen("protected-needs-firewall", f"the CPU may map buffers of {heap.name}")


def moved_objections(
    request: RequestedBuffer, where: BackedBuffer, device: DeviceFacts
) -> Iterator[Objection]:
    """A buffer that moves needs a firewall where it ends up as well."""
    if request.domain is None or not where.moved:
        return
    if not closed(where.backing):
        yield seen("outside-firewall", f"it moves to {where.backing.name}, which has no firewall")
    elif device.name not in (where.backing.access or ()):
        yield seen("outside-firewall", f"is outside the firewall of {where.backing.name}")


def port_objections(request: RequestedBuffer, attachment: JudgedAttachment) -> Iterator[Objection]:
    stated = attachment.port.protected
    if request.domain is not None and stated not in ("allowed", "required"):
        yield seen("protected-port", f"{attachment.port_name} takes no protected buffers")
    if request.domain is None and stated == "required":
        yield seen("protected-port", f"{attachment.port_name} faults on unprotected memory")


def audience_faults(
    request: RequestedBuffer,
    where: BackedBuffer,
    devices: Mapping[str, DeviceFacts],
    attachments: Sequence[JudgedAttachment],
    users: Sequence[BufferUser],
) -> Iterator[PlanFault]:
    """Everybody whom a firewall lets in must belong to every audience."""
    if request.domain is None:
        return
    for name in request.domain.overstated:
        yield seen("audience", f"is stated for {name}, who may not see what it is made of").against(
            request.name, ""
        )
    attached = {attachment.device.name for attachment in attachments}
    for heap in (where.heap, where.backing) if where.moved else (where.heap,):
        opened = attached if heap.facts.firewall == "per-buffer" else heap.access or frozenset()
        for name in sorted(opened):
            if not all(
                _in_audience(devices[name], audience, attachments, users)
                for audience in request.domain.audiences
            ):
                text = f"the firewall of {heap.name} lets {name} in"
                yield seen("audience", text).against(request.name, name)
