"""`solve`: files in, one answer out, on one board."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from typing import Any

import heapwright
from heapwright.api.cli.commands.discover import this_machine
from heapwright.api.cli.commands.warnings import warn_of_unknown_modifiers
from heapwright.api.cli.output.progress import ProgressLine
from heapwright.api.cli.output.write import show, write_json
from heapwright.api.cli.process.background import interruptible
from heapwright.api.cli.process.exits import Exit, code_of, to_stderr
from heapwright.api.cli.process.interrupts import raise_on_interrupt
from heapwright.api.cli.request import DEFAULT_SECONDS, THIS_MACHINE, SolveRequest
from heapwright.api.documents.inputs import Inputs, all_of
from heapwright.api.documents.response import as_json, with_alternatives
from heapwright.platforms.catalog import load_platform
from heapwright.platforms.kernels import on_kernel
from heapwright.platforms.schema import Platform
from heapwright.solver.answer import render
from heapwright.solver.answer.plan import Answer, Plan
from heapwright.solver.explain.alternatives import RankedPlans
from heapwright.solver.question.load import load_live, load_pipelines

Allocated = tuple[dict[str, Any], tuple[render.TextBlock, ...]]
"""What became of a plan: as JSON data, and for people."""


def solve(request: SolveRequest) -> Exit:
    """Answer one question on one board and print the answer."""
    inputs = _read(request)
    raise_on_interrupt()
    if request.why_not is not None:
        return _why_not(request, inputs, request.why_not)
    stats: dict[str, Any] = {}
    with ProgressLine() as progress:
        answer = interruptible(lambda: inputs.solve(stats, progress.listener), progress.show)
        others = interruptible(lambda: _others(inputs, answer, request.alternatives), progress.show)
    with ExitStack() as held:
        done, allocation = _carried_out(request, inputs, answer, held)
        _print(request, done, others, allocation)
        if request.stats:
            to_stderr(json.dumps(stats, indent=2, default=str))
        if allocation is not None and allocation[0]["faults"]:
            to_stderr("\n".join(f"solve: {fault}" for fault in allocation[0]["faults"]))
            return Exit.ALLOCATION_FAILED
        if request.hold and allocation is not None:
            _hold(request, len(allocation[0]["buffers"]))
    return code_of(done)


def options_of(request: SolveRequest) -> heapwright.Options:
    """The solver's options for what was asked."""
    seconds = request.time_limit
    if seconds is None and request.work_limit is None:
        seconds = DEFAULT_SECONDS
    return heapwright.Options(
        strict=request.strict,
        time_limit=seconds,
        work_limit=request.work_limit,
        gap=request.gap,
        engine=request.engine,
    )


def _read(request: SolveRequest) -> Inputs:
    platform, pipelines, live = all_of(
        lambda: _board(request),
        lambda: load_pipelines(request.files),
        lambda: load_live(*request.live),
    )
    warn_of_unknown_modifiers(pipelines, request.pins)
    return Inputs(platform, tuple(pipelines), tuple(live), request.pins, options_of(request))


def _board(request: SolveRequest) -> Platform:
    """The board asked for; on another kernel than its own, what that does not cover is said."""
    platform = this_machine() if request.platform == THIS_MACHINE else load_platform(request.platform)
    if request.kernel is None:
        return platform
    found = on_kernel(platform, request.kernel)
    if request.kernel != platform.kernel:
        to_stderr(
            f"solve: heaps and their names are those of Linux {request.kernel}; "
            f"other facts of {platform.name} were read from {platform.kernel}"
        )
    return found


def _others(inputs: Inputs, answer: Answer, number: int) -> RankedPlans:
    return inputs.alternatives(number) if isinstance(answer, Plan) else RankedPlans()


def _carried_out(
    request: SolveRequest, inputs: Inputs, answer: Answer, held: ExitStack
) -> tuple[Answer, Allocated | None]:
    """The plan that was carried out in the end, and what became of it; what is allocated stays in `held`."""
    if request.allocate is None or not isinstance(answer, Plan):
        return answer, None
    if request.allocate == "simulated":
        from heapwright.api.allocate.simulated import simulated

        return answer, interruptible(
            lambda: simulated(inputs.platform, inputs.pipelines, answer, inputs.live)
        )
    from heapwright.api.allocate.linux import carried_out
    from heapwright.api.cli.process.hold import unwinding_on_signals

    held.enter_context(unwinding_on_signals())
    done = carried_out(
        inputs.platform,
        inputs.pipelines,
        answer,
        lambda platform: interruptible(inputs._replace(platform=platform).solve),
    )
    if done.allocation is not None:
        held.enter_context(done.allocation)
    return done.plan, done.report()


def _hold(request: SolveRequest, buffers: int) -> None:
    from heapwright.api.cli.process.hold import until_stopped

    listens = "-" not in request.files
    ends = "Ctrl-C or the end of input ends it" if listens else "Ctrl-C ends it"
    until_stopped(listens, lambda: to_stderr(f"solve: process {os.getpid()} holds {buffers} buffers; {ends}"))


def _why_not(request: SolveRequest, inputs: Inputs, wanted: str) -> Exit:
    with ProgressLine() as progress:
        answer = interruptible(lambda: inputs.why_not(wanted), progress.show)
    if request.as_json:
        write_json(as_json(answer), request.to)
    else:
        best = interruptible(inputs.solve) if isinstance(answer, Plan) else None
        show(render.why_not(wanted, answer, best), request.to)
    return code_of(answer)


def _print(request: SolveRequest, answer: Answer, others: RankedPlans, allocation: Allocated | None) -> None:
    if request.as_json:
        data = as_json(answer)
        if isinstance(answer, Plan) and request.alternatives:
            data = with_alternatives(answer, others)
        if allocation is not None:
            data["allocation"] = allocation[0]
        write_json(data, request.to)
        return
    blocks = [*render.blocks(answer)]
    if isinstance(answer, Plan):
        for number, plan in enumerate(others, 1):
            blocks += render.alternative(number, answer, plan)
        if others.ended is not None:
            blocks.append(
                render.Heading(f"Alternatives: {len(others)} of {request.alternatives}: {others.ended}")
            )
    if allocation is not None:
        blocks += allocation[1]
    show(blocks, request.to)
