"""A board on one page, for a given width."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from heapwright.api.drawing import devices, heaps, matrix, memory, sources, unknowns
from heapwright.api.drawing.phrases import Blocks
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.render import Heading, printable

_PARTS: Final[tuple[Callable[[Platform, int], Blocks], ...]] = (
    heaps.heaps,
    devices.iommus,
    devices.links,
    devices.devices,
    devices.resources,
    matrix.matrix,
    devices.converters,
    devices.domains,
    unknowns.listing,
)


def page(
    platform: Platform, width: int, *, read_from: str = "", cited: bool = False, ascii_only: bool = False
) -> Blocks:
    """The board in sections; `read_from` is the kernel its facts were read from, if another is asked for."""
    title = f": {printable(platform.title)}" if platform.title else ""
    origin = f"; facts read from {read_from}" if read_from not in ("", platform.kernel) else ""
    yield Heading(f"{platform.name}{title} (kernel {platform.kernel}{origin})", 1)
    yield from memory.address_map(platform, width, memory.ASCII if ascii_only else memory.UNICODE)
    for part in _PARTS:
        yield from part(platform, width)
    if cited:
        yield from sources.listing(platform, width)
