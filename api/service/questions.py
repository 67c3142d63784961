"""From a parsed request to an answer: the one place where the service calls the solver."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import heapwright
from heapwright.allocator.judge.contradictions import contradictions
from heapwright.allocator.judge.judge import Judge
from heapwright.api.documents.response import all_of, as_json
from heapwright.api.service.allocations import require_a_sane_size
from heapwright.api.service.problems import BODY, Fault, Refused
from heapwright.api.service.schema import AllocationRequest, Board, PlanRequest
from heapwright.platforms.catalog import board_names, load_platform, platform_from
from heapwright.platforms.errors import InputError, Problem, UnknownPlatform
from heapwright.platforms.kernels import on_kernel
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.question.load import live_from, pipelines_from
from heapwright.solver.question.pipeline import Pipeline


@lru_cache(maxsize=256)
def board(name: str) -> Platform:
    """One of our boards. A client's name is never taken for a file.

    Raises:
        UnknownPlatform: there is no such board.
    """
    if name not in board_names():
        raise UnknownPlatform(name, board_names())
    return load_platform(name)


def platform_of(asked: Board, kernel: str | None = None) -> Platform:
    """The board of a request, by name or as a profile, on `kernel` if one is given.

    Raises:
        InputError: there is no such board, or the profile is not sound.
    """
    platform = board(asked) if isinstance(asked, str) else platform_from(asked)
    return platform if kernel is None else on_kernel(platform, kernel)


class Question(NamedTuple):
    """What is to be solved, parsed."""

    platform: Platform
    pipelines: tuple[Pipeline, ...]
    terms: dict[str, Any]
    """The keyword arguments of the solver's entry points."""


def question(asked: PlanRequest | AllocationRequest) -> Question:
    """The question in a request.

    Raises:
        InputError: the board, a pipeline or a live placement is not what it must be.
    """
    options = heapwright.Options(
        strict=asked.options.strict, time_limit=asked.options.time_limit, gap=asked.options.gap
    )
    platform, pipelines, live = all_of(
        lambda: platform_of(asked.platform, asked.options.kernel),
        lambda: pipelines_from(asked.pipelines),
        lambda: live_from(list(asked.live)),
    )
    return Question(platform, pipelines, {"live": live, "pins": asked.options.pins, "options": options})


def answered(request: PlanRequest) -> dict[str, Any]:
    """The answer to a request, as JSON data.

    Raises:
        InputError: the question is not what it must be.
    """
    asked = question(request)
    wanted = request.options.why_not
    if wanted is not None:
        answer = heapwright.why_not(asked.platform, asked.pipelines, wanted, **asked.terms)
    else:
        answer = heapwright.solve(asked.platform, asked.pipelines, **asked.terms)
    data = as_json(answer)
    if isinstance(answer, Plan):
        data["alternatives"] = (
            [] if wanted is not None else _others(asked, answer, request.options.alternatives)
        )
    return data


def planned(request: AllocationRequest) -> tuple[Question, Plan]:
    """The question of a request and its plan: the one that came with it, or the best.

    Raises:
        InputError: the question is not what it must be, or the plan contradicts it, the board or itself.
        Refused: there is no plan, or it is too large.
    """
    asked = question(request)
    plan = request.plan or heapwright.solve(asked.platform, asked.pipelines, **asked.terms)
    if not isinstance(plan, Plan):
        facts = plan.conflict if isinstance(plan, Infeasible) else ()
        faults = [Fault(path=fact.subject, message=fact.text) for fact in facts]
        raise Refused(409, f"there is no plan to allocate: {plan.status}", errors=faults)
    require_a_sane_size(plan)
    if request.plan is not None:
        _require_sense(asked, plan)
    return asked, plan


def _require_sense(asked: Question, plan: Plan) -> None:
    """Refuse a plan from outside that contradicts itself, the question or the board.

    Raises:
        InputError: everything in which it does.
    """
    found = contradictions(Judge(asked.platform).case(asked.pipelines), plan)
    if found:
        raise InputError(Problem(BODY, None, ("plan", *path), text) for path, text in found)


def _others(asked: Question, best: Plan, number: int) -> list[dict[str, Any]]:
    """The next best plans; the solver counts the best one among them."""
    if number == 0:
        return []
    found = heapwright.alternatives(asked.platform, asked.pipelines, number + 1, **asked.terms)
    return [as_json(plan) for plan in found if plan != best]
