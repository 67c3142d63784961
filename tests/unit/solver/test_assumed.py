"""assumed: what is usual, in place of bandwidths that a profile does not state."""

from __future__ import annotations

from typing import Any

import heapwright
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.answer.render import text
from heapwright.solver.board.board import Board
from heapwright.solver.board.paths import links
from tests.builders import Json, board, buffer, device, heap, memory, peak, pipeline, plan, port


def assumed(platform: Platform) -> list[tuple[str, str, int]]:
    return [(fact.subject, fact.field, fact.value) for fact in plan(platform).assumed]


def link(**facts: Any) -> Json:
    return {"type": "pcie", "source": "made up for a test", **facts}


def with_card(*, links: Json | None = None, **devices: Json) -> Platform:
    """A card whose display reads, and whose memory is `vram`; the camera and `dram` are not on it."""
    stated = memory(bandwidth=peak(1 << 40))
    return board(
        memory={"dram": stated, "vram": {**stated, "base": "unknown", "local": ["panel"]}},
        links=links or {"slot": link()},
        devices={"panel": device("display", link="slot", scanout=port()), **devices},
    )


def test_the_usual_bandwidth_of_a_type_is_assumed_and_listed() -> None:
    found = plan(board(memory={"dram": memory(type="ddr3")}))
    assert [(fact.subject, fact.field, fact.value) for fact in found.assumed] == [
        ("dram", "bandwidth", 3_200_000_000)
    ]
    assert found.assumed[0].text == (
        "bandwidth of dram is not stated; 3200000000 bytes/s are assumed, as is usual for ddr3"
    )
    assert found.assumed[0].source == "JEDEC specification JESD79-3: DDR3-800, 32 bits wide"
    assert "Assumed, because the profile does not state it" in text(found)
    assert found.unknown_facts == ()


def test_of_memory_of_no_type_something_is_assumed_too() -> None:
    assert assumed(board()) == [("dram", "bandwidth", 12_800_000_000)]


def test_what_is_stated_is_not_assumed() -> None:
    assert assumed(board(memory={"dram": memory(bandwidth=peak(1 << 40))})) == []


def test_what_nobody_knows_is_not_imposed_and_the_usual_ranks() -> None:
    found = plan(board(memory={"dram": memory(bandwidth="unknown")}))
    assert [fact.subject for fact in found.unknown_facts] == ["dram"]
    assert [fact.subject for fact in found.assumed] == ["dram"]


def test_the_outermost_memory_is_what_carries() -> None:
    platform = board(memory={"cma": memory("1MiB", inside="dram")}, heaps={"cma": heap("cma")})
    assert [subject for subject, _, _ in assumed(platform)] == ["dram"]


def test_what_is_assumed_refuses_nothing_however_strict() -> None:
    # 32 MiB, written and read 1000 times a second: 67 GB/s of a memory that usually carries 12.8.
    asked = pipeline(frame=buffer(size="4096x2048", rate=1000))
    answer = heapwright.solve(board(), [asked], options=heapwright.Options(strict=True))
    assert isinstance(answer, Plan)
    assert [fact.subject for fact in answer.assumed] == ["dram"]


def test_a_link_that_states_nothing_is_listed_where_it_is_crossed() -> None:
    assert assumed(with_card()) == [("slot", "bandwidth", 7_876_923_076)]
    assert assumed(with_card(links={"slot": link(bandwidth=4_000_000_000)})) == []


def test_a_link_is_crossed_to_memory_that_is_not_the_cards() -> None:
    bench = Board(with_card())
    panel, camera = bench.devices["panel"], bench.devices["camera"]
    assert links(bench, panel, bench.memories["vram"].local) == ()
    assert links(bench, panel, bench.memories["dram"].local) == ("slot",)
    assert links(bench, camera, bench.memories["dram"].local) == ()
    assert links(bench, camera, bench.memories["vram"].local) == ("slot",)


def test_from_card_to_card_both_links_are_crossed_and_within_one_none() -> None:
    bench = Board(
        with_card(
            links={"slot": link(), "other": link()},
            capture=device("camera", link="other", capture=port()),
            writer=device("camera", link="slot", capture=port()),
        )
    )
    vram = bench.memories["vram"]
    assert links(bench, bench.devices["capture"], vram.local) == ("other", "slot")
    # A block of the same card, though the memory is not said to be local to it.
    assert links(bench, bench.devices["writer"], vram.local) == ()
