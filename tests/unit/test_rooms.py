"""The shape of the code: rooms of the solver, sizes of packages, lengths of functions."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from statistics import median

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("allocator", "api", "platforms", "solver")
UNCOUNTED = {
    "platforms/importers": "one importer, one module",
    "solver/layout/modifiers": "one modifier family, one module",
    "solver/constraints": "one kind, one module, in folders by subject",
}


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("heapwright", cache_dir=None)


def _room(module: str) -> str:
    return module.split(".")[2]


@cache
def _arrows() -> frozenset[tuple[str, str]]:
    """Ordered pairs of rooms of which a module of one imports a module of the other."""
    graph = _graph()
    modules = [m for m in graph.modules if m.startswith("heapwright.solver.")]
    return frozenset(
        (_room(module), _room(target))
        for module in modules
        for target in graph.find_modules_directly_imported_by(module)
        if target.startswith("heapwright.solver.") and _room(module) != _room(target)
    )


def _rooms() -> set[str]:
    return {_room(m) for m in _graph().modules if m.startswith("heapwright.solver.")}


def _floors() -> dict[str, int]:
    """How many rooms the longest chain of imports from a room has."""
    found: dict[str, int] = {}
    while len(found) < len(_rooms()):
        ready = {
            room: 1 + max((found[below] for above, below in _arrows() if above == room), default=0)
            for room in _rooms() - found.keys()
            if all(below in found for above, below in _arrows() if above == room)
        }
        assert ready, f"rooms import each other in a circle: {sorted(_rooms() - found.keys())}"
        found |= ready
    return found


def test_the_solver_has_few_rooms_and_no_circle() -> None:
    assert len(_rooms()) <= 11
    assert len(_arrows()) <= 50
    assert max(_floors().values()) <= 9


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_has_more_than_12_modules(package: str) -> None:
    crowded = {}
    for folder in (path.parent for path in (ROOT / package).rglob("__init__.py")):
        modules = [p for p in folder.glob("*.py") if p.name != "__init__.py"]
        inside = [p for p in folder.iterdir() if (p / "__init__.py").is_file()]
        name = str(folder.relative_to(ROOT))
        if len(modules) + len(inside) > 12 and not any(name.startswith(each) for each in UNCOUNTED):
            crowded[name] = len(modules) + len(inside)
    assert crowded == {}


def test_functions_of_the_solver_are_short() -> None:
    lengths = [
        ((node.end_lineno or 0) - node.lineno + 1, f"{path.relative_to(ROOT)}:{node.name}")
        for path in (ROOT / "solver").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert median(length for length, _ in lengths) <= 7
    assert [each for each in lengths if each[0] > 50] == []
