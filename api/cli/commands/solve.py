"""`solve`: files in, one answer out, on one board."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from typing import Any, NamedTuple

import heapwright
from heapwright.api.cli.commands.discover import this_machine
from heapwright.api.cli.commands.warnings import tell_slips
from heapwright.api.cli.output.write import show, write_json
from heapwright.api.cli.process.background import waited
from heapwright.api.cli.process.exits import Exit, code_of, complain
from heapwright.api.cli.process.interrupts import ready
from heapwright.api.cli.request import THIS_MACHINE, Asked
from heapwright.api.documents.response import all_of, as_json
from heapwright.platforms.catalog import load_platform
from heapwright.platforms.kernels import on_kernel
from heapwright.platforms.schema import Platform
from heapwright.solver.answer import render
from heapwright.solver.answer.plan import Answer, Placement, Plan
from heapwright.solver.question.load import load_live, load_pipelines
from heapwright.solver.question.pipeline import Pipeline

Allocated = tuple[dict[str, Any], tuple[render.Block, ...]]
"""What became of a plan: as JSON data, and for people."""


class Question(NamedTuple):
    """What is to be solved, parsed."""

    platform: Platform
    pipelines: tuple[Pipeline, ...]
    live: tuple[Placement, ...]
    pins: tuple[str, ...]
    options: heapwright.Options

    @property
    def terms(self) -> dict[str, Any]:
        """The keyword arguments of the solver's entry points."""
        return {"live": self.live, "pins": self.pins, "options": self.options}


def solve(asked: Asked) -> Exit:
    """Answer one question on one board and print the answer."""
    question = _read(asked)
    ready()
    if asked.why_not is not None:
        return _why_not(asked, question, asked.why_not)
    stats: dict[str, Any] = {}
    answer = waited(lambda: _solved(question, stats))
    others = waited(lambda: _others(asked, question, answer))
    with ExitStack() as held:
        done, allocation = _carried_out(asked, question, answer, held)
        _print(asked, done, others, allocation)
        if asked.stats:
            complain(json.dumps(stats, indent=2, default=str))
        if allocation is not None and allocation[0]["faults"]:
            complain("\n".join(f"solve: {fault}" for fault in allocation[0]["faults"]))
            return Exit.ALLOCATION_FAILED
        if asked.hold and allocation is not None:
            _hold(asked, len(allocation[0]["buffers"]))
    return code_of(done)


def options_of(asked: Asked) -> heapwright.Options:
    """The solver's options for what was asked."""
    return heapwright.Options(strict=asked.strict, time_limit=asked.time_limit, gap=asked.gap)


def _read(asked: Asked) -> Question:
    platform, pipelines, live = all_of(
        lambda: _board(asked),
        lambda: load_pipelines(asked.files),
        lambda: load_live(*asked.live),
    )
    tell_slips(pipelines, asked.pins)
    return Question(platform, tuple(pipelines), tuple(live), asked.pins, options_of(asked))


def _board(asked: Asked) -> Platform:
    """The board asked for; on another kernel than its own, what that does not cover is said."""
    platform = this_machine() if asked.platform == THIS_MACHINE else load_platform(asked.platform)
    if asked.kernel is None:
        return platform
    found = on_kernel(platform, asked.kernel)
    if asked.kernel != platform.kernel:
        complain(
            f"solve: heaps and their names are those of Linux {asked.kernel}; "
            f"other facts of {platform.name} were read from {platform.kernel}"
        )
    return found


def _solved(question: Question, stats: dict[str, Any]) -> Answer:
    answer: Answer = heapwright.solve(question.platform, question.pipelines, **question.terms, stats=stats)
    return answer


def _others(asked: Asked, question: Question, answer: Answer) -> tuple[Plan, ...]:
    if not asked.alternatives or not isinstance(answer, Plan):
        return ()
    found = heapwright.alternatives(
        question.platform, question.pipelines, asked.alternatives + 1, **question.terms
    )
    return tuple(plan for plan in found if plan != answer)


def _carried_out(
    asked: Asked, question: Question, answer: Answer, held: ExitStack
) -> tuple[Answer, Allocated | None]:
    """The plan that was carried out in the end, and what became of it; what is allocated stays in `held`."""
    if asked.allocate is None or not isinstance(answer, Plan):
        return answer, None
    if asked.allocate == "simulated":
        from heapwright.api.allocate.simulated import simulated

        return answer, waited(lambda: simulated(question.platform, question.pipelines, answer, question.live))
    from heapwright.api.allocate.linux import carried_out
    from heapwright.api.cli.process.hold import ending_in_order

    held.enter_context(ending_in_order())
    done = carried_out(
        question.platform,
        question.pipelines,
        answer,
        lambda platform: waited(lambda: _solved(question._replace(platform=platform), {})),
    )
    if done.allocation is not None:
        held.enter_context(done.allocation)
    return done.plan, done.told()


def _hold(asked: Asked, buffers: int) -> None:
    from heapwright.api.cli.process.hold import until_told

    listens = "-" not in asked.files
    ends = "Ctrl-C or the end of input ends it" if listens else "Ctrl-C ends it"
    until_told(listens, lambda: complain(f"solve: process {os.getpid()} holds {buffers} buffers; {ends}"))


def _why_not(asked: Asked, question: Question, wanted: str) -> Exit:
    answer = waited(
        lambda: heapwright.why_not(question.platform, question.pipelines, wanted, **question.terms)
    )
    if asked.as_json:
        write_json(as_json(answer), asked.to)
    else:
        best = waited(lambda: _solved(question, {})) if isinstance(answer, Plan) else None
        show(render.why_not(wanted, answer, best), asked.to)
    return code_of(answer)


def _print(asked: Asked, answer: Answer, others: tuple[Plan, ...], allocation: Allocated | None) -> None:
    if asked.as_json:
        data = as_json(answer)
        if asked.alternatives:
            data["alternatives"] = [as_json(plan) for plan in others]
        if allocation is not None:
            data["allocation"] = allocation[0]
        write_json(data, asked.to)
        return
    blocks = [*render.blocks(answer)]
    if isinstance(answer, Plan):
        for number, plan in enumerate(others, 1):
            blocks += render.alternative(number, answer, plan)
        if asked.alternatives and not others:
            blocks.append(render.Heading("There is no alternative"))
    if allocation is not None:
        blocks += allocation[1]
    show(blocks, asked.to)
