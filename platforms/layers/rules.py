"""Devices on top of the rules of their drivers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, Final

from heapwright.platforms.errors import (
    InputError,
)
from heapwright.platforms.layers.files import named, names_under
from heapwright.platforms.layers.merge import merged, without_nulls
from heapwright.platforms.reading.documents import Document, SourceMap
from heapwright.platforms.reading.validation import headed

DRIVER_SCHEMA: Final = "heapwright/driver/1"
_HEADER: Final = ("schema", "name", "title", "part", "extends", "discover", "identity")


def with_rules(whole: Document, folder: FilePath | None) -> Document:
    """`whole` with each device put on top of its driver's rules, and nulls removed."""
    if not _has_rules(whole.data):
        return replace(whole, data=without_nulls(whole.data)) if "extends" in whole.data else whole
    devices, marks = dict(whole.data["devices"]), whole.marks()
    mark = marks.inside.get("devices", SourceMap(marks.place))
    inside = dict(mark.inside)
    problems = list(whole.problems)
    for name, device in devices.items():
        if not isinstance(device, dict) or "rules" not in device:
            continue
        own = Document(device, inside.get(name, mark))
        try:
            ruled = _ruled(own, folder)
        except InputError as error:
            problems += [found._replace(path=("devices", name, *found.path)) for found in error.problems]
            ruled = replace(own, data={key: value for key, value in device.items() if key != "rules"})
        devices[name], inside[name] = ruled.data, ruled.mark
        problems += ruled.problems
    marks = SourceMap(marks.place, {**marks.inside, "devices": SourceMap(mark.place, inside)})
    return Document(without_nulls({**whole.data, "devices": devices}), marks, tuple(problems))


def _has_rules(data: dict[str, Any]) -> bool:
    devices = data.get("devices")
    return isinstance(devices, dict) and any(
        isinstance(device, dict) and "rules" in device for device in devices.values()
    )


def _ruled(device: Document, folder: FilePath | None) -> Document:
    """A device on top of the rules it names."""
    below = Document({}, device.mark)
    for name in names_under(device, "rules", "a driver's rules"):
        rules, _ = named("drivers", name, folder and folder / "drivers", device)
        data = {key: value for key, value in headed(rules, DRIVER_SCHEMA).items() if key not in _HEADER}
        below = merged(below, replace(rules, data=data))
    own = {key: value for key, value in device.data.items() if key != "rules"}
    return merged(below, Document(own, device.mark))
