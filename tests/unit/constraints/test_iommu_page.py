"""iommu-page: an IOMMU maps whole pages of its own.

linux-7.3.4:drivers/iommu/iommu.c __iommu_map_domain_pgtbl() refuses what is not aligned to min_pagesz.
A frame of 64x64 XR24 is 16 KiB.
"""

from __future__ import annotations

from errno import EINVAL
from typing import Any

import pytest

from heapwright.allocator.backend import AllocationFailed
from heapwright.allocator.execute import execute
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, heap, iommu, pipeline, plan, port, refusal, said

QUESTION = pipeline(frame=buffer(size="64x64", count=2))


def behind(page: str | None, **heap_facts: Any) -> Platform:
    return board(
        heaps={"system": heap("dram", **heap_facts)},
        iommus={"mmu0": iommu(page=page)},
        devices={"panel": device("display", dma={"iommu": "mmu0"}, scanout=port())},
    )


@pytest.mark.parametrize(
    "heap_facts",
    [
        {"run": "4KiB"},
        {"run": "16KiB"},
        {"run": "4KiB", "align": "16KiB"},
        {"run": "whole"},
        {"run": "24KiB", "align": "16KiB", "granule": "48KiB"},
        {"run": "16KiB", "align": "8KiB"},
    ],
)
def test_pieces_that_are_no_whole_pages_cannot_be_mapped(heap_facts: dict[str, Any]) -> None:
    answer = refusal(behind("16KiB", **heap_facts), QUESTION)
    assert facts(answer) == [("iommu-page", "frame→panel")]


@pytest.mark.parametrize("run", ["16KiB", "32KiB", "whole"])
def test_pieces_of_whole_pages_can(run: str) -> None:
    assert plan(behind("16KiB", run=run, align="16KiB"), QUESTION).placements[0].heap == "system"


def test_the_last_piece_must_be_whole_too() -> None:
    # 33x64 XR24 rows of 132 bytes: 8448 bytes, 12 KiB in pages of the CPU.
    odd = pipeline(frame=buffer(size="33x64"))
    assert facts(refusal(behind("16KiB", run="whole", align="16KiB"), odd)) == [("iommu-page", "frame→panel")]
    assert plan(behind("16KiB", run="whole", align="16KiB", granule="16KiB"), odd).placements


@pytest.mark.parametrize("page", ["4KiB", None])
def test_pages_as_the_cpu_has_them_map_anything(page: str | None) -> None:
    assert plan(behind(page, run="4KiB"), QUESTION).placements


def test_it_says_what_the_iommu_needs_and_the_heap_gives() -> None:
    assert said(refusal(behind("16KiB", run="4KiB"), QUESTION), "iommu-page") == (
        "mmu0, through which panel reaches frame, maps pages of 16 KiB; system guarantees runs of 4 KiB, "
        "here 16384 bytes on a multiple of 4 KiB"
    )


def test_the_pretended_kernel_refuses_it() -> None:
    answer = plan(behind("4KiB", run="4KiB"), QUESTION)
    platform = behind("16KiB", run="4KiB")
    with pytest.raises(AllocationFailed) as refused:
        execute(platform, [QUESTION], answer, SimulatedBoard(platform))
    assert refused.value.errno == EINVAL
    assert "unaligned" in str(refused.value)
