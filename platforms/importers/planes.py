"""Planes of a card, put together by their type: how many there are, what they show, how they turn it.

A port of a profile stands for all planes of its sort, so it says what every one of them
does: as many as each CRTC can have, and of a format the rotations of every plane that takes it.

Sources: include/uapi/drm/drm_mode.h struct drm_mode_get_plane `possible_crtcs`, DRM_MODE_ROTATE_*;
drivers/gpu/drm/drm_blend.c drm_plane_create_rotation_property().
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Final, NamedTuple

from heapwright.platforms.importers.records import PlanesRecord, ScanoutFormat

TYPES: Final = {0: "overlay", 1: "primary", 2: "cursor"}
"""enum drm_plane_type."""
ANGLES: Final = (0, 90, 180, 270)


class PlaneRecord(NamedTuple):
    """One plane as a card or a listing tells it."""

    type: str
    crtcs: int | None
    """Mask of the CRTCs that can use it; None where nobody told."""
    formats: dict[str, tuple[str, ...]]
    rotations: tuple[int, ...] = (0,)


def rotations(bits: Collection[str]) -> tuple[int, ...]:
    """The angles in the bits of a plane's property `rotation`; without the property it shows 0° only."""
    turned = {angle for angle in ANGLES if f"rotate-{angle}" in bits}
    if {"reflect-x", "reflect-y"} <= set(bits):
        turned.add(180)
    return tuple(sorted(turned | {0}))


def put_together(planes: Sequence[PlaneRecord]) -> PlanesRecord:
    """The planes of a card by their type, and how many of them one display has at least."""
    formats: dict[str, dict[str, ScanoutFormat]] = {}
    for plane in planes:
        mine = formats.setdefault(plane.type, {})
        for fourcc, modifiers in plane.formats.items():
            told = ScanoutFormat(fourcc, modifiers, plane.rotations)
            mine[fourcc] = both(mine[fourcc], told) if fourcc in mine else told
    shown = [each.crtcs for each in planes if each.type != "cursor"]
    cursors = [each.crtcs for each in planes if each.type == "cursor"]
    displays = _bits(each.crtcs or 0 for each in planes if each.type == "primary")
    return PlanesRecord(
        {kind: tuple(mine.values()) for kind, mine in formats.items()},
        _least(shown, displays),
        _least(cursors, displays),
    )


def both(one: ScanoutFormat, other: ScanoutFormat) -> ScanoutFormat:
    """A format of two planes: the modifiers of either, the rotations of both."""
    turned = tuple(angle for angle in one.rotations if angle in other.rotations)
    return ScanoutFormat(one.fourcc, tuple(dict.fromkeys((*one.modifiers, *other.modifiers))), turned)


def _bits(masks: Iterable[int]) -> tuple[int, ...]:
    """The bits that are set in any of the masks."""
    whole = reduce(or_, masks, 0)
    return tuple(bit for bit in range(whole.bit_length()) if whole >> bit & 1)


def _least(masks: Sequence[int | None], displays: Sequence[int]) -> int | None:
    """How many of these planes every display can use; None where nobody told."""
    if not masks or not displays or None in masks:
        return None
    return min(sum((mask or 0) >> bit & 1 for mask in masks) for bit in displays) or None
