"""`drm_info -j`: cards, planes, formats and modifiers.

Source: ascent12/drm_info json.c: one object a card node, with `driver` (name, caps),
`connectors`, `planes` (formats, properties; IN_FORMATS under `data`) and `fb_size`.
"""

from __future__ import annotations

import json
from typing import Any, Final

from platforms.errors import Problem, UnparsableInput
from platforms.formats import pixel_format
from platforms.importers.records import Card, Machine, Reach, ScanoutFormat
from platforms.modifiers import canonical

MOST_BYTES: Final = 16 << 20
MOST_CARDS: Final = 32
PLANE_TYPES: Final = {0: "overlay", 1: "primary", 2: "cursor"}
CONNECTORS: Final = {
    1: "VGA", 2: "DVI-I", 3: "DVI-D", 4: "DVI-A", 5: "Composite", 6: "SVIDEO", 7: "LVDS", 8: "Component", 9: "DIN",
    10: "DP", 11: "HDMI-A", 12: "HDMI-B", 13: "TV", 14: "eDP", 15: "Virtual", 16: "DSI", 17: "DPI", 19: "SPI",
    20: "USB",
}  # fmt: skip
"""drivers/gpu/drm/drm_connector.c drm_connector_enum_list[]; 18 is a writeback."""
WRITEBACK: Final = 18


def machine(text: bytes, file: str) -> Machine:
    """The cards in the output of `drm_info -j`.

    Raises:
        UnparsableInput: this is not such output.
    """
    try:
        if len(text) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES} bytes")
        data = json.loads(text)
        if not isinstance(data, dict):
            raise TypeError("expected an object with a card for each node")
        cards = tuple(_card(str(node), card, file) for node, card in list(data.items())[:MOST_CARDS] if card)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as wrong:
        said = f"is no output of drm_info -j: {type(wrong).__name__}: {wrong}"
        raise UnparsableInput([Problem(file, None, (), said[:300])]) from None
    notes = (f"{file} tells nothing of memory, heaps and dumb pitches",)
    return Machine(file, None, 4096, cards=cards, has_cpu=True, notes=notes)


def _card(node: str, card: dict[str, Any], file: str) -> Card:
    driver = card["driver"]
    caps = {name: _number(value) for name, value in driver.get("caps", {}).items() if value is not None}
    prime = caps.get("PRIME", 0)
    planes: dict[str, dict[str, tuple[str, ...]]] = {}
    for plane in card.get("planes") or ():
        kind, formats = _plane(plane)
        mine = planes.setdefault(kind, {})
        for fourcc, modifiers in formats.items():
            mine[fourcc] = tuple(dict.fromkeys((*mine.get(fourcc, ()), *modifiers)))
    cursor = (caps.get("CURSOR_WIDTH", 0), caps.get("CURSOR_HEIGHT", 0))
    connectors, writeback = _connectors(card.get("connectors") or ())
    return Card(
        node=None, driver=_word(driver["name"]), imports=bool(prime & 1), exports=bool(prime & 2),
        dumb=bool(caps.get("DUMB_BUFFER", 0)), pitch_multiple=None,
        modes=_extents(card.get("fb_size")) if planes else None,
        planes={
            kind: tuple(ScanoutFormat(*each) for each in formats.items()) for kind, formats in planes.items()
        },
        cursor=cursor if all(0 < side <= 1 << 16 for side in cursor) else None,
        writeback=writeback, connectors=connectors, reach=Reach(), permission="",
        source=f"probed: drm_info of {node} ({file})"[:1000],
    )  # fmt: skip


def _plane(plane: dict[str, Any]) -> tuple[str, dict[str, tuple[str, ...]]]:
    properties = plane.get("properties") or {}
    kind = PLANE_TYPES.get(_number(properties.get("type", {}).get("value", 1)), "overlay")
    told = (properties.get("IN_FORMATS") or {}).get("data")
    if not told:
        return kind, {name: () for name in map(_fourcc, plane.get("formats") or ()) if pixel_format(name)}
    found: dict[str, list[str]] = {}
    for each in told:
        modifier = str(canonical(_number(each["modifier"])))
        for name in map(_fourcc, each["formats"]):
            if pixel_format(name):
                found.setdefault(name, []).append(modifier)
    return kind, {name: tuple(modifiers) for name, modifiers in found.items()}


def _connectors(connectors: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names such as `HDMI-A-1`, counted by type, and the formats of writeback."""
    names: list[str] = []
    written: dict[str, None] = {}
    for each in connectors:
        kind = _number(each["type"])
        if kind == WRITEBACK:
            told = ((each.get("properties") or {}).get("WRITEBACK_PIXEL_FORMATS") or {}).get("data") or ()
            written |= {name: None for name in map(_fourcc, told) if pixel_format(name)}
            continue
        word = CONNECTORS.get(kind, "Unknown")
        names.append(f"{word}-{1 + sum(name.startswith(f'{word}-') for name in names)}")
    return tuple(names), tuple(written)


def _extents(told: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """Least and most extent of framebuffers; anything where it is not told."""
    told = told or {}
    least = (_number(told.get("min_width", 1)), _number(told.get("min_height", 1)))
    most = (_number(told.get("max_width", 1 << 16)), _number(told.get("max_height", 1 << 16)))
    if any(not low <= high or not 0 < high <= 1 << 20 for low, high in zip(least, most, strict=True)):
        raise ValueError("fb_size ends before it starts")
    return least, most


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 64:
        raise TypeError(f"expected a number, got {str(value)[:40]!r}")
    return value


def _fourcc(code: Any) -> str:
    return (_number(code) & 0x7FFFFFFF).to_bytes(8, "little")[:4].decode("ascii", "replace").rstrip(" \0")


def _word(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 64 or not value.isprintable():
        raise TypeError("expected the driver's name")
    return value
