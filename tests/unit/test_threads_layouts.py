"""Trouble threads about modifiers and conversions, and the answer that would have helped: one test a row of docs/threads.md.

A test's name starts with the row's number there.
"""

from __future__ import annotations

from typing import Any, Final

import solver
from platforms.schema import Platform
from solver.pipeline import Pipeline
from solver.plan import Plan
from tests.builders import (
    Json,
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
)
from tests.unit.thread_boards import chain, frame

AFBC: Final = "ARM_AFBC(16x16,SPARSE)"
CCS: Final = "I915_Y_TILED_CCS"
TILES: Final = "MTK_16L_32S_TILE"


def free(question: Pipeline) -> Pipeline:
    """The same question, with conversions allowed."""
    return question.model_copy(update={"conversions": "allow"})


def edge(source: str, target: str, *may_change: str) -> Json:
    """A lossless way from one port of a converter to another."""
    return {"from": source, "to": target, "may_change": [*may_change], "lossless": True}


def steps(answer: Plan) -> list[tuple[str, tuple[str, ...]]]:
    return [(step.device, step.changes) for step in answer.conversions]


# Modifiers


def test_s31_a_width_that_afbc_cannot_have_is_linear() -> None:
    # AV1D writes AFBC of whole 64 pixels: 1920 = 30 × 64, 1936 = 30.25 × 64.
    decoder = device(
        "video-decoder",
        frame=port(image("NV12"), image("NV12", modifiers=[AFBC], extent={"multiple": "64x1"})),
    )
    panel = device("display", scanout=port(image("NV12", modifiers=["LINEAR", AFBC])))
    platform = board(devices={"decoder": decoder, "panel": panel})
    for size, modifier in (("1920x1088", AFBC), ("1936x1088", "LINEAR")):
        assert placed(platform, frame(size, written_by="video-decoder.frame")).modifier == modifier


def test_s35_the_plane_is_chosen_with_the_buffer() -> None:
    # One plane of the display reads AFBC; two frames share it, so one of them is linear.
    panel = device("display", scanout=port(image(), image(modifiers=[AFBC], uses={"afbc-plane": 1})))
    camera = device("camera", capture=port(image(modifiers=["LINEAR", AFBC])))
    platform = board(devices={"camera": camera, "panel": panel}, resources={"afbc-plane": 1})
    both = pipeline(a=buffer(size="640x480"), b=buffer(size="640x480"))
    assert {p.modifier for p in plan(platform, both).placements} == {"LINEAR", AFBC}
    only = {"modifiers": [AFBC]}
    answer = refusal(platform, pipeline(a=buffer(size="640x480", **only), b=buffer(size="640x480", **only)))
    assert ("resource", "afbc-plane") in facts(answer)


def test_s43_a_modifier_that_adds_a_plane_is_taken_only_by_who_knows_it() -> None:
    def importer(*modifiers: str) -> Platform:
        return chain("XR24", {"modifiers": ["LINEAR", CCS]}, {"modifiers": [*modifiers]})

    compressed = placed(importer("LINEAR", CCS), frame("640x480"))
    assert (compressed.modifier, len(compressed.planes)) == (CCS, 2)
    plain = placed(importer("LINEAR"), frame("640x480"))
    assert (plain.modifier, len(plain.planes)) == ("LINEAR", 1)


def test_s45_scan_out_and_faster_rendering_are_both_offered() -> None:
    # The display knows linear only, the GPU compresses: the pipeline's order decides, the rest is listed.
    gpu = device("gpu", render=port(image(modifiers=["LINEAR", AFBC])), sample=port(image(modifiers=[AFBC])))
    platform = board(devices={"gpu": gpu})

    def window(*readers: str) -> Pipeline:
        return frame("640x480", written_by="gpu.render", read_by=[{"any_of": [*readers]}])

    def shown(answer: Any) -> list[tuple[str | None, str]]:
        return [(p.modifier, p.attachments[1].port) for each in answer for p in each.placements]

    direct = solver.alternatives(platform, [window("display.scanout", "gpu.sample")], 2)
    assert shown(direct) == [("LINEAR", "scanout"), (AFBC, "sample")]
    composed = solver.alternatives(platform, [window("gpu.sample", "display.scanout")], 2)
    assert shown(composed) == [(AFBC, "sample"), ("LINEAR", "scanout")]


