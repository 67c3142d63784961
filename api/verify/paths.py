"""Facts as paths in the profile: `heaps.cma.run`, `devices.panel.ports.scanout.images[0].formats`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from heapwright.api.verify.cells import Cell
from heapwright.platforms.schema import Platform
from heapwright.platforms.values import UNKNOWN

_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")

Paths = Callable[[Cell, Platform], Iterator[str]]
"""Finds the facts of a cell."""


def of_heap(field: str) -> Paths:
    """A fact of the heap."""
    return lambda cell, _: iter((f"heaps.{cell.heap}.{field}",))


def of_device(field: str) -> Paths:
    """A fact of the device."""
    return lambda cell, _: iter((f"devices.{cell.device}.{field}",))


def of_port(field: str) -> Paths:
    """A fact of the port."""
    return lambda cell, _: iter((f"{port_path(cell)}.{field}",))


def of_rule(field: str) -> Paths:
    """A fact of the image rules that a cell meets."""
    return lambda cell, platform: (f"{rule}.{field}" for rule in rules(cell, platform))


def of_memory(field: str) -> Paths:
    """A fact of the memories of the heap."""
    return lambda cell, platform: memories(cell, platform, field)


def of_iommu(field: str) -> Paths:
    """A fact of the IOMMU of the device."""

    def paths(cell: Cell, platform: Platform) -> Iterator[str]:
        name = platform.devices[cell.device].dma.iommu
        yield from () if name is None else (f"iommus.{name}.{field}",)

    return paths


def taken(cell: Cell, platform: Platform) -> Iterator[str]:
    """Which heaps a port takes buffers of."""
    takes = platform.devices[cell.device].ports[cell.port].takes_from
    yield f"{port_path(cell)}.takes_from" if takes is not None else f"devices.{cell.device}.imports"


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


def formats(cell: Cell, platform: Platform) -> Iterator[str]:
    """The list that a format stands in, or would stand in."""
    found = list(rules(cell, platform))
    yield f"{found[0]}.formats" if len(found) == 1 else f"{port_path(cell)}.images"


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
