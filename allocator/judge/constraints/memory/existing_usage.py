"""What attachments say for those who come later, and what buffers that exist already take.

A plan may state of each attachment which resources it uses, that it touches the
buffer rarely, and which edge it is a side of. Stated, it must be true of the plan;
once the buffer exists nobody asks again, and it is charged as it stands there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from heapwright.allocator.faults import PlanFault, seen
from heapwright.allocator.judge.board.attachments import JudgedAttachment, Uses, uses_of
from heapwright.allocator.judge.layout.pixels import names
from heapwright.solver.answer.plan import Placement

AttachmentUses = tuple[Uses, ...]
"""What each attachment uses."""


def pace_faults(placement: Placement, attachments: Sequence[JudgedAttachment]) -> Iterator[PlanFault]:
    """Whether those are said to touch it rarely who do."""
    said = Counter((each.device, each.port, each.how_often == "rarely") for each in placement.attachments)
    request = Counter(
        (attachment.device.name, attachment.port_name, attachment.rarely) for attachment in attachments
    )
    for device, port, rarely in said - request:
        text = f"{port} touches it {'rarely' if rarely else 'often'}, which was not asked for"
        yield seen("how-often", text).against(placement.buffer, device)


def as_stated(
    placement: Placement, attachments: Sequence[JudgedAttachment], ways: Sequence[AttachmentUses]
) -> tuple[AttachmentUses, ...]:
    """The ways to use resources under which every attachment uses what it says."""
    said = Counter(
        (each.device, each.port, each.how_often == "rarely", tuple(sorted(each.uses.items())))
        for each in placement.attachments
        if each.uses is not None
    )
    return tuple(
        way
        for way in ways
        if said
        <= Counter(
            (attachment.device.name, attachment.port_name, attachment.rarely, uses)
            for attachment, uses in zip(attachments, way, strict=True)
        )
    )


def existing_uses(placement: Placement, attachments: Sequence[JudgedAttachment]) -> tuple[Uses, Uses]:
    """What a buffer that exists uses at least, and at most: the same where its attachments say it."""
    least: dict[str, int] = defaultdict(int)
    most: dict[str, int] = defaultdict(int)
    for attached, attachment in zip(placement.attachments, attachments, strict=True):
        certain = dict(uses_of(attachment, None)) if attached.uses is None else attached.uses
        possible = dict(certain)
        for rule in attachment.port.images if attached.uses is None else ():
            if placement.format in rule.formats and names(rule.modifiers, placement.modifier or ""):
                for resource, number in uses_of(attachment, rule):
                    possible[resource] = max(possible.get(resource, 0), number)
        for resource, number in certain.items():
            least[resource] += number
        for resource, number in possible.items():
            most[resource] += number
    return tuple(sorted(least.items())), tuple(sorted(most.items()))


def existing_loads(live: Iterable[Placement]) -> dict[tuple[str, int], int]:
    """Bytes a second that go through edges (device, number) already."""
    loads: dict[tuple[str, int], int] = defaultdict(int)
    for placement in live:
        for attached in placement.attachments:
            if attached.converts is not None and attached.access == "read":
                loads[attached.device, attached.converts] += placement.rate * placement.size
    return dict(loads)
