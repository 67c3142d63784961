"""Cases whose better answer inserts a conversion: that system never does (its gap G7).

The case names a converter, in words ("NV12 -> B8G8R8A8") or as formats; it becomes a
device of the board that reads the one and writes the other, and asks for nothing else.
The solver finds where it goes. Every placement of the plan is then read back like an
answer of its own: `first` is what the writers fill, `second` what is converted from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from . import soundness
from .cases import Environment, Node, World
from .expected import Expectation
from .negotiate import Answer, Failure, Negotiation, read
from .reading import needed
from .scope import OutOfScope
from .wanted import UnknownKey

_ARROW: Final = re.compile(r"(\w+)\s*(?:->|→|=>|\bto\b)\s*(\w+)")
_PLACES: Final = ("first", "second", "third", "fourth")


def is_wanted(better: dict[str, Any]) -> bool:
    """Whether the better answer has a converter."""
    return bool(better.get("converter")) or "second" in better or better["outcome"] == "two_buffers"


def answered(
    world: World, limits: Environment, nodes: list[Node], api: str, better: dict[str, Any]
) -> list[str]:
    """What is wrong with our answer.

    Raises:
        OutOfScope: nothing says what the converter converts.
        UnknownKey: an expectation that we cannot read, where all others hold.
    """
    edges = tuple(dict.fromkeys(_said(better, world))) or tuple(dict.fromkeys(_implied(better, world)))
    if not edges:
        raise OutOfScope("a converter without formats")
    negotiation = Negotiation(world, limits, nodes, api, converters=edges)
    found = negotiation.settle()
    if isinstance(found, Failure):
        return [] if better["outcome"] == "fail" else [f"wanted a conversion, got none: {found.reason}"]
    if better["outcome"] == "fail":
        return ["wanted a failure, got a plan"]
    placements = [*_placements(found)]
    secure = any(party.secure for party in found.cast.sure)
    wrong = [text for each in placements for text in soundness.broken(each, world, limits, secure=secure)]
    wrong += _all_served(found, placements)
    return wrong + _compared(negotiation, placements, better)


def _said(better: dict[str, Any], world: World) -> Iterator[tuple[str, str]]:
    """What converts into what, as the case says of the converter."""
    said = better.get("converter")
    for one in said if isinstance(said, list) else [said]:
        if isinstance(one, dict):
            ends = [
                _format(one[key])
                for keys in (("from", "input"), ("to", "output"))
                for key in keys
                if key in one
            ]
            if len(ends) == 2 and set(ends) <= set(world.formats):
                yield ends[0], ends[1]
        for source, target in _ARROW.findall(one) if isinstance(one, str) else ():
            if {source, target} <= set(world.formats):
                yield source, target


def _format(said: Any) -> str:
    """The format of a pair, or of a format alone; its modifier is up to the buffers."""
    return str(said[0] if isinstance(said, list) and said else said)


def _implied(better: dict[str, Any], world: World) -> Iterator[tuple[str, str]]:
    """What converts into what, by the formats of one buffer and the next."""
    stated = [better[place].get("pixel_format") for place in _PLACES if isinstance(better.get(place), dict)]
    for source, target in pairwise(stated):
        if {source, target} <= set(world.formats):
            yield source, target


def _placements(found: Answer) -> Iterator[Answer]:
    """The answer once for each of its placements, the one that is written first."""
    for placement in found.plan.placements:
        yield read(found.cast, found.question, found.built, found.plan, placement.pipeline, placement.buffer)


def _all_served(found: Answer, placements: list[Answer]) -> Iterator[str]:
    """Whether each participant that counts on buffers touches exactly one of them."""
    for party in found.cast.sure:
        times = sum(party.id in each.attached for each in placements)
        if times != 1 and party.ports:
            yield f"{party.id} touches {times} placements"


def _compared(negotiation: Negotiation, placements: list[Answer], better: dict[str, Any]) -> list[str]:
    """Mismatches of each placement with what the case expects there; unknown keys are told last."""
    wrong: list[str] = []
    unknown: list[str] = []
    places = {place: needed(better, place, dict, "better.") for place in _PLACES if place in better}
    if better["outcome"] == "two_buffers" and len(placements) != 2:
        wrong.append(f"wanted two buffers, got {len(placements)}")
    rest = {key: value for key, value in better.items() if key not in places}
    for wanted, each in zip(
        [{**rest, **places.get("first", {})}, *list(places.values())[1:]], placements, strict=False
    ):
        try:
            wrong += Expectation(negotiation, each).mismatches(wanted)
        except UnknownKey as keys:
            unknown.append(str(keys))
    if len(places) > len(placements):
        wrong.append(f"wanted {len(places)} buffers, got {len(placements)}")
    if unknown and not wrong:
        raise UnknownKey(", ".join(unknown))
    return wrong
