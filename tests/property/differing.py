"""Where the solver's answer differs from that of trying every candidate, if it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from platforms.schema import Platform
from solver.deciding import decide
from solver.live import ledger
from solver.option import Option
from solver.options import Propagation
from solver.pipeline import Pipeline
from solver.problem import Problem
from tests.property import catalogue
from tests.property.candidates import Candidates
from tests.property.mutations import MOST, Mutation


def difference(platform: Platform, pipelines: Sequence[Pipeline], most: int = 0) -> str | None:
    """How the two part; None where they agree, or where there are more than `most` combinations (0: no limit)."""
    every = Candidates(platform, pipelines)
    if most and every.number > most:
        return None
    problem = Problem(platform, pipelines)
    choice = decide(problem, Propagation(problem), ledger(problem.board, ()))
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


def _named(option: Option) -> tuple[Any, ...]:
    return option.key, option.layout, option.binding, option.values, option.colour
