"""Why a copy was inserted where no reader minds the format, the modifier or the heap of what it is made of.

Then it is what all of them ask together that cannot be had: the same facts that would be the conflict
if the buffer could not be converted.
"""

from collections.abc import Sequence
from dataclasses import replace

from heapwright.solver.candidates.usage import Usage
from heapwright.solver.conversions.inserted import PlacedBuffer, served
from heapwright.solver.explain.conflict import Prover
from heapwright.solver.question.resolve import AttachmentSet, Problem, Question


def why_not_shared(
    problem: Problem, usage: Usage, found: Sequence[PlacedBuffer], copy: PlacedBuffer
) -> list[str]:
    """What keeps those whom a copy serves from sharing what it is made of, in sentences."""
    alone = problem.only(_together(problem, found, copy))
    for asked in (alone, problem):
        prover = Prover(asked, usage)
        for conflict in prover.unconverted()[:1]:
            return [reason.text for reason in prover.reasons(conflict)]
    return []


def _together(problem: Problem, found: Sequence[PlacedBuffer], copy: PlacedBuffer) -> Question:
    """The buffer as if those who touch what a copy is made of, and those whom it serves, were all who touch it."""
    assert copy.made_of is not None  # it is inserted
    root = next(
        q for q in problem.questions
        if (q.pipeline, q.name) == (copy.question.pipeline, copy.question.name.partition(">")[0])
    )  # fmt: skip
    variant = root.settled(copy.made_of.assignment)
    uses = {attachment.use for attachment in (*copy.made_of.placed.attachments, *served(found, copy))}
    ways = (
        AttachmentSet(attachment_set.rank, tuple(p for p in attachment_set.users if p.use in uses))
        for attachment_set in variant.attachment_sets
    )
    largest = max(ways, key=lambda attachment_set: len(attachment_set.users))
    return replace(variant, attachment_sets=(largest,))
