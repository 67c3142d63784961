"""pinned-elsewhere: an importer without peer-to-peer moves the buffer away from where a port needs it."""

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
    refusal,
    said,
)

SHARED = pipeline(frame=buffer(written_by="gpu.render", read_by=["display.scanout", "video-encoder.frame"]))
DIRECT = pipeline(frame=buffer(written_by="gpu.render"))


def card(scanout: dict[str, Any], **encoder_dma: Any) -> Platform:
    """An amdgpu-like card: VRAM that moves to GTT when an importer without peer-to-peer attaches."""
    return board(
        memory={"vram": memory("64MiB", local=["gpu", "panel"], reached_by=["encoder"])},
        heaps={
            "gtt": heap("dram", exporter="gpu", run="4KiB"),
            "vram": heap("vram", exporter="gpu", moves_to="gtt"),
        },
        devices={
            "gpu": device("gpu", imports="none", render=port()),
            "panel": device("display", scanout=port(**scanout)),
            "encoder": device("video-encoder", dma={"mmu": True, **encoder_dma}, frame=port()),
        },
    )


def test_alone_on_the_card_it_stays() -> None:
    assert placed(card({"memory": ["vram"]}), DIRECT).heap == "vram"


def test_an_importer_without_peer_to_peer_drives_it_out() -> None:
    answer = refusal(card({"memory": ["vram"]}), SHARED)
    assert ("pinned-elsewhere", "frame→panel") in facts(answer)
    assert said(answer, "pinned-elsewhere") == (
        "encoder cannot take vram peer-to-peer, so frame moves to gtt, where panel.scanout cannot use it"
    )


def test_a_peer_to_peer_importer_does_not() -> None:
    assert placed(card({"memory": ["vram"]}, p2p="dynamic"), SHARED).heap == "vram"


def test_a_port_that_works_from_anywhere_does_not_mind() -> None:
    # `gtt` and `vram` are equally good for it; the buffer lives in GTT either way.
    assert placed(card({}), SHARED).heap in ("gtt", "vram")


def test_where_it_moves_is_where_it_is_judged() -> None:
    # The encoder without an IOMMU finds scattered GTT pages where VRAM would have been one run.
    platform = card({}, mmu=False)
    large = pipeline(frame=buffer(size="64x64", written_by="gpu.render", read_by="video-encoder.frame"))
    assert facts(refusal(platform, large)) == [("contiguous-memory", "frame→encoder")]


def test_the_plan_says_that_it_moves() -> None:
    answer = plan(card({}), SHARED, pins=["frame:heap=vram"])
    assert answer.warnings == ("frame is allocated from vram and will live in gtt",)
