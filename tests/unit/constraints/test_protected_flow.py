"""protected-flow: what a stage writes after reading protected content is protected too."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, heap, pipeline, plan, port, refusal, said

MAY = port(protected="allowed")


def theatre(*, panel: dict[str, Any], render: dict[str, Any] = MAY, blend: dict[str, Any] = MAY) -> Platform:
    """A film goes through a GPU, and a blitter, to a panel; there is open memory as well."""
    return board(
        heaps={
            "plain": heap("dram"),
            "tz": heap("tz", cpu="none", access=["decoder", "gpu", "blitter", "panel"]),
        },
        devices={
            "decoder": device("video-decoder", frame=MAY),
            "gpu": device("gpu", sample=MAY, render=render),
            "blitter": device("2d", source=MAY, target=blend),
            "panel": device("display", scanout=panel),
        },
    )


def film(**frame: Any) -> Any:
    return pipeline(
        film=buffer(written_by="video-decoder.frame", read_by="gpu.sample", **frame),
        canvas=buffer(written_by="gpu.render", read_by="2d.source"),
        screen=buffer(written_by="2d.target", read_by="display.scanout"),
    )


def test_plain_content_makes_nothing_protected() -> None:
    found = plan(theatre(panel=port()), film())
    assert {p.buffer: p.heap for p in found.placements} == dict.fromkeys(
        ["film", "canvas", "screen"], "plain"
    )


def test_every_stage_on_the_way_is_a_fact_of_the_conflict() -> None:
    answer = refusal(theatre(panel=port()), film(protected=True))
    assert facts(answer) == [
        ("protected-port", "screen→panel"),
        ("protected-flow", "canvas→gpu"),
        ("protected-flow", "screen→blitter"),
    ]
    assert [reason.text for reason in answer.conflict[1:]] == [
        "gpu reads film, which is protected, so what gpu.render writes to canvas is protected too",
        "2d reads canvas, which is protected, so what blitter.target writes to screen is protected too",
    ]


def test_a_port_that_declassifies_ends_it() -> None:
    found = plan(theatre(panel=port(), blend=port(declassifies=True)), film(protected=True))
    assert {p.buffer: p.heap for p in found.placements} == {"film": "tz", "canvas": "tz", "screen": "plain"}


def test_what_is_protected_anyway_flows_from_nobody() -> None:
    marked = pipeline(
        film=buffer(written_by="video-decoder.frame", read_by="gpu.sample", protected=True),
        screen=buffer(written_by="gpu.render", read_by="display.scanout", protected=True),
    )
    assert facts(refusal(theatre(panel=port()), marked)) == [("protected-port", "screen→panel")]


def test_either_of_two_sources_is_enough() -> None:
    both = pipeline(
        film=buffer(written_by="video-decoder.frame", read_by="gpu.sample", protected=True),
        advert=buffer(written_by="video-decoder.frame", read_by="gpu.sample", protected=True),
        screen=buffer(written_by="gpu.render", read_by="display.scanout"),
    )
    answer = refusal(theatre(panel=port()), both)
    assert facts(answer) == [("protected-port", "screen→panel"), ("protected-flow", "screen→gpu")]
    assert said(answer, "protected-flow").startswith("gpu reads advert and film, which are protected")


def test_no_more_is_asked_than_can_be_weighed() -> None:
    """Twelve canvases in a row: the flow is part of the question, and the answer is still exact."""
    row = {
        f"step{n:02}": buffer(written_by=f"gpu:{n - 1}.render", read_by=f"gpu:{n}.sample")
        for n in range(1, 12)
    }
    first = buffer(written_by="video-decoder.frame", read_by="gpu:0.sample", protected=True)
    last = buffer(written_by="gpu:11.render", read_by="display.scanout")
    answer = refusal(theatre(panel=port()), pipeline(film=first, **row, last=last))
    assert facts(answer) == [("protected-port", "last→panel")]
