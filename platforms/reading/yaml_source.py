"""Read YAML 1.2 and JSON files as plain data that remembers its lines.

Strict on purpose: a duplicate key once made a false "infeasible", and an alias
can make a kilobyte of text a gigabyte of data. So duplicate keys, anchors,
tags, second documents, keys that are not text, control characters, NaN and
numbers beyond 64 bits are refused, and size, depth and number of values are
bounded. The parser of ruamel.yaml gives a flat stream of events
(`heapwright.platforms.reading.yaml_events`).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from heapwright.platforms.errors import Diagnostic, InputError, UnparsableInput, shown
from heapwright.platforms.reading.documents import (
    BEYOND_64_BITS,
    Document,
    SourceMap,
    document_from,
    printable,
    too_much,
)
from heapwright.platforms.reading.yaml_events import Builder

MAX_BYTES: Final = 1 << 20
MAX_LINE: Final = 1 << 16
_WORD = re.compile(r"[^\s,\[\]{}]+?(?=:?([\s,\[\]{}]|$))")
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_STRAYS: Final = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
"""What the parser of ruamel.yaml 0.19 lets escape for some texts, such as `"\\U00110000"`."""


def read_file(path: str | FilePath, *, limit: int = MAX_BYTES) -> Document:
    """Read a YAML (or, by its suffix `.json`, JSON) file; `-` is standard input.

    Raises:
        UnparsableInput: the file cannot be opened, or is no YAML.
    """
    name = "<stdin>" if str(path) == "-" else str(path)
    try:
        if str(path) == "-":
            content = sys.stdin.buffer.read(limit + 1)
        else:
            with open(path, "rb") as file:
                content = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnparsableInput([Diagnostic(printable(name), None, (), f"cannot be read: {reason}")]) from None
    return read_text(content, printable(name), as_json=name.endswith(".json"), limit=limit)


def read_text(text: str | bytes, file: str, *, as_json: bool = False, limit: int = MAX_BYTES) -> Document:
    """Read YAML or JSON text; `file` is the name that problems are reported under.

    Raises:
        UnparsableInput: the text is too large, no UTF-8, or no YAML.
    """
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(content) > limit:
        raise UnparsableInput(
            [Diagnostic(file, None, (), f"more than {limit} bytes; that is the limit for one file")]
        )
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnparsableInput([Diagnostic(file, line, (), "not UTF-8 text")]) from None
    if as_json or decoded.lstrip()[:1] == "{":
        try:
            return _read_json(decoded, file)
        except json.JSONDecodeError as error:
            if as_json:
                raise UnparsableInput(
                    [Diagnostic(file, error.lineno, (), f"not JSON: {error.msg}")]
                ) from None
        except ValueError:
            raise UnparsableInput([Diagnostic(file, None, (), BEYOND_64_BITS)]) from None
    return _read_yaml(decoded, file)


def _read_json(text: str, file: str) -> Document:
    """JSON is YAML too, but is read much faster this way; lines are looked up only when needed.

    Raises:
        json.JSONDecodeError: it is not JSON.
        InputError: it is too deep or has too many values.
    """
    repeated: list[Diagnostic] = []

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                repeated.append(Diagnostic(file, None, (), f"duplicate key {shown(key)}"))
            found[key] = value
        return found

    try:
        data = json.loads(text, object_pairs_hook=mapping)
    except RecursionError:
        raise UnparsableInput([Diagnostic(file, None, (), too_much(deep=True))]) from None
    document = document_from(data, file)
    if repeated:
        as_yaml = _as_yaml(text, file)
        repeated = list(as_yaml.problems) if as_yaml is not None and as_yaml.problems else repeated

    def located() -> SourceMap | None:
        as_yaml = _as_yaml(text, file)
        return as_yaml.mark if as_yaml is not None else None

    return replace(document, located=located, problems=(*repeated, *document.problems))


def _read_yaml(text: str, file: str) -> Document:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE:
            raise UnparsableInput(
                [Diagnostic(file, number, (), f"a line of more than {MAX_LINE} characters")]
            )
        if "\x00" in line:
            raise UnparsableInput([Diagnostic(file, number, (), "not YAML: has a control character")])
    builder = Builder(file)
    try:
        for event in _events(text):
            builder.take(event)
    except YAMLError as error:
        raise UnparsableInput([_not_yaml(error, text, file)]) from None
    except _STRAYS as error:
        raise UnparsableInput([Diagnostic(file, None, (), f"not YAML: {printable(str(error))}")]) from None
    return builder.document()


def _events(text: str) -> Iterator[Any]:
    """The events of YAML text; ruamel.yaml takes its parser in C where ruamel.yaml.clib is installed."""
    events: Iterator[Any] = YAML(typ="safe", pure=False).parse(text)
    return events


def _not_yaml(error: YAMLError, text: str, file: str) -> Diagnostic:
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        bare = _needs_quotes(error, text)
        if bare is not None:
            return Diagnostic(file, bare[0], (), f"not YAML: {shown(bare[1])} needs quotes within [] or {{}}")
        said = " ".join(part for part in (error.context, error.problem) if part) or "cannot be parsed"
        return Diagnostic(
            file, mark.line + 1 if mark is not None else None, (), f"not YAML: {printable(said)}"
        )
    position = getattr(error, "position", None)
    line = text.count("\n", 0, position) + 1 if isinstance(position, int) else None
    return Diagnostic(file, line, (), "not YAML: has a control character")


def _needs_quotes(error: MarkedYAMLError, text: str) -> tuple[int, str] | None:
    """Line and text of a word such as `camera:left.capture`, at whose colon the parser stops within brackets."""
    if error.problem != "found unexpected ':'" or error.context_mark is None:
        return None
    line: int = error.context_mark.line
    for found in _LINE_END.split(text)[line : line + 1]:
        if word := _WORD.match(found, error.context_mark.column):
            return line + 1, word[0]
    return None


@lru_cache(maxsize=4)
def _as_yaml(text: str, file: str) -> Document | None:
    """JSON text once more, as YAML, for its lines; None where the two languages differ."""
    try:
        return _read_yaml(text, file)
    except InputError:
        return None
