"""How bytes lie under a modifier: one module per family, listed here.

A family says for a pixel format how it lies, as a `heapwright.solver.layout.layout.Form`: mostly the
`Shape` that `heapwright.solver.layout.shape` computes with, else a closed form of its own. A modifier that
no family claims is opaque: it can be matched, and its exporter knows its size.
docs/modifiers.md has the formulas in words.
"""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType
from typing import Final

from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.fourcc.modifiers import Modifier, parse_modifier
from heapwright.solver.layout.layout import Form
from heapwright.solver.layout.modifiers import (
    afbc,
    afrc,
    amd,
    ccs,
    linear,
    nvidia,
    opaque,
    sand,
    tiles,
    ubwc,
    uif,
    yf,
)

FAMILIES: Final[tuple[ModuleType, ...]] = (
    linear, tiles, yf, ccs, afbc, afrc, ubwc, sand, uif, nvidia, amd
)  # fmt: skip
"""Each has `claims(modifier)`, whether the layout is known, and `shape(pixels, modifier)`."""


@lru_cache(maxsize=4096)
def shape(fourcc: str, modifier: str) -> Form | None:
    """How `fourcc` lies in `modifier`; None where the modifier is not for that format."""
    pixels, parsed = pixel_format(fourcc), spelt(modifier)
    known = (each for each in FAMILIES if parsed.value is not None and each.claims(parsed))
    laid: Form | None = next(known, opaque).shape(pixels, parsed) if pixels is not None else None
    return laid


def spelt(name: str) -> Modifier:
    """The modifier of a canonical name."""
    try:
        return parse_modifier(name)
    except ValueError:
        return Modifier(name, None)


@lru_cache(maxsize=4096)
def bare(name: str) -> str:
    """The name without the parameter that is built from the buffer, if it has one."""
    found = sand.bare(spelt(name))
    return name if found is None else found


def named(name: str, parameter: int) -> str:
    """The name with that parameter, where the layout made one."""
    return sand.named(name, parameter) if parameter else name
