"""Explanations over random questions that have no plan.

A conflict is *sound* (with every other fact dropped it is still infeasible),
*minimal* (with one more of it dropped there is a plan), *stable* and never
empty. A remedy works, and its number is exact: one page less, or one buffer
more, and there is no plan again.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from random import Random
from typing import Any

import pytest

import heapwright
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Plan, Remedy
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.judged import JudgedCandidates
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.candidates.relaxation import Relaxation
from heapwright.solver.candidates.usage import Usage
from heapwright.solver.constraints import BY_NAME
from heapwright.solver.explain.conflict import Prover
from heapwright.solver.explain.facts import universe
from heapwright.solver.question.facts import Fact, FactSets
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem
from heapwright.solver.search.choose import choose
from tests.answered import answered
from tests.builders import changed
from tests.property.strategies import Instance, instance

SEEDS = 260
NOTHING_LIVE = Usage({}, {}, {})


@lru_cache(maxsize=1)
def refused() -> tuple[tuple[int, Instance, Infeasible], ...]:
    """The questions without a plan, and what is said about them."""
    found = []
    for seed in range(SEEDS):
        asked = instance(seed)
        answer = heapwright.solve(asked.platform, asked.pipelines)
        if isinstance(answer, Infeasible):
            found.append((seed, asked, answer))
    return tuple(found)


def facts(answer: Infeasible) -> list[Fact]:
    return [Fact(reason.kind, reason.subject) for reason in answer.conflict]


def test_there_is_something_to_explain() -> None:
    kinds = {fact.kind for _, _, answer in refused() for fact in facts(answer)}
    assert len(refused()) > SEEDS // 4
    assert len(kinds) > 20


def test_a_conflict_is_never_empty_and_has_known_kinds() -> None:
    for seed, _, answer in refused():
        assert answer.conflict, seed
        assert {fact.kind for fact in facts(answer)} <= set(BY_NAME), seed
        assert len(set(facts(answer))) == len(answer.conflict), seed


def test_a_conflict_alone_is_infeasible_and_no_fact_of_it_is_idle() -> None:
    for seed, asked, answer in refused():
        problem = Problem(asked.platform, asked.pipelines)
        prover = Prover(problem, existing_usage(problem.board, ()))
        conflict = facts(answer)
        if prover.clash(0):
            # No heap at all, or a modifier that nobody can lay out: no fact of the question is to blame.
            assert len(conflict) == 1, seed
            continue
        assert set(conflict) <= set(prover.sets.facts), seed
        told = prover.sets.of(conflict)
        assert prover.clash(told), seed
        for fact in conflict:
            assert not prover.clash(told & ~prover.sets.of([fact])), (seed, fact)


def test_a_device_that_no_fact_names_may_be_as_easy_as_can_be() -> None:
    """Soundness without the solver's own way to drop facts: on another board, changed by hand."""
    for seed, asked, answer in refused():
        if any(fact.kind == "iova-aperture" for fact in facts(answer)):
            continue  # what the device maps is part of that sum
        named = {fact.subject.partition("→")[2] for fact in facts(answer)}
        platform = asked.platform
        for name, device in platform.devices.items():
            if name in named:
                continue
            path = f"devices.{name}"
            for field, value in {"coherent": True, "imports": "any", "once": False}.items():
                platform = changed(platform, f"{path}.{field}", value)
            if not device.by_cpu:
                platform = changed(platform, f"{path}.dma", {"bits": 64, "mmu": True, "p2p": device.dma.p2p})
        assert answered(platform, asked.pipelines) is None, seed


def test_every_sentence_names_its_subject_and_its_source() -> None:
    for seed, _, answer in refused():
        for reason in answer.conflict:
            label, _, device = reason.subject.partition("→")
            assert reason.source, seed
            assert device in reason.text, (seed, reason)
            if device or reason.kind == "count":
                assert label.rpartition("/")[2] in reason.text, (seed, reason)
            elif reason.kind != "missing-device":
                # What a device moves is told in bytes/s of it: `d0.bandwidth`.
                names = reason.subject.removesuffix(".bandwidth").split(" + ")
                assert all(name in reason.text for name in names), (seed, reason)


def shuffled(asked: Instance, random: Random) -> tuple[Platform, list[Pipeline]]:
    """The same question with everything that has names in another order."""

    def mixed(value: Any) -> Any:
        if isinstance(value, dict):
            keys = random.sample(list(value), len(value))
            return {key: mixed(value[key]) for key in keys}
        return value

    data = asked.data
    pipelines = [Pipeline.model_validate(mixed(each)) for each in data["pipelines"]]
    return Platform.model_validate(mixed(data["platform"])), random.sample(pipelines, len(pipelines))


