"""Audiences intersect along the flow: no mark further on opens content wider than what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from heapwright.allocator.judge.judge import judge
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import (
    board,
    buffer,
    changed,
    device,
    facts,
    heap,
    image,
    pipeline,
    plan,
    port,
    refusal,
    said,
)
from tests.property.leaks import leaks

MAY = port(protected="allowed")
FILM = ("video-decoder", "gpu", "display")


def lent(**devices: Any) -> Platform:
    """A firewall that opens for those attached, whoever they are; no other memory."""
    made = {
        "decoder": device("video-decoder", frame=MAY),
        "gpu": device("gpu", sample=MAY, render=MAY),
        "blitter": device("2d", source=MAY, target=MAY),
        "panel": device("display", connectors=["DSI-1"], scanout=MAY),
        "npu": device("npu", input=MAY),
        **devices,
    }
    return board(
        heaps={"tz": heap("tz", cpu="none", access=sorted(made), firewall="per-buffer")}, devices=made
    )


def seen_by(*members: str) -> dict[str, Any]:
    return {"audience": list(members)}


def composed(canvas: Any, readers: Sequence[Any], film: Sequence[str] = FILM, **facts_of: Any) -> Pipeline:
    """A film that the GPU composes into a canvas, marked as said."""
    return pipeline(
        film=buffer(written_by="video-decoder.frame", read_by="gpu.sample", protected=seen_by(*film)),
        canvas=buffer(written_by="gpu.render", read_by=list(readers), protected=canvas, **facts_of),
    )


def planned(platform: Platform, question: Pipeline) -> dict[str, str]:
    """Where a plan puts everything; the judge agrees, and nothing leaks."""
    found = plan(platform, question)
    assert judge(platform, [question], found) == ()
    assert leaks(platform, [question], found) == []
    return {each.buffer: each.heap for each in found.placements}


@pytest.mark.parametrize("mark", [False, True])
def test_a_mark_opens_nothing(mark: bool) -> None:
    """Marking the canvas once let an NPU see a film that was for decoder, GPU and display only."""
    answer = refusal(lent(), composed(mark, ["display.scanout", "npu.input"]))
    assert facts(answer) == [("audience", "tz"), ("protected-flow", "canvas→gpu")]
    assert (
        said(answer, "audience")
        == "tz opens to npu, outside the audience of canvas (gpu carries film into it)"
    )


def test_the_flow_into_a_marked_buffer_is_told_by_its_audience() -> None:
    answer = refusal(lent(), composed(True, ["npu.input"]))
    assert said(answer, "protected-flow") == (
        "gpu reads film, so nobody outside its audience may see what gpu.render writes to canvas"
    )


@pytest.mark.parametrize("mark", [False, True, seen_by(*FILM), seen_by("gpu", "display")])
def test_as_narrow_or_narrower_is_fine(mark: Any) -> None:
    assert planned(lent(), composed(mark, ["display.scanout"])) == {"film": "tz", "canvas": "tz"}


@pytest.mark.parametrize("readers", [[], ["display.scanout"], ["npu.input"]])
def test_a_wider_audience_is_refused_whoever_attaches(readers: list[str]) -> None:
    answer = refusal(lent(), composed(seen_by("gpu", "display", "npu"), readers))
    assert facts(answer) == [("audience", "canvas→gpu"), ("protected-flow", "canvas→gpu")]
    assert said(answer, "audience") == (
        "canvas is stated for npu, and gpu carries film into it, which is for video-decoder, gpu, display only"
    )
    assert answer.conflict[0].source == "pipeline test"


def test_an_audience_apart_from_what_comes_in_is_refused() -> None:
    answer = refusal(lent(), composed(seen_by("gpu", "npu"), [], film=("video-decoder", "gpu")))
    assert ("audience", "canvas→gpu") in facts(answer)
    # Here not even the GPU, which makes it, is among those named.
    assert facts(refusal(lent(), composed(seen_by("npu"), []))) == [("audience", "tz")]


@pytest.mark.parametrize(
    ("film", "canvas", "fits"),
    [
        ("display", "display@DSI-1", True),
        ("display@DSI-1", "display@DSI-1", True),
        ("display@DSI-1", "display", False),
        ("display@DSI-1", "display#tv@DSI-1", True),
        ("display#tv", "display#tv@DSI-1", True),
        ("display#tv", "display@DSI-1", False),
        ("display#tv", "display#other", False),
    ],
)
def test_a_kind_is_wider_than_a_connector_or_a_label(film: str, canvas: str, fits: bool) -> None:
    question = composed(seen_by("gpu", canvas), [], film=("video-decoder", "gpu", film))
    if fits:
        planned(lent(), question)
    else:
        assert ("audience", "canvas→gpu") in facts(refusal(lent(), question))


# How far it flows


def row(*marks: Any, last: str = "npu.input") -> Pipeline:
    """film → 2d:0 → step0 → 2d:1 → step1 → … → the last reader."""
    film = buffer(written_by="video-decoder.frame", read_by="2d:0.source", protected=seen_by(*_ROW))
    steps = {
        f"step{n}": buffer(
            written_by=f"2d:{n}.target",
            read_by=f"2d:{n + 1}.source" if n + 1 < len(marks) else last,
            protected=mark,
        )
        for n, mark in enumerate(marks)
    }
    return pipeline(film=film, **steps)


_ROW = ("video-decoder", "2d", "display")


@pytest.mark.parametrize(
    "marks", [(True, True, True), (True, False, True), (False, seen_by("2d", "display"), True)]
)
def test_through_any_number_of_stages_and_marks(marks: tuple[Any, ...]) -> None:
    answer = refusal(lent(), row(*marks))
    assert {kind for kind, _ in facts(answer)} == {"audience", "protected-flow"}
    assert {subject for kind, subject in facts(answer) if kind == "protected-flow"} >= {"step2→blitter"}
    assert set(planned(lent(), row(*marks, last="display.scanout")).values()) == {"tz"}


def test_what_is_narrowed_on_the_way_stays_narrow() -> None:
    wide = (*FILM, "npu", "2d")
    question = pipeline(
        film=buffer(written_by="video-decoder.frame", read_by="gpu.sample", protected=seen_by(*wide)),
        canvas=buffer(
            written_by="gpu.render", read_by="2d.source", protected=seen_by("gpu", "2d", "display")
        ),
        screen=buffer(written_by="2d.target", protected=seen_by("2d", "display", "npu")),
    )
    assert ("audience", "screen→blitter") in facts(refusal(lent(), question))


def test_what_is_made_of_two_films_is_for_those_invited_to_both() -> None:
    def both(mark: Any, reader: str) -> Pipeline:
        films = {
            name: buffer(
                written_by="video-decoder.frame", read_by="gpu.sample", protected=seen_by(*FILM, more)
            )
            for name, more in (("film", "npu"), ("advert", "2d"))
        }
        return pipeline(**films, canvas=buffer(written_by="gpu.render", read_by=reader, protected=mark))

    assert set(planned(lent(), both(True, "display.scanout")).values()) == {"tz"}
    for reader in ("npu.input", "2d.source"):
        assert ("audience", "tz") in facts(refusal(lent(), both(True, reader)))
    answer = refusal(lent(), both(seen_by("gpu", "npu"), "npu.input"))
    assert said(answer, "audience") == (
        "canvas is stated for npu, and gpu carries advert into it, which is for video-decoder, gpu, display, 2d only"
    )


def test_each_of_several_writers_brings_its_own() -> None:
    # The blitter draws a menu that anybody may see into the canvas that the GPU composes a film into.
    question = pipeline(
        film=buffer(written_by="video-decoder.frame", read_by="gpu.sample", protected=seen_by(*FILM)),
        menu=buffer(written_by="video-decoder:menu.frame", read_by="2d.source", protected=True),
        canvas=buffer(written_by=["gpu.render", "2d.target"], protected=seen_by("gpu", "2d", "display")),
    )
    assert facts(refusal(lent(), question)) == [("audience", "canvas→gpu"), ("protected-flow", "canvas→gpu")]


def test_an_alternative_that_is_not_taken_brings_nothing() -> None:
    def film(panel: str) -> Any:
        either = {"any_of": ["display.scanout", "gpu.sample"]}
        return pipeline(
            film=buffer(
                written_by="video-decoder.frame", read_by=[either], formats=[panel], protected=seen_by(*FILM)
            ),
            canvas=buffer(written_by="gpu.render", read_by="npu.input", formats=["XR24"], protected=True),
        )

    nv12 = port(image("NV12", "XR24"), protected="allowed")
    platform = lent(decoder=device("video-decoder", frame=nv12), gpu=device("gpu", sample=nv12, render=MAY))
    assert planned(platform, film("XR24")) == {"film": "tz", "canvas": "tz"}
    # The panel takes no NV12: the GPU composes, and the NPU may not see the canvas.
    assert ("audience", "tz") in facts(refusal(platform, film("NV12")))


def test_an_audience_may_make_the_alternative() -> None:
    # Composing would hand the film to the NPU, so it is scanned out although that is second best.
    either = {"any_of": ["gpu.sample", "display.scanout"]}
    question = pipeline(
        film=buffer(written_by="video-decoder.frame", read_by=[either], protected=seen_by(*FILM)),
        canvas=buffer(written_by="gpu.render", read_by="npu.input", protected=seen_by("gpu", "npu")),
    )
    found = plan(lent(), question)
    assert [each.device for each in found.placements[0].attachments] == ["decoder", "panel"]
    assert judge(lent(), [question], found) == () and leaks(lent(), [question], found) == []


def test_only_a_port_that_declassifies_ends_it() -> None:
    open_minded = lent(gpu=device("gpu", sample=MAY, render=port(protected="allowed", declassifies=True)))
    for mark in (True, seen_by("gpu", "npu")):
        assert planned(open_minded, composed(mark, ["npu.input"])) == {"film": "tz", "canvas": "tz"}


def test_the_device_that_declassifies_is_chosen() -> None:
    other = device("gpu", sample=MAY, render=port(protected="allowed", declassifies=True))
    platform = lent(scrambler=other)
    found = plan(platform, composed(seen_by("gpu", "npu"), ["npu.input"]))
    assert {each.attachments[0].device for each in found.placements if each.buffer == "canvas"} == {
        "scrambler"
    }


def test_it_does_not_flow_between_files() -> None:
    film = pipeline(
        "film", film=buffer(written_by="video-decoder.frame", read_by="gpu.sample", protected=seen_by(*FILM))
    )
    canvas = pipeline("canvas", canvas=buffer(written_by="gpu.render", read_by="npu.input", protected=True))
    assert {each.heap for each in plan(lent(), film, canvas).placements} == {"tz"}


@pytest.mark.parametrize(("guests", "fits"), [((*FILM, "2d"), True), (FILM, False)])
def test_conversions_carry_it_on(guests: tuple[str, ...], fits: bool) -> None:
    # The canvas is in XB24 and the panel takes XR24: the blitter converts, so it sees the film.
    blit = {"from": "source", "to": "target", "may_change": ["format", "stride"], "lossless": True}
    both = port(image("XB24", "XR24"), protected="allowed")
    platform = lent(
        gpu=device("gpu", sample=MAY, render=port(image("XB24"), protected="allowed")),
        blitter=device("2d", source=both, target=both, converts=[blit]),
    )
    for mark in (False, True):
        question = composed(mark, ["display.scanout"], film=guests, conversions="allow")
        if fits:
            assert set(planned(platform, question)) == {"film", "canvas", "canvas>1"}
        else:
            assert isinstance(refusal(platform, question), Infeasible)


def test_a_static_firewall_must_be_in_every_audience_on_the_way() -> None:
    members = ["decoder", "gpu", "panel", "npu"]
    static = changed(changed(lent(), "heaps.tz.firewall", "static"), "heaps.tz.access", members)
    assert planned(static, composed(True, ["display.scanout"], film=(*FILM, "npu"))) == {
        "film": "tz",
        "canvas": "tz",
    }
    assert ("audience", "tz") in facts(refusal(static, composed(True, ["display.scanout"])))


def test_marks_without_an_audience_flow_from_nobody() -> None:
    question = pipeline(
        film=buffer(written_by="video-decoder.frame", read_by="gpu.sample", protected=True),
        canvas=buffer(written_by="gpu.render", read_by="npu.input", protected=seen_by("gpu", "npu")),
    )
    assert planned(lent(), question) == {"film": "tz", "canvas": "tz"}
