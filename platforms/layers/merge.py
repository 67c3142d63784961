"""How `extends` and driver rules combine: by name, the later file wins, null removes.

Two mappings are merged key by key, at every depth. Anything else (a number, a
text, a list) is replaced as a whole, so a variant that changes one image rule
states the list of rules. A null removes what came before; a null for which
nothing came before says so, except below a device, where the driver's rules
may be what it removes.

Example: `{a: {x: 1, y: 2}}` then `{a: {y: null, z: 3}}` is `{a: {x: 1, z: 3}}`.
"""

from __future__ import annotations

from typing import Any

from heapwright.platforms.errors import Path
from heapwright.platforms.reading.documents import Document, SourceMap


def merged(earlier: Document, later: Document) -> Document:
    """`later` on top of `earlier`; nulls stay, so that a further layer below is covered too."""
    data, mark = _merged(earlier.data, earlier.marks(), later.data, later.marks())
    return Document(data, mark, (*earlier.problems, *later.problems))


def _merged(
    earlier: Any, earlier_mark: SourceMap, later: Any, later_mark: SourceMap
) -> tuple[Any, SourceMap]:
    if not (isinstance(earlier, dict) and isinstance(later, dict)):
        return later, later_mark
    data = dict(earlier)
    inside = dict(earlier_mark.inside)
    for key, value in later.items():
        mark = later_mark.inside.get(key, SourceMap(later_mark.place))
        if key in data:
            data[key], inside[key] = _merged(
                data[key], inside.get(key, SourceMap(earlier_mark.place)), value, mark
            )
        else:
            data[key], inside[key] = value, mark
    return data, SourceMap(later_mark.place, inside)


def without_nulls(data: Any) -> Any:
    """`data` without the keys whose value is null, at every depth of mappings."""
    if not isinstance(data, dict):
        return data
    return {key: without_nulls(value) for key, value in data.items() if value is not None}


def idle_nulls(earlier: Any, later: Any) -> list[Path]:
    """Names that `later` removes from a section although `earlier` has none such."""
    found: list[Path] = []
    for section in ("memory", "iommus", "links", "heaps", "devices", "resources"):
        names = later.get(section) if isinstance(later, dict) else None
        known = earlier.get(section) if isinstance(earlier, dict) else None
        if isinstance(names, dict):
            missing = set(names) - (set(known) if isinstance(known, dict) else set())
            found += [(section, name) for name in names if name in missing and names[name] is None]
    return found
