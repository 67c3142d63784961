"""heap-limits: a heap may limit the size of one buffer, and how many it hands out."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import (
    MIB,
    board,
    buffer,
    device,
    facts,
    heap,
    image,
    memory,
    pipeline,
    placed,
    plan,
    port,
    refusal,
    said,
    ways_out,
)


def limited(**facts_of_heap: Any) -> Platform:
    return board(heaps={"udmabuf": heap("dram", **facts_of_heap)})


def test_one_buffer_of_just_that_size() -> None:
    # udmabuf on 6.12: size_limit_mb = 64 (linux-6.12.107:drivers/dma-buf/udmabuf.c).
    platform = limited(largest="64MiB")
    assert placed(platform, pipeline(frame=buffer(bytes=64 * MIB))).heap == "udmabuf"
    answer = refusal(platform, pipeline(frame=buffer(bytes=64 * MIB + 1)))
    assert facts(answer) == [("heap-limits", "udmabuf")]
    assert (
        said(answer, "heap-limits")
        == "frame needs 67108865 bytes (udmabuf hands out 67112960), and udmabuf allocates at most 64 MiB at a time"
    )
    assert ways_out(answer) == {"heaps.udmabuf.largest": 64 * MIB + 4096}


def test_the_page_is_what_is_allocated() -> None:
    assert facts(refusal(limited(largest="4097"), pipeline(frame=buffer(bytes=4097)))) == [
        ("heap-limits", "udmabuf")
    ]
    assert placed(limited(largest="8KiB"), pipeline(frame=buffer(bytes=4097))).heap == "udmabuf"


def test_each_dmabuf_is_judged_by_itself() -> None:
    # 64x64 NV12: 4096 + 2048 bytes.
    rule = image("NV12", dmabufs=[2])
    devices = {"camera": device("camera", capture=port(rule)), "panel": device("display", scanout=port(rule))}
    platform = board(heaps={"udmabuf": heap("dram", largest="4KiB")}, devices=devices)
    assert placed(platform, pipeline(frame=buffer(size="64x64"))).sizes == (4096, 2048)


def test_a_number_of_buffers() -> None:
    platform = limited(buffers=3)
    assert placed(platform, pipeline(frame=buffer(count=3))).count == 3
    answer = refusal(platform, pipeline(frame=buffer(count=4)))
    assert facts(answer) == [("heap-limits", "udmabuf"), ("count", "frame")]
    assert said(answer, "heap-limits") == "4 × frame need 4 buffers of udmabuf, which hands out 3"
    assert ways_out(answer) == {"heaps.udmabuf.buffers": 4, "buffers.frame.count": 3}


def test_every_dmabuf_counts_as_one() -> None:
    rule = image("NV12", dmabufs=[2])
    devices = {"camera": device("camera", capture=port(rule)), "panel": device("display", scanout=port(rule))}
    platform = board(heaps={"udmabuf": heap("dram", buffers=3)}, devices=devices)
    assert said(refusal(platform), "heap-limits") == "2 × frame need 4 buffers of udmabuf, which hands out 3"


def test_a_large_buffer_is_not_called_one_too_many() -> None:
    answer = refusal(limited(largest="4KiB", buffers=10), pipeline(frame=buffer(bytes=8192)))
    assert (
        said(answer, "heap-limits") == "frame needs 8192 bytes, and udmabuf allocates at most 4 KiB at a time"
    )


def test_limits_nobody_knows_are_not_imposed_and_listed() -> None:
    answer = plan(limited(largest="unknown", buffers="unknown"))
    assert [(fact.subject, fact.field) for fact in answer.unknown_facts] == [
        ("udmabuf", "buffers"),
        ("udmabuf", "largest"),
    ]


def test_a_slot_beyond_64_bits_is_no_slot() -> None:
    platform = board(memory={"dram": memory("unknown")}, heaps={"system": heap("dram", align=1 << 62)})
    answer = refusal(platform, pipeline(frame=buffer(bytes=(1 << 62) + 1)))
    assert facts(answer) == [("heap-limits", "system")]


def test_a_heap_that_comes_in_granules() -> None:
    assert placed(limited(granule="64KiB"), pipeline(frame=buffer(bytes=4097))).allocated == 65536
