"""What both interfaces put to the solver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import heapwright
from heapwright.platforms.errors import InputError
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Answer, Placement, Plan
from heapwright.solver.explain.alternatives import RankedPlans
from heapwright.solver.question.pipeline import Pipeline


class Inputs(NamedTuple):
    """What is to be solved, parsed."""

    platform: Platform
    pipelines: tuple[Pipeline, ...]
    live: tuple[Placement, ...]
    pins: tuple[str, ...]
    options: heapwright.Options

    def solve(
        self, stats: dict[str, Any] | None = None, on_improved: Callable[[Plan], None] | None = None
    ) -> Answer:
        """The best plan, or why there is none; better plans are told of on the way."""
        return heapwright.solve(
            self.platform,
            self.pipelines,
            live=self.live,
            pins=self.pins,
            options=self.options,
            stats=stats,
            on_improved=on_improved,
        )

    def why_not(self, wanted: str) -> Answer:
        """The answer if what is `wanted` were so."""
        return heapwright.why_not(
            self.platform, self.pipelines, wanted, live=self.live, pins=self.pins, options=self.options
        )

    def alternatives(self, number: int) -> RankedPlans:
        """The next best plans; the solver counts the best one among them."""
        if number == 0:
            return RankedPlans()
        found = heapwright.alternatives(
            self.platform, self.pipelines, number + 1, live=self.live, pins=self.pins, options=self.options
        )
        return RankedPlans(found[1:], found.ended)


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
