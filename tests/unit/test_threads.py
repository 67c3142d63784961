"""Trouble threads about reach and bytes, and the answer that would have helped: one test a row of docs/threads.md.

The numbers are those of the row, worked out by hand. A test's name starts with
the row's number there.
"""

from __future__ import annotations

import re
from pathlib import Path

import solver
from solver.plan import Infeasible
from tests.builders import (
    board,
    buffer,
    device,
    facts,
    heap,
    image,
    iommu,
    memory,
    pipeline,
    placed,
    plan,
    port,
    raw_port,
    refusal,
)
from tests.unit.thread_boards import BOTH, SYSTEM, chain, frame, with_cma

FOLDER = Path(__file__).parent
ROWS = FOLDER.parents[1] / "docs" / "threads.md"


def test_every_answered_row_is_a_test_and_every_test_a_row() -> None:
    answered = ROWS.read_text("utf-8").partition("## Waiting")[0]
    rows = {number.lower() for number in re.findall(r"^\| (S\d\d) \|", answered, re.MULTILINE)}
    modules = "\n".join(path.read_text("utf-8") for path in FOLDER.glob("test_threads*.py"))
    tests = set(re.findall(r"^def test_(s\d\d)_", modules, re.MULTILINE))
    assert rows == tests


# Contiguity, addresses, scatter-gather


def test_s01_the_codec_is_the_reason_for_cma() -> None:
    platform = with_cma(
        gpu=device("gpu", render=port(image(stride={"multiple": 256}))),
        codec=device("video-encoder", dma={"bits": 32}, frame=port()),
    )
    readers = ["display.scanout", "video-encoder.frame"]
    placement = placed(platform, frame("1366x768", written_by="gpu.render", read_by=readers))
    assert (placement.heap, placement.planes[0].stride) == ("cma", 5632)
    [reason] = [r for r in placement.reasons if r.decides == "heap"]
    assert reason.subject == "frame→codec"
    assert reason.text.endswith("gpu and panel alone would have allowed system")


def test_s03_luck_is_no_guarantee_and_neither_is_a_bounce() -> None:
    # vc4's HVS sees the low 1 GiB, at 0xc0000000 on its bus.
    hvs = device(
        "display",
        dma={"bits": 32, "window": {"base": 0, "size": "1GiB", "offset": 0xC000_0000}},
        scanout=port(),
    )
    platform = board(
        memory={"dram": memory("4GiB"), "cma": memory("64MiB", inside="dram", base="512MiB")},
        heaps=BOTH,
        devices={"panel": hvs},
    )
    question = frame("1366x768")
    assert placed(platform, question).heap == "cma"
    answer = solver.why_not(platform, [question], "frame:system")
    assert isinstance(answer, Infeasible)
    assert facts(answer)[0][0] in ("contiguous-memory", "address-reach")
    high = board(
        memory={"dram": memory("4GiB"), "cma": memory("64MiB", inside="dram", base="2GiB")},
        heaps=BOTH,
        devices={"panel": hvs},
    )
    assert ("address-reach", "frame→panel") in facts(refusal(high, question))


def test_s05_all_buffers_share_the_window_of_rga3() -> None:
    # 8K XR24 is 7680 × 4320 × 4 = 132 710 400 bytes, 32400 pages: 32 of them fit 4 GiB.
    rga = device("2d", dma={"iommu": "rga3_mmu"}, source=raw_port() | {"images": [image()]})
    platform = board(
        memory={"dram": memory("64GiB")},
        iommus={"rga3_mmu": iommu(aperture={"size": "4GiB"})},
        devices={"rga3": rga},
    )
    assert placed(platform, frame("7680x4320", read_by="2d.source", count=32)).count == 32
    answer = refusal(platform, frame("7680x4320", read_by="2d.source", count=33))
    assert facts(answer) == [("iova-aperture", "rga3_mmu"), ("count", "frame")]
    assert {r.change: r.to for r in answer.remedies}["buffers.frame.count"] == 32


def test_s07_a_long_segment_is_a_warning() -> None:
    # SOF audio: max_seg_size 65536 against a segment of 540672 bytes.
    dsp = device("dsp", dma={"bits": 32, "segment_size": 65536}, output=raw_port())
    answer = plan(with_cma(sof=dsp), pipeline(frame=buffer(bytes=540672, written_by="dsp.output")))
    assert answer.warnings == (
        "sof claims segments of at most 65536 bytes; frame is one of 540672, "
        "which works and makes CONFIG_DMA_API_DEBUG complain",
    )


def test_s09_a_driver_that_cannot_export_yet_imports() -> None:
    heaps = {"a-webcam": heap("dram", via="v4l2", exporter="camera", since="6.16"), "system": SYSTEM}
    assert placed(board(heaps=heaps)).heap == "system"


# Stride, height, offsets, size


def test_s11_one_stride_on_both_sides() -> None:
    placement = placed(
        chain("YU12", {"stride": {"multiple": 64}}, {"stride": {"multiple": 32}}), frame("780x360")
    )
    assert [p.stride for p in placement.planes] == [832, 416, 416]
    assert placement.size == 449280


