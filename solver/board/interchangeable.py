"""Devices that are alike: whatever one does in a plan another may do, and the plan is as good.

They are so if they are equal, and named in the same lists of the profile. Where plans are looked for, it suffices
to let whoever may take one of them take the first of them that nobody before has, or one that somebody has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from heapwright.platforms.schema import Platform
from heapwright.solver.board.once import OnceForEach

DeviceGroups = tuple[tuple[str, ...], ...]
"""Names of devices that are alike, each group by name."""


def _alike(platform: Platform) -> DeviceGroups:
    devices, groups = platform.devices, list[list[str]]()
    for name in sorted(devices):
        group = next((g for g in groups if devices[g[0]] == devices[name]), None)
        if group is None:
            groups.append([name])
        else:
            group.append(name)
    groups = [group for group in groups if len(group) > 1]
    if not groups:
        return ()
    places: dict[str, set[tuple[str, ...]]] = {name: set() for group in groups for name in group}
    for text, path in _texts(platform.model_dump(exclude={"devices"}), ()):  # no device names another
        if text in places:
            places[text].add(path)
    found: dict[tuple[int, frozenset[tuple[str, ...]]], list[str]] = {}
    for number, group in enumerate(groups):
        for name in group:
            found.setdefault((number, frozenset(places[name])), []).append(name)
    return tuple(tuple(each) for each in found.values() if len(each) > 1)


def _texts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every word of a profile, with where it stands; members of a list stand in one place."""
    if isinstance(value, str):
        yield value, path
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield key, (*path, "*")
            yield from _texts(each, (*path, key))
    elif isinstance(value, Collection):
        for each in value:
            yield from _texts(each, path)


alike: Final = OnceForEach(_alike)
"""The devices of a platform that are alike, worked out once."""


def first_of(
    groups: DeviceGroups, candidates: Sequence[Sequence[str]], apart: Collection[str]
) -> list[tuple[str, ...]]:
    """What each variable, in this order, may stand for, if it need not be what is as good as something else it may be.

    Devices that something says of, which it does not say of others, stand `apart`.
    """
    found = [tuple(each) for each in candidates]
    for group in groups:
        members = [name for name in group if name not in apart]
        seen = 0
        for number, names in enumerate(found):
            if members[0:1] and members[0] in names:
                late = {*members[seen + 1 :]}
                found[number] = tuple([name for name in names if name not in late])
                seen += 1
    return found
