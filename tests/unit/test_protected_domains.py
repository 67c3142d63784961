"""The thread's question about protected content, on boards with several protected domains.

"Accessible only to the camera and video encoder… or only to the video decoder and the
display unit. Who specifies those restrictions? Can we express them in a platform-neutral
way?" The pipeline says *protected*, and for whom by kinds; the board says who sits behind
which firewall. One set of pipelines, several boards.
"""

from __future__ import annotations

from typing import Any

import pytest

from heapwright import solve
from heapwright.allocator.judge.judge import judge
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import board, buffer, device, facts, heap, image, memory, pipeline, port, said
from tests.examples import board as shipped

NV12 = {"size": "1280x720", "formats": ["NV12"]}
CAPTURE = pipeline(
    "capture",
    frame=buffer(
        **NV12,
        protected={"audience": ["camera", "video-encoder"]},
        written_by="camera.capture",
        read_by="video-encoder.frame",
    ),
)
PLAYBACK = pipeline(
    "playback",
    frame=buffer(
        **NV12,
        protected={"audience": ["video-decoder", "display"]},
        written_by="video-decoder.frame",
        read_by="display.scanout",
    ),
)
PIN_PAD = pipeline(
    "pin-pad",
    keys=buffer(size="320x480", protected={"audience": ["gpu", "display"]}, written_by="gpu.render", count=2),
)


def one_firewall_per_use() -> Platform:
    """Static pools for playback, recording and trusted UI (OP-TEE's names)."""
    return shipped("tee-protected-domains")


def one_firewall_per_buffer() -> Platform:
    """A single pool; each buffer is opened to the devices that attach (FF-A lending)."""
    closed = port(image("NV12", "XR24"), protected="allowed")
    members = {
        "camera": device("camera", capture=closed),
        "encoder": device("video-encoder", frame=closed),
        "decoder": device("video-decoder", frame=closed),
        "panel": device("display", scanout=closed),
        "gpu": device("gpu", render=closed, sample=port(image("NV12"))),
    }
    tee = heap("tz", via="tee", cpu="none", access=sorted(members), firewall="per-buffer")
    return board(
        memory={"tz": memory("64MiB", inside="dram")},
        heaps={"system": heap("dram", run="4KiB"), "tee": tee},
        devices=members,
    )


BOARDS = [one_firewall_per_use, one_firewall_per_buffer]


def solved(platform: Platform, *pipelines: Pipeline) -> Plan:
    answer = solve(platform, pipelines)
    assert isinstance(answer, Plan), getattr(answer, "conflict", answer)
    assert judge(platform, sorted(pipelines, key=lambda each: each.name), answer) == ()
    return answer


def refused(platform: Platform, *pipelines: Pipeline) -> Infeasible:
    answer = solve(platform, pipelines)
    assert isinstance(answer, Infeasible), getattr(answer, "placements", answer)
    return answer


@pytest.mark.parametrize("platform", BOARDS)
@pytest.mark.parametrize(
    ("question", "heap_name"),
    [(CAPTURE, "secure-video-record"), (PLAYBACK, "secure-video"), (PIN_PAD, "trusted-ui")],
    ids=["capture", "playback", "pin-pad"],
)
def test_the_same_pipeline_finds_its_domain_on_either_board(
    platform: Any, question: Pipeline, heap_name: str
) -> None:
    heap = solved(platform(), question).placements[0].heap
    assert heap == (heap_name if platform is one_firewall_per_use else "tee")


@pytest.mark.parametrize("platform", BOARDS)
def test_all_domains_live_together(platform: Any) -> None:
    answer = solved(platform(), CAPTURE, PLAYBACK, PIN_PAD)
    heaps = {p.buffer: p.heap for p in answer.placements if p.pipeline != "capture"}
    expected = {"frame": "secure-video", "keys": "trusted-ui"}
    assert heaps == (expected if platform is one_firewall_per_use else dict.fromkeys(expected, "tee"))


def test_content_of_one_domain_is_not_shown_to_another() -> None:
    # What is captured may not be decoded into, nor shown: the panel sits behind another firewall.
    mirror = pipeline(
        frame=buffer(**NV12, protected=True, written_by="camera.capture", read_by="display.scanout")
    )
    answer = refused(one_firewall_per_use(), mirror)
    assert {subject for kind, subject in facts(answer) if kind == "outside-firewall"} == {
        "frame→camera",
        "frame→panel",
    }


def test_an_audience_is_refused_where_the_firewall_admits_more() -> None:
    # The playback pool admits decoder and panel: nobody asked for the panel to see what is decoded.
    alone = pipeline(
        frame=buffer(
            **NV12, protected={"audience": ["video-decoder"]}, written_by="video-decoder.frame", read_by=[]
        )
    )
    assert said(refused(one_firewall_per_use(), alone), "audience") == (
        "secure-video opens to panel, outside the audience of frame"
    )
    assert solved(one_firewall_per_buffer(), alone).placements[0].heap == "tee"


@pytest.mark.parametrize("platform", BOARDS)
def test_plain_content_stays_out_of_every_domain(platform: Any) -> None:
    plain = pipeline(frame=buffer(**NV12, written_by="video-decoder.frame", read_by="display.scanout"))
    assert solved(platform(), plain).placements[0].heap in ("system", "cma")


@pytest.mark.parametrize("platform", BOARDS)
def test_what_the_gpu_samples_is_never_protected(platform: Any) -> None:
    composed = pipeline(
        frame=buffer(**NV12, protected=True, written_by="video-decoder.frame", read_by="gpu.sample")
    )
    answer = refused(platform(), composed)
    assert ("protected-port", "frame→gpu") in facts(answer)


def test_the_domain_s_own_pool_is_what_runs_out() -> None:
    # 32 MiB of secure-video-record hold 24 frames of 1280 × 720 × 3/2 = 1 382 400 bytes, 338 pages.
    def frames(number: int) -> Pipeline:
        spec = CAPTURE.buffers["frame"].model_copy(update={"count": number})
        return CAPTURE.model_copy(update={"buffers": {"frame": spec}})

    assert solved(one_firewall_per_use(), frames(24)).placements[0].count == 24
    answer = refused(one_firewall_per_use(), frames(25))
    assert ("capacity", "sdp-record") in facts(answer)


def test_every_reason_of_a_refusal_cites_a_source() -> None:
    answer = refused(shipped("tee-protected"), PIN_PAD)
    assert answer.conflict
    assert all(reason.source for reason in answer.conflict)
