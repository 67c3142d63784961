"""A kind or a cost term added to the catalogue, everywhere the solver looks, for as long as a test asks.

It does what docs/add-a-constraint-kind.md says: a module, and its name in the list. What is worked
out from the lists when modules are imported is worked out again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

from heapwright.solver import constraints
from heapwright.solver import objective as costs
from heapwright.solver import solve as solving
from heapwright.solver.board.budget import Charge
from heapwright.solver.candidates import drops, judged
from heapwright.solver.constraints.kind import BoundAttachment, Case, Placed
from heapwright.solver.explain import facts
from heapwright.solver.layout.layout import Demand
from heapwright.solver.objective.term import Counted
from heapwright.solver.search import choose as model

LOADED: Final = solving
"""All that the solver consists of is imported by now, so that no list is missed."""
NAME: Final = "added"
SCOPES: Final = ("attachment", "heap", "reach", "run", "room", "layout", "budget")
"""Those of a kind that is asked wherever the list is; the others are asked by name."""


class Kind:
    """What a module of `solver/constraints/` provides."""

    NAME = NAME

    def __init__(
        self,
        scope: str,
        *,
        broken: Callable[[Case], bool] = lambda case: False,
        concerns: Callable[[BoundAttachment], bool] = lambda attachment: True,
        charges: Callable[[Placed], Sequence[Charge]] | None = None,
        states: Callable[[BoundAttachment], bool] = lambda attachment: False,
        demand: Callable[[Demand], None] = lambda need: None,
    ) -> None:
        assert scope in SCOPES
        self.SCOPE = scope
        self.broken, self.states = broken, states
        self._concerns, self._demand = concerns, demand
        if charges is not None:
            self.charges = charges

    def concerns(self, board: object, attachment: BoundAttachment) -> bool:
        return self._concerns(attachment)

    def demand(self, attachment: BoundAttachment, need: Demand, image: object) -> None:
        self._demand(need)

    def sentence(self, *about: object) -> str:
        return "a test forbids it"

    def source(self, *about: object) -> str:
        return "a test"


class Term:
    """What a module of `solver/objective/` provides; every value is an integer ≥ 0."""

    NAME = NAME

    def __init__(self, scope: str, value: Callable[[Any], int]) -> None:
        assert scope in ("placed", "counted")
        self.SCOPE = scope
        self.value: Callable[[Placed | Counted], int] = value


@contextmanager
def holding(added: Kind | Term, rank: int = 0) -> Iterator[None]:
    """The catalogue with one kind more, at its end, or one term more, which is closed as number `rank`."""
    changed = _with_term(added, rank) if isinstance(added, Term) else _with_kind(added)
    with ExitStack() as stack:
        for module, name, value in changed:
            stack.enter_context(patch.object(module, name, value))
        yield


def _with_kind(kind: Kind) -> list[tuple[Any, str, object]]:
    def longer(kinds: tuple[Any, ...], *scopes: str) -> tuple[Any, ...]:
        return (*kinds, kind) if kind.SCOPE in scopes else kinds

    lists: list[tuple[object, object]] = [
        (constraints.KINDS, (*constraints.KINDS, kind)),
        (constraints.BY_NAME, {**constraints.BY_NAME, kind.NAME: kind}),
        (constraints.BUDGETS, longer(constraints.BUDGETS, "budget")),
    ]
    for scope in ("attachment", "heap", "reach", "run", "room", "layout", "permit"):
        kinds = getattr(constraints, scope.upper())
        lists.append((kinds, longer(kinds, scope)))
    found = _everywhere(lists)
    found.append((facts, "_ORDER", {**facts._ORDER, kind.NAME: len(facts._ORDER)}))
    if kind.SCOPE == "budget":
        found.append((drops, "_BUDGETS", drops._BUDGETS | {kind.NAME}))
    if kind.SCOPE in ("room", "run"):
        found.append((judged, "_OF_SIZES", judged._OF_SIZES | {kind.NAME}))
    return found


def _with_term(term: Term, rank: int) -> list[tuple[Any, str, object]]:
    terms = (*costs.TERMS[:rank], term, *costs.TERMS[rank:])
    names = tuple(each.NAME for each in terms)
    largest, total = names.index("scarcity-largest"), names.index("scarcity-sum")
    found = _everywhere(
        [
            (costs.TERMS, terms),
            (costs.NAMES, names),
            (costs.PLACED, _of_scope("placed", terms)),
            (costs.COUNTED, _of_scope("counted", terms)),
        ]
    )
    found += _named("LARGEST", largest) + _named("SUM", total)
    return [*found, (model, "TIED", largest)]


def _of_scope(scope: str, terms: Sequence[Any]) -> tuple[tuple[int, Any], ...]:
    return tuple((level, term) for level, term in enumerate(terms) if scope == term.SCOPE)


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
