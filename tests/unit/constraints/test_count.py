"""count: a buffer for everyone who holds one, and no more than anybody takes."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.schema import Platform
from tests.builders import (
    KIB,
    board,
    buffer,
    device,
    facts,
    heap,
    memory,
    pipeline,
    placed,
    plan,
    port,
    refusal,
    said,
    ways_out,
)


def holding(camera: dict[str, Any], panel: dict[str, Any], size: Any = "1GiB") -> Platform:
    return board(
        memory={"ddr": memory(size, base="4GiB")},
        heaps={"system": heap("ddr")},
        devices={
            "camera": device("camera", capture=port(**camera)),
            "panel": device("display", scanout=port(**panel)),
        },
    )


def of(count: Any) -> Any:
    return pipeline(frame=buffer(size="32x32", count=count))


def test_one_for_each_port_unless_they_hold_more() -> None:
    assert placed(board()).count == 2


def test_the_smallest_lawful_number_is_taken() -> None:
    # picamera2#1392: the decoder holds 2 and needs 2 more, the display holds 3.
    assert placed(holding({"holds": 2, "slack": 2}, {"holds": 3})).count == 7
    assert placed(holding({"count": {"min": 6}}, {})).count == 6
    assert placed(holding({"holds": 0}, {"holds": 0})).count == 1


def test_as_many_as_are_held_and_one_less() -> None:
    platform = holding({"holds": 2}, {"holds": 1, "slack": 1})
    assert placed(platform, of(4)).count == 4
    answer = refusal(platform, of(3))
    assert facts(answer) == [("count", "frame")]
    assert (
        said(answer, "count")
        == "frame has 3 buffers; at least 4 are needed (held: camera.capture 2, panel.scanout 2)"
    )
    assert ways_out(answer) == {"buffers.frame.count": 4}


def test_as_many_as_are_taken_and_one_more() -> None:
    platform = holding({"count": {"max": 5}}, {"count": {"max": 4}})
    assert placed(platform, of(4)).count == 4
    answer = refusal(platform, of(5))
    assert facts(answer) == [("count", "frame")]
    assert said(answer, "count") == (
        "frame has 5 buffers; at least 2 are needed (held: camera.capture 1, panel.scanout 1), and at most 4 are taken"
    )
    assert ways_out(answer) == {"buffers.frame.count": 4}


def test_ports_that_exclude_each_other() -> None:
    platform = holding({"holds": 4}, {"count": {"max": 3}})
    answer = refusal(platform, of(None))
    assert facts(answer) == [("count", "frame")]
    assert said(answer, "count") == (
        "frame has as many buffers as its ports need; at least 5 are needed (held: camera.capture 4, panel.scanout 1), "
        "and at most 3 are taken"
    )


@pytest.mark.parametrize(("room", "granted"), [("64KiB", 6), ("24KiB", 6), ("20KiB", 5), ("12KiB", 3)])
def test_wishes_are_granted_while_there_is_room(room: str, granted: int) -> None:
    answer = plan(holding({}, {}, room), of({"min": 3, "wish": 6}))
    assert answer.placements[0].count == granted
    assert [(d.wish, d.granted) for d in answer.dropped] == ([] if granted == 6 else [(6, granted)])


def test_a_dropped_wish_is_said() -> None:
    [dropped] = plan(holding({}, {}, "20KiB"), of({"min": 3, "wish": 6})).dropped
    assert dropped.text == (
        "frame wished for 6 buffers and gets 5: one more would need 24 KiB of ddr, which has 20 KiB free"
    )


def test_a_wish_that_no_port_grants_is_said() -> None:
    answer = plan(holding({"count": {"max": 4}}, {}), of({"min": 3, "wish": 6}))
    assert [d.text for d in answer.dropped] == [
        "frame wished for 6 buffers and gets 4: its ports take at most 4"
    ]


def test_less_than_the_least_is_refused() -> None:
    answer = refusal(holding({}, {}, "8KiB"), of({"min": 3, "wish": 6}))
    assert facts(answer) == [("capacity", "ddr"), ("count", "frame")]
    assert said(answer, "count") == (
        "frame has at least 3 buffers; at least 2 are needed (held: camera.capture 1, panel.scanout 1)"
    )
    assert ways_out(answer) == {"memory.ddr.size": 12 * KIB, "buffers.frame.count.min": 2}


def test_what_ports_hold_counts_before_the_least_asked_for() -> None:
    assert placed(holding({"holds": 4}, {}, "20KiB"), of({"min": 1, "wish": 8})).count == 5


def test_wishes_end_where_a_port_takes_no_more() -> None:
    answer = plan(holding({}, {"count": {"max": 4}}), of({"min": 1, "wish": 6}))
    assert [(d.wish, d.granted) for d in answer.dropped] == [(6, 4)]


def test_what_all_buffers_share_is_not_in_the_way_of_one_more() -> None:
    # The one port there is carries every buffer of the kind: it does not limit their number.
    platform = board(devices={"panel": device("display", scanout=port(how_many=1, holds=0))})
    wish = pipeline(frame=buffer(count={"min": 1, "wish": 3}))
    [dropped] = plan(platform, wish, pins=["frame:count=1"]).dropped
    assert dropped.text == "frame wished for 3 buffers and gets 1"
