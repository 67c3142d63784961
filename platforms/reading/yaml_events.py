"""Plain data from the events of a YAML parser, without recursion: the strict part of reading.

Anchors, tags, second documents, and depth and number beyond their bounds end it; duplicate keys
and values that nobody should meet are collected. Scalars follow the core schema of YAML 1.2
(https://yaml.org/spec/1.2.2/#103-core-schema): `010` is ten, `12:30` and `on` are text.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final, NoReturn

from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from heapwright.platforms.errors import Diagnostic, UnparsableInput, shown
from heapwright.platforms.reading.documents import (
    MAX_DEPTH,
    MAX_NUMBER,
    MAX_VALUES,
    UNFIT,
    Document,
    Location,
    SourceMap,
    too_much,
    value_problem,
)

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {
    word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"([-+]?)\.(inf|Inf|INF|nan|NaN|NAN)", re.ASCII)


class Builder:
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
