"""Ways out of a conflict about audiences: name everybody who may see a content, or fewer for what is made of it."""

from collections.abc import Iterator, Sequence

from heapwright.solver.constraints.protection import audience
from heapwright.solver.explain.changes import ProposedChange, Ways
from heapwright.solver.question.pipeline import Audience, Selector
from heapwright.solver.question.protection import Members, foreign
from heapwright.solver.question.resolve import Question


def invitations(ways: Ways) -> Iterator[ProposedChange]:
    """Name whoever may see what is made of a content where it is first marked: `buffers.film.protected.audience`."""
    if not ways.subjects(audience.KIND.name):
        return
    for question in _stated(ways):
        [asked] = question.stated.audiences
        named = list(_others(ways, asked))
        if not _solvable(ways, question, (*asked, *named)):
            continue
        for each in tuple(named):  # whole kinds first: who names a connector means no more
            fewer = [other for other in named if other != each]
            if _solvable(ways, question, (*asked, *fewer)):
                named = fewer
        yield _change(ways, question, (*asked, *named), f"admit {_listed(named)} to the audience of")


def withdrawals(ways: Ways) -> Iterator[ProposedChange]:
    """Leave out of an audience whoever may not see what comes into that buffer."""
    for subject in ways.subjects(audience.KIND.name):
        question = ways.labels.get(subject.partition("→")[0])
        if "→" not in subject or question is None:
            continue
        [asked] = question.stated.audiences
        others = [
            each for q in _stated(ways) if q.pipeline == question.pipeline for each in q.stated.audiences
        ]
        outsiders = [each for each in asked if any(each in foreign(asked, other) for other in others)]
        kept = tuple(each for each in asked if each not in outsiders)
        if kept and _solvable(ways, question, kept):
            yield _change(ways, question, kept, f"leave {_listed(outsiders)} out of the audience of")


def _stated(ways: Ways) -> list[Question]:
    return [question for _, question in sorted(ways.labels.items()) if question.stated.audiences]


def _others(ways: Ways, asked: Members) -> Members:
    """Whom an audience might name besides: kinds of the board's devices, then what other buffers name."""
    kinds = sorted({device.kind for device in ways.platform.devices.values()})
    every = [Selector(kind, None, None, None, None) for kind in kinds]
    stated = sorted({m for q in _stated(ways) for each in q.stated.audiences for m in each}, key=str)
    return tuple(foreign(tuple(dict.fromkeys((*every, *stated))), asked))


def _solvable(ways: Ways, question: Question, members: Members) -> bool:
    return ways.solvable(pipelines=ways.with_buffer(question, protected=Audience(audience=members)))


def _change(ways: Ways, question: Question, members: Members, what: str) -> ProposedChange:
    [asked] = question.stated.audiences
    path = ways.path(question, "protected.audience")
    return ProposedChange(
        path, [str(m) for m in members], f"{what} {question.label} ({path}, now {_listed(asked)})"
    )


def _listed(members: Sequence[Selector]) -> str:
    return ", ".join(map(str, members))
