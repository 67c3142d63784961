"""A candidate as the answer for its buffer."""

from __future__ import annotations

from heapwright.platforms.fourcc.modifiers import parse_modifier
from heapwright.solver.answer.plan import Placement, Plane, Reason, Rejected
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.live import attached
from heapwright.solver.question.resolve import Question


def placement(
    question: Question, option: Option, reasons: tuple[Reason, ...] = (), rejected: tuple[Rejected, ...] = ()
) -> Placement:
    """One option as the answer for its buffer, with what decided it and what it was chosen over."""
    placed, layout = option.placed, option.layout
    image = question.spec.size
    value = parse_modifier(option.modifier).value if option.modifier is not None else None
    return Placement(
        pipeline=question.pipeline,
        buffer=question.name,
        heap=placed.heap.name,
        names=placed.heap.spec.names,
        format=option.fourcc,
        modifier=option.modifier,
        modifier_value=None if value is None else hex(value),
        colour=option.colour,
        width=image.width if image else 0,
        height=image.height if image else 0,
        coded_width=layout.coded.width,
        coded_height=layout.coded.height,
        planes=tuple(Plane(**p._asdict()) for p in layout.planes),
        size=layout.size,
        allocated=placed.allocated,
        sizes=layout.sizes,
        count=option.number,
        rate=placed.rate,
        attachments=attached(placed),
        reasons=reasons,
        rejected=rejected,
    )
