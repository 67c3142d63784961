"""Pages of 4, 16 and 64 KiB: what heaps promise follows them, in solver, judge and kernel alike.

The kernel's own arithmetic stands here a third time, read from linux-7.3.4:
drivers/dma-buf/heaps/cma_heap.c cma_heap_allocate() (an order of pages, at most
CONFIG_CMA_ALIGNMENT), drivers/dma-buf/heaps/system_heap.c orders[], and
include/asm-generic/getorder.h get_order().
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

import heapwright
from heapwright.allocator.hardware import heap_facts
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.allocator.kernel.board import SimulatedBoard as Simulated
from heapwright.platforms.catalog import platform_from
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.board.board import Board
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import device, heap, memory, pipeline, port, raw_port
from tests.property.test_oracle import compared

PAGES = (4096, 16384, 65536)
CMA_ALIGNMENT = 8
SYSTEM_ORDERS = (8, 4, 0)
BATCH = 60
BATCHES = 5


def get_order(size: int, page: int) -> int:
    order = 0
    while page << order < size:
        order += 1
    return order


def cma_slot(size: int, page: int) -> tuple[int, int]:
    """The alignment that cma_alloc() is asked for, and what a buffer takes up to where the next may start."""
    size = -(-size // page) * page
    align = page << min(get_order(size, page), CMA_ALIGNMENT)
    return align, -(-size // align) * align


def with_heaps(page: int, **heaps: Any) -> Platform:
    return platform_from(
        {
            "schema": "heapwright/platform/1",
            "name": "pages",
            "page": page,
            "memory": {"dram": memory("1GiB", base=0)},
            "heaps": heaps,
        }
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_cma_heap_aligns_by_orders_of_pages(page: int) -> None:
    platform = with_heaps(page, cma=heap("dram", run="whole", align={"by_size_up_to": "256 pages"}))
    view = Board(platform).heaps["cma"].promise
    facts = heap_facts("cma", platform.heaps["cma"], platform.page)
    random = Random(page)
    sizes = [1, page, page + 1, 256 * page, 256 * page + 1]
    for size in sizes + [random.randrange(1, 2000 * page) for _ in range(500)]:
        align, slot = cma_slot(size, page)
        assert view.alignment(view.exported(size)) == facts.alignment(size) == align
        assert view.allocated(size) == facts.slot(size) == slot


@pytest.mark.parametrize("page", PAGES)
def test_sizes_in_pages_are_whole_pages_and_others_stay(page: int) -> None:
    words = {"run": "2 pages", "align": "4 pages", "granule": "page", "largest": "1024 pages"}
    made = with_heaps(page, h=heap("dram", **words), fixed=heap("dram", run="64KiB", align="64KiB")).heaps
    assert (made["h"].run, made["h"].align, made["h"].granule, made["h"].largest) == (
        2 * page, 4 * page, page, 1024 * page,
    )  # fmt: skip
    assert (made["fixed"].run, made["fixed"].align) == (65536, 65536)


@pytest.mark.parametrize("page", PAGES)
def test_the_pretended_system_heap_draws_orders_of_pages(page: int) -> None:
    # 273 pages and a byte are one chunk of each order and one more page; nothing is adjacent without luck.
    platform = platform_from(
        {
            "schema": "heapwright/platform/1",
            "name": "pages",
            "page": page,
            "memory": {"dram": memory("1GiB", base=0)},
            "heaps": {"system": heap("dram", run="page")},
            "devices": {
                "cam": device("camera", capture=raw_port()),
                "npu": device("npu", input=raw_port()),
            },
        }
    )
    wanted = pipeline(frame={"bytes": 273 * page + 1, "written_by": "camera", "read_by": "npu.input"})
    answer = heapwright.solve(platform, [wanted])
    assert isinstance(answer, Plan)
    (dmabuf,) = Simulated(platform, contiguity=0.0).allocate(answer.placements[0]).dmabufs
    assert dmabuf.segments is not None
    lengths = [each.length for each in dmabuf.segments]
    assert lengths == [*(page << order for order in SYSTEM_ORDERS), page]


def raspberry(page: str) -> Platform:
    """Raspberry Pi OS boots a kernel of 16 KiB pages on a Pi 5: the shipped board with one line more."""
    facts = {"schema": "heapwright/platform/1", "name": "pi", "extends": "rpi5-bcm2712", "page": page}
    return platform_from(facts)


@pytest.mark.parametrize(("page", "slot"), [("4KiB", 5 << 20), ("16KiB", 8 << 20), ("64KiB", 8 << 20)])
def test_a_board_that_states_its_page_needs_no_other_line(page: str, slot: int) -> None:
    # Order 8 is 1, 4 and 16 MiB: 5 MiB are five of the first, two of the second, half of the third.
    platform = raspberry(page)
    board = Board(platform)
    assert board.heaps["system"].promise.run == board.heaps["system"].promise.align == platform.page
    assert board.heaps["cma"].promise.allocated(5 << 20) == slot
    assert heap_facts("cma", platform.heaps["cma"], platform.page).slot(5 << 20) == slot


@pytest.mark.parametrize(("page", "most"), [("4KiB", 12), ("16KiB", 8), ("64KiB", 8)])
def test_as_many_buffers_fit_a_cma_area_as_slots_of_its_page(page: str, most: int) -> None:
    # XR24 1280x1024 is 5 MiB, and the display needs one run of the 64 MiB: 12 slots of 5, or 8 of 8.
    def asked(count: int) -> Pipeline:
        ways = {"written_by": "cpu.write", "read_by": "display.scanout"}
        return pipeline(frame={"size": "1280x1024", "formats": ["XR24"], "count": count, **ways})

    answer = heapwright.solve(raspberry(page), [asked(most)])
    assert isinstance(answer, Plan)
    assert (answer.placements[0].heap, answer.placements[0].size) == ("cma", 5 << 20)
    assert not JudgedQuestion(JudgedPlatform(raspberry(page)), [asked(most)]).judge(answer)
    refused = heapwright.solve(raspberry(page), [asked(most + 1)])
    assert isinstance(refused, Infeasible)
    assert ("capacity", "cma") in [(fact.kind, fact.subject) for fact in refused.conflict]


def question(seed: int) -> tuple[Platform, list[Pipeline]]:
    """A board of random pages whose areas hold a few slots, and buffers that may or may not fit."""
    random = Random(f"pages/{seed}")
    page = random.choice(PAGES)
    size = random.choice((4, 8, 20, 33)) * page * random.choice((1, 16, 64))
    dma: dict[str, Any] = random.choice(({"mmu": True}, {}, {"segments": random.choice((2, 5, 40))}))
    if dma.get("segments") and random.random() < 0.5:
        dma |= {"segment_size": random.choice((4096, 65536, 1 << 20))}
    if "mmu" not in dma and random.random() < 0.3:
        dma |= {"boundary": random.choice((65536, 1 << 20, 4 << 20))}
    if random.random() < 0.2 and "mmu" not in dma:
        dma |= {"window": {"base": 0, "size": "4GiB", "offset": random.choice((4096, 32768, 1 << 20))}}
    based = {"base": {"multiple": random.choice((4096, 16384, 65536, 1 << 20))}}
    platform = platform_from(
        {
            "schema": "heapwright/platform/1",
            "name": "pages",
            "page": page,
            "memory": {
                "dram": memory(1 << 30, base=0),
                "cma": memory(size, inside="dram", base=512 << 20),
            },
            "heaps": {
                "system": heap("dram", run=random.choice(("page", "4 pages")), align="page"),
                "cma": heap(
                    "cma", run="whole", align=random.choice(("page", {"by_size_up_to": "256 pages"}))
                ),
            },
            "devices": {
                "cam": device("camera", capture=raw_port(**random.choice(({}, based)))),
                "panel": device("display", dma=dma, scanout=port()),
                "npu": device("npu", dma=dma, input=raw_port(**random.choice(({}, based)))),
            },
        }
    )
    bytes_of = [
        random.choice((1, page - 1, page, 3 * page, 5 * page + 1, 17 * page, 300 * page)) for _ in "ab"
    ]
    wanted = {
        f"b{index}": {
            "bytes": number, "written_by": "camera", "read_by": "npu.input", "count": random.choice((1, 2, 3)),
        }
        for index, number in enumerate(bytes_of[: random.choice((1, 2))])
    }  # fmt: skip
    return platform, [pipeline(**wanted)]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_solver_judge_and_brute_force_agree_at_every_page(batch: int) -> None:
    seeds = range(batch * BATCH, (batch + 1) * BATCH)
    found = (compared(f"pages seed {seed}", *question(seed), ()) for seed in seeds)
    assert [text for text in found if text is not None] == []


def test_the_questions_are_of_all_sorts() -> None:
    answers = [(heapwright.solve(*question(seed)), question(seed)[0].page) for seed in range(300)]
    assert {page for answer, page in answers if isinstance(answer, Plan)} == set(PAGES)
    refused = {
        fact.kind for answer, _ in answers if isinstance(answer, Infeasible) for fact in answer.conflict
    }
    assert refused >= {"contiguous-memory", "base-alignment", "capacity"}
