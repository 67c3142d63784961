"""Pins: `frame:heap=cma` fixes one decision before solving; `frame:system` asks why not.

A pin narrows the question; it never relaxes a fact. What is wrong with one is reported
under the name of the option it came from.
"""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple, TypeVar

from heapwright.platforms.errors import Diagnostic, InputError, NotOnBoard, shown
from heapwright.platforms.fourcc.formats import named_fourcc
from heapwright.platforms.fourcc.modifiers import parse_modifier
from heapwright.platforms.schema import Platform
from heapwright.solver.question.pipeline import Pipeline

Meant = TypeVar("Meant")

PIN: Final = "pin"
QUESTION: Final = "why-not"
FIELDS: Final = ("heap", "format", "modifier", "stride", "count", "device")
_PIN = re.compile(
    r"(?:(?P<pipeline>[^/:=]{1,64})/)?(?P<buffer>[^/:=]{1,64}):(?P<field>[a-z]+)=(?P<value>.{1,128})"
)
_QUESTION = re.compile(r"(?:(?P<pipeline>[^/:=]{1,64})/)?(?P<buffer>[^/:=]{1,64}):(?P<value>[^=]{1,128})")


class Pin(NamedTuple):
    """One decision fixed in advance; `value` is an int for stride and count."""

    pipeline: str | None
    buffer: str
    field: str
    value: str | int

    def matches(self, pipeline: str, buffer: str) -> bool:
        return self.buffer == buffer and self.pipeline in (None, pipeline)

    def __str__(self) -> str:
        where = f"{self.pipeline}/" if self.pipeline else ""
        return f"{where}{self.buffer}:{self.field}={self.value}"


def parse_pin(text: str, platform: Platform, pipelines: Sequence[Pipeline]) -> Pin:
    """`[pipeline/]buffer:field=value` as a Pin.

    Raises:
        NotOnBoard: it names a heap or device that the board lacks.
        InputError: malformed, or it names a buffer or field that is not there.
    """
    match = _PIN.fullmatch(text)
    if match is None:
        raise _refused(text, "expected buffer:field=value such as frame:heap=cma")
    if match["field"] not in FIELDS:
        raise _refused(text, f"no field {shown(match['field'])}; fields are {', '.join(FIELDS)}")
    return _pin(text, match["pipeline"], match["buffer"], match["field"], match["value"], platform, pipelines)


def parse_question(text: str, platform: Platform, pipelines: Sequence[Pipeline]) -> Pin:
    """`frame:system`, `frame:NV12`, `frame:5632`, `frame:LINEAR` (or a full pin) as a Pin.

    Raises:
        InputError: malformed, or the value is no heap, format, modifier or stride.
    """
    try:
        return _asked(text, platform, pipelines)
    except InputError as error:
        raise InputError(problem._replace(file=QUESTION) for problem in error.problems) from None


def _asked(text: str, platform: Platform, pipelines: Sequence[Pipeline]) -> Pin:
    if "=" in text:
        return parse_pin(text, platform, pipelines)
    match = _QUESTION.fullmatch(text)
    if match is None:
        raise _refused(text, "expected buffer:value such as frame:system")
    value = match["value"]
    field = "modifier"
    if value.isdecimal():
        field = "stride"
    elif _heap(value, platform) is not None:
        field = "heap"
    elif len(value) <= 4 and _read(text, value, parse_modifier).value is None:
        field = "format"
    elif _read(text, value, parse_modifier).value is None:
        heaps = ", ".join(sorted(platform.heaps))
        raise _refused(text, f"{shown(value)} is no heap ({heaps}), format, modifier or stride")
    return _pin(text, match["pipeline"], match["buffer"], field, value, platform, pipelines)


def _pin(
    text: str,
    pipeline: str | None,
    buffer: str,
    field: str,
    value: str,
    platform: Platform,
    pipelines: Sequence[Pipeline],
) -> Pin:
    owners = [p.name for p in pipelines if buffer in p.buffers and pipeline in (None, p.name)]
    if not owners:
        known = ", ".join(sorted({name for p in pipelines for name in p.buffers})[:20])
        raise _refused(text, f"no buffer {shown(buffer)}; buffers are {known}")
    if len(owners) > 1:
        raise _refused(text, f"several pipelines have a buffer {shown(buffer)}; say {owners[0]}/{buffer}")
    return Pin(owners[0], buffer, field, _parsed(text, field, value, platform))


def _parsed(text: str, field: str, value: str, platform: Platform) -> str | int:
    """What a field is fixed to."""
    if field in ("stride", "count"):
        if not (value.isascii() and value.isdecimal() and 0 < int(value) < 1 << 31):
            raise _refused(text, f"expected a positive number, got {shown(value)}")
        return int(value)
    if field == "modifier":
        return _read(text, value, parse_modifier).name
    if field == "format":
        return _read(text, value, named_fourcc)
    there: Collection[str] = platform.heaps if field == "heap" else platform.devices
    named = _heap(value, platform) if field == "heap" else value
    if named is None or named not in there:
        known = ", ".join(sorted(there))
        raise _refused(text, f"no {field} {shown(value)}; {field}s are {known}", NotOnBoard)
    return named


def _read(text: str, value: str, parse: Callable[[str], Meant]) -> Meant:
    try:
        return parse(value)
    except ValueError as error:
        raise _refused(text, str(error)) from None


def _heap(value: str, platform: Platform) -> str | None:
    """A heap by its key or by one of its node names."""
    if value in platform.heaps:
        return value
    return next((key for key, heap in sorted(platform.heaps.items()) if value in heap.names), None)


def _refused(text: str, message: str, error: type[InputError] = InputError) -> InputError:
    return error([Diagnostic(PIN, None, (), f"{shown(text)}: {message}")])
