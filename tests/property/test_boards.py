"""What the judge finds lawful works on every board of that profile, whatever its luck."""

from __future__ import annotations

import pytest

from heapwright.allocator.execute import execute
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.allocator.kernel.frames import run_frame
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.property.brute import brute_force
from tests.property.strategies import instance

BATCH = 100
BATCHES = 2
LONG_BATCHES = 4


def tried(board: SimulatedBoard, pipelines: tuple[Pipeline, ...], plan: Plan) -> None:
    """Allocate a plan, pass a frame through it, and give everything back."""
    with execute(board.platform, pipelines, plan, board) as allocation:
        assert run_frame(board, pipelines, allocation) == ()
        assert len(allocation.buffers) == sum(placement.count for placement in plan.placements)


def boards(platform: Platform) -> list[SimulatedBoard]:
    return [
        SimulatedBoard(platform, mode="judge"),
        SimulatedBoard(platform, seed=1),
        SimulatedBoard(platform, seed=2, fragmented=True),
        SimulatedBoard(platform, seed=3, swiotlb=False),
    ]


def allocated(batch: int) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        asked = instance(seed)
        found = brute_force(asked.platform, asked.pipelines)
        if found is None:
            continue
        for board in boards(asked.platform):
            tried(board, asked.pipelines, found.plan)
            tried(board, asked.pipelines, found.plan)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_lawful_plan_is_allocated_on_any_board(batch: int) -> None:
    allocated(batch)


@pytest.mark.long
@pytest.mark.parametrize("batch", range(BATCHES, LONG_BATCHES))
def test_a_lawful_plan_is_allocated_on_any_board_for_long(batch: int) -> None:
    allocated(batch)
