"""contiguous-memory: without an IOMMU or page tables, a buffer must come in few enough runs.

A frame of 32x32 XR24 is 32 × 4 × 32 = 4096 bytes, one page; 32x64 is two pages.
"""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import (
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
)

ONE_PAGE = pipeline(frame=buffer(size="32x32"))
TWO_PAGES = pipeline(frame=buffer(size="32x64"))
THREE_PAGES = pipeline(frame=buffer(size="32x96"))


def panel_with(heap_facts: dict[str, Any] | None = None, **dma: Any) -> Platform:
    """A board of one scattered heap whose panel sees physical addresses."""
    heaps = {"system": heap("dram", **{"run": "4KiB", **(heap_facts or {})})}
    return board(heaps=heaps, devices={"panel": device("display", dma=dma, scanout=port())})


def test_one_page_is_always_one_run() -> None:
    assert placed(panel_with(), ONE_PAGE).heap == "system"


def test_two_pages_may_be_two_runs() -> None:
    answer = refusal(panel_with(), TWO_PAGES)
    assert facts(answer) == [("contiguous-memory", "frame→panel")]
    assert said(answer, "contiguous-memory") == (
        "panel has no IOMMU, so frame must be one physical run; system guarantees runs of 4 KiB"
    )
    assert answer.conflict[0].source == "made up for a test"


def test_a_guaranteed_run_of_the_whole_size_is_enough() -> None:
    assert placed(panel_with({"run": "8KiB"}), TWO_PAGES).heap == "system"
    assert facts(refusal(panel_with({"run": "8KiB"}), THREE_PAGES)) == [("contiguous-memory", "frame→panel")]


def test_an_unknown_run_is_a_page() -> None:
    assert facts(refusal(panel_with({"run": "unknown"}), TWO_PAGES)) == [("contiguous-memory", "frame→panel")]


def test_a_heap_of_whole_buffers_is_taken_instead() -> None:
    platform = board(
        memory={"cma": memory("1MiB", inside="dram")},
        heaps={"cma": heap("cma"), "a-system": heap("dram", run="4KiB")},
        devices={"panel": device("display", dma={}, scanout=port())},
    )
    assert placed(platform, TWO_PAGES).heap == "cma"


def test_page_tables_take_scattered_memory() -> None:
    assert placed(panel_with(mmu=True), TWO_PAGES).heap == "system"


def test_segments_are_counted() -> None:
    assert placed(panel_with(segments=2), TWO_PAGES).heap == "system"
    answer = refusal(panel_with(segments=2), THREE_PAGES)
    assert said(answer, "contiguous-memory") == (
        "panel has no IOMMU, so frame must be at most 2 physical runs; system guarantees runs of 4 KiB"
    )


def test_segments_nobody_knows_are_not_imposed_and_listed() -> None:
    answer = plan(panel_with(segments="unknown"), THREE_PAGES)
    assert [(fact.subject, fact.field) for fact in answer.unknown_facts] == [("panel", "dma.segments")]


def test_short_segments_cut_a_long_run() -> None:
    # 12 KiB in segments of 4 KiB is three pieces, 8 KiB is two.
    whole = {"run": "whole"}
    assert placed(panel_with(whole, segments=2, segment_size="4KiB"), TWO_PAGES).heap == "system"
    answer = refusal(panel_with(whole, segments=2, segment_size="4KiB"), THREE_PAGES)
    assert said(answer, "contiguous-memory") == (
        "panel has no IOMMU, so frame must be at most 2 physical runs of at most 4 KiB; system guarantees whole buffers"
    )


def test_a_segment_size_without_a_number_of_segments_only_warns() -> None:
    answer = plan(panel_with({"run": "whole"}, segment_size="4KiB"), TWO_PAGES)
    assert answer.warnings == (
        "panel claims segments of at most 4096 bytes; frame is one of 8192, "
        "which works and makes CONFIG_DMA_API_DEBUG complain",
    )
    assert not plan(panel_with({"run": "whole"}, segment_size="8KiB"), TWO_PAGES).warnings