def test_s13_the_height_is_padded_and_the_picture_is_not() -> None:
    placement = placed(chain("R8", {"rows": {"multiple": 16}}, {}), frame("640x200"))
    assert (placement.size, placement.height) == (133120, 200)


def test_s15_a_stride_of_128() -> None:
    placement = placed(chain("XR24", {"stride": {"multiple": 128}}, {}), frame("3440x1440"))
    assert placement.planes[0].stride == 13824


def test_s17_a_stride_that_the_driver_does_not_check_is_a_rule_all_the_same() -> None:
    # 1366 × 4 = 5464: Intel renders to 64 bytes (5504), NVIDIA scans out whole 256 (5632).
    placement = placed(
        chain("XR24", {"stride": {"multiple": 64}}, {"stride": {"multiple": 256}}), frame("1366x768")
    )
    assert placement.planes[0].stride == 5632


def test_s19_exact_and_multiple_are_both_in_the_model() -> None:
    # AMD computes 64 pixels: 1366 → 1408 × 4 = 5632 = 11 × 512; 1300 → 1344 × 4 = 5376 = 10.5 × 512.
    platform = chain("XR24", {"stride": {"exact": {"width_multiple": 64}}}, {"stride": {"multiple": 512}})
    assert placed(platform, frame("1366x768")).planes[0].stride == 5632
    assert facts(refusal(platform, frame("1300x768"))) == [
        ("stride-multiple", "frame→panel"),
        ("stride-exact", "frame→camera"),
    ]


def test_s21_what_must_be_a_multiple_of_64_need_not_be_an_odd_one_of_256() -> None:
    placement = placed(
        chain("NV12", {"stride": {"multiple": 64}}, {"stride": {"multiple": 64}}), frame("1920x1080")
    )
    assert placement.planes[0].stride == 1920


def test_s23_the_number_that_a_user_cannot_see() -> None:
    # align64(1280 × 4 × 1440 + 64, 4096) = 7376896, where 7372800 was allocated.
    platform = chain("XR24", {}, {"tail": {"bytes": 64}})
    placement = placed(platform, frame("1280x1440"))
    assert (placement.size, placement.allocated) == (7372864, 7376896)


def test_s25_chroma_has_the_stride_of_luma() -> None:
    rule = {"stride": {"multiple": 16}, "extent": {"multiple": "16x1"}}
    placement = placed(chain("NV12", rule, {"stride": {"multiple": 64}}), frame("720x480"))
    assert [p.stride for p in placement.planes] == [768, 768]
    assert facts(refusal(chain("NV12", rule, {}), frame("724x480"))) == [("extent", "frame→camera")]


def test_s27_128_pixels_or_nothing() -> None:
    vpu = {"stride": {"multiple": 128}}
    assert [p.stride for p in placed(chain("NV12", vpu, {}), frame("800x600")).planes] == [896, 896]
    tight = chain("NV12", vpu, {"stride": {"fixed": True}})
    assert facts(refusal(tight, frame("800x600"))) == [
        ("stride-multiple", "frame→camera"),
        ("stride-exact", "frame→panel"),
    ]


def test_s29_chroma_lies_after_the_coded_height_and_the_crop_is_told_apart() -> None:
    decoder = {"coded": {"multiple": "16x16"}, "implied_offset": {"rows": {"multiple": 16}}}
    placement = placed(chain("NV12", decoder, {}), frame("1920x1080"))
    assert placement.planes[1].offset == 1920 * 1088
    assert (placement.width, placement.height) == (1920, 1080)
    assert (placement.coded_width, placement.coded_height) == (1920, 1088)
    green = refusal(chain("NV12", decoder, {"implied_offset": {"rows": {"multiple": 1}}}), frame("1920x1080"))
    assert ("implied-plane-offset", "frame→panel") in facts(green)


def test_s33_strides_are_bytes_and_limits_may_be_pixels() -> None:
    # UYVY 1280: 2560 bytes, 1280 pixels. 800x600 in rows of 832 bytes is 416 pixels of 2 bytes.
    platform = chain("UYVY", {}, {"stride": {"max_pixels": 1280}})
    assert placed(platform, frame("1280x720")).planes[0].stride == 2560
    assert facts(refusal(platform, frame("1282x720"))) == [("stride-range", "frame→panel")]
    camera = chain("R8", {"stride": {"set": [832]}}, {"stride": {"max_pixels": 832}})
    assert placed(camera, frame("800x600")).planes[0].stride == 832


# Formats and modifiers


def test_s41_an_implicit_layout_is_never_shared() -> None:
    both = {"modifiers": ["INVALID", "LINEAR"]}
    assert placed(chain("XR24", both, both), frame("64x64")).modifier == "LINEAR"
    implicit = {"modifiers": ["INVALID"]}
    answer = refusal(chain("XR24", implicit, implicit), frame("64x64"))
    assert {kind for kind, _ in facts(answer)} == {"modifier"}
