"""Whom a conflict speaks of: the participants behind its facts, and behind what is asked of the buffer.

A fact stands at the devices that it names. What the question itself says (how large the
buffer is, how many there are, that it is protected) comes from participants too: whoever
states the number that is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from . import heaps
from .negotiate import Failure, Negotiation
from .party import Party
from .rules import alignment
from .translate import Question

_SIZED: Final = frozenset(
    {"extent", "stride-range", "stride-set", "capacity", "heap-limits", "minimum-size", "tail"}
)
_LISTS: Final = ("name", "blame", "participant", "conflict", "culprit", "who")
"""Words in the key of a list of participants, or of statements that begin with one."""
_INNOCENT: Final = frozenset({"not", "never", "unrelated", "innocent", "without"})


def of(failure: Failure, negotiation: Negotiation) -> set[str]:
    """The participants that a conflict speaks of."""
    ids = {node.id for node in negotiation.tree.nodes}
    first = failure.reason.partition(": ")[0]
    if failure.conflict is None or failure.cast is None or failure.question is None:
        return {first} & ids
    kinds = {reason.kind for reason in failure.conflict.conflict}
    texts = [f"{r.subject} {r.text}" for r in failure.conflict.conflict if r.kind != "count"]
    parties = failure.cast.parties
    found = {p.id for p in parties if any(_is_in(p.id, text) for text in texts)}
    if "count" in kinds:
        found |= {*_counting(parties)}
    if kinds & _SIZED:
        found |= {p.id for p in parties if _asks(p, failure.question, negotiation)}
    if any(kind.startswith("protected") or kind in ("audience", "outside-firewall") for kind in kinds):
        found |= {p.id for p in parties if p.secure}
    return found


def _is_in(name: str, text: str) -> bool:
    """Whether a device of the participant is named: its tag, then its kind."""
    return re.search(rf"(?<![A-Za-z0-9_+-]){re.escape(heaps.plain(name))}-[a-z0-9]", text) is not None


def _counting(parties: tuple[Party, ...]) -> Iterator[str]:
    """Who asks for so many buffers, and who takes no more."""
    held, least = sum(p.camping for p in parties), max(p.min_count for p in parties)
    limits = [p.max_count for p in parties if p.max_count is not None]
    for p in parties:
        if (p.camping if held > least else p.min_count == least) or (limits and p.max_count == min(limits)):
            yield p.id


def _asks(party: Party, question: Question, negotiation: Negotiation) -> bool:
    """Whether the participant is why the buffer is as large as is asked."""
    if question.bytes is not None:
        return 0 < party.min_bytes == question.bytes
    if question.size is None:
        return False
    for entry in party.entries:
        for fmt, _ in (pair for pair in question.pairs or () if entry.covers(pair)):
            steps = alignment(entry, fmt, negotiation.world)
            for stated in (entry.least, *entry.required):
                sides = zip(stated, steps, question.size, strict=True)
                if any(side > 1 and -(-side // step) * step == asked for side, step, asked in sides):
                    return True
    return False


def stated(wanted: dict[str, Any], ids: set[str]) -> Iterator[tuple[bool, set[str]]]:
    """Each list of a wanted explanation that is about participants: whether they are to be named, and their ids."""
    for key, value in wanted.items():
        clear = not _INNOCENT & set(re.split(r"[_\s-]", key.lower()))
        if clear and not any(word in key for word in _LISTS):
            continue
        items = [*value] if isinstance(value, list | dict) else [value]
        yield clear, {name for item in items if (name := _about(item, ids)) is not None}


def _about(item: Any, ids: set[str]) -> str | None:
    """The participant that an item is about: alone, as `a.max_size` or `a max_size`, or in an object."""
    if isinstance(item, dict):
        item = next((item[key] for key in ("participant", "id", "node", "who") if key in item), None)
    if not isinstance(item, str) or len(item.split()) > 3:
        return None
    return next((name for name in ids if re.match(rf"{re.escape(name)}($|[\s.:/'])", item)), None)
