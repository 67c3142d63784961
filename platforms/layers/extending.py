"""A profile on top of what it `extends`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as FilePath
from typing import Final

from heapwright.platforms.errors import (
    shown,
)
from heapwright.platforms.layers.files import named, names_under
from heapwright.platforms.layers.merge import idle_nulls, merged
from heapwright.platforms.reading.documents import Document
from heapwright.platforms.reading.validation import headed
from heapwright.platforms.schema import SCHEMA

MAX_LAYERS: Final = 32


def layers(document: Document, folder: FilePath | None, above: tuple[str, ...]) -> Document:
    """`document` on top of everything it extends, nulls still in place."""
    data = headed(document, SCHEMA)
    if not isinstance(data.get("part", False), bool):
        raise document.error(("part",), f"expected true or false, got {shown(data['part'])}")
    names = names_under(document, "extends", "a board or part")
    if len(above) + len(names) > MAX_LAYERS:
        raise document.error(("extends",), f"more than {MAX_LAYERS} files on top of each other")
    below: Document | None = None
    for name in names:
        if name in above:
            chain = " → ".join([*above[above.index(name) :], name])
            raise document.error(("extends",), f"extends itself: {chain}")
        layer, place = named("profiles", name, folder, document)
        layer = _anonymous(layers(layer, place, (*above, name)))
        below = layer if below is None else _on_top(below, layer)
    return document if below is None else _on_top(below, document)


def _on_top(below: Document, above: Document) -> Document:
    whole = merged(below, above)
    said = "null removes nothing: what this extends has no such name"
    idle = [above.problem(path, said) for path in idle_nulls(below.data, above.data)]
    return replace(whole, problems=(*whole.problems, *idle))


def _anonymous(layer: Document) -> Document:
    """A layer without what must not be inherited."""
    part = layer.data.get("part") is True
    dropped = {"name", "part", "extends", *(("title",) if part else ())}
    return replace(layer, data={key: value for key, value in layer.data.items() if key not in dropped})
