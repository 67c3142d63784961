"""Where the solver's answer differs from that of trying every candidate, if it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from heapwright.platforms.schema import Platform
from heapwright.solver.candidates import enumerate as enumerate_
from heapwright.solver.candidates import refusals
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.dominance import Rivals
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.constraints.cases import Case, Home
from heapwright.solver.conversions.deciding import decide
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem
from tests.property import catalogue
from tests.property.candidates import Candidates, stated
from tests.property.mutations import MOST, Mutation


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
        for of, name, anew in (
            (refusals.Refusals, "concerning", _concerning),
            (refusals.KindGroup, "of", _of),
            (Propagation, "alike", _alike),
            (Propagation, "demands", lambda self, attachment: stated(attachment)),
            (Rivals, "beaten", lambda *about: False),
            (enumerate_, "undominated", _in_order),
        ):
            stack.enter_context(patch.object(of, name, anew))
        yield


def _concerning(asked: refusals.Refusals, case: Case) -> refusals.KindGroup:
    return refusals.KindGroup(tuple(kind for kind in asked._kinds if kind.concerns(case)))


def _alike(found: Propagation, home: Home, *about: Any, **named: Any) -> enumerate_.Alike:
    """Heaps that have nothing in common, by which no part of a price is remembered."""
    return enumerate_.Alike(home, home, tuple((home, number) for number in range(99)))


def _of(group: refusals.KindGroup, case: Case) -> refusals.Verdicts:
    return refusals.Verdicts(refusals.KindGroup(group.kinds), case, alone=False)


def _in_order(found: list[Option], kept: frozenset[str] = frozenset()) -> tuple[Option, ...]:
    return tuple(sorted(found, key=lambda option: (option.values, option.key, option.layout)))


def _named(option: Option) -> tuple[Any, ...]:
    return option.key, option.layout, option.assignment, option.values, option.colour
