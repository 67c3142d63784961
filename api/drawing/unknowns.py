"""What a profile does not know, found by walking it, and what follows from each (design §4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import BaseModel

from heapwright.api.drawing.phrases import Blocks, listed
from heapwright.platforms.schema import Platform, Port, meanings
from heapwright.platforms.values import UNKNOWN
from heapwright.platforms.words import PLANES
from heapwright.solver.answer.render import Heading, Labelled


class UnknownValue(NamedTuple):
    """A value nobody has read: whose it is, what it is, and what counts instead."""

    subject: str
    field: str
    follows: str

    @property
    def text(self) -> str:
        return f"{self.field}: {self.follows}"


def unknowns(platform: Platform) -> tuple[UnknownValue, ...]:
    """Every `unknown` in a profile, in its order, each once; then what is unknown where it is left out."""
    found: dict[UnknownValue, None] = {}
    if platform.kernel == UNKNOWN:
        found[UnknownValue(platform.name, "kernel", meanings(Platform)["kernel"].follows)] = None
    for section in ("memory", "iommus", "links", "heaps", "devices"):
        for name, thing in getattr(platform, section).items():
            for path, follows in _paths(thing):
                found[UnknownValue(*_named(name, path), follows)] = None
    for subject in _uncounted(platform):
        found[UnknownValue(subject, "how_many", meanings(Port)["how_many"].follows)] = None
    return tuple(found)


def _uncounted(platform: Platform) -> Iterator[str]:
    """Planes of which nothing is said how many there are: unknown as well (design §4)."""
    for name, device in platform.devices.items():
        for port, stated in device.ports.items():
            if (device.kind, port) in PLANES and stated.how_many is None:
                yield f"{name}.{port}"


def _named(name: str, path: tuple[str, ...]) -> tuple[str, str]:
    """`ports.frame.images.0.stride.max` of a device is `stride.max` of its port."""
    if path[:1] == ("ports",) and len(path) > 2:
        rest = path[2:]
        return f"{name}.{path[1]}", ".".join(rest[2:] if rest[0] == "images" else rest)
    return name, ".".join(path)


def _paths(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where `unknown` stands in a value, and what follows from it there."""
    if isinstance(value, BaseModel):
        known = meanings(type(value))
        for name, field in type(value).model_fields.items():
            inner, place = getattr(value, name), (*path, field.alias or name)
            if name in known and inner == UNKNOWN and name in value.model_fields_set:
                yield place, known[name].follows
            yield from _paths(inner, place)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _paths(inner, (*path, name))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            if isinstance(inner, BaseModel):
                yield from _paths(inner, (*path, str(index)))


def listing(platform: Platform, width: int) -> Blocks:
    """The unknowns as a section; one line for all that share a field and a consequence."""
    found = unknowns(platform)
    if not found:
        return
    yield Heading("Unknown")
    yield from listed((Labelled(text, subjects) for text, subjects in together(found)), width)


def together(found: tuple[UnknownValue, ...]) -> Iterator[tuple[str, str]]:
    """(field, whose it is and what follows): one for all that share both."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in found:
        groups.setdefault((one.field, one.follows), []).append(one.subject)
    for (field, follows), subjects in groups.items():
        yield field, f"{', '.join(subjects)} ({follows})"
