"""What a profile does not know, found by walking it, and what follows from each (design §4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from pydantic import BaseModel

from heapwright.api.drawing.phrases import Blocks, listed
from heapwright.platforms.schema import Platform
from heapwright.platforms.values import UNKNOWN, Span
from heapwright.platforms.words import PLANES
from heapwright.solver.answer.render import Heading, Labelled
from heapwright.solver.explain.unknowns import ABILITIES


class Unknown(NamedTuple):
    """A value nobody has read: whose it is, what it is, and what counts instead."""

    subject: str
    field: str
    follows: str

    @property
    def text(self) -> str:
        return f"{self.field}: {self.follows}"


_SIZES: Final = frozenset({"size", "held"})
_COUNTED: Final = "counts as no"
_FOLLOWS: Final = {
    "kernel": "every heap and name is taken to be there",
    "base": "the worst place counts",
    "run": "a page is all that is promised",
    "align": "a page is all that is promised",
    "iova": "counted as dma-iommu, and a page is all that is promised",
    "lossless": "counts as lossy",
    "memory": "where its buffers lie is not known, so only what reaches everything reaches them",
}


def unknowns(platform: Platform) -> tuple[Unknown, ...]:
    """Every `unknown` in a profile, in its order, each once; then what is unknown where it is left out."""
    found: dict[Unknown, None] = {}
    if platform.kernel == UNKNOWN:
        found[Unknown(platform.name, "kernel", _FOLLOWS["kernel"])] = None
    for section in ("memory", "iommus", "heaps", "devices"):
        for name, thing in getattr(platform, section).items():
            for path in _paths(thing):
                subject, field = _told(name, path)
                found[Unknown(subject, field, _follows(section, path[-1]))] = None
    for subject in _uncounted(platform):
        found[Unknown(subject, "how_many", _follows("devices", "how_many"))] = None
    return tuple(found)


def _uncounted(platform: Platform) -> Iterator[str]:
    """Planes of which nothing is said how many there are: unknown as well (design §4)."""
    for name, device in platform.devices.items():
        for port, stated in device.ports.items():
            if (device.kind, port) in PLANES and stated.how_many is None:
                yield f"{name}.{port}"


def _told(name: str, path: tuple[str, ...]) -> tuple[str, str]:
    """`ports.frame.images.0.stride.max` of a device is `stride.max` of its port."""
    if path[:1] == ("ports",) and len(path) > 2:
        rest = path[2:]
        return f"{name}.{path[1]}", ".".join(rest[2:] if rest[0] == "images" else rest)
    return name, ".".join(path)


def _follows(section: str, field: str) -> str:
    if field in _FOLLOWS and not (section == "devices" and field == "memory"):
        return _FOLLOWS[field]
    if field in ABILITIES:
        return _COUNTED
    if section == "memory" and field in _SIZES:
        return "capacity is not checked, and answers say so"
    return "not imposed, and answers say so"


def _paths(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if value == UNKNOWN and isinstance(value, str):
        yield path
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            if name in value.model_fields_set:
                yield from _paths(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _paths(inner, (*path, name))
    elif isinstance(value, tuple) and not isinstance(value, Span):
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


def together(found: tuple[Unknown, ...]) -> Iterator[tuple[str, str]]:
    """(field, whose it is and what follows): one for all that share both."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in found:
        groups.setdefault((one.field, one.follows), []).append(one.subject)
    for (field, follows), subjects in groups.items():
        yield field, f"{', '.join(subjects)} ({follows})"
