"""What can be read from a view that the solver shows to a kind or a term: all its fields, by their paths.

A path is the names of attributes with dots between them; `*` stands for every part of a tuple, `#` for their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

NO_FACTS: Final = {
    "board": "the same for all that is judged",
    "name": "another name changes no answer",
    "label": "another name changes no answer",
    "title": "another name changes no answer",
    "pipeline": "another name changes no answer",
    "stage": "another name changes no answer",
    "shielded": "a sentence",
    "carried": "a sentence",
    "names": "how a heap is called, not what it is",
    "nodes": "how a heap is opened, not what it is",
    "permission": "how a heap is opened, not what it is",
    "since": "whether there is a heap, not what it is",
    "until": "whether there is a heap, not what it is",
    "source": "where a fact was read",
    "signature": "the solver's own bookkeeping",
    "variants": "the solver's own bookkeeping",
    "split": "the solver's own bookkeeping",
    "scenarios": "the solver's own bookkeeping",
    "flow": "the solver's own bookkeeping",
    "part": "conversions, of which these questions have none",
    "variable": "the solver's own bookkeeping",
    "pins": "these questions have none",
    "shares": "worked out from budgets, for one level",
}
"""What no rule may read, by the name of the attribute."""
DEPTH: Final = 5
"""How many attributes a path has at most, parts of tuples counted too."""


class Fields:
    """Every field that can be read from views, by its path, as a word, a number, or a tuple of them."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[object, list[tuple[str, Any]]]] = {}

    def of(self, view: object, depth: int = DEPTH) -> list[tuple[str, Any]]:
        if _plain(view):
            return [("", view)]
        key = id(view), depth
        if key not in self._known:  # which keeps the view, so that its identity stands for it
            self._known[key] = view, list(self._of(view, depth))
        return self._known[key][1]

    def _of(self, view: object, depth: int) -> Iterator[tuple[str, Any]]:
        if isinstance(view, dict):
            yield "", read(view, "")
        elif _parted(view):
            parts = list(view)  # type: ignore[call-overload]
            yield "#", len(parts)
            if all(map(_plain, parts)):
                yield "", read(view, "")
            elif depth and isinstance(view, tuple):
                paths = dict.fromkeys(path for part in parts for path, _ in self.of(part, depth - 1))
                yield from ((f"*.{path}", read(view, f"*.{path}")) for path in paths if "*" not in path)
        elif depth:
            for name in _attributes(view):
                for path, value in self.of(getattr(view, name), depth - 1):
                    yield ".".join(filter(None, (name, path))), value


def read(view: object, path: str) -> Any:
    """What stands at a path; None where nothing does."""
    if path == "":
        if isinstance(view, dict):
            return tuple(sorted(map(str, view)))
        return _told(view) if _parted(view) else view  # type: ignore[arg-type]
    name, _, rest = path.partition(".")
    if view is None:
        return None
    if name == "#":
        return len(view)  # type: ignore[arg-type]
    if name == "*":
        return tuple(read(part, rest) for part in view)  # type: ignore[attr-defined]
    return read(getattr(view, name, None), rest)


def _plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | str)


def _parted(value: object) -> bool:
    return isinstance(value, list | set | frozenset) or (
        isinstance(value, tuple) and not hasattr(value, "_fields")
    )


def _told(parts: Iterable[Any]) -> tuple[Any, ...]:
    found = [part for part in parts if _plain(part)]
    return tuple(found) if isinstance(parts, list | tuple) else tuple(sorted(found, key=repr))


def _attributes(view: object) -> list[str]:
    """The public attributes of a value that hold facts; methods are none."""
    names = [*_names(type(view)), *getattr(view, "__dict__", ())]
    return [name for name in dict.fromkeys(names) if _is_fact(name) and _has(view, name)]


@cache
def _names(kind: type) -> list[str]:
    parts = [vars(base) for base in kind.__mro__]
    names = {name for part in parts for name, value in part.items() if isinstance(value, property)}
    names.update(*(part.get("__slots__", ()) for part in parts), getattr(kind, "_fields", ()))
    return sorted(names | set(getattr(kind, "model_fields", ())))


def _is_fact(name: str) -> bool:
    return not name.startswith(("_", "model_")) and name not in NO_FACTS


def _has(view: object, name: str) -> bool:
    try:
        return hasattr(view, name)
    except AssertionError:  # a property that other scopes have
        return False
