"""live: buffers that exist already are fixed, charged, and never moved."""

from __future__ import annotations

from typing import Any

import pytest

from platforms.errors import InputError
from platforms.schema import Platform
from solver import solve
from solver.plan import AttachedPort, Placement
from tests.builders import (
    board,
    buffer,
    device,
    facts,
    heap,
    iommu,
    memory,
    pipeline,
    placed,
    plan,
    port,
    refusal,
    said,
)

OLD = pipeline("old", frame=buffer(size="32x32", count=2))


def small(**facts_of_memory: Any) -> Platform:
    """Two memories of four pages; the panel behind an IOMMU that maps six."""
    return board(
        memory={
            "m0": memory("16KiB", base="4GiB", **facts_of_memory),
            "m1": memory("16KiB", base="5GiB", **facts_of_memory),
        },
        heaps={"h0": heap("m0"), "h1": heap("m1", buffers=4)},
        iommus={"mmu0": iommu(aperture={"size": "24KiB"})},
        devices={"panel": device("display", dma={"iommu": "mmu0"}, scanout=port())},
    )


def test_they_are_charged_to_their_memory() -> None:
    live = plan(small(), OLD, pins=["frame:heap=h0"]).placements
    four = pipeline("new", frame=buffer(size="32x32", count=4))
    assert placed(small(), four, live=live).heap == "h1"


def test_they_are_charged_to_everything_else_that_is_shared() -> None:
    # Two of six pages behind the IOMMU are mapped; five more are one too many.
    live = plan(small(), OLD, pins=["frame:heap=h0"]).placements
    answer = refusal(small(), pipeline("new", a=buffer(size="32x32", count=5)), live=live)
    assert ("iova-aperture", "mmu0") in facts(answer)
    assert said(answer, "iova-aperture") == (
        "5 × a, live buffers need 28672 bytes of bus addresses behind mmu0; its aperture has 24576"
    )


def test_they_are_never_in_an_answer() -> None:
    live = plan(small(), OLD).placements
    answer = plan(small(), pipeline("new", frame=buffer()), live=live)
    assert [(p.pipeline, p.buffer) for p in answer.placements] == [("new", "frame")]


def test_an_answer_with_everything_live_and_nothing_new_to_place_there() -> None:
    live = plan(small(), pipeline("old", frame=buffer(size="32x32", count=4))).placements
    heap_of_old = live[0].heap
    answer = plan(small(), pipeline("new", frame=buffer(size="32x32", count=2)), live=live)
    assert answer.placements[0].heap != heap_of_old


def test_more_live_than_there_is_room_for_is_said_to_be_so() -> None:
    live = plan(
        small(), pipeline("old", frame=buffer(size="32x32", count=4)), pins=["frame:heap=h0"]
    ).placements
    shrunk = board(
        memory={"m0": memory("8KiB", base="4GiB")},
        heaps={"h0": heap("m0")},
        devices={"panel": device("display", scanout=port())},
    )
    answer = refusal(shrunk, pipeline("new", frame=buffer(count=1, read_by=[])), live=live)
    assert facts(answer) == [("capacity", "m0")]
    assert said(answer, "capacity") == "frame, live buffers need 20 KiB of m0, which has 8 KiB free"


def test_planes_in_dmabufs_of_their_own_are_charged_each() -> None:
    rule = {"formats": ["NV12"], "dmabufs": [2]}
    devices = {"camera": device("camera", capture=port(rule)), "panel": device("display", scanout=port(rule))}
    platform = board(memory={"m0": memory("20KiB", base="4GiB")}, heaps={"h0": heap("m0")}, devices=devices)
    live = plan(platform, pipeline("old", frame=buffer(count=2))).placements  # 2 × (4 + 4) KiB
    assert facts(refusal(platform, pipeline("new", frame=buffer(count=2)), live=live))[0] == (
        "capacity",
        "m0",
    )


def test_an_older_answer_without_sizes_is_charged_by_its_size() -> None:
    [old] = plan(small(), OLD, pins=["frame:heap=h0"]).placements
    live = [old.model_copy(update={"sizes": ()})]
    assert placed(small(), pipeline("new", frame=buffer(size="32x32", count=4)), live=live).heap == "h1"


def elsewhere(**changes: Any) -> list[Placement]:
    [old] = plan(small(), OLD).placements
    return [old.model_copy(update=changes)]


@pytest.mark.parametrize(
    ("live", "message"),
    [
        (elsewhere(heap="cma"), "live buffer 'frame': bench has no heap 'cma'; heaps are h0, h1"),
        (
            elsewhere(attachments=(AttachedPort(device="gpu0", port="render", access="write"),)),
            "live buffer 'frame': bench has no gpu0.render",
        ),
        (
            elsewhere(attachments=(AttachedPort(device="panel", port="cursor", access="read"),)),
            "live buffer 'frame': bench has no panel.cursor",
        ),
    ],
)
def test_what_the_board_lacks_is_bad_input(live: list[Placement], message: str) -> None:
    with pytest.raises(InputError, match=message):
        solve(small(), [pipeline("new", frame=buffer())], live=live)
