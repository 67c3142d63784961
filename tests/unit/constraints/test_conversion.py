"""Edges: what they get through, what they may change, and what the pipeline lets them do."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright import solve
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import SOURCE, board, buffer, device, image, pipeline, port

EVERYTHING = ["format", "modifier", "memory", "stride"]


def converting(**facts: Any) -> Platform:
    """A camera that writes YUYV, a panel that reads XR24, and a 2d block between them."""
    edge = {"from": "source", "to": "target", "may_change": EVERYTHING, "lossless": False, "source": SOURCE}
    return board(
        devices={
            "camera": device("camera", capture=port(image("YUYV"))),
            "rga": device(
                "2d",
                source=port(image("YUYV", "XR24")),
                target=port(image("XR24", "YUYV")),
                converts=[edge | facts],
            ),
        }
    )


def asked(conversions: str = "allow", **facts: Any) -> Pipeline:
    return pipeline(frame=buffer(conversions=conversions, **facts))


def answer(platform: Platform, question: Pipeline) -> Any:
    return solve(platform, [question])


def test_an_edge_bridges_two_formats() -> None:
    found = answer(converting(), asked())
    assert isinstance(found, Plan)
    assert [(p.buffer, p.format) for p in found.placements] == [("frame", "YUYV"), ("frame>1", "XR24")]
    (step,) = found.conversions
    assert (step.device, step.reads, step.writes, step.lossless) == ("rga", "frame", "frame>1", False)


def test_what_it_may_not_change_it_does_not() -> None:
    found = answer(converting(may_change=["modifier", "memory", "stride"]), asked())
    assert isinstance(found, Infeasible)
    assert {reason.kind for reason in found.conflict} == {"format"}


@pytest.mark.parametrize("policy", ["forbid", "lossless"])
def test_the_pipeline_has_the_last_word(policy: str) -> None:
    found = answer(converting(), asked(policy))
    assert isinstance(found, Infeasible)
    assert ("conversion", "frame") in {(reason.kind, reason.subject) for reason in found.conflict}
    assert "buffers.frame.conversions" in {remedy.change for remedy in found.remedies}


def test_a_lossless_edge_is_as_good_as_the_pipeline_asks() -> None:
    assert isinstance(answer(converting(lossless=True), asked("lossless")), Plan)


def test_an_edge_gets_through_as_much_as_it_says_and_no_more() -> None:
    # 16 x 16 YUYV = 512 bytes, 60 times a second: 30720 bytes/s are read.
    assert isinstance(answer(converting(throughput=30720), asked()), Plan)
    found = answer(converting(throughput=30719), asked())
    assert isinstance(found, Infeasible)
    told = [reason.text for reason in found.conflict if reason.kind == "conversion"]
    assert any("30720 bytes/s" in text and "30719" in text for text in told), told
