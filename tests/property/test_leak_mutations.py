"""The hunt for leaks (`test_protected_flow`) with faults put into solver and judge alike: only the walk can tell.

Each fault is one that solver, judge and brute force once had in common, or might have. The seeds are those of an
ordinary run, so what is found here would have been found there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import pytest

import heapwright.solver.board.board
import heapwright.solver.question.protection
from heapwright.allocator.hardware import DeviceFacts
from heapwright.allocator.judge import platform as judged
from heapwright.allocator.judge.constraints import protection
from heapwright.allocator.judge.question.request import PlannedAssignment, RequestedBuffer
from heapwright.solver.question.pipeline import Audience
from heapwright.solver.question.protection import FlowChoice, ProtectionDomain
from tests.property.protected_flow_questions import Draw
from tests.property.test_oracle import compared
from tests.property.test_protected_flow import BATCH, BATCHES

Fault = Callable[[pytest.MonkeyPatch], None]
ENOUGH = 4
"""So many leaks among the seeds of an ordinary run; one would be chance."""


def marks_are_final(patch: pytest.MonkeyPatch, audience: bool) -> None:
    """Nothing flows into a buffer that has a mark of its own: one with an audience, or `protected: true`."""
    outcome, jobs = heapwright.solver.question.protection._outcome, protection._jobs

    def settled(own: Sequence[ProtectionDomain], taken: Sequence[FlowChoice]) -> tuple[ProtectionDomain, ...]:
        final = [guard.protected and bool(guard.audiences) == audience for guard in own]
        kept = [
            take._replace(writes=frozenset()) if last else take
            for take, last in zip(taken, final, strict=True)
        ]
        return outcome(own, kept)

    def touching(
        request: RequestedBuffer, assignment: PlannedAssignment, devices: dict[str, DeviceFacts], access: str
    ) -> list[protection.Job]:
        mark = request.buffer.protected
        final = mark and isinstance(mark, Audience) == audience
        return [] if final and access == "write" else jobs(request, assignment, devices, access)

    patch.setattr(heapwright.solver.question.protection, "_outcome", settled)
    patch.setattr(protection, "_jobs", touching)


def a_wider_audience_counts(patch: pytest.MonkeyPatch) -> None:
    marks_are_final(patch, audience=True)


def a_later_mark_opens_to_everybody(patch: pytest.MonkeyPatch) -> None:
    marks_are_final(patch, audience=False)


def every_firewall_stands(patch: pytest.MonkeyPatch) -> None:
    """Whoever else allocates in a range, its access list counts."""
    patch.setattr(heapwright.solver.board.board, "access_conflicts", lambda *_: ())
    patch.setattr(judged, "disputed", lambda *_: {})


def caught() -> Iterator[str]:
    """Where the hunt meets protected content that gets out."""
    for seed in range(BATCH * BATCHES):
        draw = Draw(seed)
        text = compared(f"seed {seed}", draw.platform(), [draw.question()], ())
        if text is not None:
            assert "protected content gets out" in text
            yield text


@pytest.mark.parametrize(
    "fault", [a_wider_audience_counts, a_later_mark_opens_to_everybody, every_firewall_stands]
)
def test_the_hunt_catches_faults_that_solver_and_judge_share(
    fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    assert len([*islice(caught(), ENOUGH)]) == ENOUGH
