"""DRM cards as devices: what planes scan out, what a writeback connector writes.

The kernel tells formats and modifiers (IN_FORMATS), and nothing of strides: those come
from the driver's rules where there are any, format by format, and are unknown elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from platforms.formats import pixel_format
from platforms.importers.devices import Entry, Found, common, device_source
from platforms.importers.exporting import Exporting
from platforms.importers.naming import name_for
from platforms.importers.records import Card, ScanoutFormat
from platforms.knowledge import DriverFacts, driver_facts
from platforms.modifiers import LINEAR


def device(card: Card, kernel: str | None, taken: dict[str, Entry], traits: dict[str, object]) -> Found:
    """A card as a device of the profile."""
    kind = "display" if card.modes is not None else "gpu"
    known = driver_facts(card.driver, kind, kernel, traits)
    name = name_for(card.driver, taken)
    entry = common(kind, card.driver, card.node, card.reach, known)
    if not card.imports:
        entry["imports"] = "none"
    if card.connectors:
        entry["connectors"] = list(card.connectors)
    entry["ports"] = _ports(card, known) if kind == "display" else _known_ports(known)
    entry["source"] = device_source(card.source, known)
    dumb = known.discover.get("dumb") if known is not None else None
    local = None
    if dumb == "vram":
        size = card.reach.local_bytes
        local = {
            "local": name, "size": "unknown" if size is None else size,
            "source": f"{card.source}: its largest prefetchable BAR (sysfs resource)",
        }  # fmt: skip
    exports = None
    if card.dumb and card.exports:
        coherent = entry["coherent"] is True
        exports = Exporting(
            name, "drm", f"dumb-{dumb}" if dumb else None, f"{name}-vram" if local else None, coherent,
            f"{card.source}; DRM_IOCTL_MODE_CREATE_DUMB{_pitch(card)}",
        )  # fmt: skip
    return Found(name, entry, exports, bool(known and known.discover.get("kernel_mapping")), local)


def _pitch(card: Card) -> str:
    if card.pitch_multiple is None:
        return ""
    bits = ", ".join(map(str, card.dumb_bits))
    return f" rounds the pitch to {card.pitch_multiple} (bits a pixel: {bits})"


def _known_ports(known: DriverFacts | None) -> Entry:
    if known is None:
        return {}
    ports = {}
    for name, port in known.device.get("ports", {}).items():
        source = port.get("source", known.device["source"])
        ports[name] = {**port, "source": f"driver-knowledge: {source}"}
    return ports


def _ports(card: Card, known: DriverFacts | None) -> Entry:
    ports: Entry = {}
    shown = {each: None for kind in ("primary", "overlay") for each in card.planes.get(kind, ())}
    images = _images(card, "scanout", shown, known)
    if images:
        text = f"{card.source}; DRM_IOCTL_MODE_GETPLANE, IN_FORMATS, DRM_IOCTL_MODE_GETRESOURCES"
        ports["scanout"] = {"access": "read", **_rest(known, "scanout"), "images": images, "source": text}
    cursors = _images(card, "cursor", card.planes.get("cursor", ()), known)
    if cursors and card.cursor is not None:
        for rule in cursors:
            rule["extent"] = {"max": f"{card.cursor[0]}x{card.cursor[1]}"}
        text = f"{card.source}; DRM_CAP_CURSOR_WIDTH, DRM_CAP_CURSOR_HEIGHT, IN_FORMATS"
        ports["cursor"] = {"access": "read", **_rest(known, "cursor"), "images": cursors, "source": text}
    written = [ScanoutFormat(each, (LINEAR,)) for each in card.writeback]
    images = _images(card, "writeback", written, known)
    if images:
        text = f"{card.source}; WRITEBACK_PIXEL_FORMATS"
        ports["writeback"] = {
            "access": "write",
            **_rest(known, "writeback"),
            "images": images,
            "source": text,
        }
    return ports


def _rest(known: DriverFacts | None, port: str) -> Entry:
    rules = known.device.get("ports", {}).get(port, {}) if known is not None else {}
    return {key: value for key, value in rules.items() if key not in ("access", "images", "source")}


def _images(
    card: Card, port: str, formats: Iterable[ScanoutFormat], known: DriverFacts | None
) -> list[Entry]:
    """Image rules of a port: the driver's rules for what was found, then what no rule covers."""
    found: dict[str, set[str]] = {}
    order: dict[str, list[str]] = {}
    for each in formats:
        form = pixel_format(each.fourcc)
        if form is None:
            continue
        linear_only = [LINEAR] if form.linear else []
        for modifier in each.modifiers or linear_only:
            if modifier == LINEAR and not form.linear:
                continue
            if modifier not in found.setdefault(form.fourcc, set()):
                found[form.fourcc].add(modifier)
                order.setdefault(form.fourcc, []).append(modifier)
    images, covered = _ruled(port, order, known)
    rest: dict[tuple[str, ...], list[str]] = {}
    for fourcc, seen in order.items():
        left = tuple(each for each in seen if (fourcc, each) not in covered)
        if left:
            rest.setdefault(left, []).append(fourcc)
    every: dict[str, Any] = {"stride": {"multiple": "unknown"}}
    if known is not None and "every_image" in known.discover:
        every = dict(known.discover["every_image"])
    for modifiers, fourccs in rest.items():
        rule: Entry = {"formats": fourccs}
        if modifiers != (LINEAR,):
            rule["modifiers"] = list(modifiers)
        images.append(rule | _extent(card) | {key: value for key, value in every.items() if value})
    return images


def _ruled(
    port: str, found: dict[str, list[str]], known: DriverFacts | None
) -> tuple[list[Entry], set[tuple[str, str]]]:
    """The driver's image rules, cut down to the formats and modifiers that were found."""
    images: list[Entry] = []
    covered: set[tuple[str, str]] = set()
    rules = known.device.get("ports", {}).get(port, {}).get("images", []) if known is not None else []
    for rule in rules:
        modifiers = rule.get("modifiers", [LINEAR])
        fourccs = [each for each in rule["formats"] if set(modifiers) <= set(found.get(each, ()))]
        if fourccs:
            images.append({**rule, "formats": fourccs})
            covered |= {(fourcc, modifier) for fourcc in fourccs for modifier in modifiers}
    return images, covered


def _extent(card: Card) -> Entry:
    if card.modes is None:
        return {}
    least, most = ((max(1, width), max(1, height)) for width, height in card.modes)
    extent = {} if least == (1, 1) else {"min": f"{least[0]}x{least[1]}"}
    return {"extent": {**extent, "max": f"{most[0]}x{most[1]}"}}
