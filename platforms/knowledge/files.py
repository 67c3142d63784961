"""The files of `drivers/` and `exporters/`, and for which kernels and devices one of them is true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from heapwright.platforms.kernels import has
from heapwright.platforms.layers.files import bundled, bundled_document


def files_of(folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the data of each file of a folder, in order."""
    for name in sorted(bundled(folder)):
        yield name, bundled_document(folder, name).data


def fits(conditions: Mapping[str, Any], kernel: str | None, traits: Mapping[str, object]) -> bool:
    """Whether a file is about such a device on such a kernel; an unknown kernel fits."""
    if not has(kernel, conditions.get("since"), conditions.get("until")):
        return False
    return all(bool(traits.get(key)) == conditions[key] for key in ("userptr", "blob") if key in conditions)
