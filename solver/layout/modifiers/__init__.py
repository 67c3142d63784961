"""How bytes lie under a modifier: one module per family, listed here.

A family says for a pixel format how it lies, as a `heapwright.solver.layout.layout.Form`: mostly the
`Shape` that `heapwright.solver.layout.shape` computes with, else a closed form of its own. A modifier that
no family claims is opaque: it can be matched, and its exporter knows its size.
docs/modifiers.md has the formulas in words.
"""

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
"""Each has `claims(modifier)`, whether the layout is known, and `shape(pixels, modifier)`.

One whose modifier has a parameter that is made for the buffer says what it is called without (`bare`) and with it (`named`)."""


@lru_cache(maxsize=4096)
def shape(fourcc: str, modifier: str) -> Form | None:
    """How `fourcc` lies in `modifier`; None where the modifier is not for that format."""
    pixels = pixel_format(fourcc)
    laid: Form | None = family(modifier).shape(pixels, spelt(modifier)) if pixels is not None else None
    return laid


@lru_cache(maxsize=4096)
def family(name: str) -> ModuleType:
    """The family of a modifier; `opaque` if only drivers know how it lies."""
    parsed = spelt(name)
    return next((each for each in FAMILIES if parsed.value is not None and each.claims(parsed)), opaque)


def spelt(name: str) -> Modifier:
    """The modifier of a canonical name."""
    try:
        return parse_modifier(name)
    except ValueError:
        return Modifier(name, None)


@lru_cache(maxsize=4096)
def bare(name: str) -> str:
    """The name without the parameter that is built from the buffer, if it has one."""
    parsed = spelt(name)
    found = (each.bare(parsed) for each in FAMILIES if hasattr(each, "bare"))
    return next((each for each in found if each is not None), name)


def named(name: str, parameter: int) -> str:
    """The name with that parameter, where the layout made one."""
    if not parameter:
        return name
    found: str = family(name).named(name, parameter)
    return found
