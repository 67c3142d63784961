"""Whatever limit ends it, a plan is one of the question, its bounds hold, and a conflict is one."""

from __future__ import annotations

from random import Random

import pytest

import heapwright
from heapwright.solver.answer.plan import Answer, Infeasible, Plan, Undecided
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.explain.conflict import Prover
from heapwright.solver.question import limits
from heapwright.solver.question.facts import Fact
from heapwright.solver.question.resolve import Problem
from heapwright.solver.question.terms import EngineOrder
from tests.clocks import SuddenClock
from tests.property import conversion_questions
from tests.property.brute import Search
from tests.property.strategies import Instance, instance

SEEDS = 60
LONG_SEEDS = 2000
WORK = (0.0, 1e-5, 1e-4, 1e-3, 1e-2)


def wrong(asked: Instance, whole: Answer, answer: Answer) -> str | None:
    """What is not true of an answer that a limit may have ended; `whole` is the one without a limit."""
    if isinstance(answer, Undecided):
        return None if answer.limited_by else "undecided, and no limit is named"
    if answer.status == "infeasible" and not isinstance(whole, Infeasible):
        return f"infeasible, but there is a plan: {whole.status}"
    if isinstance(answer, Infeasible):
        return wrong_conflict(asked, answer)
    if not isinstance(whole, Plan):
        return "a plan, where there is none"
    if faults := Search(asked.platform, asked.pipelines).case.judge(answer):
        return f"the judge refuses the plan: {faults[0]}"
    return wrong_levels(whole, answer)


def wrong_levels(whole: Plan, answer: Plan) -> str | None:
    for best, level in zip(whole.levels, answer.levels, strict=True):
        if level.bound > best.value:
            return f"{level.term} is at least {level.bound}, but may be {best.value}"
        if level.bound < level.value:
            return None if answer.status == "feasible" and answer.limited_by else f"{answer.status} is open"
        if level.value != best.value:
            return f"{level.term} is {level.value} and closed, but may be {best.value}"
    return None if answer.status == "optimal" else "all levels are closed"


def wrong_conflict(asked: Instance, answer: Infeasible) -> str | None:
    problem = Problem(asked.platform, asked.pipelines)
    prover = Prover(problem, existing_usage(problem.board, ()))
    if answer.irreducible or prover.clash(0):
        return None
    if [reason.kind for reason in answer.conflict] == ["question"]:
        return None if answer.limited_by and answer.untried else "nothing is told, though there was time"
    facts = prover.sets.of([Fact(reason.kind, reason.subject) for reason in answer.conflict])
    return None if answer.limited_by and prover.clash(facts) else "what is told is no conflict"


def drawn(seed: int) -> Instance:
    return conversion_questions.question(seed) if seed % 3 == 0 else instance(seed)


def mistakes(seed: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What limits of work and of time make wrong."""
    asked, random = drawn(seed), Random(f"limits/{seed}")
    whole = heapwright.solve(asked.platform, asked.pipelines)
    found = []
    for options in (heapwright.Options(work_limit=random.choice(WORK)), heapwright.Options(time_limit=1e3)):
        with monkeypatch.context() as patched:
            patched.setattr(limits, "clock", SuddenClock(random.choice((1, 5, 20, 80, 320, 1280))))
            answer = heapwright.solve(asked.platform, asked.pipelines, options=options)
        if text := wrong(asked, whole, answer):
            found.append(f"seed {seed}, {options}: {text}")
    return found


@pytest.mark.parametrize("first", range(0, SEEDS, 20))
def test_what_a_limit_leaves_is_true(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [text for seed in range(first, first + 20) for text in mistakes(seed, monkeypatch)] == []


@pytest.mark.long
@pytest.mark.parametrize("first", range(SEEDS, LONG_SEEDS, 100))
def test_what_a_limit_leaves_is_true_for_long(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [text for seed in range(first, first + 100) for text in mistakes(seed, monkeypatch)] == []


def improvements(asked: Instance, options: heapwright.Options) -> tuple[Answer, list[Plan]]:
    """The answer, and the plans that were told of on the way."""
    told: list[Plan] = []
    answer = heapwright.solve(asked.platform, asked.pipelines, options=options, on_improved=told.append)
    return answer, told


def untrue(seed: int, options: heapwright.Options) -> tuple[list[str], int]:
    """What is not true of the plans that are told of on the way, and how many these are."""
    asked = drawn(seed)
    answer, told = improvements(asked, options)
    if not isinstance(answer, Plan):
        return [f"seed {seed}: a plan, where there is none"] if told else [], 0
    found = []
    for plan in told:
        text = wrong(asked, answer, plan.model_copy(update={"limited_by": "wall"}))
        if text and text != "all levels are closed":
            found.append(f"seed {seed}, {options.engine}: {text}")
    values = [[level.value for level in plan.levels] for plan in (*told, answer)]
    if values != sorted(values, reverse=True):
        found.append(f"seed {seed}, {options.engine}: worse after better")
    if told and values[-1] != values[-2]:
        found.append(f"seed {seed}, {options.engine}: the last plan told is not the answer")
    return found, len(told)


@pytest.mark.parametrize(("engine", "number"), [("all", 5), ("cpsat", 20)])
def test_every_plan_that_is_told_of_is_true_and_better_than_the_one_before(
    engine: EngineOrder, number: int
) -> None:
    options = heapwright.Options(engine=engine)
    judged = [untrue(seed, options) for seed in range(40)]
    assert [text for found, _ in judged for text in found] == []
    assert sum(told for _, told in judged) >= number
    assert any(told > 1 for _, told in judged)
