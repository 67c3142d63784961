"""enumerate: everything that no single-buffer constraint forbids, less what another option beats."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.schema import Platform
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.question.resolve import Problem
from tests.builders import (
    board,
    buffer,
    device,
    facts,
    heap,
    image,
    megabyte_a_second,
    memory,
    pipeline,
    placed,
    plan,
    port,
    refusal,
)


def options(platform: Platform, **buffers: Any) -> list[tuple[str, ...]]:
    """(heap, format, modifier) of every option of the first buffer."""
    found = Propagation(Problem(platform, [pipeline(**buffers)])).options[0]
    return [(o.placed.heap.name, o.fourcc or "", o.modifier or "") for o in found]


def test_the_best_option_comes_first() -> None:
    heaps = {"a-uncached": heap("dram", cpu="uncached"), "b-cached": heap("dram")}
    cpu = device("cpu", read=port())
    slow = {"dram": memory(bandwidth=megabyte_a_second())}
    platform = board(memory=slow, heaps=heaps, devices={"cpu0": cpu})
    found = options(platform, frame=buffer(read_by="cpu.read", rate=60))
    assert found[0] == ("b-cached", "XR24", "LINEAR")


def test_two_heaps_of_one_memory_leave_one_option() -> None:
    assert options(board(heaps={"b": heap("dram"), "a": heap("dram")}), frame=buffer()) == [
        ("a", "XR24", "LINEAR")
    ]


def test_heaps_of_different_memories_both_stay() -> None:
    parts = {"one": memory("1MiB", base="4GiB"), "two": memory("2MiB", base="5GiB")}
    platform = board(memory=parts, heaps={"one": heap("one"), "two": heap("two")})
    assert [heap for heap, *_ in options(platform, frame=buffer())] == ["two", "one"]


def test_a_preferred_format_does_not_hide_a_smaller_one() -> None:
    both = port(image("XR24", "NV12"))
    platform = board(
        devices={"camera": device("camera", capture=both), "panel": device("display", scanout=both)}
    )
    found = options(platform, frame=buffer(size="64x64", formats=["XR24", "NV12"]))
    assert [fourcc for _, fourcc, _ in found] == ["XR24", "NV12"]


@pytest.mark.parametrize("first", [{"largest": "8KiB"}, {"run": "4KiB"}])
def test_what_fits_into_the_first_heap_hides_nothing_preferred_in_the_next(first: dict[str, Any]) -> None:
    # XR24 needs 16 KiB and NV12 6 KiB; the heaps draw from one memory at one price.
    both = port(image("XR24", "NV12"))
    platform = board(
        heaps={"a": heap("dram", run="16KiB") | first, "b": heap("dram", run="16KiB")},
        devices={
            "camera": device("camera", capture=both),
            "panel": device("display", dma={"segments": 2}, scanout=both),
        },
    )
    question = pipeline(frame=buffer(size="64x64", formats=["XR24", "NV12"]))
    assert (placed(platform, question).heap, placed(platform, question).format) == ("b", "XR24")


def test_a_small_memory_takes_the_smaller_format() -> None:
    # Three frames of 64x64: XR24 16 KiB each, NV12 6 KiB, 8 KiB in pages: 24 KiB.
    both = port(image("XR24", "NV12"))
    platform = board(
        memory={"cma": memory("24KiB", inside="dram")},
        heaps={"cma": heap("cma")},
        devices={"camera": device("camera", capture=both), "panel": device("display", scanout=both)},
    )
    question = pipeline(frame=buffer(size="64x64", count=3, formats=["XR24", "NV12"]))
    answer = plan(platform, question)
    assert answer.placements[0].format == "NV12"
    assert next(level.value for level in answer.levels if level.term == "preference") == 1


def test_buffers_that_ask_the_same_share_one_list() -> None:
    found = Propagation(Problem(board(), [pipeline(a=buffer(), b=buffer(), c=buffer(size="32x32"))])).options
    assert found[0] is found[1]
    assert found[0] is not found[2]


def test_without_formats_everybody_s_are_tried() -> None:
    both = port(image("NV12"), image("XR24"))
    platform = board(
        devices={"camera": device("camera", capture=both), "panel": device("display", scanout=both)}
    )
    # 16x16: NV12 is 384 bytes, XR24 1024: less traffic wins.
    assert placed(platform).format == "NV12"


def test_a_bare_buffer_that_raw_ports_touch_is_raw_anyway() -> None:
    assert placed(board(), pipeline(frame=buffer(bytes=100))).planes[0].stride == 0


def test_a_layout_that_no_family_knows_is_no_option() -> None:
    # Two sizes of superblocks are for formats of several planes (drm_fourcc.h).
    afbc = port(image(modifiers=["ARM_AFBC(32x8_64x4)"]))
    platform = board(
        devices={"camera": device("camera", capture=afbc), "panel": device("display", scanout=afbc)}
    )
    answer = refusal(platform, pipeline(frame=buffer(modifiers=["ARM_AFBC(32x8_64x4)"])))
    assert facts(answer) == [("modifier", "frame")]
    assert answer.conflict[0].text == "the layout of ARM_AFBC(32x8_64x4) cannot be computed for frame"


def test_pins_narrow_every_field() -> None:
    both = port(image("XR24", "NV12", modifiers=["LINEAR", "VIVANTE_TILED"]))
    platform = board(
        heaps={"a": heap("dram"), "b": heap("dram")},
        devices={
            "camera": device("camera", capture=both),
            "panel": device("display", scanout=both),
            "panel2": device("display", scanout=both),
        },
    )
    question = pipeline(frame=buffer(count={"min": 1, "wish": 4}))
    pins = ["heap=b", "format=XR24", "modifier=VIVANTE_TILED", "stride=128", "count=3", "device=panel2"]
    placement = placed(platform, question, pins=[f"frame:{pin}" for pin in pins])
    assert (placement.heap, placement.format, placement.modifier) == ("b", "XR24", "VIVANTE_TILED")
    assert (placement.planes[0].stride, placement.count) == (128, 3)
    assert placement.attachments[1].device == "panel2"


def test_a_pin_that_fits_nothing_is_the_conflict() -> None:
    other = {"camera2": device("camera", capture=port())}
    question = pipeline(frame=buffer(written_by="camera.capture"), other=buffer())
    answer = refusal(board(devices=other), question, pins=["frame:device=camera2", "other:device=camera"])
    assert facts(answer) == [("pin", "frame")]
    assert (
        answer.conflict[0].text == "no plan is as pinned: test/frame:device=camera2, test/other:device=camera"
    )


def test_several_devices_may_be_pinned() -> None:
    platform = board(
        devices={"panel2": device("display", scanout=port()), "panel3": device("display", scanout=port())}
    )
    question = pipeline(frame=buffer(read_by=["display.scanout", "display#2.scanout"]))
    placement = placed(platform, question, pins=["frame:device=panel3", "frame:device=panel2"])
    assert {a.device for a in placement.attachments} == {"camera", "panel2", "panel3"}


def test_a_count_that_is_pinned_is_judged_like_one_that_is_asked_for() -> None:
    answer = refusal(board(), pins=["frame:count=7"])
    assert facts(answer) == [("count", "frame")]
