"""The walk for leaks itself: it finds what it is there for, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.allocator.judge.judge import judge
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import board, buffer, changed, device, heap, memory, pipeline, plan, port
from tests.property.leaks import leaks

MAY = port(protected="allowed")
ALL = ["video-decoder", "gpu", "display", "npu"]
DEVICES = {
    "decoder": device("video-decoder", frame=MAY),
    "gpu": device("gpu", sample=MAY, render=MAY),
    "npu": device("npu", input=MAY),
    "panel": device("display", connectors=["DSI-1"], scanout=MAY),
}


def cinema(**facts: Any) -> Platform:
    walled = {"cpu": "none", "access": sorted(DEVICES), "firewall": "per-buffer", **facts}
    return board(heaps={"plain": heap("dram"), "tz": heap("tz", **walled)}, devices=DEVICES)


def composed(film: Any, canvas: Any) -> Pipeline:
    return pipeline(
        film=buffer(written_by="video-decoder.frame", read_by="gpu.sample", protected=film),
        canvas=buffer(written_by="gpu.render", read_by=["display.scanout", "npu.input"], protected=canvas),
    )


def found(platform: Platform, question: Pipeline, made: Plan) -> list[str]:
    """The leaks of a plan; judge and walk agree on whether there are any."""
    holes = leaks(platform, [question], made)
    assert bool(holes) == bool(judge(platform, [question], made))
    return holes


@pytest.mark.parametrize("canvas", [False, True, {"audience": ALL}, {"audience": ["gpu", "npu", "display"]}])
def test_a_plan_for_everybody_lets_nothing_out(canvas: Any) -> None:
    question = composed({"audience": ALL}, canvas)
    assert found(cinema(), question, plan(cinema(), question)) == []


@pytest.mark.parametrize(
    ("canvas", "holes"),
    [
        (False, ["test/canvas is shown to npu by tz"]),
        (True, ["test/canvas is shown to npu by tz"]),
        (
            {"audience": ["gpu", "npu", "display"]},
            [
                "test/canvas is stated for npu, who may not see what it is made of",
                "test/canvas is shown to npu by tz",
            ],
        ),
    ],
)
def test_a_mark_further_on_opens_nothing(canvas: Any, holes: list[str]) -> None:
    made = plan(cinema(), composed({"audience": ALL}, canvas))
    narrow = composed({"audience": ["video-decoder", "gpu", "display"]}, canvas)
    assert found(cinema(), narrow, made) == holes


def test_a_static_firewall_shows_it_to_all_whom_it_admits() -> None:
    question = pipeline(film=buffer(written_by="video-decoder.frame", protected={"audience": ALL}))
    made = plan(cinema(firewall="static"), question)
    narrow = changed(question, "buffers.film.protected", {"audience": ["video-decoder", "display"]})
    assert found(cinema(firewall="static"), narrow, made) == [
        "test/film is shown to gpu by tz",
        "test/film is shown to npu by tz",
    ]
    assert found(cinema(), narrow, made) == []


@pytest.mark.parametrize(
    "other", [heap("tz"), heap("tz", cpu="none", access=["decoder"]), heap("part"), heap("dram", locks={"from": "tz", "size": 4096})]
)  # fmt: skip
def test_a_range_that_others_use_otherwise_keeps_nothing(other: Any) -> None:
    question = pipeline(film=buffer(written_by="video-decoder.frame", protected=True))
    walled = heap("tz", cpu="none", access=sorted(DEVICES))
    parts = {"part": memory("64KiB", inside="tz")}

    def with_heaps(**heaps: Any) -> Platform:
        return board(memory=parts, heaps={"tz": walled, **heaps}, devices=DEVICES)

    made = plan(with_heaps(), question)
    assert found(with_heaps(), question, made) == []
    assert found(with_heaps(other=other), question, made) == [
        "test/film lies in tz, whose memory others use otherwise"
    ]


def test_what_is_open_is_told() -> None:
    question = pipeline(film=buffer(written_by="video-decoder.frame"))
    made = plan(cinema(), question)
    assert made.placements[0].heap == "plain"
    marked = changed(question, "buffers.film.protected", True)
    assert found(cinema(), marked, made) == ["test/film lies in plain, which is open"]


def test_of_two_readings_the_one_without_a_hole_counts() -> None:
    # The GPU has two jobs: one scrambles nothing it reads of the film. Which of them samples is told by the file alone.
    def jobs(reader: Any) -> Pipeline:
        return pipeline(
            film=buffer(written_by="video-decoder.frame", read_by=[reader], protected=True),
            canvas=buffer(written_by="gpu:draw.render", read_by="display.scanout"),
        )

    apart = jobs("gpu:look.sample")
    made = plan(cinema(), apart)
    assert {each.buffer: each.heap for each in made.placements} == {"film": "tz", "canvas": "plain"}
    assert found(cinema(), apart, made) == []
    assert found(cinema(), jobs({"any_of": ["gpu:look.sample", "gpu:draw.sample"]}), made) == []
    assert found(cinema(), jobs("gpu:draw.sample"), made) == ["test/canvas lies in plain, which is open"]
