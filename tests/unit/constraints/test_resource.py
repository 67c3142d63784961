"""resource: hardware is counted: planes, channels, ports, and bytes per second."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import (
    board,
    buffer,
    device,
    facts,
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
    ways_out,
)

TWO = pipeline(a=buffer(), b=buffer())


def using(uses: dict[str, int], have: int, *, by_rule: bool = False) -> Platform:
    scanout = port(image(uses=uses)) if by_rule else port(uses=uses)
    return board(resources={"afbc-plane": have}, devices={"panel": device("display", scanout=scanout)})


def test_as_many_as_there_are_and_one_more() -> None:
    assert len(plan(using({"afbc-plane": 1}, 2), TWO).placements) == 2
    answer = refusal(using({"afbc-plane": 1}, 1), TWO)
    assert facts(answer) == [("resource", "afbc-plane")]
    assert said(answer, "resource") == "a, b need 2 afbc-plane; there are 1"
    assert ways_out(answer) == {"resources.afbc-plane": 2}
    assert answer.conflict[0].source == "made up for a test"


def test_one_use_may_take_several() -> None:
    assert facts(refusal(using({"afbc-plane": 2}, 1))) == [("resource", "afbc-plane")]


def test_a_rule_may_use_what_another_does_not() -> None:
    assert facts(refusal(using({"afbc-plane": 1}, 0, by_rule=True))) == [("resource", "afbc-plane")]
    panel = device(
        "display", scanout=port(image(uses={"afbc-plane": 1}, modifiers=["VIVANTE_TILED"]), image())
    )
    camera = device("camera", capture=port(image(modifiers=["LINEAR", "VIVANTE_TILED"])))
    platform = board(resources={"afbc-plane": 1}, devices={"panel": panel, "camera": camera})
    assert sorted(
        p.modifier or ""
        for p in plan(platform, pipeline(a=buffer(), b=buffer(modifiers=["VIVANTE_TILED"]))).placements
    ) == [
        "LINEAR",
        "VIVANTE_TILED",
    ]


def test_ports_are_counted() -> None:
    def with_planes(number: int) -> Platform:
        return board(devices={"panel": device("display", scanout=port(how_many=number))})

    assert len(plan(with_planes(2), TWO).placements) == 2
    answer = refusal(with_planes(1), TWO)
    assert facts(answer) == [("resource", "panel.scanout")]
    assert said(answer, "resource") == "a, b need 2 ports panel.scanout; there are 1"


def test_another_display_takes_what_is_too_much_for_one() -> None:
    one = port(how_many=1)
    platform = board(
        devices={"panel": device("display", scanout=one), "hdmi": device("display", scanout=one)}
    )
    question = pipeline(a=buffer(), b=buffer(read_by="display#2.scanout"))
    assert {a.device for p in plan(platform, question).placements for a in p.attachments} == {
        "camera",
        "panel",
        "hdmi",
    }


def fast(bandwidth: Any) -> Platform:
    stated = peak(bandwidth) if isinstance(bandwidth, int) else bandwidth
    return board(memory={"ddr": memory(base="4GiB", bandwidth=stated)}, heaps={"system": heap("ddr")})


def test_bytes_per_second() -> None:
    # 1024 bytes, 60 times a second, written once and read once.
    assert placed(fast(60 * 1024 * 2)).heap == "system"
    answer = refusal(fast(60 * 1024 * 2 - 1))
    assert facts(answer) == [("resource", "ddr")]
    assert said(answer, "resource") == "frame needs 122880 bytes/s of ddr; there are 122879"
    assert ways_out(answer) == {"memory.ddr.bandwidth.peak": 122880}


def test_a_refusal_for_bandwidth_says_where_the_bandwidth_was_read() -> None:
    answer = refusal(fast(60 * 1024 * 2 - 1))
    assert [fact.source for fact in answer.conflict] == ["the data sheet of a test"]


def test_a_device_moves_so_much_and_no_more() -> None:
    def slow(most: int) -> Platform:
        return board(devices={"panel": device("display", scanout=port(), bandwidth=peak(most))})

    # 1024 bytes, 60 times a second, read once by the panel; what the camera writes is not the panel's.
    assert placed(slow(60 * 1024)).heap == "system"
    answer = refusal(slow(60 * 1024 - 1))
    assert facts(answer) == [("resource", "panel.bandwidth")]
    assert said(answer, "resource") == "frame needs 61440 bytes/s of panel; there are 61439"
    assert answer.conflict[0].source == "the data sheet of a test"
    assert ways_out(answer) == {"devices.panel.bandwidth.peak": 61440}


def test_another_display_takes_what_one_cannot_move() -> None:
    panel = device("display", scanout=port(), bandwidth=peak(60 * 1024))
    platform = board(devices={"panel": panel, "hdmi": panel})
    question = pipeline(a=buffer(), b=buffer(read_by="display#2.scanout"))
    assert {a.device for p in plan(platform, question).placements for a in p.attachments} >= {"panel", "hdmi"}
    assert facts(refusal(platform, pipeline(a=buffer(), b=buffer()))) == [
        ("resource", "hdmi.bandwidth"),
        ("resource", "panel.bandwidth"),
    ]


def test_two_ranges_behind_one_controller_share_what_it_carries() -> None:
    def banks(most: int) -> Platform:
        memories = {
            "all": memory("unknown", base="unknown", bandwidth=peak(most)),
            "low": memory("8KiB", inside="all", base="4GiB"),
            "high": memory("8KiB", inside="all", base="32GiB"),
        }
        return board(memory=memories, heaps={"low": heap("low"), "high": heap("high")})

    # Pictures of a page, two in either range, written and read 60 times a second.
    question = pipeline(a=buffer(size="32x32"), b=buffer(size="32x32"))
    assert {each.heap for each in plan(banks(4 * 60 * 4096), question).placements} == {"low", "high"}
    assert ("resource", "all") in facts(refusal(banks(4 * 60 * 4096 - 1), question))


def test_a_heap_over_two_ranges_charges_their_controller_once() -> None:
    def spread(most: int) -> Platform:
        memories = {
            "all": memory("unknown", base="unknown", bandwidth=peak(most)),
            "low": memory(inside="all", base="4GiB"),
            "high": memory(inside="all", base="32GiB"),
        }
        return board(memory=memories, heaps={"system": heap("low", "high")})

    assert placed(spread(60 * 1024 * 2)).heap == "system"
    assert facts(refusal(spread(60 * 1024 * 2 - 1))) == [("resource", "all")]


def test_a_still_picture_needs_none() -> None:
    assert placed(fast(1), pipeline(frame=buffer(rate=0))).rate == 0


def test_bandwidth_nobody_knows_is_not_imposed_and_listed() -> None:
    assert [(f.subject, f.field) for f in plan(fast("unknown")).unknown_facts] == [("ddr", "bandwidth")]
