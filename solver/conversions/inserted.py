"""Conversions as an answer tells them: placements behind their buffer, and why each is there."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import NamedTuple

from heapwright.solver.answer.plan import Conversion
from heapwright.solver.board.board import Board
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.images import holds, knows
from heapwright.solver.constraints import HEAP, REACH, RUN
from heapwright.solver.constraints.cases import BoundAttachment, Case, lives_in
from heapwright.solver.constraints.image import modifier_side_condition
from heapwright.solver.conversions.edges import changes
from heapwright.solver.objective.conversions import conversion_bytes
from heapwright.solver.question.resolve import Problem, Question
from heapwright.solver.question.terms import Edge
from heapwright.solver.search.choose import Choice


class PlacedBuffer(NamedTuple):
    """A placement of an answer: the buffer's own, or one made of another by an edge."""

    question: Question
    option: Option
    parent: Question | None = None
    made_of: Option | None = None
    edge: Edge | None = None


WhyNotShared = Callable[[PlacedBuffer], Sequence[str]] | None
"""What keeps those whom a copy serves from sharing what it is made of, in sentences; None if nobody asks."""


def placed_buffers(problem: Problem, choice: Choice) -> tuple[PlacedBuffer, ...]:
    """All placements in the order of the files, those inserted right after their buffer and numbered (`frame>1`)."""
    found: list[PlacedBuffer] = []
    for index in problem.listed():
        question, option = problem.questions[index], choice.options[index]
        family = [PlacedBuffer(question, option)]
        for number, branch in enumerate(choice.trees[index] if choice.trees else (), 1):
            named = copy(branch.question)
            named.name, named.label = f"{question.name}>{number}", f"{question.label}>{number}"
            parent = family[branch.parent]
            family.append(PlacedBuffer(named, branch.option, parent.question, parent.option, branch.edge))
        found += family
    return tuple(found)


def conversions(
    problem: Problem, found: Sequence[PlacedBuffer], why_not_shared: WhyNotShared
) -> tuple[Conversion, ...]:
    """The conversions between these placements, in their order.

    `why_not_shared` says why a copy is there that nothing about its readers alone demands.
    """
    return tuple(
        _conversion(problem.board, found, placed_buffer, why_not_shared)
        for placed_buffer in found
        if placed_buffer.edge is not None
    )


def _conversion(
    board: Board, found: Sequence[PlacedBuffer], placed_buffer: PlacedBuffer, why_not_shared: WhyNotShared
) -> Conversion:
    assert placed_buffer.edge and placed_buffer.parent and placed_buffer.made_of  # it is inserted
    edge, before, after = placed_buffer.edge, placed_buffer.made_of, placed_buffer.option
    root = placed_buffer.question.name.partition(">")[0]
    return Conversion.model_validate(
        {
            "pipeline": placed_buffer.question.pipeline,
            "buffer": root,
            "reads": placed_buffer.parent.name,
            "writes": placed_buffer.question.name,
            "device": edge.device.name,
            "from": edge.spec.from_,
            "to": edge.spec.to,
            "changes": changes(before, after),
            "lossless": not edge.lossy,
            "bytes_per_second": after.placed.rate * (before.layout.size + after.layout.size),
            "text": f"{_why(board, found, placed_buffer, why_not_shared)}: {_what(edge, before, after)}",
            "source": edge.spec.source or edge.device.spec.source,
        }
    )


def _what(edge: Edge, before: Option, after: Option) -> str:
    """`rga converts NV15 to NV12 (lossy)`, `dma copies from system to vram`."""
    said = []
    if before.fourcc != after.fourcc:
        said.append(f"converts {before.fourcc} to {after.fourcc}")
    if before.modifier != after.modifier:
        said.append(f"turns {before.modifier} into {after.modifier}")
    if before.placed.heap is not after.placed.heap:
        verb = "moves it" if said else "copies it"
        said.append(f"{verb} from {before.placed.heap.name} to {after.placed.heap.name}")
    if not said:
        said.append("makes a copy" if changes(before, after) == () else "copies it with another stride")
    return f"{edge.device.name} {' and '.join(said)} ({'lossy' if edge.lossy else 'lossless'})"


