"""Is a placement what the pipeline asks for, and are there as many buffers as are held at once?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from heapwright.allocator.faults import PlanFault, refused, seen
from heapwright.allocator.judge.board.attachments import JudgedAttachment
from heapwright.allocator.judge.layout.pixels import modifier_named, names
from heapwright.allocator.judge.question.request import RequestedBuffer
from heapwright.solver.answer.plan import Placement
from heapwright.solver.question.pipeline import Wish


def request_faults(request: RequestedBuffer, placement: Placement) -> Iterator[PlanFault]:
    """Where a placement is not what the pipeline asked for."""
    buffer, name = request.buffer, request.name
    dmabufs = (buffer.dmabufs,) if isinstance(buffer.dmabufs, int) else buffer.dmabufs
    if (placement.width, placement.height) != request.extent:
        yield refused("extent", f"{placement.width}x{placement.height}, not {request.extent}").against(
            name, ""
        )
    if buffer.formats is not None and placement.format not in buffer.formats:
        yield refused("format", f"{placement.format} was not asked for").against(name, "")
    if buffer.modifiers is not None and not names(buffer.modifiers, placement.modifier or ""):
        yield refused("modifier", f"{placement.modifier} was not asked for").against(name, "")
    if buffer.colours is not None and placement.colour not in buffer.colours:
        yield refused("colour-space", f"{placement.colour} was not asked for").against(name, "")
    if dmabufs is not None and len(placement.sizes) not in dmabufs:
        yield refused("plane-buffers", f"{len(placement.sizes)} dma-bufs were not asked for").against(
            name, ""
        )
    value = modifier_named(placement.modifier).value if placement.modifier is not None else None
    if placement.modifier_value != (None if value is None else f"{value:#x}"):
        yield refused("modifier", f"{placement.modifier} is not {placement.modifier_value}").against(name, "")
    if placement.rate != buffer.rate:
        yield seen("rate", f"{placement.rate} frames/s, not {buffer.rate}").against(name, "")


def count_faults(
    request: RequestedBuffer, count: int, attachments: Sequence[JudgedAttachment]
) -> Iterator[PlanFault]:
    ports = [attachment.port for attachment in attachments]
    needed = sum(port.holds + port.slack for port in ports)
    needed = max([needed, *(port.count.min or 1 for port in ports)])
    most = min((port.count.max for port in ports if port.count.max is not None), default=None)
    stated = request.buffer.count
    if isinstance(stated, Wish):
        lawful = max(needed, stated.min) <= count <= max(needed, stated.wish)
    else:
        lawful = count == (needed if stated is None else stated) >= needed
    if not lawful or (most is not None and count > most):
        limit = "" if most is None else f", there are at most {most}"
        wanted = "" if stated is None else f", {_wanted(stated)} asked for"
        text = f"{count} buffers; {needed} are held at once{limit}{wanted}"
        yield refused("count", text).against(request.name, "")


def raw_faults(request: RequestedBuffer, placement: Placement) -> Iterator[PlanFault]:
    wanted = request.buffer.bytes or 0
    if placement.format is not None or placement.modifier is not None:
        yield refused("format", "raw data has no format").against(request.name, "")
    planes = [(plane.offset, plane.stride, plane.size, plane.dmabuf) for plane in placement.planes]
    if planes != [(0, 0, wanted, 0)] or len(placement.sizes) != 1:
        yield refused("plane-buffers", f"raw data of {wanted} bytes lies as {planes}").against(
            request.name, ""
        )
    elif placement.sizes != (placement.size,) or placement.size < wanted:
        yield refused("minimum-size", f"{placement.size} bytes for {wanted}").against(request.name, "")
    if (placement.coded_width, placement.coded_height) != (0, 0):
        yield refused("coded-size", "raw data has no coded size").against(request.name, "")


def _wanted(stated: Wish | int) -> str:
    """How many buffers a pipeline asks for, in words."""
    return f"{stated.min} to {stated.wish} are" if isinstance(stated, Wish) else f"{stated} are"
