"""What is promised beside live buffers is there: by the simulated board, and by the kernel's own search.

Plans promise runs wherever live buffers lie. Sequences of questions are carried out on a board
that takes whichever memory it likes; and in tiny CMA areas every lawful place of what is live is
tried with the kernel's bitmap search (`kernel_runs`), which shares nothing with solver or judge.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from random import Random

import pytest

import heapwright
from heapwright.allocator.judge.judge import judge
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from tests.builders import board, buffer, heap, memory, pipeline
from tests.property.kernel_runs import Area, order_of, placements
from tests.property.sequences import failures

BATCH = 125
BATCHES = 2
LONG_BATCHES = 80
PAGE = 4096
ORDER = 2
"""Of the largest alignment in tiny areas."""


def told(first: int, number: int = BATCH) -> Counter[str]:
    return Counter(text for seed in range(first, first + number) for text in failures(seed))


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_plan_runs_out_of_memory_whatever_is_live(batch: int) -> None:
    said = told(batch * BATCH)
    assert [text for text in said if text.startswith("seed")] == []
    assert min(said[kind] for kind in ("none", "alone", "beside")) > BATCH // 5, said


@pytest.mark.long
@pytest.mark.parametrize("batch", range(BATCHES, LONG_BATCHES))
def test_no_plan_runs_out_of_memory_whatever_is_live_for_long(batch: int) -> None:
    assert [text for text in told(batch * BATCH) if text.startswith("seed")] == []


def area(base: int, pages: int) -> Platform:
    """A CMA area that aligns up to four pages."""
    cma = memory(pages * PAGE, inside="dram", base=base * PAGE)
    heaps = {"cma": heap("cma", align={"by_size_up_to": PAGE << ORDER})}
    return board(memory={"dram": memory("1GiB", base=0), "cma": cma}, heaps=heaps)


def asked(sizes: list[int]) -> list[int]:
    """Pages in the order in which they are allocated: the largest alignment first, then the longest."""
    return sorted(sizes, key=lambda pages: (-order_of(pages, ORDER), -pages))


def fits(base: int, pages: int, live: list[int], sizes: list[int]) -> bool:
    """Whether the kernel's search finds room for all, wherever what is live may lie."""
    for taken in placements(Area(base, pages), live, ORDER):
        found = Area(base, pages)
        found.taken = set(taken)
        if any(found.allocate(size, order_of(size, ORDER)) is None for size in asked(sizes)):
            return False
    return True


def promised(base: int, pages: int, live: list[int], sizes: list[int]) -> bool:
    """Whether there is a plan; solver and judge say the same of it."""
    platform = area(base, pages)
    names = {f"old{n}": buffer(bytes=size * PAGE, count=1, read_by=[]) for n, size in enumerate(live)}
    roomy = area(0, 1024)
    old = heapwright.solve(roomy, [pipeline("old", **names)]).placements if live else ()  # type: ignore[union-attr]
    new = pipeline("new", **{
        f"new{n}": buffer(bytes=size * PAGE, count=1, read_by=[]) for n, size in enumerate(sizes)
    })  # fmt: skip
    answer = heapwright.solve(platform, [new], live=old, options=heapwright.Options(explain=False))
    there = heapwright.solve(roomy, [new])
    assert isinstance(there, Plan)
    plan = there.model_copy(update={"platform": platform.name})
    lawful = not [fault for fault in judge(platform, [new], plan, old) if fault.kind == "capacity"]
    assert lawful == isinstance(answer, Plan), (base, pages, live, sizes)
    return lawful


def test_what_is_promised_is_found_by_the_kernel_wherever_live_buffers_lie() -> None:
    random = Random(3)
    said: Counter[tuple[bool, bool]] = Counter()
    for base, pages in product(range(4), range(4, 13)):
        for _ in range(6):
            live = [random.choice((1, 1, 2, 3, 4)) for _ in range(random.choice((0, 1, 1, 2)))]
            sizes = [random.choice((1, 1, 2, 3, 4, 5, 8)) for _ in range(random.choice((1, 2, 3)))]
            if sum(live) + sum(sizes) > pages + 3:
                continue
            if next(placements(Area(base, pages), live, ORDER), None) is None:
                continue
            found = promised(base, pages, live, sizes), fits(base, pages, live, sizes)
            assert found != (True, False), (base, pages, live, sizes)
            said[found] += 1
    assert said[True, True] > 50 and said[False, False] > 50, said
    assert said[False, True] < 5, said  # refused although it always fits: hardly ever


def test_the_kernels_search_skips_what_is_taken_and_counts_from_address_zero() -> None:
    found = Area(3, 8)  # pages 3 to 10
    assert found.allocate(4, 2) == 1  # page 4
    assert found.allocate(1, 0) == 0
    assert found.allocate(2, 1) == 5  # page 8
    assert found.allocate(4, 2) is None
