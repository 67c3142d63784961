"""Answers where only the plan matters: why there is none, or why it is so, is not found out.

Most of the time of a question without a plan goes into its conflict; whoever compares plans and costs
need not wait for it. That a plan exists is decided as ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import heapwright
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Placement, Plan
from heapwright.solver.explain import conflict
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem

OPTIONS = heapwright.Options(explain=False)


def answered(
    platform: Platform,
    pipelines: Sequence[Pipeline],
    *,
    live: Sequence[Placement] = (),
    pins: Sequence[str] = (),
) -> Plan | None:
    """The best plan without its reasons; None where there is none."""
    with patch.object(conflict, "infeasible", _unexplained):
        answer = heapwright.solve(platform, pipelines, live=live, pins=pins, options=OPTIONS)
    assert isinstance(answer, Plan | Infeasible)
    return answer if isinstance(answer, Plan) else None


def _unexplained(problem: Problem, *about: Any, **named: Any) -> Infeasible:
    names = tuple(pipeline.name for pipeline in problem.pipelines)
    return Infeasible(platform=problem.board.name, pipelines=names, conflict=())