def test_each_dmabuf_is_judged_by_itself() -> None:
    # NV12 64x64 is 4096 + 2048 bytes: apart a page each, together two.
    def two_planes(*dmabufs: int) -> Platform:
        rule = {"formats": ["NV12"], "dmabufs": list(dmabufs)}
        return board(
            heaps={"system": heap("dram", run="4KiB")},
            devices={
                "camera": device("camera", capture=port(rule)),
                "panel": device("display", dma={}, scanout=port(rule)),
            },
        )

    square = pipeline(frame=buffer(size="64x64"))
    assert facts(refusal(two_planes(1), square)) == [
        ("contiguous-memory", "frame→panel"),
        ("plane-buffers", "frame→camera"),
    ]
    assert placed(two_planes(2), square).sizes == (4096, 2048)
    assert placed(two_planes(1, 2), square).sizes == (4096, 2048)


def test_no_piece_straddles_a_boundary() -> None:
    # Two pages aligned to a page may lie on both sides of a boundary of 8 KiB; aligned to 8 KiB they never do.
    answer = refusal(panel_with({"run": "whole"}, boundary="8KiB"), TWO_PAGES)
    assert said(answer, "contiguous-memory") == (
        "panel has no IOMMU and no piece of frame may straddle a boundary of 8 KiB; system does not promise that"
    )
    aligned = panel_with({"run": "whole", "align": "8KiB"}, boundary="8KiB")
    assert placed(aligned, TWO_PAGES).allocated == 8192


def test_memory_that_nobody_knows_may_straddle_any_boundary() -> None:
    platform = board(
        heaps={"vendor": heap(memory="unknown")},
        devices={"panel": device("display", dma={"boundary": "64KiB"}, scanout=port())},
    )
    assert facts(refusal(platform, TWO_PAGES)) == [("contiguous-memory", "frame→panel")]
    assert placed(platform, ONE_PAGE).heap == "vendor"


def test_memory_within_one_boundary_window_never_straddles() -> None:
    def at(base: int) -> Platform:
        return board(
            memory={"sram": memory("16KiB", base=base)},
            heaps={"sram": heap("sram")},
            devices={"panel": device("display", dma={"boundary": "64KiB"}, scanout=port())},
        )

    assert placed(at(0x8000_0000), TWO_PAGES).heap == "sram"
    assert facts(refusal(at(0x8000_D000), TWO_PAGES)) == [("contiguous-memory", "frame→panel")]


def test_pieces_start_where_the_one_before_ends() -> None:
    # 96 KiB from a multiple of 128 KiB: of three pieces of 32 KiB none crosses 64 KiB, the second of 48 KiB does.
    frame = pipeline(frame=buffer(size="192x128"))
    whole = {"run": "whole", "align": "128KiB"}
    assert (
        placed(panel_with(whole, segments=3, segment_size="32KiB", boundary="64KiB"), frame).size == 96 << 10
    )
    answer = refusal(panel_with(whole, segments=3, segment_size="48KiB", boundary="64KiB"), frame)
    assert facts(answer) == [("contiguous-memory", "frame→panel")]


def test_only_the_first_run_starts_where_the_buffer_does() -> None:
    # Runs of two pages from a multiple of two pages on; where the second one starts, nothing says.
    heap_facts = {"run": "8KiB", "align": "8KiB"}
    assert placed(panel_with(heap_facts, boundary="8KiB"), TWO_PAGES).allocated == 8192
    answer = refusal(
        panel_with(heap_facts, segments=2, boundary="8KiB"), pipeline(frame=buffer(size="32x128"))
    )
    assert facts(answer) == [("contiguous-memory", "frame→panel")]


def test_boundaries_are_those_of_bus_addresses() -> None:
    # A physical multiple of 8 KiB is none on a bus that shifts by 4 KiB.
    def shifted(offset: int) -> Platform:
        window = {"base": 0, "size": "4GiB", "offset": offset}
        return panel_with({"run": "whole", "align": "8KiB"}, boundary="8KiB", window=window)

    assert placed(shifted(8192), TWO_PAGES).heap == "system"
    assert facts(refusal(shifted(4096), TWO_PAGES)) == [("contiguous-memory", "frame→panel")]
