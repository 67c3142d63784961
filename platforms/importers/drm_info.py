"""`drm_info -j`: cards, planes, formats and modifiers.

Source: ascent12/drm_info json.c: one object a card node, with `driver` (name, caps),
`connectors`, `planes` (formats, properties; IN_FORMATS under `data`) and `fb_size`.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

from heapwright.platforms.errors import Diagnostic, UnparsableInput, shown
from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.fourcc.modifiers import canonical
from heapwright.platforms.importers.planes import TYPES, PlaneRecord, put_together, rotations
from heapwright.platforms.importers.records import BusFacts, CardRecord, Hardware, Machine

MOST_BYTES: Final = 16 << 20
MOST_CARDS: Final = 32
CONNECTORS: Final = {
    1: "VGA", 2: "DVI-I", 3: "DVI-D", 4: "DVI-A", 5: "Composite", 6: "SVIDEO", 7: "LVDS", 8: "Component", 9: "DIN",
    10: "DP", 11: "HDMI-A", 12: "HDMI-B", 13: "TV", 14: "eDP", 15: "Virtual", 16: "DSI", 17: "DPI", 19: "SPI",
    20: "USB",
}  # fmt: skip
"""drivers/gpu/drm/drm_connector.c drm_connector_enum_list[]; 18 is a writeback."""
WRITEBACK: Final = 18
BUS_PCI: Final = 0
"""libdrm xf86drm.h DRM_BUS_PCI."""


def machine(text: bytes, file: str) -> Machine:
    """The cards in the output of `drm_info -j`.

    Raises:
        UnparsableInput: this is not such output, or no card in it could be opened.
    """
    try:
        told = _object(_parsed(text), "a card for each node")
        for node, card in told.items():
            if card is not None and not (isinstance(card, dict) and "driver" in card):
                raise ValueError(f"{_shown(node)} is no card: expected an object with its driver")
        closed = [_shown(node) for node, card in told.items() if card is None]
        opened = [(node, card) for node, card in told.items() if card is not None][:MOST_CARDS]
        cards = tuple(_card(node, card, file) for node, card in opened)
        kernel = next((found for _, card in opened if (found := _kernel(card)) is not None), None)
    except ValueError as wrong:
        said = f"is no output of drm_info -j: {wrong}"
        raise UnparsableInput([Diagnostic(file, None, (), said[:300])]) from None
    if not cards:
        said = f"no card could be opened: {', '.join(closed)}" if closed else "it has no card"
        raise UnparsableInput([Diagnostic(file, None, (), f"tells nothing: {said}"[:300])])
    notes = [
        f"{file} tells nothing of memory, and of heaps only whether a card makes dumb buffers, not their pitches"
    ]
    notes += [f"{file} tells nothing of {node}: drm_info could not open it" for node in closed[:MOST_CARDS]]
    return Machine(file, kernel, 4096, cards=cards, has_cpu=True, notes=tuple(notes))


def _parsed(text: bytes) -> Any:
    """What the text says, as JSON.

    Raises:
        ValueError: in words, why it is none.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    try:
        return json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8 text") from None
    except RecursionError:
        raise ValueError("nested too deep") from None
    except json.JSONDecodeError as wrong:
        raise ValueError(f"not JSON: {wrong.msg} (line {wrong.lineno})") from None
    except ValueError:
        raise ValueError("a number is beyond 64 bits") from None


def _kernel(card: dict[str, Any]) -> str | None:
    """The kernel's release, which newer versions of drm_info tell."""
    release = _part(card["driver"], "kernel").get("release")
    return release[:64] if isinstance(release, str) and release.isprintable() else None


def _card(node: str, card: dict[str, Any], file: str) -> CardRecord:
    driver = _object(card["driver"], "a driver")
    caps = {name: _number(value) for name, value in _part(driver, "caps").items() if value is not None}
    prime = caps.get("PRIME", 0)
    planes = [_plane(_object(plane, "a plane")) for plane in _list(card, "planes")]
    cursor = (caps.get("CURSOR_WIDTH", 0), caps.get("CURSOR_HEIGHT", 0))
    connectors, writeback = _connectors(_list(card, "connectors"))
    return CardRecord(
        node=None, driver=_word(driver.get("name")), imports=bool(prime & 1), exports=bool(prime & 2),
        dumb=bool(caps.get("DUMB_BUFFER", 0)), pitch_multiple=None,
        modes=_extents(_part(card, "fb_size")) if planes else None,
        planes=put_together(planes),
        cursor=cursor if all(0 < side <= 1 << 16 for side in cursor) else None,
        writeback=writeback, connectors=connectors, reach=BusFacts(), permission="",
        source=f"probed: drm_info of {node} ({file})"[:1000], hardware=_hardware(_part(card, "device")),
    )  # fmt: skip


