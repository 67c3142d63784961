"""Which image rules hold for how a port is used: design §4 read once more, for brute force alone.

A rule holds at the angles that it states, else at those of its port, else upright only. A
codec, a crop or a scale that it states must be just so; what it does not state may be anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heapwright.allocator.judge.question.request import BufferUser
from heapwright.platforms.schema import ImageRule, Port

_UPRIGHT = (0,)


def hold(port: Port, user: BufferUser) -> list[ImageRule]:
    """The rules of a port that may be asked about such a use."""
    return [rule for rule in port.images if _holds(rule.model_dump(), port.model_dump(), user)]


def _holds(rule: dict[str, Any], port: dict[str, Any], user: BufferUser) -> bool:
    stated = rule["when"] or {}
    angles: Sequence[int] = stated.get("rotate") or port["rotate"] or _UPRIGHT
    if user.rotate not in angles:
        return False
    for field, request in (("crop", user.crop), ("scale", user.scale)):
        if stated.get(field) not in (None, request):
            return False
    codecs = stated.get("codec")
    return codecs is None or user.codec in codecs
