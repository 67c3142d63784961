"""cpu-access: the CPU touches only memory that can be mapped; uncached reads cost."""

from __future__ import annotations

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
    raw_port,
    refusal,
    said,
)

READ = pipeline(frame=buffer(bytes=4096, rate=1, read_by="cpu.read"))
WRITE = pipeline(frame=buffer(bytes=4096, rate=1, written_by="cpu.write"))


def mapped(cpu: str) -> Platform:
    return board(
        memory={"dram": memory(bandwidth=megabyte_a_second())},
        heaps={"system": heap("dram", cpu=cpu)},
        devices={"cpu0": device("cpu", read=raw_port(), write=raw_port())},
    )


@pytest.mark.parametrize("cpu", ["none", "unknown"])
def test_a_heap_without_a_mapping(cpu: str) -> None:
    answer = refusal(mapped(cpu), READ)
    assert facts(answer) == [("cpu-access", "frame→cpu0")]
    assert said(answer, "cpu-access") == "cpu0 must map frame, and buffers of system cannot be mapped"
    assert facts(refusal(mapped(cpu), WRITE)) == [("cpu-access", "frame→cpu0")]


def test_without_the_cpu_no_mapping_is_needed() -> None:
    assert placed(mapped("none")).heap == "system"


@pytest.mark.parametrize(("cpu", "weight"), [("cached", 1), ("write-combined", 5), ("uncached", 5)])
def test_reading_what_is_not_cached_costs(cpu: str, weight: int) -> None:
    # The camera writes 4096 bytes a second, the CPU reads as many, 5 times dearer where not cached
    # (7.6 s against 1.5 s in ikwzm/udmabuf#120).
    assert load(plan(mapped(cpu), READ)).traffic == 4096 + weight * 4096


def test_writing_costs_the_same_everywhere() -> None:
    assert {load(plan(mapped(cpu), WRITE)).traffic for cpu in ("cached", "write-combined", "uncached")} == {
        2 * 4096
    }


def test_a_cached_heap_is_preferred_for_reading() -> None:
    heaps = {"a-uncached": heap("dram", cpu="uncached"), "cached": heap("dram")}
    slow = {"dram": memory(bandwidth=megabyte_a_second())}
    platform = board(memory=slow, heaps=heaps, devices={"cpu0": device("cpu", read=raw_port())})
    assert placed(platform, READ).heap == "cached"
