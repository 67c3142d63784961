"""What a participant accepts of an image, as image rules of ours: one for each pair it covers.

One participant is looked at at a time, except for the colour spaces that anyone names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import lcm
from typing import Any, Final

from .cases import Size, World
from .names import fourcc, modifier_name
from .party import Entry, Party, fits

LARGEST: Final = 999_999_999
"""The largest side an extent of ours can have."""


@dataclass(frozen=True)
class Rules:
    """The rules of one collection for one question: an image of `size` in one of `pairs`.

    `entries` are everyone's alternatives; `shortfall` is what the image lacks to the
    smallest buffer anyone takes.
    """

    world: World
    entries: tuple[Entry, ...]
    pairs: tuple[tuple[str, str], ...]
    size: Size | None
    shortfall: int

    @property
    def labelled(self) -> bool:
        """Whether anyone minds alpha."""
        return any(entry.alpha is not None for entry in self.entries)

    def of(self, party: Party) -> Iterator[dict[str, Any]]:
        """What the participant accepts, one image rule for each pair it covers."""
        for pair in self.pairs:
            if not party.entries:
                yield {"formats": [fourcc(pair[0])], "modifiers": [modifier_name(pair[1])]}
            for entry in party.entries:
                colours = self.colours(entry, pair[0])
                if entry.covers(pair) and colours:
                    rule = self._rule(entry, pair, colours)
                    if rule is not None:
                        yield rule

    def colours(self, entry: Entry, fmt: str) -> list[str]:
        """The colour spaces an entry takes with a format, marked for alpha where anyone minds it.

        Alpha must be agreed on for every format, those without alpha included,
        as a colour space must: so it is a part of the colour's name.
        """
        named = entry.colours
        if named is None:
            named = tuple(c for e in self.entries if e.covers((fmt, e.modifier)) for c in e.colours or ())
        facts = self.world.formats[fmt]
        found = dict.fromkeys(colour for colour in named if fits(colour, facts))
        if not self.labelled:
            return [*found]
        marks = {None: ("alpha", "opaque"), True: ("alpha",), False: ("opaque",)}[entry.alpha]
        return [f"{colour}/{mark}" for colour in found for mark in marks]

    def _rule(self, entry: Entry, pair: tuple[str, str], colours: list[str]) -> dict[str, Any] | None:
        facts = self.world.formats[pair[0]]
        align = alignment(entry, pair[0], self.world)
        most = self._most(entry, align)
        if most is None:
            return None
        multiple = lcm(
            entry.divisor, facts.sample_alignment, facts.stride_bytes_per_pixel if entry.at_pixel else 1
        )
        if entry.block[0] > 1:
            multiple = lcm(multiple, entry.block[0] * facts.stride_bytes_per_pixel)
        least = [max(1, -(-side // step) * step) for side, step in zip(entry.least, align, strict=True)]
        stride: dict[str, Any] = {"multiple": multiple}
        if entry.min_bpr:
            stride["min"] = entry.min_bpr
        if entry.max_bpr is not None:
            stride["max"] = max(entry.max_bpr, 1)
        extent = {
            "min": f"{min(least[0], LARGEST)}x{min(least[1], LARGEST)}",
            "max": f"{most[0]}x{most[1]}",
            "multiple": f"{align[0]}x{align[1]}",
        }
        rule: dict[str, Any] = {
            "formats": [fourcc(pair[0])],
            "modifiers": [modifier_name(pair[1])],
            "colours": colours,
            "extent": extent,
            "stride": stride,
            "first_offset": 0,
        }
        if beyond := max(entry.beyond, self.shortfall):
            rule["tail"] = {"bytes": beyond}
        if entry.block[1] > 1:
            rule["minimum"] = {"rows_multiple": entry.block[1]}
        return rule

    def _most(self, entry: Entry, align: Size) -> Size | None:
        """The largest image: an area is a height once the width is asked; None where nothing is left."""
        sides = [
            LARGEST if side is None else side // step * step
            for side, step in zip(entry.most, align, strict=True)
        ]
        if entry.max_area is not None and self.size is not None:
            sides[1] = min(sides[1], entry.max_area // self.size[0])
        return (min(sides[0], LARGEST), min(sides[1], LARGEST)) if min(sides) > 0 else None


def alignment(entry: Entry, fmt: str, world: World) -> Size:
    """What an entry's image sizes are multiples of, the format's own steps included."""
    facts = world.formats[fmt]
    return max(entry.align[0], facts.width_multiple), max(entry.align[1], facts.height_multiple)
