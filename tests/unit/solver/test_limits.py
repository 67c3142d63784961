"""Limits of an answer: in every phase the clock may end it, and what is known by then is told."""

from __future__ import annotations

from typing import Any

import pytest

import heapwright
from heapwright.platforms.schema import Platform
from heapwright.solver.answer import render
from heapwright.solver.answer.plan import Answer, Infeasible, Plan, Undecided
from heapwright.solver.question import limits
from heapwright.solver.question.limits import LimitReached, Limits
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.terms import EngineOrder
from tests.builders import board, buffer, device, heap, image, memory, pipeline, port
from tests.clocks import SuddenClock
from tests.unit.solver.test_conversions import rga
from tests.unit.solver.test_search import crowded

Question = tuple[Platform, Pipeline]


def tight(size: str) -> Question:
    """The panel does not read what the GPU writes; copies are made, if there is room for them too."""
    platform = board(
        memory={"cma": memory(size, base="4GiB")},
        heaps={"cma": heap("cma")},
        devices={
            "panel": device("display", scanout=port(image("NV12"))),
            "rga": rga(("XR24",), ("NV12",)),
        },
    )
    spec = buffer(size="64x64", count=2, conversions="allow")
    return platform, pipeline(frame=spec, other=spec)


def cut(monkeypatch: pytest.MonkeyPatch, question: Question, looks: int) -> tuple[Answer, int]:
    """The answer where the limit comes after so many looks at the clock, and how many there were."""
    clock = SuddenClock(looks)
    monkeypatch.setattr(limits, "clock", clock)
    platform, asked = question
    return heapwright.solve(platform, [asked], options=heapwright.Options(time_limit=1000.0)), clock.seen


