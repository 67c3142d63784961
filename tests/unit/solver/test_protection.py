"""protection: what a stage writes after reading protected content is protected too, if it reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from heapwright import solve
from heapwright.platforms.errors import InputError
from heapwright.platforms.schema import Platform
from heapwright.solver.question.resolve import Problem
from tests.builders import (
    board,
    buffer,
    device,
    facts,
    heap,
    image,
    memory,
    pipeline,
    placed,
    plan,
    port,
    refusal,
    said,
)

MAY = port(protected="allowed")
EITHER = {"any_of": ["display.scanout", "gpu.sample"]}


def player(access: Sequence[str] = ("decoder", "panel", "gpu"), **devices: Any) -> Platform:
    """A decoder and a panel behind a firewall, with a GPU that may compose."""
    return board(
        heaps={"plain": heap("dram"), "tz": heap("tz", via="tee", cpu="none", access=list(access))},
        devices={
            "decoder": device("video-decoder", frame=MAY),
            "panel": device("display", scanout=MAY),
            "gpu": device("gpu", sample=MAY, render=MAY),
            "blitter": device("2d", source=MAY, target=MAY),
            **devices,
        },
    )


def film(**canvas: Any) -> Any:
    """A protected frame, shown as it is or composed; the GPU draws a canvas of its own in any case."""
    return pipeline(
        frame=buffer(written_by="video-decoder.frame", read_by=[EITHER], protected=True),
        canvas=buffer(written_by="gpu.render", **canvas),
    )


def where(platform: Platform, question: Any) -> dict[str, str]:
    return {p.buffer: p.heap for p in plan(platform, question).placements}


# What is not chosen taints nothing


def test_an_alternative_that_is_not_taken_protects_nothing() -> None:
    assert where(player(), film()) == {"frame": "tz", "canvas": "plain"}


def test_a_gpu_outside_the_firewall_is_fine_while_the_display_scans_out() -> None:
    outside = player(["decoder", "panel"], gpu=device("gpu", sample=port(), render=port(protected="refused")))
    assert where(outside, film()) == {"frame": "tz", "canvas": "plain"}


def test_the_alternative_that_is_taken_protects_what_is_composed() -> None:
    # The panel takes no NV12: the GPU must sample the frame, and its canvas is protected.
    nv12 = port(image("NV12"), protected="allowed")
    platform = player(
        decoder=device("video-decoder", frame=nv12),
        gpu=device("gpu", sample=nv12, render=MAY),
    )
    assert where(platform, film()) == {"frame": "tz", "canvas": "tz"}


def test_a_canvas_that_must_be_protected_makes_the_gpu_compose() -> None:
    # The second display shows protected content only, so the canvas must carry some.
    strict = device("display", connectors=["HDMI-A-1"], scanout=port(protected="required"))
    platform = player(["decoder", "panel", "gpu", "tv"], tv=strict)
    answer = plan(platform, film(read_by="display@HDMI-A-1.scanout"))
    taken = {p.buffer: [a.device for a in p.attachments] for p in answer.placements}
    assert taken == {"frame": ["decoder", "gpu"], "canvas": ["gpu", "tv"]}
    assert next(level.value for level in answer.levels if level.term == "preference") == 1


def test_two_buffers_of_one_stage_agree_on_who_carries_what() -> None:
    # Room for one buffer behind the firewall: composing would take two.
    platform = board(
        memory={"sdp": {"inside": "dram", "size": "4KiB", "source": "made up for a test"}},
        heaps={"plain": heap("dram"), "tz": heap("sdp", cpu="none", access=["decoder", "panel", "gpu"])},
        devices={
            "decoder": device("video-decoder", frame=port(protected="allowed", holds=0)),
            "panel": device("display", scanout=MAY),
            "gpu": device("gpu", sample=MAY, render=MAY),
        },
    )
    assert where(platform, film()) == {"frame": "tz", "canvas": "plain"}
    composed = pipeline(
        frame=buffer(written_by="video-decoder.frame", read_by="gpu.sample", protected=True),
        canvas=buffer(written_by="gpu.render"),
    )
    assert ("capacity", "sdp") in facts(refusal(platform, composed))


# How it flows


def chain(*stages: str) -> Any:
    """film → stage → … → display."""
    names = ["film", *(f"step{n}" for n, _ in enumerate(stages))]
    writers = ["video-decoder.frame", *(f"2d:{stage}.target" for stage in stages)]
    readers = [*(f"2d:{stage}.source" for stage in stages), "display.scanout"]
    return pipeline(
        **{
            name: buffer(written_by=writer, read_by=reader, protected=name == "film")
            for name, writer, reader in zip(names, writers, readers, strict=True)
        }
    )


def test_it_flows_through_any_number_of_stages() -> None:
    platform = player(["decoder", "panel", "blitter"])
    assert set(where(platform, chain("a", "b", "c")).values()) == {"tz"}


def test_it_does_not_flow_between_files() -> None:
    secret = pipeline(
        "secret", film=buffer(written_by="video-decoder.frame", read_by="2d.source", protected=True)
    )
    plain = pipeline("plain", shown=buffer(written_by="2d.target"))
    answer = plan(player(["decoder", "blitter"]), secret, plain)
    assert {p.buffer: p.heap for p in answer.placements} == {"film": "tz", "shown": "plain"}


def test_a_stage_that_reads_what_it_writes_does_not_protect_it_by_itself() -> None:
    # The GPU blends into what it drew before; nothing protected comes in unless the frame is composed.
    feedback = {"read_by": ["display.scanout", "gpu.sample"]}
    assert where(player(), film(**feedback)) == {"frame": "tz", "canvas": "plain"}


def test_the_device_that_is_chosen_declassifies_or_does_not() -> None:
    # Two blitters: one scrambles, so that what it writes is plain; the panel takes nothing protected.
    platform = player(
        ["decoder", "blitter", "scrambler"],
        panel=device("display", scanout=port()),
        scrambler=device("2d", source=MAY, target=port(declassifies=True)),
    )
    answer = plan(platform, chain("a"))
    assert [(p.buffer, p.heap, p.attachments[0].device) for p in answer.placements] == [
        ("film", "tz", "decoder"),
        ("step0", "plain", "scrambler"),
    ]


def test_what_the_pipeline_marks_stays_protected_whatever_declassifies() -> None:
    platform = player(
        ["decoder", "panel", "blitter"],
        blitter=device("2d", source=MAY, target=port(protected="allowed", declassifies=True)),
    )
    question = pipeline(
        film=buffer(written_by="video-decoder.frame", read_by="2d.source", protected=True),
        shown=buffer(written_by="2d.target", protected=True),
    )
    assert where(platform, question) == {"film": "tz", "shown": "tz"}


def test_the_reason_says_who_carries_it_in() -> None:
    platform = player(["decoder", "panel", "blitter"], panel=device("display", scanout=port()))
    assert said(refusal(platform, chain("a")), "protected-port") == (
        "step0 is protected (2d:a carries film into it), and panel.scanout refuses protected buffers"
    )


# The audience follows


def invited(*members: str) -> dict[str, Any]:
    return {"protected": {"audience": list(members)}}


def per_buffer(**devices: Any) -> Platform:
    platform = {
        "decoder": device("video-decoder", frame=MAY),
        "panel": device("display", scanout=MAY),
        "gpu": device("gpu", sample=MAY, render=MAY),
        "encoder": device("video-encoder", frame=MAY),
        **devices,
    }
    return board(
        heaps={"tz": heap("dram", cpu="none", access=sorted(platform), firewall="per-buffer")},
        devices=platform,
    )


def composed(marked: dict[str, Any], **canvas: Any) -> Any:
    return pipeline(
        frame=buffer(written_by="video-decoder.frame", read_by="gpu.sample", **marked),
        canvas=buffer(written_by="gpu.render", **canvas),
    )


def test_what_is_composed_has_the_audience_of_what_it_is_made_of() -> None:
    marked = invited("video-decoder", "gpu", "display")
    assert where(per_buffer(), composed(marked)) == {"frame": "tz", "canvas": "tz"}
    answer = refusal(per_buffer(), composed(marked, read_by=["display.scanout", "video-encoder.frame"]))
    assert facts(answer) == [("audience", "tz"), ("protected-flow", "canvas→gpu")]
    assert said(answer, "audience") == (
        "tz opens to encoder, outside the audience of canvas (gpu carries frame into it)"
    )


def test_who_sees_two_contents_must_be_invited_to_both() -> None:
    def both(first: list[str], second: list[str]) -> Any:
        return pipeline(
            frame=buffer(written_by="video-decoder.frame", read_by="gpu.sample", **invited(*first)),
            other=buffer(written_by="video-decoder.frame", read_by="gpu.sample", **invited(*second)),
            canvas=buffer(written_by="gpu.render"),
        )

    wide = ["video-decoder", "gpu", "display"]
    assert set(where(per_buffer(), both(wide, wide)).values()) == {"tz"}
    assert said(refusal(per_buffer(), both(wide, ["video-decoder", "gpu"])), "audience").startswith(
        "tz opens to panel, outside the audience of canvas"
    )


# Where `unknown` may stand


@pytest.mark.parametrize(
    ("heap_facts", "port_facts", "kind"),
    [
        ({"access": "unknown"}, {}, "protected-needs-firewall"),
        ({"cpu": "unknown"}, {}, "protected-needs-firewall"),
        ({}, {"protected": "unknown"}, "protected-port"),
        ({"memory": "unknown"}, {"memory": ["dram"]}, "local-only"),
        ({}, {"takes_from": "unknown"}, "importer-refuses"),
    ],
)
def test_what_nobody_knows_is_refused(
    heap_facts: dict[str, Any], port_facts: dict[str, Any], kind: str
) -> None:
    def behind(heap_facts: dict[str, Any], port_facts: dict[str, Any]) -> Platform:
        closed = {"cpu": "none", "access": ["camera", "panel"], **heap_facts}
        return board(
            heaps={"tz": {**heap("dram"), **closed}},
            devices={
                "camera": device("camera", capture=MAY),
                "panel": device("display", scanout=port(**{"protected": "allowed", **port_facts})),
            },
        )

    secret = pipeline(frame=buffer(protected=True))
    assert placed(behind({}, {}), secret).heap == "tz"
    assert {k for k, _ in facts(refusal(behind(heap_facts, port_facts), secret))} == {kind}


def test_an_unstated_firewall_is_open_to_all_it_admits() -> None:
    # Not known to be per buffer, so it counts as static, and admits the GPU.
    platform = board(
        heaps={"tz": heap("tz", cpu="none", access=["camera", "panel", "gpu"])},
        devices={
            "camera": device("camera", capture=MAY),
            "panel": device("display", scanout=MAY),
            "gpu": device("gpu", sample=MAY),
        },
    )
    question = pipeline(frame=buffer(**invited("camera", "display")))
    assert facts(refusal(platform, question)) == [("audience", "tz")]


@pytest.mark.parametrize("target", [{}, {"access": "unknown"}, {"access": ["camera"], "cpu": "none"}])
def test_a_protected_buffer_is_not_driven_out_of_its_firewall(target: dict[str, Any]) -> None:
    # VRAM moves to GTT for the encoder, and GTT is open, unknown or closed to the encoder.
    platform = board(
        memory={"vram": {"size": "64MiB", "local": ["camera"], "source": "made up for a test"}},
        heaps={
            "gtt": heap("dram", **target),
            "vram": heap("vram", cpu="none", access=["camera", "encoder"], moves_to="gtt"),
        },
        devices={
            "camera": device("camera", capture=MAY),
            "encoder": device("video-encoder", frame=MAY),
        },
    )
    answer = refusal(
        platform,
        pipeline(frame=buffer(read_by="video-encoder.frame", protected=True)),
        pins=["frame:heap=vram"],
    )
    assert {kind for kind, _ in facts(answer)} == {"outside-firewall"}


# Bounds


def test_content_that_may_flow_in_more_ways_than_can_be_weighed_is_refused() -> None:
    # Thirteen frames, each shown or composed by a stage of its own: 2^13 = 8192 ways, joined by one canvas.
    frames = {
        f"f{n}": buffer(
            written_by="video-decoder.frame",
            read_by=[{"any_of": ["display.scanout", f"gpu:{n}.sample"]}],
            protected=True,
        )
        for n in range(13)
    }
    canvas = buffer(written_by=[f"gpu:{n}.render" for n in range(13)])
    with pytest.raises(InputError, match="protected content may flow in 8192 ways from canvas"):
        solve(player(), [pipeline(**frames, canvas=canvas)])


def test_a_file_without_alternatives_is_settled_beforehand() -> None:
    problem = Problem(player(), [chain("a", "b")])
    assert [(q.label, q.protected, len(q.variants)) for q in problem.questions] == [
        ("film", True, 1),
        ("step0", True, 1),
        ("step1", True, 1),
    ]


def test_alternatives_that_settle_the_same_are_one() -> None:
    # Shown by the display or read by a processor that writes nothing: either way nobody carries anything.
    question = pipeline(
        frame=buffer(
            written_by="video-decoder.frame",
            read_by=[{"any_of": ["display.scanout", "npu.input"]}],
            protected=True,
        )
    )
    assert [len(q.variants) for q in Problem(player(), [question]).questions] == [1]


# What is known of one buffer is not taken for another


@pytest.mark.parametrize("preview", ["a", "z"])
def test_a_film_is_not_put_where_a_preview_may_go(preview: str) -> None:
    """Both are converted by the same blitter; the film has two ways to be taken, so it is asked about by scene."""
    colours = {"decoder": "XB24", "camera": "XB24", "panel": "XR24", "gpu": "XR24"}
    blit = {"from": "source", "to": "target", "may_change": ["format", "stride"], "lossless": True}

    def may(fourcc: str) -> Any:
        return port(image(fourcc), protected="allowed")

    platform = board(
        heaps={
            "plain": heap("dram"),
            "tz": heap("tz", cpu="none", access=["decoder", "panel", "gpu", "blitter"]),
        },
        devices={
            "camera": device("camera", capture=may(colours["camera"])),
            "decoder": device("video-decoder", frame=may(colours["decoder"])),
            "panel": device("display", scanout=may(colours["panel"])),
            "gpu": device("gpu", sample=may(colours["gpu"]), render=may(colours["gpu"])),
            "blitter": device("2d", converts=[blit], source=may("XB24"), target=may("XR24")),
        },
    )
    seen = {"size": "32x32", "written_by": "camera.capture", "read_by": "display.scanout"}
    film = {"size": "64x64", "written_by": "video-decoder.frame", "read_by": EITHER, "protected": True}
    canvas = {"size": "64x64", "written_by": "gpu.render", "read_by": "display.scanout"}
    wanted = {"film": film, "canvas": canvas, preview: seen}
    asked = pipeline(**{name: buffer(**each, conversions="allow") for name, each in wanted.items()})
    found = {p.buffer: (p.heap, p.width) for p in plan(platform, asked).placements}
    assert found["film"] == found["film>1"] == ("tz", 64)
    assert found[preview] == found[f"{preview}>1"] == ("plain", 32)


@pytest.mark.parametrize(("wide", "narrow"), [("a", "b"), ("b", "a")])
def test_one_audience_is_not_taken_for_another(wide: str, narrow: str) -> None:
    """What moves to a heap behind another firewall may be seen by all whom that one admits."""
    members = ["decoder", "panel", "gpu"]
    platform = board(
        memory={"vram": memory("64MiB", local="gpu")},
        heaps={
            "card": heap("vram", cpu="none", access=members, firewall="per-buffer", moves_to="tz"),
            "tz": heap("tz", cpu="none", access=members),
        },
        devices={
            "decoder": device("video-decoder", frame=MAY),
            "panel": device("display", scanout=MAY),
            "gpu": device("gpu", sample=MAY),
        },
    )

    def film(*audience: str) -> Any:
        return buffer(size="64x64", written_by="video-decoder.frame", protected={"audience": list(audience)})

    both = pipeline(
        **{wide: film("video-decoder", "display", "gpu"), narrow: film("video-decoder", "display")}
    )
    assert ("audience", "tz") in facts(refusal(platform, both))
