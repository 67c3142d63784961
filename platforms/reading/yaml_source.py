"""Read YAML 1.2 and JSON files as plain data that remembers its lines.

Strict on purpose: a duplicate key once made a false "infeasible", and an alias
can make a kilobyte of text a gigabyte of data. So duplicate keys, anchors,
tags, second documents, keys that are not text, control characters, NaN and
numbers beyond 64 bits are refused, and size, depth and number of values are
bounded. The parser of ruamel.yaml gives a flat stream of events; the data is
built from it without recursion.

Scalars follow the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema):
`010` is ten, `12:30` and `on` are text.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from heapwright.platforms.errors import Diagnostic, InputError, UnparsableInput, shown
from heapwright.platforms.reading.documents import (
    BEYOND_64_BITS,
    MAX_DEPTH,
    MAX_NUMBER,
    MAX_VALUES,
    UNFIT,
    Document,
    Location,
    SourceMap,
    document_from,
    printable,
    too_much,
    value_problem,
)

MAX_BYTES: Final = 1 << 20
MAX_LINE: Final = 1 << 16
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {
    word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_WORD = re.compile(r"[^\s,\[\]{}]+?(?=:?([\s,\[\]{}]|$))")
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_NOT_FINITE = re.compile(r"([-+]?)\.(inf|Inf|INF|nan|NaN|NAN)", re.ASCII)


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
    builder = _Builder(file)
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


_STRAYS: Final = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
"""What the parser of ruamel.yaml 0.19 lets escape for some texts, such as `"\\U00110000"`."""


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


class _Unclosed:
    """A mapping or list whose end has not come yet.

    `step` leads to the value that is being read; in a mapping it is None while a key is awaited.
    """

    __slots__ = ("awaits_key", "data", "dropped", "mark", "step")

    def __init__(self, data: dict[str, Any] | list[Any], mark: SourceMap) -> None:
        self.data = data
        self.mark = mark
        self.step: str | int = 0
        self.awaits_key = isinstance(data, dict)
        self.dropped = False


class _Builder:
    """Builds data and marks from events; problems that leave the structure intact are collected."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Diagnostic] = []
        self.stack: list[_Unclosed] = []
        self.documents = 0
        self.values = 0
        self.root: Document | None = None

    def take(self, event: Any) -> None:
        if isinstance(event, NodeEvent):
            self._node(event, event.start_mark.line + 1)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self.stack.pop()
        elif isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._refuse(event.start_mark.line + 1, "a second document; expected one document in a file")
            if event.version or event.tags:
                self._refuse(event.start_mark.line + 1, "%YAML and %TAG directives are not supported")

    def document(self) -> Document:
        """The finished document.

        Raises:
            UnparsableInput: there was nothing in the text.
        """
        if self.root is None:
            raise UnparsableInput(
                [Diagnostic(self.file, 1, (), "empty; expected a mapping that starts with schema:")]
            )
        return replace(self.root, problems=tuple(self.problems))

    def _refuse(self, line: int, message: str) -> NoReturn:
        raise UnparsableInput([Diagnostic(self.file, line, (), message)])

    def _node(self, event: NodeEvent, line: int) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            self._refuse(line, too_much(deep=False))
        if isinstance(event, AliasEvent) or event.anchor is not None:
            self._refuse(
                line, f"anchors and aliases ({shown(event.anchor)}) are not supported; write the value out"
            )
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            self._refuse(line, f"tags ({shown(str(tag))}) are not supported")
        if self.stack and self.stack[-1].awaits_key:
            self._key(event, line)
        elif isinstance(event, ScalarEvent):
            self._put(self._scalar(event, line), SourceMap(Location(self.file, line)))
        else:
            self._open(event, line)

    def _open(self, event: NodeEvent, line: int) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self._refuse(line, too_much(deep=True))
        mark = SourceMap(Location(self.file, line))
        data: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
        self._put(data, mark)
        self.stack.append(_Unclosed(data, mark))

    def _put(self, value: Any, mark: SourceMap) -> None:
        if not self.stack:
            self.root = Document(value, mark)
            return
        top = self.stack[-1]
        if isinstance(top.data, list):
            top.step = len(top.data)
            top.mark.inside[top.step] = mark
            top.data.append(value)
            return
        top.awaits_key = True
        if not top.dropped and isinstance(top.step, str):
            # A value on the line after its key is still looked for at the key.
            place = top.mark.inside[top.step].place
            top.mark.inside[top.step] = SourceMap(place, mark.inside)
            top.data[top.step] = value

    def _key(self, event: NodeEvent, line: int) -> None:
        if not isinstance(event, ScalarEvent):
            self._refuse(line, "a key that is a list or mapping; expected text")
        top = self.stack[-1]
        key = event.value
        message = None
        if not isinstance(_resolve(event), str):
            message = f"the key {shown(key)} is not text; put it in quotes"
        elif UNFIT.search(key) or "\n" in key or len(key) > 1024:
            message = f"the key {shown(key)} has a control character or is too long"
        elif key in top.mark.inside:
            message = f"duplicate key {shown(key)} (first on line {top.mark.inside[key].place.line})"
        else:
            top.mark.inside[key] = SourceMap(Location(self.file, line))
        if message:
            outer = tuple(opened.step for opened in self.stack[:-1])
            self.problems.append(Diagnostic(self.file, line, outer, message))
        top.awaits_key, top.step, top.dropped = False, key, message is not None

    def _scalar(self, event: ScalarEvent, line: int) -> Any:
        value = _resolve(event)
        message = value_problem(value)
        if message is None:
            return value
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.data, list):
            top.step = len(top.data)
        self.problems.append(
            Diagnostic(self.file, line, tuple(opened.step for opened in self.stack), message)
        )
        return None


def _resolve(event: ScalarEvent) -> Any:
    """The value of a scalar: only plain ones may be anything but text."""
    text: str = event.value
    if event.style or event.tag == "!":
        return text
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if not (text[0].isdigit() or text[0] in "+-."):
        return text
    if _INTEGER.fullmatch(text):
        # A number this long is beyond every bound; converting it could take seconds.
        return MAX_NUMBER + 1 if len(text) > 40 else int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(text)
    odd = _NOT_FINITE.fullmatch(text)
    return float(odd[1] + odd[2]) if odd else text