def everywhere(monkeypatch: pytest.MonkeyPatch, question: Question) -> list[Answer]:
    """The answers wherever the limit may come; the last one's never does."""
    whole, looks = cut(monkeypatch, question, 1_000_000)
    step = max(1, looks // 40)
    return [*(cut(monkeypatch, question, n)[0] for n in range(1, looks + 1, step)), whole]


def values(plan: Plan) -> list[int]:
    return [level.value for level in plan.levels]


def test_without_a_limit_nobody_looks_at_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SuddenClock(0)
    monkeypatch.setattr(limits, "clock", clock)
    for platform, asked in (tight("16KiB"), tight("256KiB"), crowded(12)):
        assert heapwright.solve(platform, [asked]).limited_by is None
        heapwright.solve(platform, [asked], options=heapwright.Options(work_limit=0.1))
    assert clock.seen == 0


@pytest.mark.parametrize(
    "question", [tight("256KiB"), crowded(12, "1MiB"), crowded(12)], ids=["copies", "in hand", "search"]
)
def test_wherever_the_clock_ends_it_a_plan_is_one_of_the_question(
    monkeypatch: pytest.MonkeyPatch, question: Question
) -> None:
    *answers, whole = everywhere(monkeypatch, question)
    assert isinstance(whole, Plan) and (whole.status, whole.limited_by) == ("optimal", None)
    assert isinstance(answers[0], Undecided)
    for answer in answers:
        assert not isinstance(answer, Infeasible)
        if isinstance(answer, Undecided):
            assert answer.limited_by == "wall"
        elif answer.status == "optimal":
            assert values(answer) == values(whole)  # where the clock ended it, only names are open
        else:
            assert answer.limited_by == "wall"
            assert values(answer) >= values(whole)
            opened = next(n for n, level in enumerate(answer.levels) if level.bound < level.value)
            assert values(answer)[:opened] == values(whole)[:opened]
            assert answer.levels[opened].bound <= values(whole)[opened]


def test_reasons_that_there_is_no_time_for_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    *answers, whole = everywhere(monkeypatch, tight("256KiB"))
    assert isinstance(whole, Plan) and whole.warnings == ()
    said = "not all reasons are given: the time limit was reached"
    short = [answer for answer in answers if isinstance(answer, Plan) and said in answer.warnings]
    assert short
    assert all(
        any(not placement.reasons for placement in answer.placements)
        or any(len(a.text) < len(b.text) for a, b in zip(answer.conversions, whole.conversions, strict=True))
        for answer in short
    )


def test_wherever_the_clock_ends_an_explanation_it_says_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    *answers, whole = everywhere(monkeypatch, tight("16KiB"))
    assert isinstance(whole, Infeasible)
    assert (whole.limited_by, whole.irreducible, whole.untried) == (None, True, ())
    assert whole.remedies
    known = {(fact.kind, fact.subject) for fact in whole.conflict}
    explained = [answer for answer in answers if isinstance(answer, Infeasible)]
    assert all(isinstance(answer, Undecided) for answer in answers if answer not in explained)
    assert any(not answer.irreducible for answer in explained)
    assert any(answer.irreducible and answer.untried for answer in explained)
    for answer in explained:
        told = {(fact.kind, fact.subject) for fact in answer.conflict}
        if not answer.irreducible and {kind for kind, _ in told} == {"question"}:
            assert len(answer.untried) > len(whole.remedies) and not answer.remedies
            continue
        assert told == known if answer.irreducible else told >= known
        assert answer.remedies == whole.remedies[: len(answer.remedies)]
        cut_short = not answer.irreducible or answer.untried
        assert answer.limited_by == "wall" if cut_short else True


def test_what_was_not_tried_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = everywhere(monkeypatch, tight("16KiB"))
    texts = [render.text(answer) for answer in answers]
    assert any("\nNot tried, for want of time: larger memories, " in text for text in texts)
    assert any(
        "Among these facts are some that cannot hold together (the time limit was reached)" in text
        for text in texts
    )
    assert not any("Not tried" in text for text in texts[-1:])


def test_undecided_says_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    *answers, _ = everywhere(monkeypatch, tight("16KiB"))
    texts = [answer.text for answer in answers if isinstance(answer, Undecided)]
    first = "the time limit was reached while the buffers were looked at one by one, before a plan was found or excluded"
    assert texts[0] == first
    assert texts[-1].startswith("the time limit was reached while conversions were looked for, ")
    assert texts[-1].endswith("there is no place for frame, other without conversions")
    answer = heapwright.solve(crowded(12)[0], [crowded(12)[1]], options=heapwright.Options(work_limit=0.0))
    assert isinstance(answer, Undecided)


def test_an_explanation_may_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LEAST", 0.05)
    platform, asked = tight("16KiB")
    answers = [
        heapwright.solve(platform, [asked], options=heapwright.Options(work_limit=1e-9)) for _ in range(2)
    ]
    assert answers[0] == answers[1]
    [answer, _] = answers
    assert isinstance(answer, Infeasible)
    assert (answer.limited_by, answer.irreducible) == ("work", False)


def test_a_phase_may_take_less_than_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(limits, "clock", lambda: now[0])
    whole = Limits(10.0)
    now[0] = 8.9
    whole.check()
    now[0] = 9.0  # a search has nine tenths
    with pytest.raises(LimitReached):
        whole.check()
    whole.explain()
    assert whole.seconds_left == 1.0
    now[0] = 2.0
    whole = Limits(10.0)
    now[0] = 2.5
    whole.look_for_remedies()  # as long as all before, but a second at least
    assert whole.seconds_left == 1.0
    now[0] = 5.0
    whole.look_for_remedies()
    assert whole.seconds_left == 3.0
    now[0] = 11.0
    whole.look_for_remedies()
    assert whole.seconds_left == 1.0


def test_fewer_seconds_than_none_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = heapwright.solve(*_listed(tight("256KiB")), options=heapwright.Options(time_limit=0.0))
    assert isinstance(answer, Undecided)
    assert answer.limited_by == "wall"


def _listed(question: Question) -> tuple[Platform, list[Any]]:
    return question[0], [question[1]]


class Enough(Exception):
    """Raised by whoever is told of a plan."""


@pytest.mark.parametrize("engine", ["all", "cpsat"])
def test_what_is_raised_by_whoever_is_told_of_a_plan_ends_the_search(engine: EngineOrder) -> None:
    told: list[Plan] = []

    def enough(plan: Plan) -> None:
        told.append(plan)
        raise Enough

    platform, asked = crowded(12)
    with pytest.raises(Enough):
        heapwright.solve(platform, [asked], options=heapwright.Options(engine=engine), on_improved=enough)
    assert len(told) == 1
    assert told[0].status == "feasible" and not any(placement.reasons for placement in told[0].placements)
    assert len(told[0].placements) == 12


def test_who_listens_changes_nothing() -> None:
    for engine in ("all", "cpsat"):
        platform, asked = crowded(12)
        options = heapwright.Options(engine=engine)
        listened = heapwright.solve(platform, [asked], options=options, on_improved=lambda plan: None)
        assert listened == heapwright.solve(platform, [asked], options=options)