# Conversions


def test_s37_a_converter_has_its_own_pairs_of_formats() -> None:
    def with_rga(*, writes: str) -> Platform:
        """RGA2 reads tiles and writes linear; the panel shows what it can."""
        return board(
            devices={
                "decoder": device("video-decoder", frame=port(image("NV12", modifiers=[TILES]))),
                "panel": device("display", scanout=port(image("XR24", modifiers=["LINEAR", AFBC]))),
                "rga": device(
                    "2d",
                    source=port(image("NV12", modifiers=[TILES])),
                    target=port(image(writes)),
                    converts=[edge("source", "target", "format", "modifier", "stride")],
                ),
            }
        )

    question = free(frame("64x64", written_by="video-decoder.frame"))
    answer = plan(with_rga(writes="XR24"), question)
    assert [(p.buffer, p.format, p.modifier) for p in answer.placements] == [
        ("frame", "NV12", TILES),
        ("frame>1", "XR24", "LINEAR"),
    ]
    # What it cannot write is not written: no AFBC, no other format.
    assert ("format", "frame→panel") in facts(refusal(with_rga(writes="NV12"), question))


def test_s39_a_tiled_producer_and_a_linear_consumer() -> None:
    def sharing(*converts: Json) -> Platform:
        tiled = image(modifiers=["NVIDIA_TEGRA_TILED"])
        return board(
            devices={
                "gpu": device("gpu", render=port(tiled, image()), sample=port(tiled), converts=[*converts]),
                "camera": device("camera", capture=port(tiled)),
            }
        )

    # Forbidden or unknown to the board: the empty intersection is named.
    answer = refusal(sharing(), frame("64x64"))
    assert [reason.text for reason in answer.conflict] == [
        "camera.capture knows NVIDIA_TEGRA_TILED only, for frame",
        "panel.scanout knows LINEAR only, for frame",
    ]
    # Else the GPU blits, and the plan says what that costs.
    blit = plan(sharing(edge("sample", "render", "modifier", "stride")), free(frame("64x64")))
    assert steps(blit) == [("gpu", ("modifier",))]
    assert blit.conversions[0].bytes_per_second == 60 * (64 * 64 * 4 * 2)


def card(cpu: str = "write-combined") -> Platform:
    """A card that scans out of VRAM and copies; VRAM moves when an importer without peer-to-peer attaches."""
    return board(
        memory={"vram": memory("1GiB", local=["gpu", "panel"])},
        heaps={"gtt": heap("dram", run="4KiB"), "vram": heap("vram", moves_to="gtt", cpu=cpu)},
        devices={
            "gpu": device("gpu", render=port(), sample=port(), converts=[edge("sample", "render", "memory")]),
            "panel": device("display", scanout=port(memory=["vram"])),
            "other": device("npu", input=port()),
            "cpu0": device("cpu", read=port()),
        },
    )


def test_s67_a_shadow_copy_keeps_scan_out() -> None:
    # The other GPU would drive the buffer out of VRAM: it gets a buffer in system memory of its own.
    shared = frame("64x64", written_by="gpu.render", read_by=["display.scanout", "npu.input"])
    assert "pinned-elsewhere" in {
        kind for kind, _ in facts(refusal(card(), shared, pins=["frame:heap=vram"]))
    }
    answer = plan(card(), free(shared))
    homes = {p.heap: {a.device for a in p.attachments if a.access == "read"} for p in answer.placements}
    assert "panel" in homes["vram"]
    assert "other" in homes["gtt"]
    assert steps(answer) == [("gpu", ("memory",))]


def test_s71_a_staging_copy_serves_a_cpu_that_cannot_map_vram() -> None:
    shared = frame("3840x2160", written_by="gpu.render", read_by=["display.scanout", "cpu.read"])
    staged = plan(card("none"), free(shared))
    assert {p.heap for p in staged.placements} == {"vram", "gtt"}
    # Where it can, reading VRAM is a cost that the plan shows: 33 177 600 bytes, 60 times a second,
    # written once, shown once, and read at a fifth of the speed.
    direct = plan(card(), free(shared))
    assert steps(direct) == []
    assert next(level.value for level in direct.levels if level.term == "traffic") == 33_177_600 * 60 * 7
