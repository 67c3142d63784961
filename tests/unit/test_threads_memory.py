"""Trouble threads about memory and protection, and the answer that would have helped: one test a row of docs/threads.md.

The numbers are those of the row, worked out by hand. A test's name starts with
the row's number there.
"""

from __future__ import annotations

from platforms.schema import Platform
from tests.builders import (
    KIB,
    board,
    buffer,
    device,
    facts,
    heap,
    memory,
    pipeline,
    placed,
    plan,
    port,
    raw_port,
    refusal,
    said,
)
from tests.unit.thread_boards import SYSTEM, frame, with_cma

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
        memory={"cma": memory(960 * 4 * KIB, inside="dram", held=32 * KIB)},
        heaps={"cma": heap("cma", run="whole")},
    )
    raw = pipeline("decode", raw=buffer(bytes=765 * 4096, count=1, read_by=[]))
    live = plan(platform, raw).placements
    answer = refusal(
        platform, pipeline("encode", coded=buffer(bytes=192 * 4096, count=1, read_by=[])), live=live
    )
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
    assert facts(refusal(platform, frame("64x64", written_by="video-decoder.frame", count=33))) == [
        ("count", "frame")
    ]


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
    platform = board(
        heaps=heaps,
        devices={
            "cpu0": device("cpu", read=raw_port()),
            "panel": device("display", coherent=False, scanout=port()),
        },
    )
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
    assert facts(refusal(secure("camera", "encoder", "panel"), question)) == [
        open_heap,
        ("audience", "protected"),
    ]
    strangers = refusal(
        secure("decoder", "panel"), frame("64x64", read_by="video-encoder.frame", protected=True)
    )
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
