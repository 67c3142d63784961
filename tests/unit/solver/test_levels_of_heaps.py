"""Levels about heaps: those to avoid, those that an importer empties, and whose allocator it is."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright import Plan, solve
from heapwright.allocator.judge.cost import cost
from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, heap, memory, pipeline, port


def answer(platform: Platform, **facts: Any) -> Plan:
    found = solve(platform, [pipeline(frame=buffer(**facts))])
    assert isinstance(found, Plan)
    return found


def level(found: Plan, term: str) -> int:
    return next(each.value for each in found.levels if each.term == term)


def two_heaps(first: dict[str, Any], second: dict[str, Any], **more: Any) -> Platform:
    return board(heaps={"a": heap("dram", **first), "b": heap("dram", **second)}, **more)


def test_a_heap_to_avoid_is_left_alone_whatever_its_name() -> None:
    found = answer(two_heaps({"avoid": "decrypted"}, {}))
    assert found.placements[0].heap == "b"
    assert level(found, "avoided-heaps") == 0


def test_a_heap_to_avoid_is_used_where_nothing_else_will_do() -> None:
    found = answer(board(heaps={"a": heap("dram", avoid="decrypted")}))
    assert level(found, "avoided-heaps") == 1


def test_no_wish_is_dropped_to_avoid_a_heap() -> None:
    found = answer(board(heaps={"a": heap("dram", avoid="decrypted")}), count={"min": 1, "wish": 4})
    assert found.placements[0].count == 4
    assert level(found, "avoided-heaps") == 1


@pytest.mark.parametrize(
    ("exporter", "local", "rank"),
    [(None, False, 1), ("camera", True, 0), ("camera", False, 2), ("display", True, 2), ("gpu", False, 3)],
)
def test_whose_allocator_it_is(exporter: str | None, local: bool, rank: int) -> None:
    devices = {
        "camera": device("camera", capture=port()),
        "display": device("display", scanout=port()),
        "gpu": device("gpu", render=port()),
    }
    via = {} if exporter is None else {"via": "drm", "exporter": exporter}
    where = {"local": [*devices]} if local else {}
    platform = board(memory={"dram": memory(**where)}, heaps={"system": heap("dram", **via)}, devices=devices)
    assert level(answer(platform), "exporter") == rank


def test_no_heap_of_a_device_that_takes_no_part_wins_a_tie() -> None:
    devices = {
        "camera": device("camera", capture=port()),
        "display": device("display", scanout=port()),
        "gpu": device("gpu", render=port()),
    }
    platform = two_heaps({"via": "drm", "exporter": "gpu"}, {}, devices=devices)
    assert answer(platform).placements[0].heap == "b"


def test_at_equal_cost_a_buffer_stays_where_it_was_put() -> None:
    # Both end in dram: what is put into the card's heap is moved there as soon as the camera attaches.
    platform = board(
        memory={"dram": memory(), "vram": memory(local="display")},
        heaps={"card": heap("vram", exporter="display", moves_to="system"), "system": heap("dram")},
        devices={"camera": device("camera", capture=port()), "display": device("display", scanout=port())},
    )
    found = answer(platform)
    assert found.placements[0].heap == "system"
    assert level(found, "moved-buffers") == 0


def test_a_buffer_that_must_be_moved_is_counted_by_the_judge_too() -> None:
    platform = board(
        memory={"dram": memory(), "vram": memory(local="display")},
        heaps={"card": heap("vram", exporter="display", moves_to="system"), "system": heap("dram")},
        devices={
            "camera": device("camera", imports=["card"], capture=port()),
            "display": device("display", scanout=port()),
        },
    )
    found = answer(platform)
    assert (found.placements[0].heap, level(found, "moved-buffers"), level(found, "exporter")) == (
        "card",
        1,
        2,
    )
    assert cost(platform, [pipeline(frame=buffer())], found) == tuple(each.value for each in found.levels)
