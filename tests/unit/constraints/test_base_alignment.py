"""base-alignment: a device may need buffers to start on a multiple of some bytes."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright import solve
from heapwright.platforms.schema import Platform
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


def translated(multiple: int, allotted: Any, size: str, **dma: Any) -> str:
    """Whether a panel behind page tables gets XR24 of that size on a multiple of so many bytes."""
    return solve(
        board(
            iommus={"mmu0": iommu(iova=allotted, aperture={"base": "2MiB", "size": "1GiB"})},
            devices={"panel": device("display", dma=dma, scanout=port(base={"multiple": multiple}))},
        ),
        [pipeline(frame=buffer(size=size))],
    ).status


@pytest.mark.parametrize(
    ("allotted", "size", "promised"),
    [
        # linux-7.3.4:drivers/iommu/iova.c __alloc_and_insert_iova_range(): the size rounded up to a power
        # of two. 256x256 XR24 is 256 KiB; 248x256 a page less than 62 pages of it, and rounded up likewise.
        ("dma-iommu", "256x256", 1 << 18),
        ("dma-iommu", "248x256", 1 << 18),
        ("dma-iommu", "32x32", 1 << 12),
        # drivers/gpu/drm/rockchip/rockchip_drm_gem.c rockchip_gem_iommu_map(): PAGE_SIZE.
        ("drm-mm", "256x256", 1 << 12),
        # arch/arm/mm/dma-mapping.c __alloc_iova(): order 8 at most; counted from the base, here 2 MiB.
        ({"by_size_up_to": "1MiB"}, "256x256", 1 << 18),
        ({"by_size_up_to": "1MiB"}, "1024x1024", 1 << 20),
        ({"by_size_up_to": "16MiB"}, "1024x1024", 1 << 21),
        ("unknown", "256x256", 1 << 12),
        (None, "256x256", 1 << 12),
    ],
)
def test_translated_addresses_are_aligned_as_they_are_allotted(
    allotted: Any, size: str, promised: int
) -> None:
    assert translated(promised, allotted, size, iommu="mmu0") == "optimal"
    assert translated(2 * promised, allotted, size, iommu="mmu0") == "infeasible"


def test_page_tables_of_its_own_promise_a_page_unless_they_say_more() -> None:
    assert translated(4096, "dma-iommu", "256x256", mmu=True) == "optimal"
    assert translated(8192, "dma-iommu", "256x256", mmu=True) == "infeasible"
    assert translated(1 << 18, "drm-mm", "256x256", mmu=True, iova="dma-iommu") == "optimal"


def test_what_does_not_suffice_is_said() -> None:
    answer = refusal(based(8192, {"align": "64KiB"}, iommu="mmu0"))
    assert said(answer, "base-alignment") == (
        "panel.scanout needs frame on a multiple of 8192 bytes; "
        "its bus addresses are sure to be multiples of 4096 only"
    )


def test_the_cpu_needs_no_alignment() -> None:
    platform = board(devices={"panel": device("display", by_cpu=True, scanout=port(base={"multiple": 8192}))})
    assert placed(platform).heap == "system"


def test_a_multiple_nobody_knows_is_not_imposed_and_listed() -> None:
    answer = plan(based("unknown"))
    assert [(fact.subject, fact.field) for fact in answer.unknown_facts] == [
        ("panel.scanout", "base.multiple")
    ]
