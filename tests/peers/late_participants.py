"""A participant that comes when the buffers are settled.

Its statements join those of the others, together with "exactly what there is":
the answer must stay as it is, and what it holds must be spare.
"""

from __future__ import annotations

from dataclasses import replace

from .cases import Node
from .negotiate import Answer, Failure, Negotiation
from .party import Refused
from .translate import Cast, Question


def attach(negotiation: Negotiation, answer: Answer) -> dict[str, bool]:
    """For each late participant, in order of arrival, whether it is let in."""
    let_in: dict[str, bool] = {}
    for node in negotiation.tree.late:
        joined = _join(negotiation, answer, node)
        let_in[node.id] = joined is not None
        answer = joined or answer
    return let_in


def _join(negotiation: Negotiation, answer: Answer, late: Node) -> Answer | None:
    """The same answer with the late participant in it, the first choice of its groups that fits."""
    family = negotiation.tree.combinations([late])
    for combination in family:
        try:
            newcomers = tuple(negotiation.party(node) for node in combination.members if not node.empty)
            cast = Cast(negotiation.name, tuple((member,) for member in (*answer.members, *newcomers)))
            if any(p.entries for p in newcomers) and answer.pair is None:
                continue
            if any(p.min_bytes > answer.size_bytes for p in newcomers) or not _fits(
                negotiation, cast, answer
            ):
                continue
        except Refused:
            continue
        return replace(answer, cast=cast, members=cast.parties)
    return None


def _fits(negotiation: Negotiation, cast: Cast, answer: Answer) -> bool:
    """Whether every layout of the answer stands, byte for byte, with everyone in `cast`."""
    wanted = [
        size
        for p in cast.parties
        for e in p.entries
        if answer.pair and e.covers(answer.pair)
        for size in e.required
    ]
    held = [layout.size for layout in answer.layouts]
    if any(not any(w >= size[0] and h >= size[1] for w, h in held) for size in wanted):
        return False
    for layout in answer.layouts:
        question = Question(bytes=answer.question.bytes, count=answer.placement.count)
        if answer.pair is not None:
            question = replace(
                question,
                size=layout.size,
                pairs=(answer.pair,),
                colour=answer.placement.colour,
                shortfall=answer.question.shortfall,
            )
        found = negotiation.ask(cast, question, variant=answer.variant)
        if isinstance(found, Failure):
            return False
        again = found.layouts[0]
        if (again.strides, again.offsets, again.end) != (layout.strides, layout.offsets, layout.end):
            return False
        if again.padded > answer.padded:
            return False
    return True
