"""Trouble threads, and the answer that would have helped: one test a row of docs/threads.md.

The numbers are those of the row, worked out by hand. A test's name starts with
the row's number there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import solver
from platforms.schema import Platform
from solver.plan import Infeasible
from tests.builders import (
    KIB,
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
    said,
)

ROWS = Path(__file__).parents[2] / "docs" / "threads.md"
SYSTEM = heap("dram", run="4KiB", names=["system"])
CMA = heap("cma", align={"by_size_up_to": "1MiB"}, names=["default_cma_region", "linux,cma", "reserved"])
BOTH = {"system": SYSTEM, "cma": CMA}


def with_cma(size: str = "64MiB", heaps: dict[str, Any] | None = None, **devices: Any) -> Platform:
    """A board of scattered system memory and CMA."""
    return board(
        memory={"cma": memory(size, inside="dram", base="512MiB")}, heaps=BOTH if heaps is None else heaps, devices=devices
    )


def chain(fourcc: str, camera: dict[str, Any], panel: dict[str, Any], **panel_port: Any) -> Platform:
    """A writer's rule and a reader's rule for one format."""
    return board(
        devices={
            "camera": device("camera", capture=port(image(fourcc, **camera))),
            "panel": device("display", scanout=port(image(fourcc, **panel), **panel_port)),
        }
    )


def frame(size: str, **facts_of_buffer: Any) -> Any:
    return pipeline(frame=buffer(size=size, **facts_of_buffer))


def test_every_answered_row_is_a_test_and_every_test_a_row() -> None:
    answered = ROWS.read_text("utf-8").partition("## Waiting")[0]
    rows = {number.lower() for number in re.findall(r"^\| (S\d\d) \|", answered, re.MULTILINE)}
    tests = {name.split("_")[1] for name in globals() if re.match(r"test_s\d\d_", name)}
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
    hvs = device("display", dma={"bits": 32, "window": {"base": 0, "size": "1GiB", "offset": 0xC000_0000}}, scanout=port())
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
    placement = placed(chain("YU12", {"stride": {"multiple": 64}}, {"stride": {"multiple": 32}}), frame("780x360"))
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
    placement = placed(chain("XR24", {"stride": {"multiple": 64}}, {"stride": {"multiple": 256}}), frame("1366x768"))
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
    placement = placed(chain("NV12", {"stride": {"multiple": 64}}, {"stride": {"multiple": 64}}), frame("1920x1080"))
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


def test_s39_an_empty_intersection_is_named() -> None:
    answer = refusal(chain("XR24", {"modifiers": ["NVIDIA_TEGRA_TILED"]}, {"modifiers": ["LINEAR"]}), frame("64x64"))
    assert [reason.text for reason in answer.conflict] == [
        "camera.capture knows NVIDIA_TEGRA_TILED only, for frame",
        "panel.scanout knows LINEAR only, for frame",
    ]


def test_s41_an_implicit_layout_is_never_shared() -> None:
    both = {"modifiers": ["INVALID", "LINEAR"]}
    assert placed(chain("XR24", both, both), frame("64x64")).modifier == "LINEAR"
    implicit = {"modifiers": ["INVALID"]}
    answer = refusal(chain("XR24", implicit, implicit), frame("64x64"))
    assert {kind for kind, _ in facts(answer)} == {"modifier"}


# Heaps: presence, names, permission


def test_s49_a_heap_is_found_by_any_of_its_names() -> None:
    for name in ("linux,cma", "default_cma_region", "cma"):
        placement = placed(with_cma(), frame("64x64"), pins=[f"frame:heap={name}"])
        assert (placement.heap, placement.names) == ("cma", ("default_cma_region", "linux,cma", "reserved"))


def test_s51_a_cached_heap_that_nobody_syncs_is_not_a_substitute() -> None:
    # `system` exists, `system-uncached` does not; MPP never syncs: stripes.
    mpp = device("video-decoder", coherent=False, frame=port())
    cached = heap("dram", cpu="cached", sync="none")
    uncached = heap("dram", cpu="uncached", sync="none")
    question = frame("64x64", written_by="video-decoder.frame")
    answer = refusal(board(heaps={"system": cached}, devices={"mpp": mpp}), question)
    assert facts(answer) == [("coherency", "frame→mpp")]
    whole = board(heaps={"system": cached, "system-uncached": uncached}, devices={"mpp": mpp})
    assert placed(whole, question).heap == "system-uncached"


def test_s53_a_heap_behind_a_permission_says_so() -> None:
    heaps = {"system": heap("dram", permission="/dev/dma_heap/system is root's: 0600 without a udev rule")}
    [warning] = plan(board(heaps=heaps)).warnings
    assert warning == "system needs permission: /dev/dma_heap/system is root's: 0600 without a udev rule"


def test_s55_without_heap_nodes_the_facts_are_named_and_a_way_out() -> None:
    encoder = device("video-encoder", dma={"bits": 32}, frame=port())
    platform = with_cma(heaps={"system": SYSTEM}, encoder=encoder)
    answer = refusal(platform, frame("640x480", read_by="video-encoder.frame"))
    assert facts(answer) == [("contiguous-memory", "frame→encoder")]
    assert [remedy.change for remedy in answer.remedies] == ["devices.encoder.dma.mmu"]


# Capacity and count


def test_s57_who_did_not_fit_and_who_holds_the_pool() -> None:
    # 765 pages of NV12 1920x1088, then 192 more, in a pool that 765 pages and a few fill.
    platform = board(
        memory={"cma": memory(960 * 4 * KIB, inside="dram", held=32 * KIB)}, heaps={"cma": heap("cma", run="whole")}
    )
    raw = pipeline("decode", raw=buffer(bytes=765 * 4096, count=1, read_by=[]))
    live = plan(platform, raw).placements
    answer = refusal(platform, pipeline("encode", coded=buffer(bytes=192 * 4096, count=1, read_by=[])), live=live)
    assert said(answer, "capacity") == "coded, live buffers need 3828 KiB of cma, which has 3808 KiB free"


def test_s59_everyone_who_holds_a_buffer_is_counted() -> None:
    # The decoder's own 4 and GStreamer's 2 more, 3 that the display holds; 32 at most.
    decoder = device("video-decoder", frame=port(holds=4, slack=2, count={"max": 32}))
    platform = board(devices={"decoder": decoder, "panel": device("display", scanout=port(holds=3))})
    assert placed(platform, frame("64x64", written_by="video-decoder.frame")).count == 9
    few = refusal(platform, frame("64x64", written_by="video-decoder.frame", count=8))
    assert said(few, "count") == (
        "frame has 8 buffers; at least 9 are needed (held: decoder.frame 6, panel.scanout 3), and at most 32 are taken"
    )
    assert facts(refusal(platform, frame("64x64", written_by="video-decoder.frame", count=33))) == [("count", "frame")]


def test_s61_two_names_are_one_pool() -> None:
    # cma=160M: either alone gives 160 buffers of 1 MiB; when one is full the other gives none.
    aliases = {"default_cma_region": heap("cma"), "reserved": heap("cma")}
    platform = with_cma("160MiB", heaps=aliases)
    half = {"bytes": 1 << 20, "read_by": []}
    pins = ["a:heap=default_cma_region", "b:heap=reserved"]
    fits = pipeline(a=buffer(**half, count=100), b=buffer(**half, count=60))
    assert plan(platform, fits, pins=pins).status == "optimal"
    answer = refusal(platform, pipeline(a=buffer(**half, count=100), b=buffer(**half, count=61)), pins=pins)
    assert said(answer, "capacity") == "100 × a, 61 × b need 161 MiB of cma, which has 160 MiB free"


# The CPU


def test_s63_what_the_cpu_reads_often_is_cached() -> None:
    heaps = {"a-uncached": heap("dram", cpu="uncached"), "cached": heap("dram")}
    platform = board(heaps=heaps, devices={"cpu0": device("cpu", read=raw_port()), "panel": device("display", coherent=False, scanout=port())})
    often = pipeline(frame=buffer(bytes=4096, read_by=["cpu.read", "display.scanout"]))
    placement = placed(platform, often)
    assert placement.heap == "cached"
    [rejected] = placement.rejected
    assert "traffic" in rejected.reasons[0].text


def test_s65_the_plan_says_which_steps_sync() -> None:
    cpu = device("cpu", write=raw_port())
    platform = board(devices={"cpu0": cpu, "panel": device("display", coherent=False, scanout=port())})
    answer = plan(platform, pipeline(frame=buffer(bytes=4096, written_by="cpu.write")))
    assert answer.warnings == (
        "bracket the CPU's access to frame with DMA_BUF_IOCTL_SYNC (START, END): panel does not snoop caches",
    )


# Several GPUs, local memory


def card(**scanout: Any) -> Platform:
    """A card whose VRAM moves to system memory when an importer without peer-to-peer attaches."""
    return board(
        memory={"vram": memory("1GiB", local=["gpu", "panel"])},
        heaps={"gtt": heap("dram", run="4KiB"), "vram": heap("vram", moves_to="gtt", cpu="write-combined")},
        devices={
            "gpu": device("gpu", render=port()),
            "panel": device("display", scanout=port(**scanout)),
            "other": device("npu", input=port()),
            "cpu0": device("cpu", read=port()),
        },
    )


def test_s67_a_direct_import_drives_the_buffer_out_and_scanout_is_lost() -> None:
    direct = frame("64x64", written_by="gpu.render")
    assert placed(card(memory=["vram"]), direct).heap == "vram"
    shared = frame("64x64", written_by="gpu.render", read_by=["display.scanout", "npu.input"])
    answer = refusal(card(memory=["vram"]), shared, pins=["frame:heap=vram"])
    assert said(answer, "pinned-elsewhere") == (
        "other cannot take vram peer-to-peer, so frame moves to gtt, where panel.scanout cannot use it"
    )


def test_s71_reading_vram_by_cpu_is_costed() -> None:
    shared = frame("64x64", written_by="gpu.render", read_by=["display.scanout", "cpu.read"])
    placement = placed(card(), shared)
    assert placement.heap == "gtt"
    [rejected] = [r for r in placement.rejected if r.heap == "vram"]
    assert "traffic" in rejected.reasons[0].text


# Protection


def secure(*access: str, sample: str = "refused") -> Platform:
    allowed = port(protected="allowed")
    return board(
        heaps={"system": SYSTEM, "protected": heap("dram", via="tee", cpu="none", access=list(access))},
        devices={
            "camera": device("camera", capture=allowed),
            "encoder": device("video-encoder", frame=allowed),
            "decoder": device("video-decoder", frame=allowed),
            "panel": device("display", scanout=allowed),
            "gpu": device("gpu", sample=port(protected=sample)),
            "cpu0": device("cpu", read=port(protected="allowed")),
        },
    )


def test_s73_only_the_camera_and_the_encoder() -> None:
    closed = {"protected": {"audience": ["camera", "video-encoder"]}}
    question = frame("64x64", read_by="video-encoder.frame", **closed)
    assert placed(secure("camera", "encoder"), question).heap == "protected"
    # The CPU's heap has no firewall; that of the other opens to too many, or to the wrong ones.
    open_heap = ("protected-needs-firewall", "system")
    assert facts(refusal(secure("camera", "encoder", "panel"), question)) == [open_heap, ("audience", "protected")]
    strangers = refusal(secure("decoder", "panel"), frame("64x64", read_by="video-encoder.frame", protected=True))
    assert facts(strangers) == [open_heap, ("outside-firewall", "frame→camera")]


def test_s75_the_consumer_that_cannot_handle_protected_buffers_is_named() -> None:
    platform = secure("decoder", "panel", "gpu")
    composed = frame("64x64", written_by="video-decoder.frame", read_by="gpu.sample", protected=True)
    answer = refusal(platform, composed)
    assert said(answer, "protected-port") == "frame is protected, and gpu.sample refuses protected buffers"
    either = {"any_of": ["gpu.sample", "display.scanout"]}
    overlay = frame("64x64", written_by="video-decoder.frame", read_by=[either], protected=True)
    assert placed(platform, overlay).attachments[1].device == "panel"


def test_s77_mapping_a_protected_buffer_fails_closed() -> None:
    platform = secure("decoder", "cpu0")
    question = frame("64x64", written_by="video-decoder.frame", read_by="cpu.read", protected=True)
    answer = refusal(platform, question)
    assert facts(answer) == [("cpu-access", "frame→cpu0"), ("protected-needs-firewall", "system")]
