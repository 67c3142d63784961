"""own-mmu: page tables of its own make scattered memory good enough; it never forbids."""

from __future__ import annotations

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, heap, pipeline, placed, port, refusal

LARGE = pipeline(frame=buffer(size="64x64"))


def with_gpu(**dma: object) -> Platform:
    return board(
        heaps={"system": heap("dram", run="4KiB")},
        devices={"gpu": device("gpu", dma=dma, sample=port())},
    )


def test_scattered_memory_is_explained_by_page_tables() -> None:
    [reason, *_] = [
        r
        for r in placed(
            with_gpu(mmu=True), pipeline(frame=buffer(size="64x64", read_by="gpu.sample"))
        ).reasons
        if r.subject == "frame→gpu"
    ]
    assert (reason.decides, reason.kind) == ("heap", "own-mmu")
    assert reason.text == "gpu has page tables of its own, so runs of 4 KiB in system are enough for frame"


def test_whole_runs_need_no_such_explanation() -> None:
    assert not [r for r in placed(board(), LARGE).reasons if r.kind == "own-mmu"]


def test_the_width_of_its_addresses_still_counts() -> None:
    answer = refusal(with_gpu(mmu=True, bits=29), pipeline(frame=buffer(read_by="gpu.sample")))
    assert facts(answer) == [("address-reach", "frame→gpu")]
