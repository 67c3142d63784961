"""Why a copy was inserted where no reader minds the format, the modifier or the heap of what it is made of.

Then it is what all of them ask together that cannot be had: the same facts that would be the conflict
if the buffer could not be converted.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from heapwright.solver.candidates.usage import Usage
from heapwright.solver.conversions.inserted import PlacedBuffer, served
from heapwright.solver.explain.conflict import Prover
from heapwright.solver.explain.facts import Sentences
from heapwright.solver.question.resolve import AttachmentSet, Problem, Question


def apart(problem: Problem, usage: Usage, found: Sequence[PlacedBuffer], seat: PlacedBuffer) -> list[str]:
    """What keeps those whom a copy serves from sharing what it is made of, in sentences."""
    alone = problem.only(_together(problem, found, seat))
    for asked in (alone, problem):
        prover = Prover(asked, usage)
        conflict = prover.unconverted()
        if conflict is not None:
            sentences = Sentences(asked, usage)
            told = [
                sentences.reason(fact, partial(prover.without, fact, conflict)) for fact in conflict.facts
            ]
            return [reason.text for reason in told]
    return []


def _together(problem: Problem, found: Sequence[PlacedBuffer], seat: PlacedBuffer) -> Question:
    """The buffer as if those who touch what a copy is made of, and those whom it serves, were all who touch it."""
    assert seat.made_of is not None  # it is inserted
    root = next(
        q for q in problem.questions
        if (q.pipeline, q.name) == (seat.question.pipeline, seat.question.name.partition(">")[0])
    )  # fmt: skip
    variant = root.settled(seat.made_of.assignment)
    uses = {attachment.use for attachment in (*seat.made_of.placed.attachments, *served(found, seat))}
    ways = (
        AttachmentSet(attachment_set.rank, tuple(p for p in attachment_set.users if p.use in uses))
        for attachment_set in variant.attachment_sets
    )
    return variant.attached((max(ways, key=lambda attachment_set: len(attachment_set.users)),))
