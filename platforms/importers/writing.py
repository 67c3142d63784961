"""A profile as YAML, for people: short things on one line, what could not be read on top."""

from __future__ import annotations

from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarint import HexInt
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from heapwright.platforms.values import in_units

SHORT: Final = 100
"""A mapping or list that fits on so many characters stands on one line."""
_BYTES: Final = frozenset({"size", "held", "run", "align", "granule", "largest", "page", "window"})
_MULTI_LINE: Final = frozenset(
    {"memory", "iommus", "links", "heaps", "devices", "ports", "images", "converts"}
)


def as_yaml(profile: dict[str, Any], notes: tuple[str, ...] = ()) -> str:
    """The profile as a file; `notes` become comments at its head."""
    data = _mapping(profile, depth=0)
    yaml = YAML()
    yaml.width = 1 << 16
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    for note in notes:
        out.write(f"# {' '.join(note.split())}\n")
    yaml.dump(data, out)
    return out.getvalue()


def _value(value: Any, key: str, depth: int) -> Any:
    if isinstance(value, dict):
        return _mapping(value, depth, key)
    if isinstance(value, list | tuple):
        return _sequence(value, depth, key)
    if isinstance(value, int) and not isinstance(value, bool) and key in _BYTES:
        return in_units(value).replace(" bytes", "").replace(" ", "")
    if key == "base" and isinstance(value, str) and value.startswith("0x"):
        return HexInt(int(value, 16))
    if key in ("source", "kernel") and isinstance(value, str):
        return DoubleQuotedScalarString(value)
    return value


def _mapping(value: dict[str, Any], depth: int, key: str = "") -> CommentedMap:
    made = CommentedMap((name, _value(each, name, depth + 1)) for name, each in value.items())
    if depth > 1 and key not in _MULTI_LINE and "ports" not in value and len(str(value)) <= SHORT:
        made.fa.set_flow_style()
    return made


def _sequence(value: list[Any] | tuple[Any, ...], depth: int, key: str) -> CommentedSeq:
    made = CommentedSeq(_value(each, "", depth + 1) for each in value)
    if key not in ("images", "converts"):
        made.fa.set_flow_style()
    return made
