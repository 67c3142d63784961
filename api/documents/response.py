"""What both doors do with questions and answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heapwright.platforms.errors import InputError
from heapwright.solver.answer.plan import Answer


def all_of(*loads: Callable[[], Any]) -> list[Any]:
    """What each of `loads` gives; the problems of all of them at once.

    Raises:
        InputError: one of them raised it.
    """
    loaded, errors = [], []
    for load in loads:
        try:
            loaded.append(load())
        except InputError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]  # it may be of a kind that says more
    if errors:
        raise InputError(problem for error in errors for problem in error.problems)
    return loaded


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as JSON data."""
    return answer.model_dump(mode="json", by_alias=True)
