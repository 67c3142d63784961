"""From plain data to our models: the only door, and everything wrong is told at once.

Three sorts of problems meet here: those of the text (duplicate keys), those of
single values (pydantic's), and those that need the whole (`checks`). So that the
last are found although some values are wrong, the faulty values are left out
for the time being, and what the checks then say about their surroundings is
not believed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from heapwright.platforms.errors import MAX_PROBLEMS, Finding, InputError, Path, shown
from heapwright.platforms.reading.documents import Document
from heapwright.platforms.reading.sentences import failures, problems, value_at
from heapwright.platforms.values import UNKNOWN

_Model = TypeVar("_Model", bound=BaseModel)
Checks = Callable[[Any], Iterable[Finding]]

_STAND_INS: Final[dict[str, Any]] = {
    "source": "-",
    "size": UNKNOWN,
    "cpu": UNKNOWN,
    "memory": UNKNOWN,
    "kind": "cpu",
    "access": "read",
    "name": "-",
}
"""What a required field holds while the rest is checked."""


def headed(document: Document, schema: str) -> dict[str, Any]:
    """The data of a document of that schema.

    Raises:
        InputError: it is no mapping, or of another or a newer schema.
    """
    data = document.data
    if not isinstance(data, dict):
        raise InputError([document.problem((), f"expected a mapping that starts with schema: {schema}")])
    stated = data.get("schema")
    if stated == schema:
        return data
    family, _, number = schema.rpartition("/")
    if "schema" not in data:
        message = f"'schema' is missing; expected schema: {schema}"
    elif isinstance(stated, str) and re.fullmatch(re.escape(family) + r"/[0-9]{1,9}", stated):
        age = "a newer" if int(stated.rpartition("/")[2]) > int(number) else "no"
        message = f"this file is for {age} heapwright: its schema is {stated}, and this one reads {schema}"
    else:
        message = f"expected {schema}, got {shown(stated)}"
    raise InputError([*document.problems, document.problem(("schema",), message)])


def validated(
    model: type[_Model], document: Document, *, data: Any = None, at: Path = (), checks: Checks = lambda _: ()
) -> _Model:
    """`document` as a `model` that passes `checks`; `data`, if given, stands for what is at the path `at`.

    Raises:
        InputError: with every problem, each at its file and line.
    """
    plain = document.data if data is None else data
    found: list[Finding] = []
    touched: set[Path] = set()
    value: _Model | None
    try:
        value = model.model_validate(plain)
    except ValidationError as error:
        found = problems(error, model, plain)
        value, touched = _with_faults_left_out(model, plain)
    if value is not None:
        believed = _believed(touched)
        found += islice((fault for fault in checks(value) if believed(fault[0])), MAX_PROBLEMS + 1)
    told = {(problem.file, problem.path) for problem in document.problems}
    own = [document.problem((*at, *path), message) for path, message in found]
    every = [*document.problems, *(problem for problem in own if (problem.file, problem.path) not in told)]
    if every or value is None:
        raise InputError(every)
    return value


def partial(model: type[BaseModel], document: Document, *, data: Any) -> None:
    """Hold data to `model` where it states something; what is missing may come from elsewhere.

    Raises:
        InputError: with every problem, each at its file and line.
    """
    found: list[Finding] = []
    try:
        model.model_validate(data)
    except ValidationError as error:
        found = problems(error, model, data, lacks=False)
    every = [*document.problems, *(document.problem(path, message) for path, message in found)]
    if every:
        raise InputError(every)


def _with_faults_left_out(model: type[_Model], data: Any) -> tuple[_Model | None, set[Path]]:
    """A `model` of what is sound in `data`, if there is one, and the paths that were changed."""
    copy = _copied(data)
    touched: set[Path] = set()
    for _ in range(4):
        try:
            return model.model_validate(copy), touched
        except ValidationError as error:
            found = list(failures(error, copy))
        lacking = [(path, str(detail["field"])) for path, detail in found if detail["type"] == "missing"]
        faulty = {path for path, detail in found if detail["type"] != "missing"}
        if any(map(_is_a_name, faulty)) or any(field not in _STAND_INS for _, field in lacking):
            return None, touched
        for path, field in lacking:
            value_at(copy, path)[field] = _STAND_INS[field]
        # From the back, so that the places in a list stay right.
        for path in sorted(faulty, key=_in_order, reverse=True):
            del value_at(copy, path[:-1])[path[-1]]
        touched |= faulty | {(*path, field) for path, field in lacking}
    return None, touched


def _in_order(path: Path) -> list[tuple[bool, Any]]:
    return [(isinstance(step, str), step) for step in path]


def _is_a_name(path: Path) -> bool:
    """Leaving out a whole named thing would make names that lead to it look dangling."""
    return len(path) == 0 or (
        len(path) <= 2 and path[0] in ("memory", "iommus", "links", "heaps", "devices", "resources")
    )


def _believed(touched: set[Path]) -> Callable[[Path], bool]:
    """Whether the checks can know better: not about what surrounds, is, or lies beside a changed value."""
    at_or_around = {path[:depth] for path in touched for depth in range(len(path) + 1)}
    beside = {path[:-1] for path in touched if len(path) > 1}
    return lambda path: (
        path not in at_or_around and not any(path[:depth] in beside for depth in range(len(path) + 1))
    )


def _copied(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _copied(value) for key, value in data.items()}
    return [_copied(value) for value in data] if isinstance(data, list | tuple) else data
