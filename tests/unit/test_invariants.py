"""docs/invariants.md: every contract names where it is defined and the tests that pin it, and all of these exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "invariants.md").read_text("utf-8")
WHOLE: Final = ("tests/property/test_laws.py", "tests/property/test_explanations.py")
"""Tests of which each says what holds for every answer."""
NO_CONTRACT: Final = {
    "test_there_is_something_of_both_sorts": "it is about what is drawn",
    "test_there_is_something_to_explain": "it is about what is drawn",
    "test_the_common_kinds_are_among_the_conflicts": "it is about what is drawn",
}


def contracts() -> dict[str, str]:
    parts = re.split(r"^### (.+)\n", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def places(text: str, label: str) -> list[tuple[str, str]]:
    """The path and the name (or none) of each place on the line with this label."""
    [line] = re.findall(rf"^- \*\*{label}:\*\* (.+)$", text, re.MULTILINE)
    found = re.findall(r"`([^`:]+)(?:::([^`]+))?`", line)
    assert re.sub(r"`[^`]+`", "", line).replace(",", "").strip() == ""
    return found


@cache
def defined(path: Path) -> frozenset[str]:
    """The names that a module defines."""
    tree = ast.parse(path.read_text("utf-8"))
    names = {
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    targets = [
        target
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    return frozenset(names | {target.id for target in targets if isinstance(target, ast.Name)})


every_contract = pytest.mark.parametrize("title", contracts())


def test_no_contract_stands_twice() -> None:
    titles = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
    assert len(titles) == len(set(titles)) >= 40


@every_contract
def test_every_place_is_there(title: str) -> None:
    for path, name in places(contracts()[title], "Defined"):
        assert not path.startswith("tests/")
        assert (ROOT / path).exists(), path
        assert not name or name in defined(ROOT / path), f"{path}::{name}"


@every_contract
def test_every_pin_is_a_test(title: str) -> None:
    for path, name in places(contracts()[title], "Pinned by"):
        assert re.fullmatch(r"tests/(.+/)?test_\w+\.py", path)
        assert (ROOT / path).is_file(), path
        assert not name or (name.startswith("test_") and name in defined(ROOT / path)), f"{path}::{name}"


def test_every_law_is_a_contract() -> None:
    pinned = {place for text in contracts().values() for place in places(text, "Pinned by")}
    laws = {(path, name) for path in WHOLE for name in defined(ROOT / path) if name.startswith("test_")}
    assert {name for _, name in laws - pinned} == NO_CONTRACT.keys()
