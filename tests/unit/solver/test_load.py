"""load: what is moved, of the bandwidth of its path, and what is filled; in whole steps of 0.1 %."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.schema import Platform
from heapwright.solver.objective import fine_load
from heapwright.solver.objective import load as plain_load
from tests.builders import (
    board,
    buffer,
    device,
    heap,
    load,
    megabyte_a_second,
    memory,
    peak,
    pipeline,
    plan,
    port,
    raw_port,
)

TERM = "load"
LAST = "fine-load"
FAST = peak(1_428_571_429)
"""A billion bytes a second can be had."""


def card(**devices: Any) -> Platform:
    """A card with a GPU, memory of its own, and a link that carries a hundredth of what that does."""
    memories = {
        "dram": memory(bandwidth=FAST),
        "vram": memory(local="gpu", bandwidth=FAST),
    }
    gpu = device("gpu", render=port(), sample=port(), link="slot")
    return board(
        memory=memories,
        heaps={"system": heap("dram"), "vram": heap("vram", via="drm", exporter="gpu", moves_to="system")},
        devices={"gpu": gpu, "cpu0": device("cpu", write=port(), read=port()), **devices},
        links={"slot": {"type": "pcie", "bandwidth": 12_500_000, "source": "a test"}},
    )


def frame(by: str, to: str, **facts: Any) -> Any:
    return pipeline(frame=buffer(size="512x512", written_by=by, read_by=to, rate=1, **facts))


def test_what_one_card_renders_and_samples_stays_in_its_memory() -> None:
    assert plan(card(), frame("gpu.render", "gpu.sample")).placements[0].heap == "vram"


def test_what_is_far_crosses_the_link_and_a_renderer_crosses_it_three_times() -> None:
    # 1 MiB a second over 10 MB/s that can be had: once to sample, three times to render; the CPU is near.
    system = {"pins": ["frame:heap=system"]}
    once = -(-(1 << 20) * 10**6 // 10_000_000)
    near = -(-(1 << 20) * 10**6 // 10**9)
    assert (
        load(plan(card(), frame("gpu.render", "gpu.sample"), **system)).traffic
        == -(-3 * (1 << 20) * 10**6 // 10_000_000) + once
    )
    cached = near  # a pass of maintenance is left out: the GPU snoops
    assert load(plan(card(), frame("cpu.write", "gpu.sample"), **system)).traffic == once + cached


def test_the_cpu_waits_for_what_lies_behind_a_link() -> None:
    # Written to the card: twice over the link; the GPU samples what is its own.
    answer = plan(card(), frame("cpu.write", "gpu.sample"), pins=["frame:heap=vram"])
    twice = -(-2 * (1 << 20) * 10**6 // 10_000_000)
    assert load(answer).traffic == twice + -(-(1 << 20) * 10**6 // 10**9)


def test_a_device_is_no_faster_than_its_own_limit() -> None:
    slow = device("display", bandwidth=peak(2_000_000), scanout=raw_port())
    platform = board(devices={"panel": slow, "camera": device("camera", capture=raw_port())})
    answer = plan(platform, pipeline(frame=buffer(bytes=1_000_000, rate=1)))
    assert load(answer).traffic == 500_000 + -(-1_000_000 * 10**6 // 8_960_000_000)


def test_what_states_no_rate_is_moved_once_a_second() -> None:
    platform = board(memory={"dram": memory(bandwidth=megabyte_a_second())})
    still, moving = (plan(platform, pipeline(frame=buffer(rate=rate))) for rate in (0, 1))
    assert load(still) == load(moving)


@pytest.mark.parametrize(("size", "heap_"), [("1MiB", "b"), ("64MiB", "a")])
def test_what_traffic_saves_is_weighed_against_what_fills_memory(size: str, heap_: str) -> None:
    # 64 KiB are a sixteenth of 1 MiB, twice: more than a hundredth of a second of traffic in the other.
    memories = {
        "fast": memory(size, base="4GiB", bandwidth=peak(1_428_571_429)),
        "slow": memory("1GiB", base="8GiB", bandwidth=peak(14_285_715)),
    }
    platform = board(memory=memories, heaps={"a": heap("fast"), "b": heap("slow")})
    answer = plan(platform, pipeline(frame=buffer(size="128x128", count=1, rate=1, read_by=[])))
    assert answer.placements[0].heap == heap_


def test_less_than_a_step_decides_nothing() -> None:
    # 8 KiB are 123 ppm of 64 MiB and 8 of 1 GiB: the loads are equal, and what they leave open decides last.
    platform = board(
        memory={"a": memory("64MiB", base="4GiB"), "b": memory("1GiB", base="8GiB")},
        heaps={"a": heap("a", via="drm", exporter="camera"), "b": heap("b", via="drm", exporter="panel")},
        devices={"camera": device("camera", capture=port()), "panel": device("display", scanout=port())},
    )
    answer = plan(platform, pipeline(frame=buffer()))
    assert next(level.value for level in answer.levels if level.term == TERM) == 1000
    assert answer.placements[0].heap == "b"


def test_a_cached_heap_is_read_rather_than_another_however_little_that_saves() -> None:
    heaps = {"a-uncached": heap("dram", cpu="uncached"), "cached": heap("dram")}
    answer = plan(
        board(heaps=heaps, devices={"cpu0": device("cpu", read=port())}),
        pipeline(frame=buffer(read_by="cpu.read")),
    )
    levels = {level.term: level.value for level in answer.levels}
    assert answer.placements[0].heap == "cached"
    assert levels[LAST] == load(answer).traffic + load(answer).sum_of_shares < levels[TERM] == 1000


@pytest.mark.parametrize(
    ("cost", "counts"),
    [(0, 0), (7, 7), (999, 999), (1000, 1000), (1001, 1010), (123_456, 124_000), (999_001, 1_000_000)],
)
def test_three_digits_of_what_a_placement_takes_count_at_last(cost: int, counts: int) -> None:
    assert fine_load.TERM.rounded(cost) == counts
    assert plain_load.TERM.rounded(cost) == cost


def test_a_fourth_digit_of_load_decides_nothing() -> None:
    """Three MiB are 11,719 ppm of `a` and 11,708 of `b`: the first by name is taken."""
    memories = {"a": memory("256MiB", base="0x10000000"), "b": memory("262400KiB", base="0x80000000")}
    asked = plan(
        board(memory=memories, heaps={"a": heap("a"), "b": heap("b")}),
        frame("camera.capture", "display.scanout"),
    )
    assert asked.placements[0].heap == "a"
