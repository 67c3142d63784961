"""DRM cards as devices: what planes scan out, what a writeback connector writes.

The kernel tells formats and modifiers (IN_FORMATS), how many planes there are and how they
turn what they show, and nothing of strides: those come from the driver's rules where there
are any, format by format, and are unknown elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.fourcc.modifiers import LINEAR
from heapwright.platforms.importers.devices import Found, common, device_source, identity
from heapwright.platforms.importers.exporting import Exporting
from heapwright.platforms.importers.naming import name_for
from heapwright.platforms.importers.planes import both
from heapwright.platforms.importers.records import CardRecord, Entry, ScanoutFormat, TreeDevice
from heapwright.platforms.knowledge.drivers import DriverFacts, driver_facts
from heapwright.platforms.knowledge.recognition import told

HALF_TURN: Final = (0, 180)
"""What a plane's rotation alone tells: read backwards, any layout will do; by columns, only what suits the hardware."""


def device(
    card: CardRecord,
    kernel: str | None,
    taken: dict[str, Entry],
    traits: dict[str, object],
    tree: Sequence[TreeDevice] = (),
) -> Found:
    """A card as a device of the profile."""
    kind = "display" if card.modes is not None else "gpu"
    known, match = driver_facts(identity(card.driver, card.hardware, tree), kind, kernel, traits)
    name = name_for(card.driver, taken)
    note = told(match, f"card {name} (driver {card.driver})") or ""
    entry = common(kind, card.driver, card.node, card.reach, known)
    if not card.imports:
        entry["imports"] = "none"
    if card.connectors:
        entry["connectors"] = list(card.connectors)
    ports = _ports(card, known) if kind == "display" else _known_ports(known)
    entry["ports"], resources = _own_resources(name, ports, known)
    entry["source"] = device_source(card.source, known, note)
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
    mapped = bool(known and known.discover.get("kernel_mapping"))
    return Found(name, entry, exports, mapped, local, resources, note)


def left_out(card: CardRecord) -> str | None:
    """What a card told that no profile says, as a sentence."""
    formats = (each for kind in card.planes.formats.values() for each in kind)
    if any({90, 270} & set(each.rotations) for each in formats):
        return (
            f"{card.source}: its planes turn by 90 or 270, but in which layouts only its driver's rules say"
        )
    return None


def _own_resources(name: str, ports: Entry, known: DriverFacts | None) -> tuple[Entry, dict[str, int]]:
    """The ports with the resources they use under the device's own name, and how many it has of each."""
    numbers = known.discover.get("resources", {}) if known is not None else {}
    resources: dict[str, int] = {}

    def own(entry: Entry) -> Entry:
        if "uses" not in entry:
            return entry
        resources.update({f"{name}-{each}": numbers[each] for each in entry["uses"]})
        return {**entry, "uses": {f"{name}-{each}": amount for each, amount in entry["uses"].items()}}

    owned = {
        key: own({**port, "images": [own(rule) for rule in port["images"]]})
        if "images" in port
        else own(port)
        for key, port in ports.items()
    }
    return owned, resources


def _pitch(card: CardRecord) -> str:
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


def _ports(card: CardRecord, known: DriverFacts | None) -> Entry:
    ports: Entry = {}
    planes = card.planes
    shown = (each for kind in ("primary", "overlay") for each in planes.formats.get(kind, ()))
    images = _images(card, "scanout", shown, known)
    if images:
        text = f"{card.source}; DRM_IOCTL_MODE_GETPLANE, IN_FORMATS, rotation, DRM_IOCTL_MODE_GETRESOURCES"
        ports["scanout"] = _port("read", "scanout", known, images, text, planes.shown)
    cursors = _images(card, "cursor", planes.formats.get("cursor", ()), known) if card.cursor else []
    if cursors:
        text = f"{card.source}; DRM_CAP_CURSOR_WIDTH, DRM_CAP_CURSOR_HEIGHT, IN_FORMATS"
        ports["cursor"] = _port("read", "cursor", known, cursors, text, planes.cursors)
    written = [ScanoutFormat(each, (LINEAR,)) for each in card.writeback]
    images = _images(card, "writeback", written, known)
    if images:
        text = f"{card.source}; WRITEBACK_PIXEL_FORMATS"
        ports["writeback"] = _port("write", "writeback", known, images, text, None)
    return ports


def _port(
    access: str, name: str, known: DriverFacts | None, images: list[Entry], source: str, how_many: int | None
) -> Entry:
    """A port: the driver's rules for it, and on top of them what the card told."""
    rules = known.device.get("ports", {}).get(name, {}) if known is not None else {}
    rest = {key: value for key, value in rules.items() if key not in ("access", "rotate", "images", "source")}
    told = {} if how_many is None else {"how_many": how_many}
    return {"access": access, **rest, **told, "images": images, "source": source}


