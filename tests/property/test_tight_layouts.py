"""The judge on layouts found by counting up: it takes them, a frame survives, and nothing could be smaller."""

from __future__ import annotations

import pytest

from heapwright.allocator.execute import execute
from heapwright.allocator.judge.judge import judge
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.allocator.kernel.frames import run_frame
from tests.property.brute import Search
from tests.property.modifier_questions import FAMILIES, OPAQUE, careless, question

BATCH = 50
BATCHES = 8


def looseness(seed: int) -> str | None:
    """What the judge or the pretended board makes of one layout that it should not."""
    modifier, platform, pipeline = question(seed)
    found = Search(platform, [pipeline]).best()
    if found is None:
        return None
    where = f"seed {seed} ({found.plan.placements[0].format} in {modifier})"
    for what, plan in careless(found.plan):
        if not judge(platform, [pipeline], plan):
            return f"{where}: {what} is taken: {plan.placements[0].planes}"
    board = SimulatedBoard(platform)
    with execute(platform, [pipeline], found.plan, board) as allocation:
        if faults := run_frame(board, [pipeline], allocation):
            return f"{where}: {faults[0]}"
    return None


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_layout_counted_up_is_tight(batch: int) -> None:
    seeds = range(batch * BATCH, (batch + 1) * BATCH)
    assert [text for seed in seeds if (text := looseness(seed)) is not None] == []


def test_every_family_is_drawn_and_most_questions_have_a_plan() -> None:
    drawn, planned = set(), 0
    for seed in range(BATCH * BATCHES):
        modifier, platform, pipeline = question(seed)
        drawn.add(modifier)
        planned += Search(platform, [pipeline]).best() is not None
    assert {modifier for modifier, _ in FAMILIES} | set(OPAQUE) <= drawn
    assert planned >= BATCH * BATCHES * 0.7
