"""iommu-reach: an IOMMU maps only memory that its page-table entries can name."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import GIB, board, device, facts, heap, iommu, memory, placed, plan, port, refusal, said


def behind(bits: Any, **facts_of_bank: Any) -> Platform:
    """A panel behind `mmu0`, and one heap of one memory."""
    return board(
        memory={"bank": memory(**facts_of_bank)},
        heaps={"bank": heap("bank")},
        iommus={"mmu0": iommu(bits=bits)},
        devices={"panel": device("display", dma={"iommu": "mmu0"}, scanout=port())},
    )


def test_an_iommu_without_stated_width_maps_everything() -> None:
    platform = board(
        iommus={"mmu0": iommu()}, devices={"panel": device("display", dma={"iommu": "mmu0"}, scanout=port())}
    )
    assert placed(platform).heap == "system"


def test_the_last_byte_decides() -> None:
    # rk-iommu v1 has 32-bit entries: memory that ends at 4 GiB is mapped, one page more is not.
    assert placed(behind(32, base=3 * GIB)).heap == "bank"
    answer = refusal(behind(32, base=3 * GIB + 4096))
    assert facts(answer) == [("iommu-reach", "frame→panel")]
    assert said(answer, "iommu-reach") == (
        "mmu0, through which panel reaches memory, holds 32-bit physical addresses; "
        "bank takes frame from bank, which may reach 0x100001000"
    )


def test_a_width_nobody_knows_is_not_imposed_and_listed() -> None:
    answer = plan(behind("unknown", base=16 * GIB))
    assert [(fact.subject, fact.field) for fact in answer.unknown_facts] == [("mmu0", "bits")]


def test_memory_without_a_known_end_is_no_promise() -> None:
    answer = refusal(behind(40, base="unknown"))
    assert said(answer, "iommu-reach").endswith(
        "bank takes frame from bank, which may reach an unknown address"
    )


def test_a_heap_of_unknown_memory_is_no_promise() -> None:
    platform = board(
        heaps={"vendor": heap(memory="unknown")},
        iommus={"mmu0": iommu(bits=40)},
        devices={"panel": device("display", dma={"iommu": "mmu0"}, scanout=port())},
    )
    assert said(refusal(platform), "iommu-reach").endswith(
        "vendor takes frame from memory, which may reach an unknown address"
    )


def test_64_bits_reach_even_what_nobody_knows() -> None:
    assert placed(behind(64, base="unknown")).heap == "bank"


def test_local_memory_without_a_base_is_not_judged() -> None:
    assert placed(behind(32, local=["camera", "panel"])).heap == "bank"
