"""A kind or a cost term added to the catalogue, everywhere the solver looks, for as long as a test asks.

It does what docs/add-a-constraint-kind.md says: a kind or a term, and its place in the list. What is
worked out from the lists when modules are imported is worked out again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final, Literal
from unittest.mock import patch

from heapwright.solver import constraints, objective, solve
from heapwright.solver.board.budget import Charge
from heapwright.solver.candidates import images, judged, relaxation
from heapwright.solver.constraints.kind import Budgeting, ConstraintKind, Scope
from heapwright.solver.explain import conflict, facts
from heapwright.solver.objective.term import CostTerm

LOADED: Final = solve
"""All that the solver consists of is imported by now, so that no list is missed."""
NAME: Final = "added"
SCOPES: Final[tuple[Scope, ...]] = ("attachment", "heap", "reach", "run", "room", "layout", "budget")
"""Those of a kind that is asked wherever the list is; the others are asked by name."""


def kind(scope: Scope, rule: Callable[..., bool], *reads: str, **about: Any) -> ConstraintKind:
    """A kind with that rule of what it reads."""
    return ConstraintKind(
        name=NAME,
        scope=scope,
        rule=rule,
        reads=reads,
        words=lambda *of: "a test forbids it",
        source=lambda case: "a test",
        **about,
    )


def budget(charges: Callable[..., Iterable[Charge]], *reads: str) -> ConstraintKind:
    """A kind that charges so for what it reads of a placement."""
    budgeting = Budgeting(
        reads=reads,
        charges=charges,
        exceeded=lambda budget, used, who: "a test forbids it",
        source=lambda board, budget: "a test",
    )
    return ConstraintKind(name=NAME, scope="budget", budget=budgeting)


def term(scope: Literal["placed", "counted"], rule: Callable[..., int], *reads: str) -> CostTerm:
    """A term with that value of what it reads."""
    return CostTerm(name=NAME, scope=scope, rule=rule, reads=reads)


@contextmanager
def holding(added: Any, rank: int = 0) -> Iterator[None]:
    """The catalogue with one kind more, at its end, or one term more, which is closed as number `rank`."""
    changed = _with_term(added, rank) if isinstance(added, CostTerm) else _with_kind(added)
    with ExitStack() as stack:
        for module, name, value in changed:
            stack.enter_context(patch.object(module, name, value))
        yield


def _with_kind(kind: ConstraintKind) -> list[tuple[Any, str, object]]:
    lists: list[tuple[object, object]] = [
        (constraints.KINDS, (*constraints.KINDS, kind)),
        (constraints.BY_NAME, {**constraints.BY_NAME, kind.name: kind}),
    ]
    if kind.budget is not None:
        lists.append((constraints.BUDGETS, (*constraints.BUDGETS, kind)))
        lists.append((conflict.SHARED, conflict.SHARED | {kind.name}))
        lists.append((relaxation._BUDGETS, relaxation._BUDGETS | {kind.name}))
    if kind.scope in ("attachment", "heap", "reach", "run", "room", "layout", "permit"):
        kinds = getattr(constraints, kind.scope.upper())
        lists.append((kinds, (*kinds, kind)))
    if kind.scope in ("room", "run"):
        lists.append((judged._OF_SIZES, judged._OF_SIZES | {kind.name}))
    if kind.scope == "layout":
        lists.append((images.ASKED, images.ASKED | {kind.name}))
    return [*_everywhere(lists), (facts, "_ORDER", {**facts._ORDER, kind.name: len(facts._ORDER)})]


def _with_term(term: CostTerm, rank: int) -> list[tuple[Any, str, object]]:
    terms = (*objective.TERMS[:rank], term, *objective.TERMS[rank:])
    found = _everywhere(
        [
            (objective.TERMS, terms),
            (objective.NAMES, tuple(each.name for each in terms)),
            (objective.PLACED, _of_scope("placed", terms)),
            (objective.COUNTED, _of_scope("counted", terms)),
            (objective.FILLING, tuple(level for level, each in enumerate(terms) if each.fills)),
        ]
    )
    for name in ("LOAD", "LOSSY", "PICTURED", "MOVED"):
        found += _named(name, terms.index(objective.TERMS[getattr(objective, name)]))
    return found


def _of_scope(scope: str, terms: Sequence[CostTerm]) -> tuple[tuple[int, CostTerm], ...]:
    return tuple((level, term) for level, term in enumerate(terms) if scope == term.scope)


def _everywhere(lists: Sequence[tuple[object, object]]) -> list[tuple[Any, str, object]]:
    """Every module that has one of these lists, under whatever name, with the list that replaces it."""
    return [
        (module, name, new)
        for module in _modules()
        for name, value in list(vars(module).items())
        for old, new in lists
        if value is old and value is not new
    ]


def _named(name: str, value: int) -> list[tuple[Any, str, object]]:
    """Every module that has a level by its number."""
    return [(module, name, value) for module in _modules() if name in vars(module)]


def _modules() -> list[Any]:
    return [module for name, module in sorted(sys.modules.items()) if name.startswith("heapwright.solver")]
