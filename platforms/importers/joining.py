"""Several files about one machine, put together."""

from __future__ import annotations

from collections.abc import Iterable

from heapwright.platforms.importers.records import Machine
from heapwright.platforms.kernels import version_of


def joined(machines: Iterable[Machine], title: str) -> Machine:
    """All that the files tell; where two tell of memory, both are kept."""
    each = tuple(machines)
    kernels = tuple(dict.fromkeys(one.kernel for one in each if one.kernel))
    notes = [note for one in each for note in one.notes]
    if len(set(map(version_of, kernels))) > 1:
        notes.append(f"the files are of different kernels ({', '.join(kernels)}); {kernels[0]} is taken")
    return Machine(
        title=next((one.title for one in each if one.banks), title),
        kernel=kernels[0] if kernels else None,
        page=4096,
        banks=tuple(bank for one in each for bank in one.banks),
        areas=tuple(area for one in each for area in one.areas),
        cards=tuple(card for one in each for card in one.cards),
        videos=tuple(video for one in each for video in one.videos),
        tree=tuple(found for one in each for found in one.tree),
        notes=tuple(notes),
    )
