"""What an answer tells is true: rejected heaps, reasons, dropped wishes, conflicts, pins."""

from __future__ import annotations

from typing import Any

import pytest

import heapwright
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import (
    board,
    buffer,
    device,
    heap,
    image,
    memory,
    peak,
    pipeline,
    placed,
    plan,
    port,
    refusal,
    said,
)


def rejected(
    platform: Platform, *pipelines: Pipeline, buffer: str = "frame", **question: Any
) -> dict[str, str]:
    """What is said of each heap that a buffer is not in."""
    answer = plan(platform, *pipelines, **question)
    found = next(p for p in answer.placements if p.buffer == buffer)
    return {each.heap: "; ".join(reason.text for reason in each.reasons) for each in found.rejected}


@pytest.mark.parametrize("align", [4096, 8192])
def test_a_pinned_heap_is_the_reason_against_others(align: int) -> None:
    platform = board(heaps={"a": heap("dram"), "b": heap("dram", align=align)})
    assert rejected(platform, pins=["frame:heap=b"]) == {"a": "frame is pinned to b"}


def test_a_copy_within_one_heap_is_the_reason_against_others() -> None:
    within = {"from": "source", "to": "target", "may_change": ["format", "stride"]}
    platform = board(
        heaps={"a": heap("dram"), "b": heap("dram")},
        devices={
            "camera": device("camera", capture=port(image("NV12"), takes_from=["b"])),
            "rga": device("2d", source=port(image("NV12")), target=port(), converts=[within]),
        },
    )
    told = rejected(platform, pipeline(frame=buffer(conversions="allow")), buffer="frame>1")
    assert told == {"a": "rga converts within b, and moves nothing to another heap"}


@pytest.mark.parametrize(("size", "allowed"), [("4KiB", False), ("1MiB", True)])
def test_who_alone_would_have_allowed_a_heap_is_said_where_there_is_room(size: str, *, allowed: bool) -> None:
    platform = board(
        memory={"tiny": memory(size, inside="dram")},
        heaps={"system": heap("dram"), "tiny": heap("tiny", run="4KiB")},
        devices={"panel": device("display", dma={"bits": 64}, scanout=port())},
    )
    reasons = placed(platform, pipeline(frame=buffer(size="256x256"))).reasons
    [told] = [reason.text for reason in reasons if reason.kind == "contiguous-memory"]
    assert told.endswith("; camera alone would have allowed tiny") == allowed


def test_a_pinned_stride_is_its_own_reason() -> None:
    rule = image(stride={"multiple": 64}, rows={"multiple": 16})
    platform = board(devices={"panel": device("display", scanout=port(rule))})
    found = placed(platform, pins=["frame:stride=4096"])
    told = [reason.text for reason in found.reasons if reason.decides == "stride"]
    assert told == ["frame is pinned to a stride of 4096 bytes"]


def dropped(platform: Platform, wish: int, **asked: Any) -> str:
    answer = plan(platform, pipeline(frame=buffer(count={"min": 1, "wish": wish}, **asked)))
    [found] = answer.dropped
    return found.text.partition(": ")[2]


def test_what_is_in_the_way_of_one_more_is_named_as_what_it_is() -> None:
    vram = memory("64KiB", local="panel", window="8KiB", reached_by=["camera"])
    camera = device("camera", dma={"bits": 64, "p2p": "dynamic"}, capture=port())
    panel = device("display", scanout=port(memory=["vram"]))
    platform = board(
        memory={"vram": vram}, heaps={"vram": heap("vram")}, devices={"camera": camera, "panel": panel}
    )
    assert dropped(platform, 5, size="32x32") == (
        "one more would need 12288 bytes of the window of vram, which has 8192"
    )
    counted = board(heaps={"bytes-heap": heap("dram", buffers=3)})
    assert dropped(counted, 5) == "one more would need 4 buffers of bytes-heap, which hands out 3"
    apart = {"m1": memory("20KiB", base="4GiB"), "m2": memory("12KiB", base="5GiB")}
    split = board(memory=apart, heaps={"both": heap("m1", "m2")})
    assert dropped(split, 5, size="64x32") == (
        "one more would need 32 KiB of m1 + m2, as runs of 8 KiB or more on multiples of 4 KiB; "
        "whatever the kernel takes first, 28 KiB are certain"
    )


def test_what_is_missing_is_said_of_the_buffer_that_lacks_it() -> None:
    two = pipeline(a=buffer(), b=buffer(read_by="display@HDMI-1.scanout"))
    answer = refusal(board(), two)
    assert said(answer, "missing-device").endswith(
        "with connector HDMI-1 (1 of kind display without it), which b needs"
    )


