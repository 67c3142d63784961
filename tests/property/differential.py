"""Where the solver's answer differs from that of trying every candidate, if it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

from heapwright.platforms.schema import Platform
from heapwright.solver.board import board
from heapwright.solver.candidates import enumerate as options
from heapwright.solver.candidates.candidate import Option, Rivals
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.conversions.deciding import decide
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem
from tests.property import catalogue
from tests.property.candidates import Candidates
from tests.property.mutations import MOST, Mutation

REMEMBERING: Final = ("reached", "concerning", "strict", "demands", "permitted")
"""Methods of a `Propagation` with a memo each, called the same."""


def difference(platform: Platform, pipelines: Sequence[Pipeline], most: int = 0) -> str | None:
    """How the two part; None where they agree, or where there are more than `most` combinations (0: no limit)."""
    every = Candidates(platform, pipelines)
    if most and every.number > most:
        return None
    problem = Problem(platform, pipelines)
    choice = decide(problem, Propagation(problem), existing_usage(problem.board, ()))
    best = every.best()
    if choice.status == "infeasible" or best is None:
        agreed = choice.status == "infeasible" and best is None
        return None if agreed else f"{choice.status}, but {best} is the best of {every.number}"
    lawful = [set(map(_named, options)) for options in every.of]
    for option, those in zip(choice.options, lawful, strict=True):
        if _named(option) not in those:
            return f"{option.key} is taken, and is none of {len(those)} candidates"
    stated = tuple(level.value for level in choice.levels)
    return None if stated == best else f"{choice.status} {stated}, but {best} is the best of {every.number}"


def mutated(mutation: Mutation) -> str | None:
    """The same with the drawn kind or term in the catalogue."""
    rule = mutation.rule
    with catalogue.holding(rule.made(), rule.rank):
        found = difference(*mutation.question(), most=MOST)
    return None if found is None else f"seed {mutation.seed}, {rule}: {found}"


@contextmanager
def nothing_remembered() -> Iterator[None]:
    """The solver asks of every candidate anew: no memo, no heap for another, no image or option beats another."""
    with ExitStack() as stack:
        for name in REMEMBERING:
            stack.enter_context(patch.object(Propagation, name, _anew(name)))
        stack.enter_context(patch.object(Rivals, "beaten", lambda *about: False))
        stack.enter_context(patch.object(options, "undominated", _in_order))
        stack.enter_context(patch.object(board, "_pair", lambda heaps: None))
        yield


def _anew(name: str) -> Any:
    method = getattr(Propagation, name)

    def asked(found: Propagation, *about: Any) -> Any:
        getattr(found, f"_{name}").clear()
        return method(found, *about)

    return asked


def _in_order(found: list[Option], kept: frozenset[str] = frozenset()) -> tuple[Option, ...]:
    return tuple(sorted(found, key=lambda option: (option.values, option.key, option.layout)))


def _named(option: Option) -> tuple[Any, ...]:
    return option.key, option.layout, option.assignment, option.values, option.colour
