"""coherency: a device that does not snoop needs cache maintenance on a cached heap."""

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
    load,
    megabyte_a_second,
    memory,
    pipeline,
    placed,
    plan,
    port,
    raw_port,
    refusal,
    said,
)


def without_sync(cpu: str = "cached", coherent: Any = False, **facts_of_heap: Any) -> Platform:
    return board(
        heaps={"vendor": heap("dram", cpu=cpu, **{"sync": "none", **facts_of_heap})},
        devices={
            "panel": device("display", coherent=coherent, scanout=port()),
            "cpu0": device("cpu", write=raw_port()),
        },
    )


def test_dirty_lines_reach_memory_too_late() -> None:
    # rockchip-linux/mpp#943: stripes.
    answer = refusal(without_sync())
    assert facts(answer) == [("coherency", "frame→panel")]
    assert said(answer, "coherency") == (
        "panel does not snoop CPU caches; frame is cached in vendor, which does no cache maintenance"
    )


def test_a_device_that_snoops_needs_none() -> None:
    assert placed(without_sync(coherent=True)).heap == "vendor"


def test_snooping_nobody_knows_counts_as_no() -> None:
    assert facts(refusal(without_sync(coherent="unknown"))) == [("coherency", "frame→panel")]


def test_sync_nobody_knows_counts_as_none() -> None:
    assert facts(refusal(without_sync(sync="unknown"))) == [("coherency", "frame→panel")]


@pytest.mark.parametrize("cpu", ["uncached", "write-combined", "none"])
def test_what_is_not_cached_has_no_dirty_lines(cpu: str) -> None:
    assert placed(without_sync(cpu)).heap == "vendor"


def test_maintenance_is_a_cost_and_a_duty() -> None:
    # 4096 bytes written and read, and one pass of maintenance for the panel.
    platform = board(
        memory={"dram": memory(bandwidth=megabyte_a_second())},
        devices={
            "panel": device("display", coherent=False, scanout=port()),
            "cpu0": device("cpu", write=raw_port()),
        },
    )
    answer = plan(platform, pipeline(frame=buffer(bytes=4096, rate=1, written_by="cpu.write")))
    assert load(answer).traffic == 3 * 4096
    assert answer.warnings == (
        "bracket the CPU's access to frame with DMA_BUF_IOCTL_SYNC (START, END): panel does not snoop caches",
    )


def test_without_the_cpu_there_is_nothing_to_maintain() -> None:
    platform = board(
        memory={"dram": memory(bandwidth=megabyte_a_second())},
        devices={"panel": device("display", coherent=False, scanout=port())},
    )
    answer = plan(platform, pipeline(frame=buffer(bytes=4096, rate=1)))
    assert load(answer).traffic == 2 * 4096
    assert not answer.warnings
