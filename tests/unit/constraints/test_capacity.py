"""capacity: the buffers fit the memory their heap draws from, whatever the order of allocation.

A frame of 32x32 XR24 is one page of 4 KiB.
"""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.allocator.execute import execute
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.platforms.schema import Platform
from tests.builders import (
    KIB,
    MIB,
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


def pool(size: Any, heap_facts: dict[str, Any] | None = None, **facts_of_memory: Any) -> Platform:
    """A board of one small memory and its heap."""
    return board(
        memory={"cma": memory(size, inside="dram", **facts_of_memory)},
        heaps={"cma": heap("cma", **(heap_facts or {}))},
    )


def pages(number: int, **facts_of_buffer: Any) -> Any:
    return pipeline(frame=buffer(size="32x32", count=number, **facts_of_buffer))


def test_as_many_as_fit() -> None:
    assert placed(pool("16KiB"), pages(4)).count == 4
    answer = refusal(pool("16KiB"), pages(5))
    assert facts(answer) == [("capacity", "cma"), ("count", "frame")]
    assert said(answer, "capacity") == "5 × frame need 20 KiB of cma, which has 16 KiB free"
    assert ways_out(answer) == {"memory.cma.size": 20 * KIB, "buffers.frame.count": 4}


def test_one_buffer_that_is_too_large() -> None:
    answer = refusal(pool("4KiB"), pipeline(frame=buffer(size="32x64")))
    assert facts(answer) == [("capacity", "cma")]
    assert said(answer, "capacity") == "frame needs 8 KiB of cma, which has 4 KiB free"


@pytest.mark.parametrize(
    ("kib", "slots"),
    # Measured on linux-7.3 with cma=160M: floor(160 MiB / size rounded up to its alignment).
    [(300, 320), (900, 160), (1028, 80), (2048, 80), (3000, 53), (4100, 32), (8100, 20), (16000, 10)],
)
def test_cma_takes_whole_slots(kib: int, slots: int) -> None:
    platform = pool("160MiB", {"align": {"by_size_up_to": "1MiB"}})
    assert placed(platform, pipeline(frame=buffer(bytes=kib * KIB, count=slots))).count == slots
    answer = refusal(platform, pipeline(frame=buffer(bytes=kib * KIB, count=slots + 1)))
    assert facts(answer) == [("capacity", "cma"), ("count", "frame")]
    assert ways_out(answer)["buffers.frame.count"] == slots


def test_what_others_hold_is_not_free() -> None:
    assert placed(pool("24KiB", held="8KiB"), pages(4)).count == 4
    answer = refusal(pool("24KiB", held="12KiB"), pages(4))
    assert said(answer, "capacity") == "4 × frame need 16 KiB of cma, which has 12 KiB free"


def test_the_smaller_size_of_a_range_counts() -> None:
    assert placed(pool("16KiB..1MiB"), pages(4)).count == 4
    assert facts(refusal(pool("12KiB..1MiB"), pages(4))) == [("capacity", "cma"), ("count", "frame")]


def test_a_size_nobody_knows_is_not_checked_and_listed() -> None:
    answer = plan(pool("unknown"), pages(4))
    assert [fact.subject for fact in answer.unknown_facts] == ["cma"]


def test_of_what_is_held_nothing_is_imposed_and_that_is_listed_but_the_size_still_binds() -> None:
    answer = plan(pool("16KiB", held="unknown"), pages(4))
    assert [(fact.subject, fact.field) for fact in answer.unknown_facts] == [("cma", "held")]
    assert facts(refusal(pool("8KiB", held="unknown"), pages(4))) == [("capacity", "cma"), ("count", "frame")]


def test_parts_that_heaps_name_are_not_in_the_memory_around_them() -> None:
    # System-heap pages never come from a CMA area.
    def two(cma: str, *named: str) -> Platform:
        heaps = {"system": heap("ddr")} | {name: heap(name) for name in named}
        return board(
            memory={"ddr": memory("32KiB", base="4GiB"), "cma": memory(cma, inside="ddr")}, heaps=heaps
        )

    pins = ["frame:heap=system"]
    assert placed(two("16KiB"), pages(8), pins=pins).count == 8
    assert placed(two("16KiB", "cma"), pages(4), pins=pins).count == 4
    answer = refusal(two("16KiB", "cma"), pages(5), pins=pins)
    assert said(answer, "capacity") == "5 × frame need 20 KiB of ddr, which has 16 KiB free"


def test_only_the_outermost_part_is_taken_away() -> None:
    nested = {
        "ddr": memory("32KiB", base="4GiB"),
        "cma": memory("16KiB", inside="ddr"),
        "vpu": memory("8KiB", inside="cma"),
    }
    platform = board(memory=nested, heaps={"system": heap("ddr"), "cma": heap("cma"), "vpu": heap("vpu")})
    assert placed(platform, pages(4), pins=["frame:heap=system"]).count == 4
    assert placed(platform, pages(2), pins=["frame:heap=cma"]).count == 2


def test_two_names_of_one_memory_are_one_pool() -> None:
    # linux 7.3 with cma=160M: default_cma_region and reserved share 160 MiB.
    platform = board(
        memory={"cma": memory("16KiB", inside="dram")},
        heaps={"default_cma_region": heap("cma"), "reserved": heap("cma")},
    )
    question = pipeline(a=buffer(size="32x32", count=2), b=buffer(size="32x32", count=3))
    answer = refusal(platform, question, pins=["a:heap=reserved", "b:heap=default_cma_region"])
    assert ("capacity", "cma") in facts(answer)


def test_a_heap_of_two_memories_takes_from_either() -> None:
    def banks(*heaps: str) -> Platform:
        whole = {"low": heap("low"), "high": heap("high"), "any": heap("low", "high")}
        return board(
            memory={"low": memory("8KiB", base="4GiB"), "high": memory("8KiB", base="5GiB")},
            heaps={name: whole[name] for name in heaps},
        )

    assert placed(banks("any"), pages(4)).count == 4
    answer = refusal(banks("any"), pages(5))
    assert facts(answer) == [("capacity", "high + low"), ("count", "frame")]
    assert said(answer, "capacity") == "5 × frame need 20 KiB of high + low, which has 16 KiB free"


def test_what_is_confined_to_one_bank_leaves_less_for_the_others() -> None:
    # Two pages in `low` alone, three anywhere: five pages in four.
    platform = board(
        memory={"low": memory("8KiB", base="4GiB"), "high": memory("8KiB", base="5GiB")},
        heaps={"low": heap("low"), "any": heap("low", "high")},
    )
    question = pipeline(a=buffer(size="32x32", count=2), b=buffer(size="32x32", count=3))
    answer = refusal(platform, question, pins=["a:heap=low", "b:heap=any"])
    assert facts(answer) == [("capacity", "high + low"), ("count", "a"), ("count", "b")]
    fewer = pipeline(a=buffer(size="32x32", count=2), b=buffer(size="32x32", count=2))
    assert plan(platform, fewer, pins=["a:heap=low", "b:heap=any"]).status == "optimal"


def test_files_and_live_buffers_share_it() -> None:
    platform = pool("16KiB")
    live = plan(platform, pages(3)).placements
    assert (
        placed(platform, pipeline("other", frame=buffer(size="32x16", count=1, read_by=[])), live=live).count
        == 1
    )
    answer = refusal(platform, pipeline("other", frame=buffer(size="32x32")), live=live)
    assert facts(answer) == [("capacity", "cma"), ("count", "frame")]
    assert said(answer, "capacity") == "2 × frame, live buffers need 20 KiB of cma, which has 16 KiB free"


def test_a_frame_takes_its_slot_and_not_its_size() -> None:
    # 4 325 376 bytes (design §4) take a slot of 5 MiB, and do not fit into 4.5.
    platform = pool("5MiB", {"align": {"by_size_up_to": "1MiB"}})
    question = pipeline(frame=buffer(bytes=4325376, count=1, read_by=[]))
    assert placed(platform, question).allocated == 5 * MIB
    assert facts(refusal(pool("4608KiB", {"align": {"by_size_up_to": "1MiB"}}), question)) == [
        ("capacity", "cma")
    ]


def lazy(cma: str, lock: str, *, inside: bool = True) -> Platform:
    """A heap whose first buffer takes a block of `cma`; its buffers live in that block, or in memory of their own."""
    return board(
        memory={"cma": memory(cma, inside="dram"), "tz": memory("1MiB", inside="dram")},
        heaps={
            "cma": heap("cma"),
            "tee": heap("cma" if inside else "tz", locks={"from": "cma", "size": lock}),
        },
    )


def test_a_lazily_locked_pool_holds_its_block_only() -> None:
    # linux-7.2.13:drivers/tee/optee/protmem.c protmem_pool_op_dyn_alloc().
    pins = ["frame:heap=tee"]
    assert placed(lazy("64KiB", "16KiB"), pages(4), pins=pins).count == 4
    answer = refusal(lazy("64KiB", "16KiB"), pages(5), pins=pins)
    assert facts(answer) == [("capacity", "tee"), ("count", "frame")]
    assert said(answer, "capacity") == "5 × frame need 20 KiB of the 16 KiB that tee locks"


def test_its_first_buffer_takes_the_whole_block() -> None:
    two = pipeline(a=buffer(size="32x32", count=1, read_by=[]), b=buffer(size="32x32", count=4))
    pins = ["a:heap=tee", "b:heap=cma"]
    for inside in (True, False):
        assert plan(lazy("32KiB", "16KiB", inside=inside), two, pins=pins).status == "optimal"
        answer = refusal(lazy("28KiB", "16KiB", inside=inside), two, pins=pins)
        assert ("capacity", "cma") in facts(answer)
        assert said(answer, "capacity") == "a, 4 × b need 32 KiB of cma, which has 28 KiB free"


def test_and_nothing_before_it() -> None:
    assert placed(lazy("16KiB", "16KiB"), pages(4), pins=["frame:heap=cma"]).count == 4


def test_a_live_buffer_has_locked_it_already() -> None:
    platform = lazy("32KiB", "16KiB")
    live = plan(
        platform, pipeline("old", a=buffer(size="32x32", count=1, read_by=[])), pins=["a:heap=tee"]
    ).placements
    more = pipeline("new", a=buffer(size="32x32", count=3), b=buffer(size="32x32", count=4))
    assert plan(platform, more, live=live, pins=["a:heap=tee", "b:heap=cma"]).status == "optimal"
    answer = refusal(
        platform, pipeline("new", frame=buffer(size="32x32", count=5)), live=live, pins=["frame:heap=cma"]
    )
    assert said(answer, "capacity") == "5 × frame, live buffers need 36 KiB of cma, which has 32 KiB free"


def test_one_locked_pool_is_shared_rather_than_two() -> None:
    # `a-tee` comes first by name, but `b-tee` is locked already, and `cma` has room for one block.
    lock = {"locks": {"from": "cma", "size": "16KiB"}}
    platform = board(
        memory={"cma": memory("16KiB", inside="dram"), "tz": memory("1MiB", inside="dram")},
        heaps={"a-tee": heap("tz", **lock), "b-tee": heap("tz", **lock)},
    )
    question = pipeline(x=buffer(), y=buffer())
    assert [p.heap for p in plan(platform, question, pins=["x:heap=b-tee"]).placements] == ["b-tee", "b-tee"]


def test_whole_runs_are_not_split_between_memories() -> None:
    # 12 KiB fits neither bank of 8 KiB; scattered, it takes from both.
    def banks(run: str) -> Platform:
        return board(
            memory={"low": memory("8KiB", base="4GiB"), "high": memory("8KiB", base="5GiB")},
            heaps={"any": heap("low", "high", run=run)},
        )

    large = pipeline(frame=buffer(bytes=12 * KIB, count=1, read_by=[]))
    assert placed(banks("4KiB"), large).heap == "any"
    answer = refusal(banks("whole"), large)
    assert facts(answer) == [("capacity", "high + low")]
    assert said(answer, "capacity") == (
        "frame needs 12 KiB of high + low, as runs of 12 KiB or more on multiples of 4 KiB; "
        "whatever the kernel takes first, 8 KiB are certain"
    )


def test_whole_runs_have_room_in_several_memories() -> None:
    # 24 KiB: of 8 KiB each, three runs find room if `low` and `high` have 16 KiB, whichever is taken first.
    platform = board(
        memory={"low": memory("16KiB", base="4GiB"), "high": memory("16KiB", base="5GiB")},
        heaps={"any": heap("low", "high")},
    )
    three = pipeline(frame=buffer(bytes=8 * KIB, count=3, read_by=[]))
    assert placed(platform, three).count == 3


def test_whole_runs_are_promised_what_is_left_by_those_who_have_no_choice() -> None:
    # Runs of 8 KiB: `low` is full when they are made, and the 20 KiB of `high` take two.
    platform = board(
        memory={"low": memory("12KiB", base="4GiB"), "high": memory("20KiB", base="5GiB")},
        heaps={"any": heap("low", "high"), "low": heap("low")},
    )
    other = buffer(bytes=12 * KIB, count=1, read_by=[])
    pins = ["other:heap=low", "frame:heap=any"]
    two = pipeline(other=other, frame=buffer(bytes=8 * KIB, count=2, read_by=[]))
    assert plan(platform, two, pins=pins).status == "optimal"
    three = pipeline(other=other, frame=buffer(bytes=8 * KIB, count=3, read_by=[]))
    assert ("capacity", "high + low") in facts(refusal(platform, three, pins=pins))


@pytest.mark.parametrize("narrow", ["a", "b"])
def test_memories_of_one_size_are_as_good_as_each_other(narrow: str) -> None:
    # 12 KiB confined to either bank of 16, and 12 KiB that find room in the other, whatever they are called.
    platform = board(
        memory={"a": memory("16KiB", base="4GiB"), "b": memory("16KiB", base="5GiB")},
        heaps={"both": heap("a", "b"), "one": heap(narrow)},
    )
    run = buffer(bytes=12 * KIB, count=1, read_by=[])
    pins = ["x:heap=both", "y:heap=one"]
    assert plan(platform, pipeline(x=run, y=run), pins=pins).status == "optimal"


# Runs that have no place although there is room: what is live, where an area lies, what the kernel takes first.


def of_sizes(size: Any, base: Any = None) -> Platform:
    """A CMA area that aligns up to 1 MiB, at 0x40000000 unless stated."""
    where = "0x40000000" if base is None else base
    facts_of_heap = {"align": {"by_size_up_to": "1MiB"}}
    return board(
        memory={"dram": memory("2GiB", base=0), "cma": memory(size, inside="dram", base=where)},
        heaps={"cma": heap("cma", **facts_of_heap)},
    )


def raw(name: str, size: int, count: int = 1) -> Any:
    return pipeline(name, frame=buffer(bytes=size, count=count, read_by=[]))


def test_a_live_buffer_may_lie_in_the_middle() -> None:
    # 256 KiB live leave 1 MiB of 1280 KiB, but nothing on a multiple of 1 MiB for sure.
    live = plan(of_sizes("1280KiB"), raw("old", 256 * KIB)).placements
    answer = refusal(of_sizes("1280KiB"), raw("new", MIB), live=live)
    assert facts(answer) == [("capacity", "cma")]
    assert said(answer, "capacity") == (
        "frame needs 1 MiB of cma, as runs of 1 MiB on multiples of 1 MiB; wherever live buffers lie, "
        "0 bytes are certain"
    )
    assert ways_out(answer) == {"memory.cma.size": 2 * MIB}
    assert plan(of_sizes("2MiB"), raw("new", MIB), live=live).status == "optimal"
    assert plan(of_sizes("1280KiB"), raw("new", 256 * KIB, 4), live=live).status == "optimal"


def test_each_live_buffer_may_part_what_is_free() -> None:
    # Of 16 blocks two are touched, and three intervals may each have one block less than five.
    live = plan(of_sizes("16MiB"), raw("old", 4 * KIB, 2)).placements
    answer = plan(of_sizes("16MiB"), raw("new", 5 * MIB), live=live)
    assert answer.status == "optimal"  # 5 ≤ 14 − 2 × 4
    assert ways_out(refusal(of_sizes("16MiB"), raw("new", 5 * MIB, 2), live=live)) == {
        "memory.cma.size": 20 * MIB,
        "buffers.frame.count": 1,
    }


def test_an_area_off_the_alignment_begins_at_the_first_multiple() -> None:
    answer = refusal(of_sizes("1280KiB", "0x40080000"), raw("new", MIB))
    assert said(answer, "capacity") == (
        "frame needs 1 MiB of cma, as runs of 1 MiB on multiples of 1 MiB; as it lies, 0 bytes are certain"
    )
    assert ways_out(answer) == {"memory.cma.size": 1536 * KIB}
    assert plan(of_sizes("1280KiB", "0x40080000"), raw("new", 256 * KIB, 5)).status == "optimal"


def test_the_kernel_puts_cma_on_a_pageblock_and_other_memory_on_a_page() -> None:
    # linux-7.3.4:mm/cma.c __cma_declare_contiguous_nid(): CMA_MIN_ALIGNMENT_BYTES.
    assert placed(of_sizes("1MiB", "unknown"), raw("new", MIB)).count == 1
    carve_out = pool("2MiB", {"align": "1MiB"}, base="unknown")
    assert placed(carve_out, raw("new", MIB)).count == 1
    assert ("capacity", "cma") in facts(refusal(carve_out, raw("new", MIB, 2)))


def test_what_is_held_is_one_run_at_the_beginning() -> None:
    def holding(held: str) -> Platform:
        facts_of_memory = {"inside": "dram", "base": "0x40000000", "held": held}
        return board(
            memory={"dram": memory("2GiB", base=0), "cma": memory("4MiB", **facts_of_memory)},
            heaps={"cma": heap("cma", align={"by_size_up_to": "1MiB"})},
        )

    assert placed(holding("1MiB"), raw("new", MIB, 3)).count == 3
    assert ("capacity", "cma") in facts(refusal(holding("1028KiB"), raw("new", MIB, 3)))


def test_a_part_inside_may_part_what_is_around_it() -> None:
    # 24 KiB around a part of 8 KiB that may lie in the middle: 12 KiB on either side.
    def around(base: Any) -> Platform:
        return board(
            memory={"ddr": memory("32KiB", base="4GiB"), "cma": memory("8KiB", inside="ddr", base=base)},
            heaps={"ddr": heap("ddr"), "cma": heap("cma")},
        )

    pins = ["frame:heap=ddr"]
    answer = refusal(around("unknown"), raw("new", 16 * KIB), pins=pins)
    assert said(answer, "capacity") == (
        "frame needs 16 KiB of ddr, as runs of 16 KiB or more on multiples of 4 KiB; "
        "whatever the kernel takes first, 12 KiB are certain"
    )
    assert placed(around("unknown"), raw("new", 12 * KIB), pins=pins).count == 1
    assert placed(around(4 << 30), raw("new", 24 * KIB), pins=pins).count == 1


def two_heaps() -> Platform:
    return board(
        memory={"a": memory("1MiB", base="4GiB"), "b": memory("1MiB", base="5GiB")},
        heaps={"h": heap("a", "b"), "k": heap("a")},
    )


def test_who_has_no_choice_of_memories_comes_first() -> None:
    both = pipeline(
        big=buffer(bytes=716 * KIB, count=1, read_by=[]), small=buffer(bytes=500 * KIB, count=1, read_by=[])
    )
    pins = ["big:heap=h", "small:heap=k"]
    answer = plan(two_heaps(), both, pins=pins)
    for seed in range(8):
        with execute(two_heaps(), [both], answer, SimulatedBoard(two_heaps(), seed=seed)) as made:
            assert [each.placement.buffer for each in made.buffers] == ["small", "big"]


def test_a_live_buffer_with_a_choice_counts_in_every_memory() -> None:
    live = plan(two_heaps(), raw("old", 716 * KIB), pins=["frame:heap=h"]).placements
    answer = refusal(two_heaps(), raw("new", 500 * KIB), live=live, pins=["frame:heap=k"])
    assert ("capacity", "a") in facts(answer)
    assert placed(two_heaps(), raw("new", 152 * KIB), live=live, pins=["frame:heap=k"]).count == 1


def test_where_neither_has_fewer_memories_the_later_counts_the_earlier_in_full() -> None:
    # `x` takes from a or b, `y` from b or c; x comes first, and may be in b as a whole.
    banks = {name: memory("64KiB", base=f"{number}GiB") for number, name in enumerate("abc", 4)}
    platform = board(memory=banks, heaps={"x": heap("a", "b", run="4KiB"), "y": heap("b", "c", run="4KiB")})
    pins = ["x:heap=x", "y:heap=y"]

    def both(x: int, y: int) -> Any:
        return pipeline(
            x=buffer(bytes=x * KIB, count=1, read_by=[]), y=buffer(bytes=y * KIB, count=1, read_by=[])
        )

    assert plan(platform, both(64, 64), pins=pins).status == "optimal"
    assert ("capacity", "b + c") in facts(refusal(platform, both(64, 68), pins=pins))


def planes(size: str, via: str) -> Platform:
    """NV12 in two dma-bufs of a CMA area, those of a buffer made by a call each, or by one."""
    rule = {"formats": ["NV12"], "dmabufs": [2]}
    return board(
        memory={"dram": memory("2GiB", base=0), "cma": memory(size, inside="dram", base="0x40000000")},
        heaps={"cma": heap("cma", via=via, align={"by_size_up_to": "1MiB"})},
        devices={"camera": device("camera", capture=port(rule))},
    )


NV12 = pipeline(frame=buffer(size="1024x1024", count=2, formats=["NV12"], read_by=[]))


def test_dmabufs_are_made_in_the_order_of_their_alignment() -> None:
    # 1 MiB and 512 KiB, twice: both of 1 MiB come first, and all four fill 3 MiB.
    answer = plan(planes("3MiB", "dma-heap"), NV12)
    with execute(
        planes("3MiB", "dma-heap"), [NV12], answer, SimulatedBoard(planes("3MiB", "dma-heap"))
    ) as made:
        lengths = [[dmabuf.size for dmabuf in each.dmabufs] for each in made.buffers]
        assert lengths == [[MIB, 512 * KIB], [MIB, 512 * KIB]]
    assert ("capacity", "cma") in facts(refusal(planes("2816KiB", "dma-heap"), NV12))


def test_dmabufs_that_a_device_makes_by_one_call_may_leave_holes() -> None:
    # A plane of 1 MiB and one of 512 KiB: the second 1 MiB cannot begin at 1.5 MiB.
    assert placed(planes("4MiB", "drm"), NV12).count == 2
    assert ("capacity", "cma") in facts(refusal(planes("3MiB", "drm"), NV12))
