"""board: derived integers, with the worst case where a profile is vague."""

from __future__ import annotations

from gc import collect
from typing import Any
from weakref import ref

import pytest

from heapwright.solver.board.board import Board
from tests.builders import GIB, KIB, MIB, board, device, facts, heap, memory, peak, placed, port, refusal


def view(**parts: Any) -> Board:
    return Board(board(**parts))


def test_memory_lies_where_it_says() -> None:
    low = view(memory={"low": memory("1GiB", base="1GiB..2GiB")}).memories["low"]
    assert (low.lowest, low.highest, low.placed) == (GIB, 3 * GIB, True)


def test_a_part_lies_anywhere_in_its_memory() -> None:
    parts = {"bank": memory("4GiB", base="4GiB"), "cma": memory("64MiB", inside="bank")}
    cma = view(memory=parts).memories["cma"]
    assert (cma.lowest, cma.highest, cma.placed) == (4 * GIB, 8 * GIB, False)


@pytest.mark.parametrize(
    ("cpu", "seen"),
    [("cached", "cached"), ("write-combined", "write-combined"), ("unknown", "none"), ("none", "none")],
)
def test_a_mapping_nobody_knows_is_none(cpu: str, seen: str) -> None:
    assert view(heaps={"h": heap("dram", cpu=cpu)}).heaps["h"].cpu == seen


@pytest.mark.parametrize(
    ("align", "size", "alignment", "allocated"),
    [
        (None, 5000, 4096, 8192),
        ("64KiB", 5000, 65536, 65536),
        ({"by_size_up_to": "1MiB"}, 5000, 8192, 8192),
        ({"by_size_up_to": "1MiB"}, 4096, 4096, 4096),
        ({"by_size_up_to": "1MiB"}, 300 * KIB, 512 * KIB, 512 * KIB),
        ({"by_size_up_to": "1MiB"}, 1100 * KIB, MIB, 2 * MIB),
        ({"by_size_up_to": "page"}, 100, 4096, 4096),
        ("page", 100, 4096, 4096),
        ("4 pages", 100, 16384, 16384),
    ],
)
def test_what_a_buffer_costs_its_memory(align: Any, size: int, alignment: int, allocated: int) -> None:
    found = view(heaps={"h": heap("dram", **({} if align is None else {"align": align}))}).heaps["h"].promise
    assert found.alignment(found.exported(size)) == alignment
    assert found.allocated(size) == allocated


@pytest.mark.parametrize(
    ("since", "until", "kernel", "there"),
    [
        (None, None, "6.12", True),
        ("6.12", None, "6.12", True),
        ("6.13", None, "6.12", False),
        (None, "6.12", "6.12", False),
        (None, "6.13", "6.12", True),
        ("6.9", "6.17", "6.12", True),
        ("6.12", None, "6.12.0", True),
        ("6.12.0", None, "6.12", True),
        (None, "6.12.0", "6.12", False),
        ("7.0", None, "unknown", True),
    ],
)
def test_heaps_come_and_go_with_the_kernel(
    since: str | None, until: str | None, kernel: str, there: bool
) -> None:
    limits = {name: value for name, value in (("since", since), ("until", until)) if value is not None}
    platform = board(heaps={"h": heap("dram", **limits)}, kernel=kernel)
    assert ("h" in Board(platform).heaps) is there


def test_a_heap_of_another_kernel_is_not_offered() -> None:
    heaps = {"a-new": heap("dram", since="6.17"), "system": heap("dram")}
    assert placed(board(heaps=heaps)).heap == "system"
    answer = refusal(board(heaps={"a-new": heap("dram", since="6.17")}))
    assert facts(answer) == [("capacity", "bench")]
    assert answer.conflict[0].text == "bench has no heap to allocate from"


def test_a_part_named_by_a_heap_of_another_kernel_is_just_a_place() -> None:
    parts = {"ddr": memory("32KiB", base="4GiB"), "cma": memory("16KiB", inside="ddr")}
    heaps = {"system": heap("ddr"), "cma": heap("cma", since="6.17")}
    assert view(memory=parts, heaps=heaps).memories["ddr"].free == 32 * KIB
    assert view(memory=parts, heaps=heaps, kernel="6.17").memories["ddr"].free == 16 * KIB


