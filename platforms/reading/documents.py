"""Plain data that remembers where each value stands, and the rules that all data must keep.

Data that was parsed elsewhere (an HTTP body, Python) is held to the same rules
as our files by `document_from`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from heapwright.platforms.errors import Diagnostic, InputError, Path, shown

MAX_DEPTH: Final = 32
MAX_VALUES: Final = 100_000
MAX_NUMBER: Final = 2**64 - 1
"""Format modifiers are unsigned 64-bit numbers; every other field is bounded further by its type."""

BEYOND_64_BITS: Final = "the number is beyond 64 bits"

UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Controls, line and direction overrides, lone surrogates: nothing a message or a terminal should meet."""


class Location(NamedTuple):
    """The file and line of a value; the line is None where there was no text."""

    file: str
    line: int | None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Where a value stands, and where the values inside it stand."""

    place: Location
    inside: dict[str | int, SourceMap] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data with the place of each of its values.

    `problems` are those that leave the rest readable, such as duplicate keys.
    Whoever uses the data raises them, together with what it finds itself
    (`heapwright.platforms.reading.validation` does).
    """

    data: Any
    mark: SourceMap
    problems: tuple[Diagnostic, ...] = ()
    located: Callable[[], SourceMap | None] | None = None
    """Finds the lines of JSON, which is read without them, once a problem needs them."""

    @property
    def file(self) -> str:
        """The name under which problems of this document are reported."""
        return self.mark.place.file

    def where(self, path: Path) -> Location:
        """The place of the value at `path`, or of the closest one around it."""
        mark = self.marks()
        for step in path:
            if step not in mark.inside:
                break
            mark = mark.inside[step]
        return mark.place

    def marks(self) -> SourceMap:
        """Where everything stands, lines included if there are any."""
        return (self.located() if self.located is not None else None) or self.mark

    def problem(self, path: Path, message: str) -> Diagnostic:
        """A problem with the value at `path`."""
        return Diagnostic(*self.where(path), path, message)

    def error(self, path: Path, message: str) -> InputError:
        """An error for the value at `path`, after which nothing else can be said of this document."""
        return InputError([*self.problems, self.problem(path, message)])


def document_from(data: Any, file: str) -> Document:
    """Data that was parsed elsewhere (an HTTP body, Python), held to the same rules.

    Raises:
        InputError: it is too deep or has too many values.
    """
    place = Location(file, None)
    todo: list[tuple[Path, Any]] = [((), data)]
    problems: list[Diagnostic] = []
    for seen, (path, value) in enumerate(_walk(todo)):
        if seen >= MAX_VALUES or len(path) > MAX_DEPTH:
            raise InputError([Diagnostic(file, None, (), too_much(deep=len(path) > MAX_DEPTH))])
        message = _key_problem(value) if isinstance(value, dict) else value_problem(value)
        if message:
            problems.append(Diagnostic(file, None, path, message))
    return Document(data, SourceMap(place), tuple(problems))


def _walk(todo: list[tuple[Path, Any]]) -> Iterator[tuple[Path, Any]]:
    while todo:
        path, value = todo.pop()
        yield path, value
        if isinstance(value, dict):
            todo.extend(
                ((*path, key if isinstance(key, str) else repr(key)), inner) for key, inner in value.items()
            )
        elif isinstance(value, list | tuple):
            todo.extend(((*path, index), inner) for index, inner in enumerate(value))


def _key_problem(data: dict[Any, Any]) -> str | None:
    for key in data:
        if not isinstance(key, str):
            return f"the key {shown(key)} is not text; put it in quotes"
        if UNFIT.search(key) or "\n" in key:
            return f"the key {shown(key)} has a control character"
    return None


def value_problem(value: Any) -> str | None:
    """What is wrong with a single value, if anything."""
    if isinstance(value, str) and UNFIT.search(value):
        return f"the text {shown(value)} has a control character"
    if isinstance(value, float) and not math.isfinite(value):
        return f"expected a number, got {value}"
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        return BEYOND_64_BITS
    return None


def too_much(*, deep: bool) -> str:
    """The sentence for data beyond MAX_DEPTH or MAX_VALUES."""
    return f"nested more than {MAX_DEPTH} deep" if deep else f"more than {MAX_VALUES} values"


def printable(text: str) -> str:
    """`text` fit for a message."""
    if len(text) > 256:
        text = "…" + text[-255:]
    return "".join(c if c.isprintable() else "?" for c in text)
