"""The allocation store: one simulated board per platform, shared by everybody who allocates on it."""

from __future__ import annotations

import secrets
import threading
from typing import NamedTuple

from heapwright.allocator.execute import Allocation
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.api.allocate.simulated import carried_out
from heapwright.api.service.problems import ErrorDetail, Refused
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.question.pipeline import Pipeline

MOST_BUFFERS = 4096
MOST_BYTES = 16 << 30
"""More than this of one plan would take the simulator minutes."""


class _Stored(NamedTuple):
    board: str
    allocation: Allocation


class AllocationStore:
    """Allocations by their id, at most `most` of them; safe to use from several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._boards: dict[str, SimulatedBoard] = {}
        self._stored: dict[str, _Stored] = {}

    def allocate(self, platform: Platform, pipelines: tuple[Pipeline, ...], plan: Plan) -> str:
        """Carry a plan out and hold it; the id of what is held.

        Raises:
            Refused: 409 if the board refuses it, 429 if too much is held.
        """
        same = platform.model_dump_json(by_alias=True)
        with self._lock:
            if len(self._stored) >= self._most:
                raise Refused(
                    429, f"{self._most} allocations are held; delete one", headers={"Retry-After": "60"}
                )
            board = self._boards.get(same) or SimulatedBoard(platform)
            outcome = carried_out(board, platform, pipelines, plan)
            board.faults.clear()
            if outcome.allocation is None:
                faults = [ErrorDetail(path="plan", message=fault) for fault in outcome.faults]
                raise Refused(409, "the simulated board refuses the plan", errors=faults)
            self._boards[same] = board
            key = secrets.token_hex(16)
            self._stored[key] = _Stored(same, outcome.allocation)
            return key

    def release(self, key: str) -> None:
        """Free what is held under `key`.

        Raises:
            Refused: 404; nothing is held under it.
        """
        with self._lock:
            stored = self._stored.pop(key, None)
            if stored is None:
                raise Refused(404, "no such allocation")
            stored.allocation.release()
            if not any(other.board == stored.board for other in self._stored.values()):
                del self._boards[stored.board]


def require_a_sane_size(plan: Plan) -> None:
    """Refuse what the simulator would work on for minutes.

    Raises:
        Refused: 422.
    """
    buffers = sum(placement.count * len(placement.sizes) for placement in plan.placements)
    size = sum(placement.count * sum(placement.sizes) for placement in plan.placements)
    if buffers > MOST_BUFFERS or size > MOST_BYTES:
        raise Refused(
            422, f"the simulator holds at most {MOST_BUFFERS} dma-bufs and {MOST_BYTES} bytes of one plan"
        )
