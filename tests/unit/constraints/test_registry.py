"""No rule is half done: every kind has a name, a scope, a source, a sentence, a judgement and a test."""

from __future__ import annotations

import re
from inspect import getdoc, signature
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from solver import constraints
from solver.constraints import BUDGETS, BY_NAME, KINDS, of_scope

if TYPE_CHECKING:
    from types import ModuleType

FOLDER = Path(constraints.__file__).parent
PROVIDES = {
    "attachment": {"broken", "sentence", "source"},
    "heap": {"broken", "sentence", "source"},
    "reach": {"broken", "sentence", "source"},
    "run": {"broken", "sentence", "source"},
    "room": {"broken", "sentence", "source"},
    "permit": {"permits", "sentence", "source"},
    "budget": {"charges", "sentence", "source"},
    "layout": {"states", "demand", "sentence"},
    "choice": {"sentence"},
    "question": {"sentence"},
}
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.NAME)


def test_every_module_is_listed_once() -> None:
    modules = {f"solver.constraints.{path.stem}" for path in FOLDER.glob("*.py") if path.stem != "__init__"}
    assert {kind.__name__ for kind in KINDS} == modules
    assert len(KINDS) == len(BY_NAME) == len(modules)


def test_every_scope_is_asked_somewhere() -> None:
    assert {kind.SCOPE for kind in KINDS} == set(PROVIDES)
    assert set(of_scope(*PROVIDES)) == set(KINDS)


@every_kind
def test_a_kind_is_called_like_its_module(kind: ModuleType) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.NAME)
    assert kind.__name__.rpartition(".")[2] == kind.NAME.replace("-", "_")


@every_kind
def test_a_kind_says_what_why_and_where_it_was_read(kind: ModuleType) -> None:
    text = getdoc(kind)
    assert text is not None
    first, _, rest = text.partition("\n")
    assert first.endswith("."), "the first line is a sentence"
    assert "Source: " in rest


@every_kind
def test_a_kind_judges_and_speaks(kind: ModuleType) -> None:
    missing = {name for name in PROVIDES[kind.SCOPE] if not callable(getattr(kind, name, None))}
    assert not missing


@every_kind
def test_only_layouts_and_choices_borrow_the_source_of_their_rule(kind: ModuleType) -> None:
    if hasattr(kind, "source"):
        wanted = ["board", "budget"] if kind.SCOPE == "budget" else ["case"]
        assert list(signature(kind.source).parameters) == wanted


@every_kind
def test_a_kind_has_its_test(kind: ModuleType) -> None:
    assert (Path(__file__).parent / f"test_{kind.NAME.replace('-', '_')}.py").is_file()


def test_budgets_are_the_kinds_that_charge() -> None:
    assert {kind.NAME for kind in BUDGETS} == {
        "capacity",
        "iova-aperture",
        "resource",
        "local-only",
        "heap-limits",
        "conversion",
    }