def test_a_part_that_a_pool_locks_is_taken_away_too() -> None:
    parts = {
        "ddr": memory("32KiB", base="4GiB"),
        "cma": memory("16KiB", inside="ddr"),
        "tz": memory("8KiB", base="8GiB"),
    }
    heaps = {"system": heap("ddr"), "tee": heap("tz", locks={"from": "cma", "size": "8KiB"})}
    assert view(memory=parts, heaps=heaps).memories["ddr"].free == 16 * KIB


def test_a_part_of_unknown_size_leaves_nobody_knows_what() -> None:
    parts = {"ddr": memory("32KiB", base="4GiB"), "cma": memory("unknown", inside="ddr")}
    assert view(memory=parts, heaps={"system": heap("ddr"), "cma": heap("cma")}).memories["ddr"].free is None


def test_parts_larger_than_what_is_around_leave_nothing() -> None:
    parts = {
        "ddr": memory("32KiB", base="4GiB"),
        "a": memory("16KiB", inside="ddr"),
        "b": memory("16KiB", inside="ddr"),
        "c": memory("16KiB", inside="ddr"),
    }
    heaps = {"system": heap("ddr"), **{name: heap(name) for name in "abc"}}
    assert view(memory=parts, heaps=heaps).memories["ddr"].free == 0


def test_pools_are_the_unions_of_memories_that_heaps_share() -> None:
    parts = {name: memory("1MiB", base=f"{number}GiB") for number, name in enumerate("abcd", 4)}
    heaps = {"ab": heap("a", "b", run="4KiB"), "bc": heap("b", "c", run="4KiB"), "d": heap("d")}
    pools = {pool.name: pool.free for pool in view(memory=parts, heaps=heaps).pools}
    assert pools == {"a + b": 2 * MIB, "b + c": 2 * MIB, "a + b + c": 3 * MIB, "d": MIB}


def test_a_pool_with_memory_of_unknown_size_has_no_limit() -> None:
    parts = {"a": memory("1MiB", base="4GiB"), "b": memory("unknown", base="5GiB")}
    assert [p.name for p in view(memory=parts, heaps={"ab": heap("a", "b"), "a": heap("a")}).pools] == ["a"]


def test_a_part_of_local_memory_is_local_too() -> None:
    parts = {
        "vram": memory("64MiB", local="camera", reached_by=["panel"]),
        "bar": memory("16MiB", inside="vram"),
    }
    found = view(memory=parts).memories["bar"]
    assert (found.local, found.peers) == (frozenset({"camera"}), frozenset({"panel"}))


@pytest.mark.parametrize(
    ("facts_of_device", "translation"),
    [
        ({"dma": {}}, "none"),
        ({"dma": {"mmu": True}}, "mmu"),
        ({"dma": {"iommu": "mmu0"}}, "iommu"),
        ({"dma": {"iommu": "mmu0"}, "by_cpu": True}, "cpu"),
    ],
)
def test_what_stands_between_a_device_and_memory(facts_of_device: dict[str, Any], translation: str) -> None:
    devices = {"panel": device("display", scanout=port(), **facts_of_device)}
    assert (
        view(devices=devices, iommus={"mmu0": {"source": "test"}}).devices["panel"].translation == translation
    )


def test_the_cpu_snoops_its_own_caches() -> None:
    assert view(devices={"cpu0": device("cpu", coherent=False)}).devices["cpu0"].snoops


def test_what_follows_from_a_platform_alone_is_worked_out_once_as_long_as_it_lives() -> None:
    platform = board()
    one, other = Board(platform), Board(platform)
    assert one.heaps is other.heaps and one.devices is other.devices and one.memories is other.memories
    assert one.known is not other.known
    views = ref(one.heaps["system"])
    del platform, one, other
    collect()
    assert views() is None


def test_what_lives_on_a_board_is_of_one_question_alone() -> None:
    platform = board()
    one, other = Board(platform), Board(platform)
    one.existing = ((one.heaps["system"], (MIB,), 2),)
    one.by_class = True
    assert (other.existing, other.by_class) == ((), False)


def test_memories_that_carry_as_much_are_one_to_whoever_reaches_them() -> None:
    same = {"low": memory(base="0x0"), "high": memory(base="0x100000000")}
    assert len({each.throughput for each in view(memory=same).memories.values()}) == 1
    faster = {"low": same["low"], "high": {**same["high"], "bandwidth": peak(1 << 44)}}
    assert len({each.throughput for each in view(memory=faster).memories.values()}) == 2
