"""One root of everything that is raised on purpose, and the tree of it as it is drawn."""

from __future__ import annotations

import inspect
import pkgutil
import re
from importlib import import_module

import heapwright
from heapwright import HeapwrightError
from heapwright.platforms import errors

NOT_ERRORS = {
    "Stopped": "ends a process that holds buffers, as SystemExit does: no handler of errors may keep it",
    "_Stop": "ends a thread that is out of time: careless code on its way must not take it for an error",
}
_DRAWN = re.compile(r"^ {4}(?P<branch>[│ ├└─]*)(?P<name>\w+)( {2,}\S.*)?$")


def defined() -> set[type[BaseException]]:
    """Every exception that a module of ours defines."""
    names = [found.name for found in pkgutil.walk_packages(heapwright.__path__, "heapwright.")]
    modules = [import_module(name) for name in names if not name.endswith("__main__")]
    assert len(modules) > 200
    return {
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, BaseException) and value.__module__ == module.__name__
    }


def drawn() -> dict[str, str | None]:
    """Parents by name, from the docstring."""
    parents: dict[str, str | None] = {}
    above: list[str] = []
    for line in inspect.getsource(errors).partition("\n\n")[2].splitlines():
        found = _DRAWN.match(line)
        if found is None:
            break
        depth = len(found["branch"]) // 4
        above[depth:] = [found["name"]]
        parents[found["name"]] = above[depth - 1] if depth else None
    return parents


def test_whatever_is_raised_on_purpose_has_one_root() -> None:
    others = {error.__name__ for error in defined() if not issubclass(error, HeapwrightError)}
    assert others == NOT_ERRORS.keys()


def test_what_is_no_error_is_caught_by_no_handler_of_errors() -> None:
    assert not [e for e in defined() if e.__name__ in NOT_ERRORS and issubclass(e, Exception)]


def test_the_tree_is_drawn_as_it_is() -> None:
    ours = {e.__name__: e.__base__ for e in defined() if issubclass(e, HeapwrightError)}
    assert drawn() == {
        name: base.__name__ if base is not None and name != "HeapwrightError" else None
        for name, base in ours.items()
    }