def test_a_heap_hands_out_more_than_is_needed() -> None:
    answer = refusal(board(heaps={"system": heap("dram", largest=1100)}))
    assert said(answer, "heap-limits") == (
        "frame needs 1024 bytes (system hands out 4096), and system allocates at most 1100 bytes at a time"
    )


@pytest.mark.parametrize(
    ("pins", "text"),
    [
        (["a:heap=system", "b:stride=5"], "no layout of b has a stride of 5 bytes: its rows are longer, or no whole number of pixels"),
        (["a:stride=64", "a:device=gpu"], "gpu does not touch a"),
        (["a:heap=system", "a:heap=other", "a:stride=64"], "a is pinned to more than one heap: system, other"),
        (["a:heap=later", "a:stride=64"], "there is no later on kernel 6.12"),
        (["raw:format=NV12"], "raw is raw data, which has no format"),
        (["raw:modifier=LINEAR"], "raw is raw data, which has no modifier"),
    ],
)  # fmt: skip
def test_the_pin_that_nothing_can_mend_is_named(pins: list[str], text: str) -> None:
    platform = board(
        heaps={"system": heap("dram"), "other": heap("dram"), "later": heap("dram", since="6.18")},
        devices={"gpu": device("gpu", render=port())},
    ).model_copy(update={"kernel": "6.12"})
    raw: dict[str, Any] = {"bytes": 4096, "written_by": "camera.capture"}
    answer = refusal(platform, pipeline(a=buffer(), b=buffer(), raw=raw), pins=pins)
    assert [reason.text for reason in answer.conflict] == [text]


@pytest.mark.parametrize(
    ("asked", "holds", "text"),
    [
        ({}, 1, "frame is to have 7, and its pipeline asks for as many as its ports need, 2"),
        ({"count": {"min": 1, "wish": 9}}, 7, "frame has 7 buffers; at least 8 are needed (held: camera.capture 1, panel.scanout 7)"),
    ],
)  # fmt: skip
def test_a_pinned_count_is_told_as_such(asked: dict[str, Any], holds: int, text: str) -> None:
    platform = board(devices={"panel": device("display", scanout=port(holds=holds))})
    answer = refusal(platform, pipeline(frame=buffer(**asked)), pins=["frame:count=7"])
    assert said(answer, "count") == text


def test_who_uses_nothing_is_no_user() -> None:
    platform = board(memory={"dram": memory(bandwidth=peak(100000))})
    answer = refusal(platform, pipeline(a=buffer(rate=0), b=buffer(rate=60)))
    assert said(answer, "resource").startswith("b needs ")


def test_a_pinned_format_may_have_blanks_at_its_end() -> None:
    r8 = port(image("R8"))
    platform = board(devices={"camera": device("camera", capture=r8), "panel": device("display", scanout=r8)})
    assert placed(platform, pins=["frame:format=R8  "]).format == "R8"


def test_another_device_is_an_alternative() -> None:
    platform = board(devices={"second": device("display", scanout=port())})
    found = heapwright.alternatives(platform, [pipeline()], 3)
    assert [plan.placements[0].attachments[1].device for plan in found] == ["panel", "second"]


@pytest.mark.parametrize("fact", ["run", "align"])
def test_a_promise_that_nobody_knows_is_none_and_needs_no_trust(fact: str) -> None:
    platform = board(heaps={"system": heap("dram", **{fact: "unknown"})})
    assert plan(platform).unknown_facts == ()


def test_a_converter_that_is_too_slow_is_told_as_such() -> None:
    slow = {"from": "source", "to": "target", "may_change": ["format", "stride"], "throughput": 1000}
    platform = board(
        devices={
            "camera": device("camera", capture=port(image("NV12"))),
            "rga": device("2d", source=port(image("NV12")), target=port(), converts=[slow]),
        }
    )
    answer = heapwright.solve(platform, [pipeline(frame=buffer(conversions="allow"))])
    assert isinstance(answer, Infeasible)
    told = [reason.text for reason in answer.conflict if reason.kind == "conversion"]
    assert any("fast enough" in text for text in told)
    assert not any(remedy.text.endswith("has none") for remedy in answer.remedies)
    quick = platform.model_copy(
        update={
            "devices": {
                **platform.devices,
                "rga": device_without_limit(platform),
            }
        }
    )
    assert isinstance(heapwright.solve(quick, [pipeline(frame=buffer(conversions="allow"))]), Plan)


def device_without_limit(platform: Platform) -> Any:
    """The rga as fast as may be."""
    rga = platform.devices["rga"]
    edges = tuple(edge.model_copy(update={"throughput": None}) for edge in rga.converts)
    return rga.model_copy(update={"converts": edges})