def _why(
    board: Board, found: Sequence[PlacedBuffer], placed_buffer: PlacedBuffer, why_not_shared: WhyNotShared
) -> str:
    """What keeps those whom the copy serves from reading what it is made of."""
    assert placed_buffer.edge and placed_buffer.parent and placed_buffer.made_of  # it is inserted
    case = case_of(board, placed_buffer.parent, placed_buffer.made_of)
    said: list[str] = []
    for attachment in served(found, placed_buffer):
        said += [text for text in objections(case, placed_buffer.made_of, attachment) if text not in said]
    if not said and why_not_shared is not None and (together := why_not_shared(placed_buffer)):
        return "; ".join(together)
    if not said:
        names = ", ".join(dict.fromkeys(attachment.title for attachment in served(found, placed_buffer)))
        if conversion_bytes.unpaid(placed_buffer.edge.reading):
            return f"with a copy {placed_buffer.parent.label} costs less than shared with {names}"
        return f"{names} cannot share {placed_buffer.parent.label} with all who use it"
    only = _only(placed_buffer.made_of) if placed_buffer.parent.name.partition(">")[1] == "" else ""
    return ", ".join([*said[:3], *([only] if only and "takes no" in said[0] else [])])


def served(found: Sequence[PlacedBuffer], placed_buffer: PlacedBuffer) -> list[BoundAttachment]:
    """The readers of a copy and of all that is made of it, converters aside."""
    option = placed_buffer.option
    readers = [t for t in option.placed.attachments if t.use.access == "read" and not _converts(t, option)]
    for below in found:
        if below.parent is placed_buffer.question:
            readers += served(found, below)
    return readers


def _converts(attachment: BoundAttachment, option: Option) -> bool:
    """Whether an attachment is a converter's."""
    return any(
        end.device is attachment.device
        and end.access == attachment.use.access
        and end.port == attachment.name
        for end in option.placed.ends
    )


def case_of(board: Board, question: Question, option: Option) -> Case:
    """A placement as it is, of which no attachment is judged yet."""
    placed, settled = option.placed, question.settled(option.assignment)
    return Case(board, settled, placed.attachments, placed.heap, placed.backing, None, option.layout)


def objections(case: Case, option: Option, attachment: BoundAttachment) -> Iterator[str]:
    """What speaks against a reader of the placement that a copy is made of."""
    rules = [rule for rule in attachment.port.images if option.fourcc in rule.formats]
    if option.fourcc is not None and not rules:
        yield f"{attachment.title} takes no {option.fourcc}"
        return
    fitting = [rule for rule in rules if knows(rule, option.modifier or "")]
    if option.fourcc is not None and not fitting:
        yield f"{attachment.title} takes no {option.fourcc} in {option.modifier}"
        return
    if fitting and not any(holds(rule, attachment.port, attachment.use) for rule in fitting):
        label = f"{option.fourcc} in {option.modifier}"
        yield modifier_side_condition.KIND.sentence(label, attachment)
        return
    attachments = (*case.attachments, attachment)
    moved = case._replace(
        attachments=attachments, attachment=attachment, backing=lives_in(case.board, case.heap, attachments)
    )
    for kind in (*REACH, *RUN, *HEAP):
        if kind.violates(moved):
            yield kind.sentence(moved)
            return


def _only(option: Option) -> str:
    """`decoder.frame writes nothing else`, where that is so."""
    writers = [
        attachment
        for attachment in option.placed.attachments
        if attachment.writes and not _converts(attachment, option)
    ]
    fixed = [
        attachment.title
        for attachment in writers
        if {fourcc for rule in attachment.port.images for fourcc in rule.formats} == {option.fourcc}
    ]
    return f"{fixed[0]} writes nothing else" if fixed else ""
