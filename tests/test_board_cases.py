"""Cases of boards and of trouble threads: known heaps, strides, offsets and sizes, or why there are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import heapwright
from heapwright.allocator.judge.judge import judge
from heapwright.solver.answer.plan import Infeasible, Placement, Plan
from heapwright.solver.answer.render import text
from heapwright.solver.question.load import load_pipelines
from tests.examples import EXPECTED, THREADS, board, converting, expected, pipeline_of, platforms_of

CASES = [
    pytest.param(path, name, id=f"{path.name.removesuffix('.expected.yaml')}-{Path(name).name}")
    for path in [*EXPECTED, *THREADS]
    for name in platforms_of(path)
]

WORDS = ("device", "from", "to", "reads", "writes", "changes", "lossless")
"""What an expected conversion says."""


def seen(placement: Placement, field: str) -> Any:
    """What a placement says, in the words of the expected answers."""
    planes = placement.planes
    found = {
        "heap": {placement.heap, *placement.names},
        "stride": planes[0].stride if planes else None,
        "strides": [plane.stride for plane in planes],
        "chroma_stride": planes[-1].stride if planes else None,
        "uv_offset": planes[1].offset if len(planes) > 1 else None,
        "offsets": [plane.offset for plane in planes],
        "metadata": [plane.metadata for plane in planes],
        "plane_sizes": [plane.size for plane in planes],
        "sizes": list(placement.sizes),
        "planes": len(planes),
        "alloc": -(-placement.size // 4096) * 4096,
        "names": list(placement.names),
        "devices": [attachment.device for attachment in placement.attachments],
    }
    return found[field] if field in found else getattr(placement, field)


@pytest.mark.parametrize(("path", "name"), CASES)
def check_infeasible(case: dict[str, Any], answer: Infeasible) -> None:
    """`kinds` are among those of the conflict; `facts`, kind and subject, are the whole of it."""
    facts = [f"{reason.kind} {reason.subject}" for reason in answer.conflict]
    assert {reason.kind for reason in answer.conflict} >= set(case.get("kinds", ()))
    assert facts == case.get("facts", facts)
    remedies = {remedy.change: remedy.to for remedy in answer.remedies}
    assert {change: remedies.get(change) for change in case.get("remedies", {})} == case.get("remedies", {})


def check_plan(case: dict[str, Any], answer: Plan) -> None:
    told = [conversion.model_dump(mode="json", by_alias=True) for conversion in answer.conversions]
    wanted = case.get("converted", [])
    assert [{field: one[field] for field in WORDS} for one in told] == wanted
    placements = {placement.buffer: placement for placement in answer.placements}
    for buffer, fields in (case.get("placements") or {}).items():
        for field, value in fields.items():
            found = seen(placements[buffer], field)
            assert value in found if isinstance(found, set) else found == value, (buffer, field, found, value)
    cost = {level.term: level.value for level in answer.levels}
    assert {term: cost[term] for term in case.get("cost", {})} == case.get("cost", {})


@pytest.mark.parametrize(("path", "name"), CASES)
def test_case_has_its_known_answer(path: Path, name: str) -> None:
    case = expected(path)
    platform, pipelines = board(name), load_pipelines([pipeline_of(path)])
    if "converted" in case:
        pipelines = tuple(converting(pipeline, "allow") for pipeline in pipelines)
    answer = heapwright.solve(platform, pipelines, pins=case.get("pins", ()))
    assert answer.status == case["status"]
    for sentence in case.get("says", ()):
        assert sentence in text(answer)
    if isinstance(answer, Infeasible):
        check_infeasible(case, answer)
        return
    assert isinstance(answer, Plan)
    assert judge(platform, pipelines, answer) == ()
    check_plan(case, answer)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 30