def _plane(plane: dict[str, Any]) -> PlaneRecord:
    properties = _part(plane, "properties")
    kind = TYPES.get(_number(_part(properties, "type").get("value", 1)), "overlay")
    crtcs = plane.get("possible_crtcs")
    bits = [_object(each, "a bit").get("name") for each in _list(_part(properties, "rotation"), "spec")]
    return PlaneRecord(
        kind,
        None if crtcs is None else _number(crtcs),
        _formats(plane, _list(_part(properties, "IN_FORMATS"), "data")),
        rotations([each for each in bits if isinstance(each, str)]),
    )


def _formats(plane: dict[str, Any], told: list[Any]) -> dict[str, tuple[str, ...]]:
    """A plane's formats with their modifiers, `told` by IN_FORMATS; without it, by the plane's own list."""
    if not told:
        return {name: () for name in map(_fourcc, _list(plane, "formats")) if pixel_format(name)}
    found: dict[str, list[str]] = {}
    for each in told:
        modifier = str(canonical(_number(_object(each, "a modifier").get("modifier"))))
        for name in map(_fourcc, _list(each, "formats")):
            if pixel_format(name):
                found.setdefault(name, []).append(modifier)
    return {name: tuple(modifiers) for name, modifiers in found.items()}


def _connectors(connectors: list[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names such as `HDMI-A-1`, counted by type, and the formats of writeback."""
    names: list[str] = []
    numbers: Counter[str] = Counter()
    written: dict[str, None] = {}
    for each in connectors:
        kind = _number(_object(each, "a connector").get("type"))
        if kind == WRITEBACK:
            told = _list(_part(_part(each, "properties"), "WRITEBACK_PIXEL_FORMATS"), "data")
            written |= {name: None for name in map(_fourcc, told) if pixel_format(name)}
            continue
        word = CONNECTORS.get(kind, "Unknown")
        numbers[word] += 1
        names.append(f"{word}-{numbers[word]}")
    return tuple(names), tuple(written)


def _extents(told: dict[str, Any]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Least and most extent of framebuffers; anything where it is not told."""
    least = (_number(told.get("min_width", 1)), _number(told.get("min_height", 1)))
    most = (_number(told.get("max_width", 1 << 16)), _number(told.get("max_height", 1 << 16)))
    if any(not low <= high or not 0 < high <= 1 << 20 for low, high in zip(least, most, strict=True)):
        raise ValueError("fb_size ends before it starts")
    return least, most


def _hardware(device: dict[str, Any]) -> Hardware:
    """What is behind a card, as json.c device_info() tells it: ids of PCI, or what the tree's node is compatible with."""
    kind, data = device.get("bus_type"), _part(device, "device_data")
    if kind == BUS_PCI and data:
        return Hardware(pci=f"{_number(data.get('vendor')):04x}:{_number(data.get('device')):04x}")
    strings = _list(data, "compatible")
    if not all(isinstance(each, str) for each in strings):
        raise ValueError("expected a list of text as what a device is compatible with")
    return Hardware(compatible=tuple(each[:128] for each in strings[:16] if each.isprintable()))


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object with {what}, got {_shown(value)}")
    return value


def _part(within: dict[str, Any], key: str) -> dict[str, Any]:
    """The object under a key; empty where it is not told."""
    return _object(within.get(key) or {}, key)


def _list(within: dict[str, Any], key: str) -> list[Any]:
    """The list under a key; empty where it is not told."""
    value = within.get(key) or []
    if not isinstance(value, list):
        raise ValueError(f"expected a list of {key}, got {_shown(value)}")
    return value


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 64:
        raise ValueError(f"expected a number, got {_shown(value)}")
    return value


def _fourcc(code: Any) -> str:
    return (_number(code) & 0x7FFFFFFF).to_bytes(8, "little")[:4].decode("ascii", "replace").rstrip(" \0")


def _word(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 64 or not value.isprintable():
        raise ValueError(f"expected the driver's name, got {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    """A value for a message: text as it is, numbers, else what sort of thing it is."""
    if value is None or isinstance(value, dict | list):
        return {type(None): "nothing", dict: "an object", list: "a list"}[type(value)]
    return shown(value)
