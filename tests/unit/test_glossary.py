"""docs/glossary.md has every public class of the solver and every word of the field, once, and what it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from tests.unit.test_invariants import defined

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "glossary.md").read_text("utf-8")
ROWS: Final = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| word ")
]
OF_THE_FIELD: Final = {
    "addressability", "admission", "allocation store", "alternatives", "attach", "attachment set", "backing heap",
    "bound attachment", "capacity", "case", "contiguity model", "cost class", "device assignment", "dominance",
    "dropped facts", "equivalent heaps", "existing usage", "exporter", "fourcc", "importer", "lower bound", "mode",
    "modifier", "non-monotone", "physical map", "placed buffer", "plane", "protection domain", "protection scenario",
    "relaxation", "reserved block", "stated usage", "stride", "user", "violates",
}  # fmt: skip


def words(row: list[str]) -> list[str]:
    """The words of a row, without what tells two meanings apart."""
    return [re.sub(r" \(.*\)", "", word) for word in row[0].split(", ")]


def places() -> list[tuple[str, str]]:
    return [place for row in ROWS for place in re.findall(r"`([^`:]+\.\w+)(?:::([^`]+))?`", row[-1])]


def classes(room: Path) -> set[tuple[str, str]]:
    """The public classes of a room, as they are named here."""
    return {
        (str(path.relative_to(ROOT)), node.name)
        for path in ([room] if room.is_file() else room.rglob("*.py"))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }


def rooms() -> list[Path]:
    return [
        ROOT / "solver" / "solve.py",
        *sorted(path.parent for path in (ROOT / "solver").glob("*/__init__.py")),
    ]


@pytest.mark.parametrize("room", rooms(), ids=lambda path: path.stem)
def test_every_public_class_of_the_solver_has_a_row(room: Path) -> None:
    assert classes(room) - set(places()) == set()


def test_every_word_of_the_field_has_a_row() -> None:
    assert OF_THE_FIELD - {word for row in ROWS for word in words(row)} == set()


def test_every_place_is_there() -> None:
    missing = [
        (path, name)
        for path, name in places()
        if not (ROOT / path).is_file() or (name and name not in defined(ROOT / path))
    ]
    assert missing == []


def test_every_row_has_a_meaning_and_no_word_stands_twice() -> None:
    assert all(len(row) in (2, 3) and all(row) for row in ROWS)
    first = [row[0] for row in ROWS]
    assert len(first) == len(set(first)) >= 100
