"""`solve`: files in, one answer out, on one board."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import solver
from api.answers import all_of, as_json
from api.asked import Asked
from api.background import waited
from api.exits import Exit, code_of, complain
from api.output import show, write_json
from platforms.catalog import load_platform
from platforms.kernels import on_kernel
from platforms.schema import Platform
from solver import render
from solver.files import load_live, load_pipelines
from solver.pipeline import Pipeline
from solver.plan import Answer, Placement, Plan

Allocated = tuple[dict[str, Any], tuple[render.Block, ...]]
"""What became of a plan: as JSON data, and for people."""


class Question(NamedTuple):
    """What is to be solved, parsed."""

    platform: Platform
    pipelines: tuple[Pipeline, ...]
    live: tuple[Placement, ...]
    pins: tuple[str, ...]
    options: solver.Options

    @property
    def terms(self) -> dict[str, Any]:
        """The keyword arguments of the solver's entry points."""
        return {"live": self.live, "pins": self.pins, "options": self.options}


def solve(asked: Asked) -> Exit:
    """Answer one question on one board and print the answer."""
    question = _read(asked)
    if asked.why_not is not None:
        return _why_not(asked, question, asked.why_not)
    stats: dict[str, Any] = {}
    answer = waited(lambda: _solved(question, stats))
    others = waited(lambda: _others(asked, question, answer))
    allocation = _carried_out(asked, question, answer)
    _print(asked, answer, others, allocation)
    if asked.stats:
        complain(json.dumps(stats, indent=2, default=str))
    if allocation is not None and allocation[0]["faults"]:
        complain("\n".join(f"solve: {fault}" for fault in allocation[0]["faults"]))
        return Exit.ALLOCATION_FAILED
    return code_of(answer)


def options_of(asked: Asked) -> solver.Options:
    """The solver's options for what was asked."""
    return solver.Options(strict=asked.strict, time_limit=asked.time_limit, gap=asked.gap)


def _read(asked: Asked) -> Question:
    platform, pipelines, live = all_of(
        lambda: _board(asked),
        lambda: load_pipelines(asked.files),
        lambda: load_live(asked.live) if asked.live is not None else (),
    )
    return Question(platform, tuple(pipelines), tuple(live), asked.pins, options_of(asked))


def _board(asked: Asked) -> Platform:
    """The board asked for; on another kernel than its own, what that does not cover is said."""
    platform = load_platform(asked.platform)
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
    answer: Answer = solver.solve(question.platform, question.pipelines, **question.terms, stats=stats)
    return answer


def _others(asked: Asked, question: Question, answer: Answer) -> tuple[Plan, ...]:
    if not asked.alternatives or not isinstance(answer, Plan):
        return ()
    found = solver.alternatives(
        question.platform, question.pipelines, asked.alternatives + 1, **question.terms
    )
    return tuple(plan for plan in found if plan != answer)


def _carried_out(asked: Asked, question: Question, answer: Answer) -> Allocated | None:
    if not asked.allocate or not isinstance(answer, Plan):
        return None
    from api.allocating import simulated

    return waited(lambda: simulated(question.platform, question.pipelines, answer, question.live))


def _why_not(asked: Asked, question: Question, wanted: str) -> Exit:
    answer = waited(lambda: solver.why_not(question.platform, question.pipelines, wanted, **question.terms))
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