def test_the_order_of_input_changes_nothing() -> None:
    for seed, asked, answer in refused()[:60]:
        again = heapwright.solve(*shuffled(asked, Random(seed)))
        assert again.model_dump_json() == answer.model_dump_json(), seed


def test_asking_again_changes_nothing() -> None:
    for seed, _, answer in refused()[:40]:
        asked = instance(seed)
        again = heapwright.solve(asked.platform, asked.pipelines)
        assert again.model_dump_json() == answer.model_dump_json(), seed


def after(asked: Instance, remedy: Remedy, value: Any) -> Plan | None:
    """The plan once the value at the remedy's path is this."""
    path, platform = remedy.change, asked.platform
    pipelines = list(asked.pipelines)
    if "buffers." in path.partition(":")[2] or path.startswith("buffers."):
        name, colon, rest = path.partition(":")
        at = [p.name for p in pipelines].index(name) if colon else 0
        pipelines[at] = changed(pipelines[at], rest if colon else path, value)
    else:
        platform = changed(platform, path, value)
    return answered(platform, pipelines)


def one_step_back(asked: Instance, remedy: Remedy) -> int | None:
    """A value that is not quite the remedy: less of a resource, more of a count; None if it has no steps."""
    path, to = remedy.change.split("."), remedy.to
    if not isinstance(to, int) or isinstance(to, bool):
        return None
    if "buffers" in path[0]:
        if path[-1] == "count":
            return to + 1 if to < _now(asked, remedy) else to - 1
        return to + 1 if path[-1] == "min" else None
    if path[-1] == "size":
        step = asked.platform.page
        if path[0] == "memory":
            step = asked.platform.memory[path[1]].step or step
        return to - step
    return to - (asked.platform.page if path[-1] == "largest" else 1) or None


def test_a_remedy_makes_a_plan_appear() -> None:
    tried = 0
    for seed, asked, answer in refused():
        for remedy in answer.remedies:
            tried += 1
            assert after(asked, remedy, remedy.to) is not None, (seed, remedy)
    assert tried > 20


def test_a_remedy_is_exact() -> None:
    tried = 0
    for seed, asked, answer in refused():
        for remedy in answer.remedies:
            less = one_step_back(asked, remedy)
            if less is None:
                continue
            tried += 1
            assert after(asked, remedy, less) is None, (seed, remedy, less)
    assert tried > 10


def _now(asked: Instance, remedy: Remedy) -> int:
    """What a count is before the remedy."""
    name, colon, rest = remedy.change.partition(":")
    pipeline = next(p for p in asked.pipelines if not colon or p.name == name)
    count = pipeline.buffers[(rest or name).split(".")[1]].count
    assert isinstance(count, int)
    return count


def test_remedies_are_ranked_and_each_is_told_once() -> None:
    for seed, _, answer in refused():
        assert [remedy.rank for remedy in answer.remedies] == list(range(1, len(answer.remedies) + 1)), seed
        assert len({remedy.change for remedy in answer.remedies}) == len(answer.remedies), seed
        assert all(remedy.change in remedy.text for remedy in answer.remedies), seed


@pytest.mark.parametrize(
    "kind", ["capacity", "count", "contiguous-memory", "format", "iova-aperture", "resource"]
)
def test_the_common_kinds_are_among_the_conflicts(kind: str) -> None:
    assert any(fact.kind == kind for _, _, answer in refused() for fact in facts(answer))


def test_what_candidates_break_says_what_propagating_again_says() -> None:
    """Set arithmetic over what each candidate breaks, against propagation with exactly these facts dropped."""
    verdicts = Counter[tuple[bool, bool]]()
    for seed in range(SEEDS):
        asked, random = instance(seed), Random(seed)
        problem = Problem(asked.platform, asked.pipelines)
        for question in problem.questions:
            alone = problem.only(question)
            known = FactSets(universe(alone))
            judged = JudgedCandidates(Propagation(alone), question, known, {})
            within = JudgedCandidates(Propagation(alone), question, known, {}, NOTHING_LIVE)
            flows = known.of(problem.flow.facts()) if problem.flow is not None else 0
            for _ in range(6):
                few = random.choice((3, len(known.facts)))  # most facts are in nobody's way
                chosen = random.sample(known.facts, random.randint(0, min(few, len(known.facts))))
                dropped = known.of(chosen) & ~flows
                relaxed = Relaxation(known.named(dropped))
                found = Propagation(alone, relaxed)
                survives = judged.survives(known.all & ~dropped)
                assert survives == bool(found.options[0]), (seed, question.label, known.named(dropped))
                fits = choose(alone, found, NOTHING_LIVE, relaxed).status != "infeasible"
                assert within.survives(known.all & ~dropped) == fits, (seed, question.label)
                verdicts[survives, fits] += 1
    assert set(verdicts) == {(True, True), (True, False), (False, False)}
    assert verdicts[False, False] > SEEDS < verdicts[True, True]
