"""local-only: a port may work only from given memories, within the window where that binds.

"GPUs can work with any imported memory as long as it is DMA accessible, but they
can scan out only from their local memory" (the thread that asked for this tool).
"""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import (
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

PAGE = pipeline(frame=buffer(size="32x32", count=2))


def card(vram: dict[str, Any] | None = None, **port_facts: Any) -> Platform:
    """A graphics card with memory of its own; its panel scans out as `port_facts` say."""
    local = {"local": ["panel", "camera"], **(vram or {})}
    return board(
        memory={"vram": memory("64MiB", **local)},
        heaps={"gtt": heap("dram"), "vram": heap("vram")},
        devices={"panel": device("display", scanout=port(memory=["vram"], **port_facts))},
    )


def test_scanout_goes_to_vram() -> None:
    assert placed(card()).heap == "vram"


def test_other_memory_does_not_do() -> None:
    platform = board(
        memory={"vram": memory("64MiB", local=["panel"])},
        devices={"panel": device("display", scanout=port(memory=["vram"]))},
    )
    answer = refusal(platform)
    assert facts(answer) == [("local-only", "frame→panel")]
    assert (
        said(answer, "local-only") == "panel.scanout works from vram only; system allocates frame elsewhere"
    )


def test_a_part_of_that_memory_does() -> None:
    platform = board(
        memory={"vram": memory("64MiB", local=["panel", "camera"]), "low": memory("16MiB", inside="vram")},
        heaps={"low": heap("low")},
        devices={"panel": device("display", scanout=port(memory=["vram"]))},
    )
    assert placed(platform).heap == "low"


def test_a_heap_that_may_take_from_elsewhere_too_does_not() -> None:
    platform = board(
        memory={"vram": memory("64MiB", local=["panel", "camera"])},
        heaps={"mixed": heap("vram", "dram")},
        devices={"panel": device("display", scanout=port(memory=["vram"]))},
    )
    assert facts(refusal(platform)) == [("local-only", "frame→panel")]


def test_a_heap_of_unknown_memory_does_not() -> None:
    platform = board(
        heaps={"vendor": heap(memory="unknown")},
        devices={"panel": device("display", scanout=port(memory=["dram"]))},
    )
    assert facts(refusal(platform)) == [("local-only", "frame→panel")]


def test_memories_nobody_knows_are_not_imposed() -> None:
    assert (
        placed(board(devices={"panel": device("display", scanout=port(memory="unknown"))})).heap == "system"
    )


def test_pinned_buffers_share_the_window() -> None:
    assert placed(card({"window": "8KiB"}), PAGE).heap == "vram"
    answer = refusal(card({"window": "4KiB"}), PAGE)
    assert ("local-only", "vram") in facts(answer)
    sentences = [r.text for r in answer.conflict if r.subject == "vram"]
    assert sentences == ["2 × frame need 8192 bytes of the window of vram, which has 4096"]


def test_what_is_not_pinned_is_outside_the_window() -> None:
    platform = board(
        memory={"vram": memory("64MiB", local=["panel", "camera"], window="4KiB")},
        heaps={"vram": heap("vram")},
    )
    assert placed(platform, PAGE).count == 2


def test_the_cpu_sees_the_window_only() -> None:
    def with_cpu(window: str) -> Platform:
        return board(
            memory={"bar": memory("64MiB", base="4GiB", window=window)},
            heaps={"bar": heap("bar")},
            devices={"cpu": device("cpu", read=raw_port())},
        )

    reads = pipeline(frame=buffer(bytes=4096, read_by="cpu.read", count=2))
    assert placed(with_cpu("8KiB"), reads).heap == "bar"
    assert facts(refusal(with_cpu("4KiB"), reads)) == [("local-only", "bar"), ("count", "frame")]


def test_a_part_shares_the_window_around_it() -> None:
    def parts(window: str) -> Platform:
        return board(
            memory={
                "vram": memory("64MiB", local=["panel", "camera"], window=window),
                "low": memory("16MiB", inside="vram"),
            },
            heaps={"low": heap("low")},
            devices={"panel": device("display", scanout=port(memory=["vram"]))},
        )

    assert placed(parts("8KiB"), PAGE).heap == "low"
    assert ("local-only", "vram") in facts(refusal(parts("4KiB"), PAGE))


def test_a_peer_comes_through_the_window() -> None:
    # linux-7.2.13:drivers/gpu/drm/amd/amdgpu/amdgpu_dma_buf.c amdgpu_dma_buf_map(): CPU_ACCESS_REQUIRED.
    def with_nic(window: str) -> Platform:
        return board(
            memory={"vram": memory("64MiB", local=["camera", "panel"], reached_by=["nic"], window=window)},
            heaps={"vram": heap("vram")},
            devices={"nic": device("nic", dma={"mmu": True, "p2p": "dynamic"}, send=raw_port())},
        )

    sent = pipeline(frame=buffer(bytes=4096, read_by="nic.send", count=2))
    kept = pipeline(frame=buffer(bytes=4096, read_by=[], count=2))
    assert placed(with_nic("8KiB"), sent).heap == "vram"
    assert ("local-only", "vram") in facts(refusal(with_nic("4KiB"), sent))
    assert placed(with_nic("4KiB"), kept).heap == "vram"


def test_a_window_of_unknown_size_is_not_imposed_and_listed() -> None:
    answer = plan(card({"window": "unknown"}), PAGE)
    assert [(f.subject, f.field) for f in answer.unknown_facts] == [("vram", "window")]
