"""What fits together: files that are live together share every capacity, and wishes give way fairly.

Frames of 32x32 XR24 are one page of 4 KiB, so numbers of pages are numbers of buffers.
"""

from __future__ import annotations

from typing import Any

from heapwright import solve
from heapwright.allocator.judge.judge import judge
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import (
    KIB,
    board,
    buffer,
    device,
    facts,
    heap,
    image,
    iommu,
    memory,
    peak,
    pipeline,
    plan,
    port,
    refusal,
)


def pages(number: int, **sections: Any) -> Platform:
    return board(
        memory={"cma": memory(number * 4 * KIB, inside="dram")}, heaps={"cma": heap("cma")}, **sections
    )


def wishing(name: str, wish: int, least: int = 2, **spec: Any) -> Pipeline:
    return pipeline(name, frame=buffer(size="32x32", count={"min": least, "wish": wish}, **spec))


def granted(platform: Platform, *files: Pipeline) -> dict[str, int]:
    answer = plan(platform, *files)
    assert judge(platform, sorted(files, key=lambda each: each.name), answer) == ()
    return {f"{p.pipeline}/{p.buffer}": p.count for p in answer.placements}


# Wishes


def test_wishes_are_granted_where_there_is_room() -> None:
    assert granted(pages(16), wishing("a", 8), wishing("b", 8)) == {"a/frame": 8, "b/frame": 8}


def test_everybody_loses_one_before_anybody_loses_two() -> None:
    # 24 wished, 18 pages: 6 to lose among three is 2 each.
    files = [wishing(name, 8) for name in "abc"]
    assert granted(pages(18), *files) == {"a/frame": 6, "b/frame": 6, "c/frame": 6}


def test_what_is_left_over_goes_by_name() -> None:
    # 24 wished, 19 pages: 5 to lose is 2 + 2 + 1.
    lost = sorted(8 - number for number in granted(pages(19), *(wishing(name, 8) for name in "abc")).values())
    assert lost == [1, 2, 2]
    once = granted(pages(19), *(wishing(name, 8) for name in "abc"))
    again = granted(pages(19), *(wishing(name, 8) for name in "cba"))
    assert once == again


def test_nobody_goes_below_what_must_be() -> None:
    # b can lose one only; a loses the other three.
    assert granted(pages(12), wishing("a", 8), wishing("b", 8, least=7)) == {"a/frame": 5, "b/frame": 7}


def test_wishes_of_different_length_lose_alike() -> None:
    # 12 + 4 wished, 12 pages: two each, not four of the longer.
    assert granted(pages(12), wishing("a", 12), wishing("b", 4)) == {"a/frame": 10, "b/frame": 2}


def test_one_large_buffer_may_give_what_several_small_ones_need() -> None:
    # 2 × 8 pages and 4 × 1 wished in 12: one large given up (1) beats 8 small ones.
    big = pipeline("big", frame=buffer(bytes=32 * KIB, count={"min": 1, "wish": 2}, read_by=[]))
    assert granted(pages(12), big, wishing("small", 4)) == {"big/frame": 1, "small/frame": 4}


def test_what_was_given_up_is_reported() -> None:
    answer = plan(pages(13), wishing("a", 8), wishing("b", 8, least=7))
    assert [(d.pipeline, d.wish, d.granted) for d in answer.dropped] == [("a", 8, 6), ("b", 8, 7)]
    # 1 + 2 for a, 1 for b.
    assert next(level.value for level in answer.levels if level.term == "dropped-wishes") == 4


def test_who_gave_up_most_comes_first() -> None:
    files = [wishing("a", 8, least=7), wishing("b", 8), wishing("c", 8, least=7)]
    lost = [(d.pipeline, d.wish - d.granted) for d in plan(pages(18), *files).dropped]
    assert lost == [("b", 4), ("a", 1), ("c", 1)]


def test_what_must_be_is_never_dropped() -> None:
    answer = refusal(pages(8), wishing("a", 8, least=5), wishing("b", 8, least=5))
    assert ("capacity", "cma") in facts(answer)


def test_live_buffers_give_nothing_up() -> None:
    platform = pages(12)
    live = plan(platform, wishing("a", 8)).placements
    answer = solve(platform, [wishing("b", 8)], live=live)
    assert isinstance(answer, Plan)
    assert answer.placements[0].count == 4


# Every capacity is shared


def test_files_share_an_aperture() -> None:
    # Nine pages of bus addresses behind one IOMMU, the first not given out, for the panel that both files show on.
    panel = device("display", dma={"iommu": "mmu"}, scanout=port())
    platform = board(iommus={"mmu": iommu(bits=32, aperture={"size": "36KiB"})}, devices={"panel": panel})
    assert granted(platform, wishing("a", 8), wishing("b", 8)) == {"a/frame": 4, "b/frame": 4}


def test_files_share_bandwidth() -> None:
    # 64 × 64 × 4 = 16 KiB, written and read 60 times a second: 1 966 080 bytes/s a file.
    def busy(limit: int) -> Platform:
        return board(memory={"dram": memory(bandwidth=peak(limit))})

    files = [pipeline(name, frame=buffer(size="64x64")) for name in "ab"]
    assert isinstance(solve(busy(3_932_160), files), Plan)
    answer = refusal(busy(3_932_159), *files)
    assert ("resource", "dram") in facts(answer)
    assert isinstance(solve(busy(3_932_159), files[:1]), Plan)


def test_bandwidth_is_spread_over_memories() -> None:
    # Each bank carries one file: the plan takes one each.
    banks = {
        name: memory("1MiB", base=base, bandwidth=peak(2_000_000))
        for name, base in (("bank0", "4GiB"), ("bank1", "5GiB"))
    }
    platform = board(memory=banks, heaps={name: heap(name) for name in banks})
    files = [pipeline(name, frame=buffer(size="64x64")) for name in "ab"]
    answer = plan(platform, *files)
    assert {p.heap for p in answer.placements} == {"bank0", "bank1"}


def test_files_share_planes_and_scalers() -> None:
    panel = device("display", scanout=port(image(), how_many=3, uses={"scaler": 1}))
    platform = board(devices={"panel": panel}, resources={"scaler": 1})
    answer = refusal(platform, pipeline("one"), pipeline("other"))
    assert facts(answer) == [("resource", "scaler")]
    assert answer.conflict[0].text == "one/frame, other/frame need 2 scaler; there are 1"
    assert isinstance(solve(platform, [pipeline("one")]), Plan)
    two = board(devices={"panel": panel}, resources={"scaler": 4})
    assert isinstance(solve(two, [pipeline(name) for name in "abc"]), Plan)
    assert facts(refusal(two, *(pipeline(name) for name in "abcd"))) == [("resource", "panel.scanout")]


def test_a_file_that_leaves_makes_room() -> None:
    files = [wishing("a", 8, least=6), wishing("b", 8, least=6), wishing("c", 8, least=6)]
    assert isinstance(solve(pages(16), files), Infeasible)
    assert isinstance(solve(pages(16), files[:2]), Plan)


def test_the_order_of_files_changes_nothing() -> None:
    files = [wishing(name, wish) for name, wish in (("a", 5), ("b", 9), ("c", 7))]
    assert plan(pages(13), *files) == plan(pages(13), *reversed(files))