def _images(
    card: CardRecord, port: str, formats: Iterable[ScanoutFormat], known: DriverFacts | None
) -> list[Entry]:
    """Image rules of a port: the driver's rules for what was found, then what no rule covers."""
    found = _found(formats)
    largest = card.cursor if port == "cursor" else None
    images, covered = _ruled(port, found, known, largest)
    every: Entry = {"stride": {"multiple": "unknown"}}
    if known is not None and "every_image" in known.discover:
        every = dict(known.discover["every_image"])
    stated = every.pop("when", {})
    rest: dict[tuple[tuple[str, ...], tuple[int, ...]], list[str]] = {}
    for fourcc, each in found.items():
        left = tuple(modifier for modifier in each.modifiers if (fourcc, modifier) not in covered)
        if left:
            rest.setdefault((left, _turned(each, stated.get("rotate", HALF_TURN))), []).append(fourcc)
    extent = {"extent": {"max": f"{largest[0]}x{largest[1]}"}} if largest else _extent(card)
    for (modifiers, turned), fourccs in rest.items():
        rule: Entry = {"formats": fourccs}
        if modifiers != (LINEAR,):
            rule["modifiers"] = list(modifiers)
        facts = {key: value for key, value in every.items() if value}
        images.append(rule | extent | facts | _when(stated, turned))
    return images


def _found(formats: Iterable[ScanoutFormat]) -> dict[str, ScanoutFormat]:
    """What planes of a sort show, by fourcc; LINEAR where they tell no modifiers."""
    found: dict[str, ScanoutFormat] = {}
    for each in formats:
        form = pixel_format(each.fourcc)
        if form is None:
            continue
        linear_only = (LINEAR,) if form.linear else ()
        modifiers = (name for name in each.modifiers or linear_only if name != LINEAR or form.linear)
        told = ScanoutFormat(form.fourcc, tuple(modifiers), each.rotations)
        found[form.fourcc] = both(found[form.fourcc], told) if form.fourcc in found else told
    return found


def _ruled(
    port: str, found: dict[str, ScanoutFormat], known: DriverFacts | None, largest: tuple[int, int] | None
) -> tuple[list[Entry], set[tuple[str, str]]]:
    """The driver's image rules, cut down to the formats, modifiers, rotations and sizes that were found."""
    images: list[Entry] = []
    covered: set[tuple[str, str]] = set()
    stated = known.device.get("ports", {}).get(port, {}) if known is not None else {}
    for rule in stated.get("images", []):
        modifiers = rule.get("modifiers", [LINEAR])
        when = rule.get("when", {})
        counted = set(rule.get("uses", {})) <= set(known.discover.get("resources", {})) if known else True
        turning: dict[tuple[int, ...], list[str]] = {}
        for fourcc in rule["formats"]:
            if fourcc in found and set(modifiers) <= set(found[fourcc].modifiers):
                turning.setdefault(
                    _turned(found[fourcc], when.get("rotate", stated.get("rotate", (0,)))), []
                ).append(fourcc)
                covered |= {(fourcc, modifier) for modifier in modifiers}
        extent = rule.get("extent", {}) if largest is None else _within(rule.get("extent", {}), largest)
        for turned, fourccs in turning.items():
            if turned and extent is not None and counted:
                sized = {"extent": extent} if extent else {}
                images.append({**rule, "formats": fourccs, **sized, **_when(when, turned)})
    return images, covered


def _turned(found: ScanoutFormat, known: Iterable[int]) -> tuple[int, ...]:
    """The angles that are known to do, of those that the planes have."""
    return tuple(angle for angle in known if angle in found.rotations)


def _when(stated: Entry, turned: tuple[int, ...]) -> Entry:
    """The uses that a rule is for; 0° alone goes without saying."""
    when = {key: value for key, value in stated.items() if key != "rotate"}
    if turned != (0,):
        when = {"rotate": list(turned), **when}
    return {"when": when}


def _within(extent: Entry, largest: tuple[int, int]) -> Entry | None:
    """An extent under what the card takes at most; None where nothing is left of it."""
    least, most = ((_size(extent[key]) if key in extent else None) for key in ("min", "max"))
    if least is not None and (least[0] > largest[0] or least[1] > largest[1]):
        return None
    width, height = largest if most is None else (min(most[0], largest[0]), min(most[1], largest[1]))
    return {**extent, "max": f"{width}x{height}"}


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def _extent(card: CardRecord) -> Entry:
    if card.modes is None:
        return {}
    least, most = ((max(1, width), max(1, height)) for width, height in card.modes)
    extent = {} if least == (1, 1) else {"min": f"{least[0]}x{least[1]}"}
    return {"extent": {**extent, "max": f"{most[0]}x{most[1]}"}}
