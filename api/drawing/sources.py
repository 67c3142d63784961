"""Where a board's facts were read: each source with what it stands for."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from heapwright.api.drawing.phrases import Blocks, listed
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.render import Heading, Labelled


def sources(platform: Platform) -> Iterator[tuple[str, str]]:
    """(path, source) for everything that carries one, in the profile's order."""
    for section in ("memory", "iommus", "links", "heaps", "devices"):
        for name, thing in getattr(platform, section).items():
            yield from _cited(thing, f"{section}.{name}")


def _cited(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, BaseModel):
        stated = getattr(value, "source", None)
        if isinstance(stated, str):
            yield path, stated
        for name, field in type(value).model_fields.items():
            yield from _cited(getattr(value, name), f"{path}.{field.alias or name}")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _cited(inner, f"{path}.{name}")
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _cited(inner, f"{path}[{index}]")


def listing(platform: Platform, width: int) -> Blocks:
    """Each source once, under the things that rest on it."""
    groups: dict[str, list[str]] = {}
    for path, source in sources(platform):
        groups.setdefault(source, []).append(path.split(".", 1)[1])
    yield Heading("Sources")
    yield from listed(
        (
            Labelled(f"{n}", f"{source} — {', '.join(dict.fromkeys(paths))}")
            for n, (source, paths) in enumerate(groups.items(), 1)
        ),
        width,
    )
