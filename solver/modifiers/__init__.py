"""How bytes lie under a modifier: one module per family, listed here.

A family says for a pixel format whether it can lay it out, as the `Shape` that
`solver.layout` computes with; a modifier no family knows can be matched but not
laid out.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from solver.layout import Shape
from solver.modifiers import linear, tiles

FAMILIES: Final[tuple[ModuleType, ...]] = (linear, tiles)


def shape(fourcc: str, modifier: str) -> Shape | None:
    """The shape of `fourcc` in `modifier` (canonical name), or None if unknown."""
    for family in FAMILIES:
        found: Shape | None = family.shape(fourcc, modifier)
        if found is not None:
            return found
    return None
