"""reasons: why heap, format, stride, size and count are as they are, and why other heaps were not taken."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Reason
from tests.builders import board, buffer, device, heap, image, memory, pipeline, placed, plan, port

Told = list[tuple[str | None, str, str]]


def told(reasons: tuple[Reason, ...], decides: str) -> Told:
    return [(reason.decides, reason.kind, reason.subject) for reason in reasons if reason.decides == decides]


def two_heaps(panel: dict[str, Any] | None = None, **devices: Any) -> Platform:
    return board(
        memory={"cma": memory("64MiB", inside="dram", base="512MiB")},
        heaps={"system": heap("dram", run="4KiB"), "cma": heap("cma")},
        devices={"panel": panel or device("display", scanout=port()), **devices},
    )


LARGE = pipeline(frame=buffer(size="64x64"))


def test_the_attachment_that_binds_is_the_reason_for_the_heap() -> None:
    platform = two_heaps(device("display", dma={}, scanout=port()))
    placement = placed(platform, LARGE)
    assert placement.heap == "cma"
    [reason] = [r for r in placement.reasons if r.decides == "heap"]
    assert (reason.kind, reason.subject) == ("contiguous-memory", "frame→panel")
    assert reason.text == (
        "panel has no IOMMU, so frame must be one physical run; system guarantees runs of 4 KiB; "
        "camera alone would have allowed system"
    )


def test_two_that_bind_are_both_named_and_nobody_alone_is_blamed() -> None:
    platform = two_heaps(
        device("display", dma={}, scanout=port()), camera=device("camera", dma={}, capture=port())
    )
    heap_reasons = [r for r in placed(platform, LARGE).reasons if r.decides == "heap"]
    assert [r.subject for r in heap_reasons] == ["frame→camera", "frame→panel"]
    assert not any("alone" in r.text for r in heap_reasons)


def test_a_rejected_heap_says_what_is_against_it() -> None:
    [rejected] = placed(two_heaps(device("display", dma={}, scanout=port())), LARGE).rejected
    assert rejected.heap == "system"
    assert [(r.kind, r.subject) for r in rejected.reasons] == [("contiguous-memory", "frame→panel")]


def test_a_heap_that_costs_more_says_at_which_level() -> None:
    # Two frames of 16 KiB are 489 ppm of 64 MiB, and 33 ppm of 960; both parts and what is moved are rounded up together.
    [rejected] = placed(two_heaps(), LARGE).rejected
    assert rejected.heap == "cma"
    [reason] = rejected.reasons
    assert reason.kind == "load"
    assert reason.text == "cma would do as well; its load is 2000, that of system is 1000"


def test_a_heap_that_is_as_good_comes_second_by_name() -> None:
    [rejected] = placed(board(heaps={"b": heap("dram"), "a": heap("dram")})).rejected
    assert rejected.reasons[0].text == "b would do exactly as well; a comes first by name"


def test_a_heap_without_room_for_all_says_so() -> None:
    platform = board(
        memory={"a": memory("8KiB", base="4GiB"), "b": memory("64KiB", base="5GiB")},
        heaps={"a": heap("a"), "b": heap("b", cpu="uncached")},
    )
    question = pipeline(frame=buffer(size="32x32", count=3))
    [rejected] = placed(platform, question).rejected
    assert (rejected.heap, rejected.reasons[0].kind) == ("a", "capacity")
    assert rejected.reasons[0].text == "a lacks room: 12 KiB of 8 KiB would be used"


def test_a_heap_that_hands_out_too_few_says_so() -> None:
    heaps = {"few": heap("dram", buffers=1), "system": heap("dram", cpu="uncached")}
    [rejected] = placed(board(heaps=heaps)).rejected
    [reason] = rejected.reasons
    assert (reason.kind, reason.subject) == ("heap-limits", "few")
    assert reason.text == "few lacks room: 2 of 1 buffers of few would be used"


def test_a_pool_that_cannot_lock_its_block_says_so() -> None:
    parts = {"cma": memory("8KiB", inside="dram"), "tz": memory("1MiB", inside="dram")}
    heaps = {"system": heap("dram"), "tee": heap("tz", locks={"from": "cma", "size": "16KiB"})}
    [rejected] = placed(board(memory=parts, heaps=heaps)).rejected
    assert rejected.reasons[0].text == "tee lacks room: 16 KiB of 8 KiB would be used"


def test_a_heap_kind_that_speaks_against_a_heap() -> None:
    heaps = {
        "system": heap("dram"),
        "tz": heap("tz", cpu="none", access=["panel"]),
        "small": heap("dram", largest="512"),
    }
    placement = placed(board(heaps=heaps))
    assert {r.heap: [reason.kind for reason in r.reasons] for r in placement.rejected} == {
        "tz": ["protected-only"],
        "small": ["heap-limits"],
    }


def test_the_port_that_asks_for_most_is_the_reason_for_the_stride() -> None:
    platform = board(
        devices={
            "camera": device("camera", capture=port(image(stride={"multiple": 256}))),
            "panel": device("display", scanout=port(image(stride={"multiple": 64}))),
        }
    )
    placement = placed(platform, pipeline(frame=buffer(size="17x4")))
    assert told(placement.reasons, "stride") == [("stride", "stride-multiple", "frame→camera")]


def test_two_that_ask_for_the_same_are_both_reasons() -> None:
    rule = port(image(stride={"multiple": 256}))
    platform = board(
        devices={"camera": device("camera", capture=rule), "panel": device("display", scanout=rule)}
    )
    placement = placed(platform, pipeline(frame=buffer(size="17x4")))
    assert [subject for _, _, subject in told(placement.reasons, "stride")] == ["frame→camera", "frame→panel"]


def test_two_that_only_together_make_the_stride() -> None:
    # lcm(48, 64) = 192: neither alone gives it.
    platform = board(
        devices={
            "camera": device("camera", capture=port(image(stride={"multiple": 48}))),
            "panel": device("display", scanout=port(image(stride={"multiple": 64}))),
        }
    )
    placement = placed(platform, pipeline(frame=buffer(size="17x4")))
    assert [subject for _, _, subject in told(placement.reasons, "stride")] == ["frame→camera", "frame→panel"]


def test_a_stride_that_nobody_changed_has_no_reason() -> None:
    platform = board(devices={"panel": device("display", scanout=port(image(stride={"multiple": 64})))})
    assert told(placed(platform).reasons, "stride") == []


def test_offsets_and_sizes_have_reasons_of_their_own() -> None:
    rule = image("NV12", rows={"multiple": 16}, tail={"bytes": 100})
    platform = board(
        devices={
            "camera": device("camera", capture=port(rule)),
            "panel": device("display", scanout=port(image("NV12"))),
        }
    )
    placement = placed(platform, pipeline(frame=buffer(size="16x17")))
    assert told(placement.reasons, "offset") == [("offset", "rows", "frame→camera")]
    assert told(placement.reasons, "size") == [("size", "tail", "frame→camera")]


def test_a_format_that_was_preferred_and_not_known() -> None:
    both = port(image("XR24", "NV12"))
    platform = board(devices={"camera": device("camera", capture=both)})
    placement = placed(platform, pipeline(frame=buffer(formats=["NV12", "XR24"])))
    assert told(placement.reasons, "format") == [("format", "format", "frame→panel")]


def test_a_modifier_that_only_one_port_insists_on() -> None:
    both = port(image(modifiers=["VIVANTE_TILED", "LINEAR"]))
    platform = board(devices={"camera": device("camera", capture=both)})
    placement = placed(platform)
    assert told(placement.reasons, "modifier") == [("modifier", "modifier", "frame→panel")]
    assert [r.text for r in placement.reasons if r.decides == "modifier"] == [
        "panel.scanout knows LINEAR only, for frame"
    ]


def test_a_count_that_nobody_asked_for_is_explained() -> None:
    [reason] = [r for r in placed(board()).reasons if r.decides == "count"]
    assert (
        reason.text == "frame has 2 buffers; at least 2 are needed (held: camera.capture 1, panel.scanout 1)"
    )
    assert not [r for r in placed(board(), pipeline(frame=buffer(count=2))).reasons if r.decides == "count"]


def test_raw_data_has_no_reasons_for_format_or_stride() -> None:
    placement = placed(board(), pipeline(frame=buffer(bytes=4096, count=2)))
    assert placement.reasons == ()


def test_every_reason_has_a_source() -> None:
    platform = two_heaps(device("display", dma={}, scanout=port(image(stride={"multiple": 256}))))
    [placement] = plan(platform, pipeline(frame=buffer(size="65x64"))).placements
    reasons = [*placement.reasons, *(r for rejected in placement.rejected for r in rejected.reasons)]
    assert reasons
    assert all(reason.source for reason in reasons)
