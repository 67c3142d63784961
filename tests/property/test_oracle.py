"""The solver against brute force, judged only by the simulator.

Two independent readings of the same contract must agree on whether a plan
exists and on every level of its cost, and no plan may be refused by the judge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest

import heapwright
from heapwright.allocator.judge.cost import TERMS, plan_cost
from heapwright.platforms.schema import Lock, Platform
from heapwright.solver.answer.plan import Placement, Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.answered import answered
from tests.property import conversion_questions
from tests.property.brute import Search, brute_force
from tests.property.leaks import leaks
from tests.property.strategies import Instance, instance

BATCH = 100
BATCHES = 12
LONG_BATCHES = 100
LOCKING_BATCHES = 1
LONG_LOCKING_BATCHES = 2
SIBLING_BATCHES = 1
LONG_SIBLING_BATCHES = 4
CONVERTING_BATCHES = 4
LONG_CONVERTING_BATCHES = 20
TOO_LARGE = frozenset({1290})
"""Converting questions that brute force cannot weigh in minutes: hundreds of placements for each of several buffers, few of
which rule each other out."""


def disagreement(seed: int, drawn: Instance | None = None, explained: bool = False) -> str | None:
    """What solver and brute force see differently in one instance, if anything."""
    asked = drawn or instance(seed)
    where = f"seed {seed} ({', '.join(asked.facts)})"
    text = compared(where, asked.platform, asked.pipelines, (), explained)
    if text is not None or len(asked.pipelines) == 1:
        return text
    first, *others = asked.pipelines
    earlier = brute_force(asked.platform, [first])
    if earlier is None:
        return None
    where = f"{where}, beside what {first.name} has"
    return compared(where, asked.platform, others, earlier.plan.placements, explained)


def compared(
    where: str,
    platform: Platform,
    pipelines: Sequence[Pipeline],
    live: Sequence[Placement],
    explained: bool = False,
) -> str | None:
    """The two answers to one question, and where they part; protected content is followed besides.

    The long searches have every answer explained, too.
    """
    search = Search(platform, pipelines, live)
    found = search.best()
    ask = heapwright.solve if explained else answered
    answer = ask(platform, pipelines, live=live)
    if not isinstance(answer, Plan):
        return None if found is None else f"{where}: no plan, but {found.cost} is possible"
    if faults := search.case.judge(answer):
        return f"{where}: the judge refuses the plan: {faults[0]}"
    if holes := leaks(platform, pipelines, answer):
        return f"{where}: protected content gets out: {holes[0]}"
    cost = plan_cost(search.case, answer)
    stated = {level.term: level.value for level in answer.levels}
    if wrong := [term for term, value in zip(TERMS, cost, strict=True) if stated.get(term, value) != value]:
        return f"{where}: the plan states {wrong[0]} {stated[wrong[0]]}; it is {dict(zip(TERMS, cost, strict=True))}"
    if found is None:
        return f"{where}: brute force missed {cost}"
    if answer.status != "optimal" or cost != found.cost:
        return f"{where}: {answer.status} {cost}; brute force has {found.cost}"
    return None


def disagreements(first: int, explained: bool = False) -> list[str]:
    found = [disagreement(seed, None, explained) for seed in range(first, first + BATCH)]
    return [text for text in found if text is not None]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_solver_and_brute_force_agree(batch: int) -> None:
    assert disagreements(batch * BATCH) == []


@pytest.mark.long
@pytest.mark.parametrize("batch", range(BATCHES, LONG_BATCHES))
def test_solver_and_brute_force_agree_for_long(batch: int) -> None:
    assert disagreements(batch * BATCH, explained=True) == []


def locking(asked: Instance, seed: int) -> Instance:
    """The same question, in which some heaps lock a block at their first buffer."""
    random = Random(f"locks/{seed}")
    heaps = dict(asked.platform.heaps)
    for name in random.sample(sorted(heaps), random.randint(1, len(heaps))):
        source = random.choice(sorted(asked.platform.memory))
        lock = Lock.model_validate({"from": source, "size": random.choice((64, 128, 256, 512))})
        heaps[name] = heaps[name].model_copy(update={"locks": lock})
    return asked._replace(platform=asked.platform.model_copy(update={"heaps": heaps}))


def changed_disagreements(
    change: Callable[[Instance, int], Instance], batch: int, explained: bool = False
) -> list[str]:
    """The same of questions of both sorts that are changed first."""
    found = []
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        found.append(disagreement(seed, change(instance(seed), seed), explained))
        drawn = change(conversion_questions.question(seed), seed)
        found.append(compared(f"converting seed {seed}", drawn.platform, drawn.pipelines, (), explained))
    return [text for text in found if text is not None]


@pytest.mark.parametrize("batch", range(LOCKING_BATCHES))
def test_both_agree_where_heaps_lock_blocks(batch: int) -> None:
    assert changed_disagreements(locking, batch) == []


@pytest.mark.long
@pytest.mark.parametrize("batch", range(LOCKING_BATCHES, LONG_LOCKING_BATCHES))
def test_both_agree_where_heaps_lock_blocks_for_long(batch: int) -> None:
    assert changed_disagreements(locking, batch, explained=True) == []


def siblings(asked: Instance, seed: int) -> Instance:
    """The same question, in which heaps have one beside them that differs in one fact and comes first or last."""
    random = Random(f"siblings/{seed}")
    heaps = dict(asked.platform.heaps)
    for name in random.sample(sorted(heaps), random.randint(1, min(2, len(heaps)))):
        fact, value = random.choice(
            (("largest", 64), ("largest", 128), ("largest", 200), ("run", 256), ("via", "drm"))
        )
        changed = heaps[name].model_copy(update={fact: value})
        first, second = random.sample((heaps[name], changed), 2)
        heaps |= {name: first, f"{name}b": second}
    return asked._replace(platform=asked.platform.model_copy(update={"heaps": heaps}))


@pytest.mark.parametrize("batch", range(SIBLING_BATCHES))
def test_both_agree_where_heaps_differ_in_one_fact(batch: int) -> None:
    assert changed_disagreements(siblings, batch) == []


@pytest.mark.long
@pytest.mark.parametrize("batch", range(SIBLING_BATCHES, LONG_SIBLING_BATCHES))
def test_both_agree_where_heaps_differ_in_one_fact_for_long(batch: int) -> None:
    assert changed_disagreements(siblings, batch, explained=True) == []


def converting_disagreements(first: int, explained: bool = False) -> list[str]:
    """The same of questions in which conversions and protection decide."""
    found = []
    for seed in sorted({*range(first, first + BATCH)} - TOO_LARGE):
        asked = conversion_questions.question(seed)
        where = f"converting seed {seed} ({', '.join(asked.facts)})"
        found.append(compared(where, asked.platform, asked.pipelines, (), explained))
    return [text for text in found if text is not None]


@pytest.mark.parametrize("batch", range(CONVERTING_BATCHES))
def test_both_agree_on_conversions_and_protection(batch: int) -> None:
    assert converting_disagreements(batch * BATCH) == []


@pytest.mark.parametrize("seed", [70810, 71746])
def test_a_colour_that_nobody_here_states_may_be_handed_on(seed: int) -> None:
    asked = conversion_questions.question(seed)
    assert compared(f"converting seed {seed}", asked.platform, asked.pipelines, ()) is None


def test_packed_samples_are_not_compressed() -> None:
    assert disagreement(911784) is None


@pytest.mark.long
@pytest.mark.parametrize("batch", range(CONVERTING_BATCHES, LONG_CONVERTING_BATCHES))
def test_both_agree_on_conversions_and_protection_for_long(batch: int) -> None:
    assert converting_disagreements(batch * BATCH, explained=True) == []
