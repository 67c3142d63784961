"""Facts as paths in the profile: `heaps.cma.run`, `devices.panel.ports.scanout.images[0].formats`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from heapwright.api.verify.cells import Cell
from heapwright.platforms.schema import Platform
from heapwright.platforms.values import UNKNOWN

_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")

_RULE_FIELD: Final = {
    "extent": "extent", "coded-size": "coded", "rows": "rows", "modifier": "modifiers",
    "stride-multiple": "stride", "stride-exact": "stride", "stride-range": "stride", "stride-set": "stride",
    "plane-strides": "stride", "implied-plane-offset": "implied_offset", "plane-offset": "offset",
    "plane-buffers": "dmabufs", "minimum-size": "minimum", "tail": "tail", "column-height": "column_height",
    "metadata-planes": "metadata", "modifier-side-condition": "when",
}  # fmt: skip


def of_kind(kind: str, cell: Cell, platform: Platform) -> tuple[str, ...]:
    """Where the profile says what a kind of clash rests on, the likeliest first."""
    return tuple(dict.fromkeys(_of_kind(kind, cell, platform)))


def _of_kind(kind: str, cell: Cell, platform: Platform) -> Iterator[str]:
    heap, device, port = f"heaps.{cell.heap}", f"devices.{cell.device}", port_path(cell)
    if kind == "contiguous-memory":
        yield f"{heap}.run"
        yield from dma(cell, platform)
    elif kind in ("address-reach", "iommu-reach", "iova-aperture"):
        yield f"{device}.dma.bits"
        yield from memories(cell, platform, "base")
    elif kind == "cpu-importer":
        yield f"{heap}.cpu"
        yield f"{device}.by_cpu"
    elif kind == "cpu-access":
        yield f"{heap}.cpu"
    elif kind == "importer-refuses":
        takes = platform.devices[cell.device].ports[cell.port].takes_from
        yield f"{port}.takes_from" if takes is not None else f"{device}.imports"
    elif kind == "format":
        yield formats(cell, platform)
    elif kind == "capacity":
        yield from memories(cell, platform, "size")
    elif kind == "heap-limits":
        yield f"{heap}.largest"
    elif kind in ("local-only", "unreachable-memory"):
        yield f"{port}.memory"
        yield from memories(cell, platform, "reached_by")
    elif kind in _RULE_FIELD:
        yield from (f"{rule}.{_RULE_FIELD[kind]}" for rule in rules(cell, platform))


def port_path(cell: Cell) -> str:
    return f"devices.{cell.device}.ports.{cell.port}"


def dma(cell: Cell, platform: Platform) -> Iterator[str]:
    """What the profile says of a device's need for runs."""
    facts = platform.devices[cell.device].dma
    path = f"devices.{cell.device}.dma"
    if platform.devices[cell.device].by_cpu:
        yield f"devices.{cell.device}.by_cpu"
    if facts.segments is not None:
        yield f"{path}.segments"
    yield f"{path}.iommu" if facts.iommu is not None else f"{path}.mmu"


def formats(cell: Cell, platform: Platform) -> str:
    """The list that a format stands in, or would stand in."""
    found = list(rules(cell, platform))
    return f"{found[0]}.formats" if len(found) == 1 else f"{port_path(cell)}.images"


def rules(cell: Cell, platform: Platform) -> Iterator[str]:
    """The port's image rules for the cell's format; all of them if there is none."""
    images = platform.devices[cell.device].ports[cell.port].images
    named = [number for number, rule in enumerate(images) if cell.format in rule.formats]
    for number in named or range(len(images)):
        yield f"{port_path(cell)}.images[{number}]"


def memories(cell: Cell, platform: Platform, field: str) -> Iterator[str]:
    names = platform.heaps[cell.heap].memory
    yield from (f"memory.{name}.{field}" for name in names if not isinstance(names, str))


def value(platform: Platform, path: str) -> Any:
    """What stands there; None if nothing does."""
    part: Any = platform
    for match in _STEP.finditer(path):
        name, number = match.groups()
        if isinstance(part, tuple):
            part = part[int(number)] if number is not None and int(number) < len(part) else None
        elif isinstance(part, dict):
            part = part.get(name)
        else:
            part = getattr(part, name, None)
    return part


def is_unknown(platform: Platform, path: str) -> bool:
    """Whether the profile says that nobody knows it."""
    found = value(platform, path)
    return isinstance(found, str) and found == UNKNOWN
