"""Answers as JSON data."""

from __future__ import annotations

from typing import Any

from heapwright.solver.answer.plan import Answer, Plan
from heapwright.solver.explain.alternatives import RankedPlans


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as JSON data."""
    return answer.model_dump(mode="json", by_alias=True)


def with_alternatives(answer: Plan, others: RankedPlans) -> dict[str, Any]:
    """The same of a plan, with others, and why there are not as many as were asked for."""
    data = as_json(answer) | {"alternatives": [as_json(plan) for plan in others]}
    return data if others.ended is None else data | {"alternatives_ended": others.ended}
