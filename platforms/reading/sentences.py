"""What pydantic finds, said in our words: what is wrong, where, and what was expected.

For an unknown key the sentence names the key that was probably meant. Where a
field takes one of several forms, pydantic reports a failure for each; they
become one sentence.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from heapwright.platforms.errors import MAX_PROBLEMS, Finding, Path, near, shown
from heapwright.platforms.values import KERNEL_VERSION

_NAME: Final = "expected a name of at most 64 letters, digits and _ . , + -"
_NAME_PATTERN: Final = "^[A-Za-z0-9_.,+-]{1,64}$"
_PATTERNS: Final = {
    _NAME_PATTERN: _NAME,
    f"^{KERNEL_VERSION}$": "expected a kernel version such as 6.12",
    "^[a-z0-9.+-]+$": "expected lower-case letters, digits and . + -",
    r"^[\x21-\x7e]+$": "expected a word of printable ASCII",
    r"^[\x21-\x7e ]+$": "expected printable ASCII",
}


def problems(
    error: ValidationError, model: type[BaseModel], data: Any, *, lacks: bool = True
) -> list[Finding]:
    """The faults behind a ValidationError, one per faulty value; without `lacks`, nothing is missing."""
    groups: dict[tuple[Path, str], list[dict[str, Any]]] = {}
    for path, detail in failures(error, data):
        sort = "key" if "key" in detail else "lack" if detail["type"] == "missing" else "value"
        if lacks or sort != "lack":
            groups.setdefault((path, sort), []).append(detail)
    around = {path[:depth] for path, _ in groups for depth in range(len(path))}
    found = []
    for (path, sort), details in groups.items():
        # What is wrong inside a value says more than that the value has not another form.
        if sort != "value" or path not in around:
            found.append((path, _sentence(details, path, model, data)))
        if len(found) > MAX_PROBLEMS:
            break
    return found


def failures(error: ValidationError, data: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Each failure with its path in `data`: names of union members and models are left out."""
    for detail in error.errors(include_url=False):
        path, rest = _walk(detail["loc"], data)
        if detail["type"] == "missing":
            yield path, {**detail, "field": rest[-1]}
        elif "[key]" in rest:
            yield path, {**detail, "key": path[-1]}
        else:
            yield path, dict(detail)


def _walk(loc: tuple[str | int, ...], data: Any) -> tuple[Path, tuple[str | int, ...]]:
    path: list[str | int] = []
    rest: list[str | int] = []
    for step in loc:
        held = (isinstance(data, dict) and step in data) or (
            isinstance(data, list | tuple) and isinstance(step, int) and step < len(data)
        )
        if held and rest[-1:] != ["[key]"]:
            path.append(step)
            data = data[step]
        else:
            rest.append(step)
    return tuple(path), tuple(rest)


def value_at(data: Any, path: Path) -> Any:
    """The value at `path` in plain data."""
    for step in path:
        data = data[step]
    return data


def _sentence(details: list[dict[str, Any]], path: Path, model: type[BaseModel], data: Any) -> str:
    missing = [detail["field"] for detail in details if detail["type"] == "missing"]
    if missing:
        names = ", ".join(shown(str(field)) for field in dict.fromkeys(missing))
        return f"{names} is missing" if len(set(missing)) == 1 else f"{names} are missing"
    if details[0]["type"] == "extra_forbidden":
        known = sorted(_fields(model, path[:-1]))
        word = str(path[-1])
        hint = near(word, known) or (f"; expected {_or(known)}" if known and len(known) <= 12 else "")
        return f"unknown key {shown(word)}{hint}"
    own = [detail for detail in details if detail["type"] == "value_error"]
    words = _literals(details)
    value = details[0].get("key", value_at(data, path))
    if own:
        said = str(own[0]["ctx"]["error"])
        extra = f", or {_or(words)}" if words and said.startswith("expected ") else ""
        head, comma, tail = said.rpartition(", got ")
        got = _got(value) if tail in (shown(value), str(value)) else tail
        return f"{head}{extra}{comma}{got}" if comma else said + extra
    # A bound that is broken shows which form was meant; the others need not be named.
    details = [detail for detail in details if detail["type"] in _BOUNDS] or details
    forms = list(dict.fromkeys(_form(detail) for detail in details if detail["type"] != "literal_error"))
    if words and not forms:
        return (
            f"expected {_or(words)}, got {_got(value)}{near(value, words) if isinstance(value, str) else ''}"
        )
    quote = "; put it in quotes" if _wants_text(details) and isinstance(value, int | float) else ""
    return f"expected {' or '.join([*forms, *words])}, got {_got(value)}{quote}"


def _literals(details: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    for detail in details:
        if detail["type"] == "literal_error":
            found += re.findall(r"'[^']*'|\d+", detail["ctx"]["expected"])
    return [word.strip("'") for word in dict.fromkeys(found)]


def _wants_text(details: list[dict[str, Any]]) -> bool:
    return any(detail["type"] == "string_type" for detail in details)


def _got(value: Any) -> str:
    for word, plain in (("nothing", None), ("true", True), ("false", False)):
        if value is plain:
            return word
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    return shown(value)


_BOUNDS: Final = frozenset(
    (
        "greater_than_equal", "less_than_equal", "string_too_short", "string_too_long", "too_short", "too_long",
        "string_pattern_mismatch",
    )
)  # fmt: skip
_FORMS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "string_type": lambda _: "text",
    "int_type": lambda _: "a whole number",
    "int_from_float": lambda _: "a whole number",
    "float_type": lambda _: "a number",
    "bool_type": lambda _: "true or false",
    "tuple_type": lambda _: "a list",
    "list_type": lambda _: "a list",
    "dict_type": lambda _: "a mapping of names",
    "model_type": lambda _: "a mapping",
    "model_attributes_type": lambda _: "a mapping",
    "greater_than_equal": lambda c: f"at least {c['ge']}",
    "less_than_equal": lambda c: f"at most {c['le']}",
    "string_too_short": lambda c: f"text of at least {c['min_length']} characters",
    "string_too_long": lambda c: f"text of at most {c['max_length']} characters",
    "too_short": lambda c: f"at least {c['min_length']} entries",
    "too_long": lambda c: f"at most {c['max_length']} entries",
    "string_pattern_mismatch": lambda c: _PATTERNS.get(
        c["pattern"], f"text of the form {c['pattern']}"
    ).removeprefix("expected "),
}


def _form(detail: dict[str, Any]) -> str:
    form = _FORMS.get(detail["type"])
    return form(detail.get("ctx", {})) if form else str(detail["msg"]).removeprefix("Input should be ")


def _or(words: list[str]) -> str:
    return " or ".join(([", ".join(words[:-1])] if words[1:] else []) + words[-1:])


def _fields(model: type[BaseModel], path: Path) -> set[str]:
    """The keys that the mapping at `path` may have."""
    kinds: list[Any] = [model]
    for step in path:
        kinds = [inner for kind in kinds for inner in _step(kind, step)]
    return {
        field.alias or name
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        for name, field in kind.model_fields.items()
    }


def _step(kind: Any, step: str | int) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        found = [field.annotation for name, field in kind.model_fields.items() if step in (name, field.alias)]
        return [inner for annotation in found for inner in _members(annotation)]
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return _members(arguments[1])
    return _members(arguments[0]) if get_origin(kind) is tuple else []


def _members(annotation: Any) -> list[Any]:
    """The types an annotation may mean, `Annotated` and unions taken apart."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [inner for member in get_args(annotation) for inner in _members(member)]
    return [annotation]
