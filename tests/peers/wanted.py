"""What a case expects, before anything is compared: where it stands, and in what shape.

`asserted` is what the source's own test checks, `derived` what the writer of the file
computed from the rules, and some values stand beside both. Each is compared by itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from .cases import Drawn, Node, Size, Whole
from .party import LINEAR
from .reading import Malformed, words
from .remarks import is_remark

SILENT: Final = frozenset(
    {
        "outcome", "model_reason", "n_format_candidates", "combinations_tried", "error", "asserted", "derived",
        "converter", "attached_outcome", "explanation_expected", "rights", "write_access",
    }
)  # fmt: skip
"""Keys that are judged elsewhere, or say how that system came to its answer."""
TEXT: Final = ("heap", "domain", "color_space", "pixel_format", "modifier")
_SHAPES: Final[dict[str, TypeAdapter[Any]]] = {
    "secure": TypeAdapter(bool),
    "contiguous": TypeAdapter(bool),
    "alpha": TypeAdapter(bool | None),
    "min_size": TypeAdapter(Size),
    "bytes_per_row_divisor": TypeAdapter(Whole),
    "required_max_list": TypeAdapter(list[Size]),
    "layouts": TypeAdapter(list[Drawn]),
    "participant_gets_buffers": TypeAdapter(dict[str, bool]),
    "selected_group_children": TypeAdapter(dict[str, str]),
    "participants_that_must_fail": TypeAdapter(list[str] | str),
    **dict.fromkeys(TEXT, TypeAdapter(str)),
}
ANSWERED: Final = (
    *TEXT, "secure", "contiguous", "alpha", "min_size", "bytes_per_row", "required_max_list", "layouts", "buffer_count",
    "dropped_slack", "size_", "padded_", "raw_", "min_bytes_per_row", "selected_group_children",
)  # fmt: skip
"""What only an answer has (or begins so)."""


class UnknownKey(Exception):
    """An expectation that we cannot read."""


def layers(wanted: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a case expects, by where it stands: each is compared by itself."""
    yield {key: value for key, value in wanted.items() if key not in ("asserted", "derived")}
    for layer in ("asserted", "derived"):
        yield wanted.get(layer) or {}


def wanted_pair(wanted: dict[str, Any]) -> dict[str, Any]:
    """The format and modifier that the values of a case belong to; what the source asserts comes first."""
    found: dict[str, Any] = {}
    for layer in layers(wanted):
        for key in ("pixel_format", "modifier"):
            if layer.get(key) is not None:
                found.setdefault(key, layer[key])
    return found


def contradictions(wanted: dict[str, Any]) -> Iterator[str]:
    """Where the case contradicts itself.

    What the source's own test asserts is the real expectation, for what is derived
    was computed by whoever wrote the file; but a file that disagrees with itself
    is no measure of anyone, so it fails whatever our answer.
    """
    stated: dict[str, Any] = {}
    for layer in layers(wanted):
        for key, value in layer.items():
            if key in SILENT or is_remark(key, value):
                continue
            first = stated.setdefault(key, value)
            if _plain(key, first) != _plain(key, value):
                yield f"the case contradicts itself: {key} is {first} and {value}"


def _plain(key: str, value: Any) -> Any:
    if key == "modifier":
        return spelt(value)
    return value.lower() if key == "heap" and isinstance(value, str) else value


def of_nobody(wanted: dict[str, Any], nodes: Sequence[Node]) -> list[str]:
    """What a case that fails expects of an answer all the same: nobody gets any buffers.

    Raises:
        UnknownKey: something we cannot read, where the rest agrees.
    """
    wrong, unknown = [], []
    ids = {node.id for node in nodes}
    if wanted.get("attached_outcome", "fail") != "fail":
        wrong.append("attached_outcome: nobody can join where there are no buffers")
    for key, value in (item for layer in layers(wanted) for item in layer.items()):
        if key in SILENT or is_remark(key, value):
            continue
        if key == "participant_gets_buffers":
            wrong += [f"{name} gets no buffers" for name, gets in read_value(key, value).items() if gets]
            wrong += [f"{key}: no participant {name}" for name in value if name not in ids]
        elif key == "participants_that_must_fail":
            wrong += [f"{key}: no participant {name}" for name in names(read_value(key, value), ids) - ids]
        elif key in ANSWERED or key.startswith(ANSWERED):
            wrong.append(f"{key}: a failure has none")
        else:
            unknown.append(key)
    if unknown and not wrong:
        raise UnknownKey(", ".join(dict.fromkeys(unknown)))
    return wrong


def names(said: list[str] | str | None, ids: Collection[str]) -> set[str]:
    """The names in a list of participants: what has blanks and is nobody's id is prose (`all but the first`)."""
    listed = [said] if isinstance(said, str) else said or []
    return {each for each in listed if each in ids or not re.search(r"\s", each.strip())}


def spelt(modifier: str | None) -> str | None:
    """Their two names of a linear image are one."""
    return LINEAR if modifier == "NONE" else modifier


def read_value(key: str, value: Any) -> Any:
    """A wanted value in the shape that such values have.

    Raises:
        Malformed: it has another.
    """
    shape = _SHAPES.get(key)
    if shape is None or (value is None and key != "alpha"):
        return value
    try:
        return shape.validate_python(value, strict=True)
    except ValidationError as error:
        raise Malformed(words(error, key)) from error
