"""What one file has, and what is left for the next: solved later or jointly, it is the same.

A budget that an earlier answer does not pass on would be given away twice. But for runs: a file
solved later does not know where the buffers of the first lie, and together they are made in order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

import heapwright
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Placement, Plan
from heapwright.solver.board.places import IN_RUNS
from heapwright.solver.question.load import live_from
from heapwright.solver.question.pipeline import Pipeline
from tests.answered import answered
from tests.property import shared_resources
from tests.property.strategies import instance
from tests.property.test_oracle import compared

BATCH = 100
BATCHES = 2
LONG_BATCHES = 14


def passed_on(plan: Plan, pipeline: Pipeline) -> tuple[Placement, ...]:
    """What one file has of a plan, as a later question gets it."""
    data = plan.model_dump(mode="json", by_alias=True)
    return live_from([each for each in data["placements"] if each["pipeline"] == pipeline.name])


def as_before(plan: Plan, pipeline: Pipeline) -> tuple[Placement, ...] | None:
    """The same as earlier versions told it, where that says less."""
    live = passed_on(plan, pipeline)
    mute = {"uses": None, "how_often": "often", "converts": None}
    old = tuple(
        placement.model_copy(
            update={"attachments": tuple(each.model_copy(update=mute) for each in placement.attachments)}
        )
        for placement in live
    )
    return None if old == live else old


def disagreement(platform: Platform, pipelines: Sequence[Pipeline], explained: bool = False) -> str | None:
    """Where what the first has leaves the others too much or too little, if anywhere."""
    first, *others = pipelines
    alone, jointly = answered(platform, [first]), answered(platform, pipelines)
    if alone is not None:
        text = compared(f"beside what {first.name} has", platform, others, passed_on(alone, first), explained)
        if text is not None:
            return text
        old = as_before(alone, first)
        if old is not None and (
            text := compared("beside what it does not say", platform, others, old, explained)
        ):
            return text
    if jointly is not None:
        if faults := JudgedQuestion(JudgedPlatform(platform), pipelines).judge(jointly):
            return f"the judge refuses what is solved jointly: {faults[0]}"
        live = passed_on(jointly, first)
        if answered(platform, others, live=live) is None and not lacks_runs(platform, others, live):
            return f"no plan beside what {first.name} has jointly"
        return None
    parted = alone is not None and answered(platform, others, live=passed_on(alone, first)) is not None
    if parted and not lacks_runs(platform, pipelines):
        return "jointly there is no plan, but one after the other there is"
    return None


def lacks_runs(platform: Platform, pipelines: Sequence[Pipeline], live: Sequence[Placement] = ()) -> bool:
    """Whether the conflict says that there is room, but not for sure as runs."""
    answer = heapwright.solve(platform, pipelines, live=live)
    return isinstance(answer, Infeasible) and any(
        each.kind == "capacity" and IN_RUNS in each.text for each in answer.conflict
    )


def disagreements(first: int, explained: bool = False) -> Iterator[str]:
    for seed in range(first, first + BATCH):
        asked = shared_resources.question(seed)
        text = disagreement(asked.platform, asked.pipelines, explained)
        if text is not None:
            yield f"seed {seed} ({', '.join(asked.facts)}): {text}"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_what_is_there_is_charged_as_if_it_were_asked_again(batch: int) -> None:
    assert list(disagreements(batch * BATCH)) == []


@pytest.mark.parametrize("seed", [471, 1085])
def test_what_live_buffers_overrun_by_themselves_is_refused(seed: int) -> None:
    """What they do not say counts by its worse end, here more bytes a second than a memory carries."""
    asked = shared_resources.question(seed)
    assert disagreement(asked.platform, asked.pipelines) is None


@pytest.mark.long
@pytest.mark.parametrize("batch", range(BATCHES, LONG_BATCHES))
def test_what_is_there_is_charged_as_if_it_were_asked_again_for_long(batch: int) -> None:
    assert list(disagreements(batch * BATCH, explained=True)) == []


def test_all_that_attachments_say_is_drawn_and_decides() -> None:
    said: Counter[str] = Counter()
    for seed in range(BATCHES * BATCH):
        platform, (first, *others), *_ = shared_resources.question(seed)
        alone = answered(platform, [first])
        if alone is None:
            continue
        said["first"] += 1
        live = passed_on(alone, first)
        mute = [
            placement.model_copy(update={"attachments": tuple(
                each.model_copy(update={"uses": {}, "converts": None}) for each in placement.attachments
            )})
            for placement in live
        ]  # fmt: skip
        for each in (each for placement in live for each in placement.attachments):
            said.update(name for name in ("uses", "converts") if getattr(each, name) is not None)
            said["rarely"] += each.how_often == "rarely"
        beside, unsaid = (answered(platform, others, live=there) for there in (live, mute))
        said["decides"] += beside is None and unsaid is not None
    assert min(said[name] for name in ("uses", "converts", "rarely", "decides")) >= 3, said


def test_files_of_other_questions_share_as_well() -> None:
    """Of the questions that brute force answers, those with two files."""
    for seed in range(BATCHES * BATCH):
        asked = instance(seed)
        if len(asked.pipelines) > 1:
            assert disagreement(asked.platform, asked.pipelines) is None, seed
