"""address-reach: a device addresses every place the buffer may lie, or the heap is no guarantee."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.schema import Platform
from tests.builders import GIB, board, device, facts, heap, memory, placed, plan, port, refusal, said


def reaching(memory_facts: dict[str, Any], size: Any = "1GiB", **dma: Any) -> Platform:
    """A panel that sees physical addresses, and one heap of one memory."""
    return board(
        memory={"bank": memory(size, **memory_facts)},
        heaps={"bank": heap("bank")},
        devices={"panel": device("display", dma=dma, scanout=port())},
    )


def test_everything_is_within_64_bits() -> None:
    assert placed(reaching({"base": 1 << 62})).heap == "bank"


def test_the_last_byte_decides() -> None:
    # 3 GiB + 1 GiB ends at 2^32 exactly: the last address is 2^32 - 1.
    assert placed(reaching({"base": 3 * GIB}, bits=32)).heap == "bank"
    answer = refusal(reaching({"base": 3 * GIB + 4096}, bits=32))
    assert facts(answer) == [("address-reach", "frame→panel")]
    assert (
        said(answer, "address-reach")
        == "panel addresses 32 bits; bank takes frame from bank, which may reach 0x100001000"
    )


def test_page_tables_hold_physical_addresses_of_that_width_too() -> None:
    assert facts(refusal(reaching({"base": 4 * GIB}, bits=32, mmu=True))) == [
        ("address-reach", "frame→panel")
    ]


def test_behind_an_iommu_bits_bound_bus_addresses_only() -> None:
    platform = board(
        memory={"bank": memory(base=4 * GIB)},
        heaps={"bank": heap("bank")},
        iommus={"mmu0": {"source": "test"}},
        devices={"panel": device("display", dma={"bits": 32, "iommu": "mmu0"}, scanout=port())},
    )
    assert placed(platform).heap == "bank"


def test_a_cpu_and_what_reads_through_it_reach_everything() -> None:
    usb = device("display", dma={"bits": 20}, by_cpu=True, scanout=port())
    platform = board(
        memory={"bank": memory(base=4 * GIB)}, heaps={"bank": heap("bank")}, devices={"panel": usb}
    )
    assert placed(platform).heap == "bank"


def test_bits_nobody_knows_are_not_imposed_and_listed() -> None:
    answer = plan(reaching({"base": 4 * GIB}, bits="unknown"))
    assert [fact.text for fact in answer.unknown_facts] == [
        "dma.bits of panel is unknown and was not imposed"
    ]


@pytest.mark.parametrize(
    ("facts_of_bank", "highest"),
    [
        ({"base": "1GiB..4GiB"}, "0x140000000"),  # the highest place: 4 GiB + 1 GiB
        ({"base": "unknown"}, "an unknown address"),
    ],
)
def test_the_worst_place_counts(facts_of_bank: dict[str, Any], highest: str) -> None:
    answer = refusal(reaching(facts_of_bank, bits=32))
    assert (
        said(answer, "address-reach")
        == f"panel addresses 32 bits; bank takes frame from bank, which may reach {highest}"
    )


def test_a_part_without_base_may_lie_anywhere_in_its_memory() -> None:
    def part(bits: int) -> Platform:
        return board(
            memory={
                "dram": memory("4GiB"),
                "low": memory("1GiB", inside="dram", base=0),
                "cma": memory("64MiB", inside="low"),
            },
            heaps={"cma": heap("cma")},
            devices={"panel": device("display", dma={"bits": bits}, scanout=port())},
        )

    assert placed(part(30)).heap == "cma"
    assert facts(refusal(part(29))) == [("address-reach", "frame→panel")]


def test_a_part_never_sticks_out_of_what_is_around_it() -> None:
    # 0..3 GiB of base + 2 GiB of size would end at 5 GiB; the bank around it ends at 4 GiB.
    platform = board(
        memory={"dram": memory("4GiB"), "part": memory("2GiB", inside="dram", base="0..3GiB")},
        heaps={"part": heap("part")},
        devices={"panel": device("display", dma={"bits": 32}, scanout=port())},
    )
    assert placed(platform).heap == "part"


def test_the_larger_size_of_a_range_counts() -> None:
    assert facts(refusal(reaching({"base": 0}, "2GiB..8GiB", bits=32))) == [("address-reach", "frame→panel")]
    assert placed(reaching({"base": 0}, "2GiB..4GiB", bits=32)).heap == "bank"


def test_memory_of_unknown_size_ends_nobody_knows_where() -> None:
    assert facts(refusal(reaching({"base": 0}, "unknown", bits=40))) == [("address-reach", "frame→panel")]


def test_a_heap_of_unknown_memory_is_no_promise() -> None:
    def somewhere(bits: int) -> Platform:
        return board(
            heaps={"vendor": heap(memory="unknown")},
            devices={"panel": device("display", dma={"bits": bits}, scanout=port())},
        )

    answer = refusal(somewhere(40))
    assert said(answer, "address-reach") == (
        "panel addresses 40 bits; vendor takes frame from memory, which may reach an unknown address"
    )
    assert placed(somewhere(64)).heap == "vendor"


def test_a_bus_carries_its_window_only() -> None:
    # BCM2711: physical 0 to 1 GiB, seen at 0xc0000000 (raspberrypi/linux:arch/arm64/boot/dts/broadcom/bcm2711.dtsi).
    window = {"base": 0, "size": "1GiB", "offset": 0xC000_0000}
    assert placed(reaching({"base": 0}, bits=32, window=window)).heap == "bank"
    answer = refusal(reaching({"base": 0}, "2GiB", bits=32, window=window))
    assert said(answer, "address-reach") == (
        "panel's bus carries 0x0 to 0x40000000 only; bank takes frame from bank, which may lie from 0x0 to 0x80000000"
    )


def test_the_offset_of_a_window_moves_the_end() -> None:
    # 1 GiB seen from 0xc0000000 ends at 2^32; seen from one page later it ends beyond.
    late = {"base": 0, "size": "1GiB", "offset": 0xC000_1000}
    answer = refusal(reaching({"base": 0}, bits=32, window=late))
    assert said(answer, "address-reach") == (
        "panel addresses 32 bits; bank takes frame from bank, which may reach 0x40000000 and is seen shifted by 0xc0001000"
    )


def test_memory_before_a_window_is_not_carried() -> None:
    window = {"base": "1GiB", "size": "2GiB"}
    assert placed(reaching({"base": GIB}, window=window)).heap == "bank"
    assert facts(refusal(reaching({"base": GIB - 4096}, window=window))) == [("address-reach", "frame→panel")]


def test_local_memory_without_a_base_is_not_judged_by_bits() -> None:
    assert placed(reaching({"local": ["camera", "panel"]}, bits=32)).heap == "bank"
