"""A name of a class or a type means one thing, wherever it is read."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("allocator", "api", "platforms", "solver")


def _is_type(name: str) -> bool:
    bare = name.lstrip("_")
    return bare[:1].isupper() and not bare.isupper()


def _types(tree: ast.Module) -> Iterator[str]:
    """Classes of a module, and what it gives the name of a type."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            targets = (each.id for each in node.targets if isinstance(each, ast.Name))
            yield from filter(_is_type, targets)
        elif (
            isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and _is_type(node.target.id)
        ):
            yield node.target.id


def _defined() -> dict[str, list[str]]:
    """Where each name of a type is defined."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in (each for package in PACKAGES for each in sorted((ROOT / package).rglob("*.py"))):
        for name in sorted(set(_types(ast.parse(path.read_text("utf-8"))))):
            found[name].append(str(path.relative_to(ROOT)))
    return found


def test_a_name_is_defined_in_one_module() -> None:
    assert {name: paths for name, paths in _defined().items() if len(paths) > 1} == {}


def test_definitions_are_found() -> None:
    tree = ast.parse(
        "class One: ...\nTwo = tuple[int, ...]\nThree: TypeAlias = int\nFOUR = 4\nfive = One()\n"
    )
    assert [*_types(tree)] == ["One", "Two", "Three"]
