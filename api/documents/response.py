"""Answers as JSON data."""

from __future__ import annotations

from typing import Any

from heapwright.solver.answer.plan import Answer


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as JSON data."""
    return answer.model_dump(mode="json", by_alias=True)
