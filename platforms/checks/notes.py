"""What is legal in a sound profile and yet may be a slip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from heapwright.platforms.errors import (
    Finding,
)
from heapwright.platforms.fourcc.modifiers import opaque
from heapwright.platforms.words import PLANES


def notable(data: dict[str, Any]) -> Iterator[Finding]:
    """Modifiers whose names nobody knows, and displays that do not say how many planes they have."""
    for path, text in _modifiers(data):
        if (said := opaque(text)) is not None:
            yield path, said
    yield from _uncounted(data)


def _uncounted(data: dict[str, Any]) -> Iterator[Finding]:
    """Ports that stand for planes, of which nothing is said how many there are."""
    for device, stated in data.get("devices", {}).items():
        for port, rules in stated.get("ports", {}).items():
            if (stated.get("kind"), port) in PLANES and "how_many" not in rules:
                yield (
                    ("devices", device, "ports", port),
                    f"{device}.{port} does not say how_many planes it has, so any number of buffers "
                    "is taken, and listed as unknown",
                )


def _modifiers(data: dict[str, Any]) -> Iterator[Finding]:
    """Every modifier of a sound profile by name, with its path."""
    for device, stated in data.get("devices", {}).items():
        for port, rules in stated.get("ports", {}).items():
            for index, image in enumerate(rules.get("images", ())):
                for at, modifier in enumerate(image.get("modifiers", ())):
                    if isinstance(modifier, str):
                        yield ("devices", device, "ports", port, "images", index, "modifiers", at), modifier
