"""unreachable-memory: another device's local memory needs a declared peer-to-peer edge."""

from __future__ import annotations

from typing import Any

import pytest

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
    port,
    raw_port,
    refusal,
    said,
)


def vram(**edges: Any) -> Platform:
    """A camera's memory, read by the panel; `p2p` is the panel's ability, the rest facts of the memory."""
    dma = {"mmu": True, "p2p": edges.pop("p2p", "none")}
    return board(
        memory={"vram": memory("64MiB", local="camera", **edges)},
        heaps={"vram": heap("vram")},
        devices={"panel": device("display", dma=dma, scanout=port())},
    )


def test_one_card_shares_its_memory() -> None:
    platform = board(
        memory={"vram": memory("64MiB", local=["camera", "panel"])}, heaps={"vram": heap("vram")}
    )
    assert placed(platform).heap == "vram"


def test_strangers_do_not_reach_it() -> None:
    answer = refusal(vram())
    assert facts(answer) == [("unreachable-memory", "frame→panel")]
    assert said(answer, "unreachable-memory") == (
        "vram takes frame from vram, which is local to camera, and panel has no peer-to-peer way there"
    )


@pytest.mark.parametrize("p2p", ["static", "dynamic"])
def test_an_edge_and_a_driver_that_uses_it_do(p2p: str) -> None:
    assert placed(vram(reached_by=["panel"], p2p=p2p)).heap == "vram"


@pytest.mark.parametrize("p2p", ["none", "unknown"])
def test_an_edge_alone_does_not(p2p: str) -> None:
    assert facts(refusal(vram(reached_by=["panel"], p2p=p2p))) == [("unreachable-memory", "frame→panel")]


@pytest.mark.parametrize("reached_by", [["camera"], "unknown"])
def test_a_driver_alone_does_not(reached_by: Any) -> None:
    assert facts(refusal(vram(reached_by=reached_by, p2p="dynamic"))) == [
        ("unreachable-memory", "frame→panel")
    ]


def test_the_cpu_is_judged_by_the_heap_alone() -> None:
    platform = board(
        memory={"vram": memory("64MiB", local="camera")},
        heaps={"vram": heap("vram", cpu="write-combined")},
        devices={"cpu": device("cpu", read=raw_port())},
    )
    assert placed(platform, pipeline(frame=buffer(bytes=4096, read_by="cpu.read"))).heap == "vram"
