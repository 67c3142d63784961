"""base-alignment: a device may need buffers to start on a multiple of some bytes."""

from __future__ import annotations

from typing import Any

import pytest

from platforms.schema import Platform
from solver import solve
from tests.builders import (
    board,
    buffer,
    device,
    facts,
    heap,
    iommu,
    pipeline,
    placed,
    plan,
    port,
    refusal,
    said,
)


def based(multiple: Any, heap_facts: dict[str, Any] | None = None, **dma: Any) -> Platform:
    return board(
        heaps={"system": heap("dram", **(heap_facts or {}))},
        iommus={"mmu0": iommu()},
        devices={"panel": device("display", dma=dma, scanout=port(base={"multiple": multiple}))},
    )


def test_pages_are_aligned_to_pages() -> None:
    assert placed(based(4096)).heap == "system"


def test_more_than_the_heap_promises() -> None:
    answer = refusal(based(8192))
    assert facts(answer) == [("base-alignment", "frame→panel")]
    assert said(answer, "base-alignment") == (
        "panel.scanout needs frame on a multiple of 8192 bytes; system aligns to 4096"
    )
    assert placed(based(8192, {"align": "8KiB"})).allocated == 8192


def test_a_multiple_that_is_no_power_of_two() -> None:
    assert facts(refusal(based(96))) == [("base-alignment", "frame→panel")]


def test_an_alignment_by_size_depends_on_the_size() -> None:
    # 16x16 XR24 is one page, aligned to a page; 64x64 is 16 KiB, aligned to 16 KiB.
    by_size = {"align": {"by_size_up_to": "64KiB"}}
    assert facts(refusal(based(16384, by_size))) == [("base-alignment", "frame→panel")]
    assert placed(based(16384, by_size), pipeline(frame=buffer(size="64x64"))).heap == "system"


def test_an_alignment_nobody_knows_is_a_page() -> None:
    assert placed(based(4096, {"align": "unknown"})).heap == "system"
    assert facts(refusal(based(8192, {"align": "unknown"}))) == [("base-alignment", "frame→panel")]


@pytest.mark.parametrize(("offset", "fits"), [(0, True), (65536, True), (4096, False), (0xC0000000, True)])
def test_the_address_that_counts_is_the_one_on_the_bus(offset: int, fits: bool) -> None:
    window = {"base": 0, "size": "4GiB", "offset": offset}
    platform = based(65536, {"align": "64KiB"}, window=window)
    if fits:
        assert placed(platform).heap == "system"
        return
    assert said(refusal(platform), "base-alignment") == (
        "panel.scanout needs frame on a multiple of 65536 bytes; system aligns to 65536, "
        "and the bus shifts addresses by 0x1000"
    )


def test_translated_addresses_are_aligned_to_pages_only() -> None:
    aligned = {"align": "64KiB"}
    assert placed(based(4096, aligned, iommu="mmu0")).heap == "system"
    answer = refusal(based(8192, aligned, iommu="mmu0"))
    assert said(answer, "base-alignment") == (
        "panel.scanout needs frame on a multiple of 8192 bytes; its bus addresses are aligned to pages of 4096"
    )
    assert facts(refusal(based(8192, aligned, mmu=True))) == [("base-alignment", "frame→panel")]


@pytest.mark.parametrize(("page", "fits"), [("16KiB", True), ("4KiB", False)])
def test_an_iommu_may_have_pages_of_its_own(page: str, fits: bool) -> None:
    platform = board(
        iommus={"mmu0": iommu(page=page)},
        devices={
            "panel": device(
                "display", dma={"bits": 40, "iommu": "mmu0"}, scanout=port(base={"multiple": 8192})
            )
        },
    )
    assert (solve(platform, [pipeline()]).status == "optimal") is fits


def test_the_cpu_needs_no_alignment() -> None:
    platform = board(devices={"panel": device("display", by_cpu=True, scanout=port(base={"multiple": 8192}))})
    assert placed(platform).heap == "system"


def test_a_multiple_nobody_knows_is_not_imposed_and_listed() -> None:
    answer = plan(based("unknown"))
    assert [(fact.subject, fact.field) for fact in answer.unknown_facts] == [
        ("panel.scanout", "base.multiple")
    ]
