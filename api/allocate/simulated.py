"""Carrying out a plan on a simulated board: allocate, attach, and pass one frame."""

from __future__ import annotations

import errno as errnos
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from heapwright.allocator.backend import AllocationFailed, KernelRefused
from heapwright.allocator.execute import Allocation, execute
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.allocator.kernel.frames import run_frame
from heapwright.platforms.values import in_units
from heapwright.solver.answer.render import Heading, Labelled, Notes, TextBlock

if TYPE_CHECKING:
    from heapwright.allocator.faults import PlanFault
    from heapwright.platforms.schema import Platform
    from heapwright.solver.answer.plan import Placement, Plan
    from heapwright.solver.question.pipeline import Pipeline


class SimulatedOutcome(NamedTuple):
    """What became of a plan: its buffers, or everything that went wrong."""

    allocation: Allocation | None
    faults: tuple[str, ...]


def carried_out(
    board: SimulatedBoard, platform: Platform, pipelines: Sequence[Pipeline], plan: Plan
) -> SimulatedOutcome:
    """Allocate a plan on `board` and pass one frame; after a fault nothing stays allocated."""
    try:
        allocation = execute(platform, pipelines, plan, board)
    except AllocationFailed as failed:
        return SimulatedOutcome(None, (str(failed),))
    try:
        faults = run_frame(board, pipelines, allocation)
    except BaseException:
        allocation.release()
        raise
    if faults:
        allocation.release()
        return SimulatedOutcome(None, tuple(_sentence(fault) for fault in faults))
    return SimulatedOutcome(allocation, ())


def occupied(board: SimulatedBoard, live: Sequence[Placement]) -> tuple[str, ...]:
    """Put buffers that exist already on `board`; what went wrong."""
    for placement in live:
        for _ in range(placement.count):
            try:
                board.allocate(placement)
            except KernelRefused as refused:
                return (f"live buffer '{placement.buffer}': {refused}",)
    return ()


def simulated(
    platform: Platform, pipelines: Sequence[Pipeline], plan: Plan, live: Sequence[Placement]
) -> tuple[dict[str, Any], tuple[TextBlock, ...]]:
    """A plan carried out on a fresh board: as JSON data, whose `faults` say what failed, and for people."""
    board = SimulatedBoard(platform)
    faults = occupied(board, live)
    outcome = SimulatedOutcome(None, faults) if faults else carried_out(board, platform, pipelines, plan)
    buffers = outcome.allocation.buffers if outcome.allocation is not None else []
    data = {
        "backend": "simulated",
        "buffers": [_buffer(each) for each in buffers],
        "faults": list(outcome.faults),
    }
    return data, _blocks(plan, outcome)


def _sentence(fault: PlanFault) -> str:
    device = f", device '{fault.device}'" if fault.device else ""
    name = "" if fault.errno is None else f"{errnos.errorcode.get(fault.errno, fault.errno)}: "
    return f"buffer '{fault.buffer}'{device}: {name}{fault.text} ({fault.kind})"


def _buffer(buffer: Any) -> dict[str, Any]:
    dmabufs = []
    for dmabuf in buffer.dmabufs:
        runs = dmabuf.segments or ()
        dmabufs.append(
            {"size": dmabuf.size, "address": f"{runs[0].address:#x}" if runs else None, "runs": len(runs)}
        )
    return {"pipeline": buffer.placement.pipeline, "buffer": buffer.placement.buffer, "dmabufs": dmabufs}


def _blocks(plan: Plan, outcome: SimulatedOutcome) -> tuple[TextBlock, ...]:
    if outcome.allocation is None:
        return (
            Heading("Allocation failed in the simulator", 2, "bad"),
            Notes(tuple(Labelled("", fault) for fault in outcome.faults)),
        )
    rows = []
    for placement in plan.placements:
        buffers = outcome.allocation.of(placement.pipeline, placement.buffer)
        runs = sum(len(dmabuf.segments or ()) for each in buffers for dmabuf in each.dmabufs)
        made = f"{len(buffers)} × {in_units(placement.allocated)} from {placement.heap}, in {runs} runs"
        used = ", ".join(dict.fromkeys(attached.device for attached in placement.attachments))
        rows.append(
            Labelled(placement.buffer, f"{made}; attached to {used}; one frame passed without a fault")
        )
    return (Heading("Allocated in the simulator", 2, "good"), Notes(tuple(rows)))
