"""From a parsed request to an answer: what the solver is given, and what is made of what it says."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import heapwright
from heapwright.allocator.judge.contradictions.passes import contradictions
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.api.documents.inputs import Inputs, all_of
from heapwright.api.documents.response import as_json, with_alternatives
from heapwright.api.service.allocations import require_a_sane_size
from heapwright.api.service.problems import BODY, ErrorDetail, Refused
from heapwright.api.service.schema import AllocationRequest, PlanRequest, PlatformReference
from heapwright.platforms.catalog import board_names, load_platform, platform_from
from heapwright.platforms.errors import Diagnostic, InputError, UnknownPlatform
from heapwright.platforms.kernels import on_kernel
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.explain.alternatives import RankedPlans
from heapwright.solver.question.load import live_from, pipelines_from


@lru_cache(maxsize=256)
def board(name: str) -> Platform:
    """One of our boards. A client's name is never taken for a file.

    Raises:
        UnknownPlatform: there is no such board.
    """
    if name not in board_names():
        raise UnknownPlatform(name, board_names())
    return load_platform(name)


def platform_of(reference: PlatformReference, kernel: str | None = None) -> Platform:
    """The board of a request, by name or as a profile, on `kernel` if one is given.

    Raises:
        InputError: there is no such board, or the profile is not sound.
    """
    platform = board(reference) if isinstance(reference, str) else platform_from(reference)
    return platform if kernel is None else on_kernel(platform, kernel)


def inputs(request: PlanRequest | AllocationRequest) -> Inputs:
    """What a request asks to be solved.

    Raises:
        InputError: the board, a pipeline or a live placement is not what it must be.
    """
    asked = request.options
    options = heapwright.Options(
        strict=asked.strict,
        time_limit=asked.time_limit,
        work_limit=asked.work_limit,
        gap=asked.gap,
        engine=asked.engine,
    )
    platform, pipelines, live = all_of(
        lambda: platform_of(request.platform, asked.kernel),
        lambda: pipelines_from(request.pipelines),
        lambda: live_from(list(request.live)),
    )
    return Inputs(platform, pipelines, live, asked.pins, options)


def answered(request: PlanRequest) -> dict[str, Any]:
    """The answer to a request, as JSON data.

    Raises:
        InputError: the question is not what it must be.
    """
    given = inputs(request)
    wanted, number = request.options.why_not, request.options.alternatives
    answer = given.solve() if wanted is None else given.why_not(wanted)
    if not isinstance(answer, Plan):
        return as_json(answer)
    return with_alternatives(answer, given.alternatives(number) if wanted is None else RankedPlans())


def planned(request: AllocationRequest) -> tuple[Inputs, Plan]:
    """What a request asks to be solved and its plan: the one that came with it, or the best.

    Raises:
        InputError: the question is not what it must be, or the plan contradicts it, the board or itself.
        Refused: there is no plan, or it is too large.
    """
    given = inputs(request)
    plan = request.plan or given.solve()
    if not isinstance(plan, Plan):
        facts = plan.conflict if isinstance(plan, Infeasible) else ()
        details = [ErrorDetail(path=fact.subject, message=fact.text) for fact in facts]
        raise Refused(409, f"there is no plan to allocate: {plan.status}", errors=details)
    require_a_sane_size(plan)
    if request.plan is not None:
        _require_sense(given, plan)
    return given, plan


def _require_sense(given: Inputs, plan: Plan) -> None:
    """Refuse a plan from outside that contradicts itself, the question or the board.

    Raises:
        InputError: everything in which it does.
    """
    found = contradictions(JudgedQuestion(JudgedPlatform(given.platform), given.pipelines), plan)
    if found:
        raise InputError(Diagnostic(BODY, None, ("plan", *path), text) for path, text in found)
