"""A block that a heap locks at its first buffer is memory used: once, whoever else lives there.

A frame of 32x32 XR24 is one page of 4 KiB, which is 62 500 ppm of 64 KiB.
"""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import board, buffer, facts, heap, load, memory, pipeline, placed, plan, refusal


def lazy(lock: Any, cma: str = "64KiB", **heaps: Any) -> Platform:
    """A heap that locks a block of `cma` for its buffers, and one of another memory."""
    return board(
        memory={
            "cma": memory(cma, base="4GiB"),
            "other": memory("64KiB", base="5GiB"),
            "third": memory("64KiB", base="6GiB"),
        },
        heaps={"lazy": heap("cma", locks={"from": "cma", "size": lock}), "plain": heap("other"), **heaps},
    )


def frames(*names: str, size: str = "32x32") -> Pipeline:
    return pipeline(**{name: buffer(size=size, count=1, read_by=[]) for name in names})


def heaps(answer: Plan) -> dict[str, str]:
    return {placement.buffer: placement.heap for placement in answer.placements}


def shares(answer: Plan) -> tuple[int, int]:
    """The largest share and the sum of shares, both proven."""
    levels = {level.term: level for level in answer.levels}
    assert all(level.value == level.bound for level in answer.levels)
    together = load(answer).sum_of_shares + load(answer).traffic
    assert 0 <= levels["fine-load"].value - together <= together // 100  # what is left of three digits
    return load(answer).largest_share, load(answer).sum_of_shares


def test_a_page_is_not_worth_a_block() -> None:
    # 4 of 64 KiB against 48 of 64 KiB; `lazy` comes first by name.
    answer = plan(lazy("48KiB"), frames("frame"))
    assert heaps(answer) == {"frame": "plain"}
    assert shares(answer) == (62_500, 62_500)


def test_a_block_is_paid_for_once() -> None:
    answer = plan(lazy("48KiB"), frames("x", "y"), pins=["x:heap=lazy", "y:heap=lazy"])
    assert shares(answer) == (750_000, 750_000)


def test_a_block_that_must_be_locked_is_open_to_others() -> None:
    # In `plain`, y would use 62 500 ppm more.
    answer = plan(lazy("48KiB"), frames("x", "y"), pins=["x:heap=lazy"])
    assert heaps(answer) == {"x": "lazy", "y": "lazy"}
    assert shares(answer) == (750_000, 750_000)


def test_a_live_buffer_has_paid_for_it() -> None:
    platform = lazy("48KiB")
    live = plan(platform, frames("old"), pins=["old:heap=lazy"]).placements
    answer = plan(platform, frames("frame"), live=live)
    assert heaps(answer) == {"frame": "lazy"}
    assert shares(answer) == (750_000, 750_000)


@pytest.mark.parametrize(
    ("buffers", "locked", "largest", "total"),
    [
        (3, 0, 187_500, 187_500),  # 3 of 16 pages; the block is 4 of 16
        (5, 4, 250_000, 312_500),  # all in `plain`, they would be 312 500 of it
        (6, 4, 250_000, 375_000),
    ],
)
def test_enough_buffers_are_worth_a_block(buffers: int, locked: int, largest: int, total: int) -> None:
    answer = plan(lazy("16KiB"), frames(*"abcdef"[:buffers]))
    assert list(heaps(answer).values()).count("lazy") == locked
    assert shares(answer) == (largest, total)


def test_a_block_of_another_memory_comes_on_top() -> None:
    # The page lies in `third`, the block in `cma`.
    tee = heap("third", locks={"from": "cma", "size": "32KiB"})
    answer = plan(lazy("48KiB", tee=tee), frames("frame"), pins=["frame:heap=tee"])
    assert shares(answer) == (500_000, 562_500)


def test_two_heaps_lock_a_block_each() -> None:
    more = heap("cma", locks={"from": "cma", "size": "8KiB"})
    pins = ["x:heap=lazy", "y:heap=more"]
    answer = plan(lazy("48KiB", more=more), frames("x", "y"), pins=pins)
    assert shares(answer) == (875_000, 875_000)


def test_a_heap_is_rejected_for_the_block_it_would_lock() -> None:
    placement = placed(lazy("48KiB"), frames("frame"))
    [rejected] = placement.rejected
    assert rejected.reasons[0].text == ("lazy would do as well; its load is 1501000, that of plain is 126000")


def test_a_block_counts_in_the_sum_where_another_memory_is_fuller() -> None:
    # `big` fills half of `third`; the block would be a quarter of `cma`.
    question = pipeline(
        frame=buffer(size="32x32", count=1, read_by=[]), big=buffer(size="64x128", count=1, read_by=[])
    )
    placement = placed(lazy("16KiB", third=heap("third")), question, pins=["big:heap=third"])
    assert placement.heap == "plain"
    reasons = {rejected.heap: rejected.reasons[0].text for rejected in placement.rejected}
    assert reasons["lazy"] == "lazy would do as well; its load is 1251000, that of plain is 1063000"


def test_to_join_a_locked_block_costs_nothing() -> None:
    answer = plan(lazy("48KiB"), frames("x", "y"), pins=["x:heap=lazy"])
    [rejected] = answer.placements[1].rejected
    assert rejected.reasons[0].text == (
        "plain would do as well; its load is 1563000, that of lazy is 1501000"
    )


def test_a_block_that_is_far_too_large_is_never_locked() -> None:
    # Its share of a page would exceed 64 bits.
    answer = plan(lazy(1 << 60, cma="4KiB"), frames("x", "y"))
    assert set(heaps(answer).values()) == {"plain"}


def test_live_buffers_may_have_locked_more_than_there_is() -> None:
    # The board was another when `old` was placed.
    live = plan(lazy("48KiB"), frames("old"), pins=["old:heap=lazy"]).placements
    answer = refusal(lazy(1 << 60, cma="4KiB"), frames("frame"), live=live)
    assert facts(answer) == [("capacity", "cma")]
