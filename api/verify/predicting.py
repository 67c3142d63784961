"""What the solver says to a cell: one buffer, one port, the heap pinned, no conversions.

A plan: the machine must take the buffer as the plan lays it out. No plan: it must
refuse it, with an errno that goes with the clash (`refusals`). Where the only clash is
that one physical run is not promised, the kernel may still happen to give one: luck.
What the profile does not know, and what the kernel does not look at (firewalls, caches,
counts), predicts nothing: the cell is open.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from api.verify.cells import Cell
from api.verify.paths import is_unknown, of_kind
from api.verify.refusals import DESCRIPTION, refusals, way_of
from platforms.formats import pixel_formats
from platforms.schema import Heap, Memory, Platform
from solver import Options, solve
from solver.pipeline import Buffer, Pipeline, Use
from solver.plan import Infeasible, Plan, Plane, Reason

BLOCK: Final = 4 << 20
"""The largest block of the page allocator on 4 KiB pages: include/linux/mmzone.h MAX_PAGE_ORDER 10."""
CHUNK: Final = 1 << 20
"""The largest piece a heap draws at once: drivers/dma-buf/heaps/system_heap.c orders[]."""


class Verdict(StrEnum):
    WORKS = "works"
    REFUSED = "refused"
    LUCK = "luck"
    OPEN = "open"


class Prediction(NamedTuple):
    """`errnos` are those with which a refusal may show; `paths` the facts it rests on."""

    verdict: Verdict
    errnos: tuple[str, ...] = ()
    facts: tuple[Reason, ...] = ()
    paths: tuple[str, ...] = ()
    planes: tuple[Plane, ...] = ()
    size: int = 0


class Oracle:
    """Asks the solver; firewalls are set aside, since no kernel looks at them when a buffer is imported."""

    def __init__(self, platform: Platform) -> None:
        self.platform = _without_firewalls(platform)
        self._port: dict[tuple[object, ...], tuple[Reason, ...]] = {}

    def predict(self, cell: Cell) -> Prediction:
        answer = self._ask(self._around(cell), cell)
        planes, size = _as_it_comes(cell)
        if isinstance(answer, Plan):
            placed = answer.placements[0]
            if cell.format is None:
                return Prediction(Verdict.WORKS, planes=planes, size=placed.size)
            return Prediction(Verdict.WORKS, planes=placed.planes, size=placed.size)
        assert isinstance(answer, Infeasible)  # no limits were given
        found = {fact.kind: fact for fact in (*answer.conflict, *self._of_port(cell))}
        facts = tuple(found.values())
        way = way_of(self.platform.devices[cell.device])
        errnos = tuple(dict.fromkeys(errno for kind in found for errno in refusals(kind, way)))
        paths = tuple(dict.fromkeys(path for kind in found for path in of_kind(kind, cell, self.platform)))
        verdict = Verdict.REFUSED
        if any(not refusals(kind, way) for kind in found) or any(
            is_unknown(self.platform, path) for path in paths
        ):
            verdict = Verdict.OPEN
        elif set(found) == {"contiguous-memory"} and happens(size):
            verdict = Verdict.LUCK
        return Prediction(verdict, errnos, facts, paths, planes, size)

    def _around(self, cell: Cell) -> Platform:
        """The platform without the devices that have no part in it."""
        platform = self.platform
        kept = {cell.device, platform.heaps[cell.heap].exporter}
        devices = {name: device for name, device in platform.devices.items() if name in kept}
        return platform.model_copy(update={"devices": devices})

    def _of_port(self, cell: Cell) -> tuple[Reason, ...]:
        """What the port has against the picture itself, in whatever memory it lies."""
        key = cell[1:]
        if key not in self._port:
            device = self.platform.devices[cell.device].model_copy(update={"imports": "any"})
            ideal = Heap.model_validate(_IDEAL)
            alone = self.platform.model_copy(
                update={
                    "memory": {"ideal": Memory.model_validate(_MEMORY)},
                    "heaps": {cell.heap: ideal},
                    "devices": {cell.device: device},
                }
            )
            answer = self._ask(alone, cell)
            self._port[key] = answer.conflict if isinstance(answer, Infeasible) else ()
        return tuple(fact for fact in self._port[key] if fact.kind in DESCRIPTION)

    def _ask(self, platform: Platform, cell: Cell) -> object:
        pins = [f"frame:heap={cell.heap}", f"frame:device={cell.device}"]
        if cell.stride is not None:
            pins.append(f"frame:stride={cell.stride}")
        pipeline = _pipeline(self.platform, cell)
        return solve(platform, [pipeline], pins=pins, options=Options(explain=False))


_MEMORY: Final = {"size": 1 << 50, "base": 0, "source": "everything"}
_IDEAL: Final = {
    "via": "dma-heap",
    "memory": ["ideal"],
    "run": "whole",
    "cpu": "cached",
    "source": "everything",
}


def happens(size: int) -> bool:
    """Whether pages that nobody promised in one run may happen to be one.

    Up to the page allocator's largest block they may come from one; above that only whole
    chunks that lie side by side do, so a size with a remainder is never one run.
    """
    pages = size + -size % 4096
    return pages <= BLOCK or pages % CHUNK == 0


def _without_firewalls(platform: Platform) -> Platform:
    heaps = {
        name: heap.model_copy(update={"access": None, "firewall": None})
        for name, heap in platform.heaps.items()
    }
    return platform.model_copy(update={"heaps": heaps})


def _pipeline(platform: Platform, cell: Cell) -> Pipeline:
    """The one buffer, touched by the one port: nobody else writes what it reads, which no file could say."""
    device = platform.devices[cell.device]
    use = Use.model_validate({"port": f"{device.kind}.{cell.port}"})
    shape: dict[str, object] = {"bytes": cell.size}
    if cell.format is not None:
        shape = {"size": str(cell.extent), "formats": [cell.format]}
    buffer = Buffer.model_validate({**shape, "count": 1, "written_by": [use]})
    if device.ports[cell.port].access == "read":
        buffer = buffer.model_copy(update={"written_by": (), "read_by": (use,)})
    return Pipeline.model_construct(
        schema_="heapwright/pipeline/1",
        name="verify",
        title="",
        conversions="forbid",
        buffers={"frame": buffer},
    )


def _as_it_comes(cell: Cell) -> tuple[tuple[Plane, ...], int]:
    """The picture without padding, plane after plane: what is tried where the solver has no plan."""
    if cell.format is None:
        return (Plane(offset=0, stride=0, size=cell.size),), cell.size
    planes: list[Plane] = []
    end = 0
    for number, plane in enumerate(pixel_formats()[cell.format].planes):
        samples = -(-cell.extent.width // plane.hsub)
        stride = -(-samples // plane.samples) * plane.bytes
        if number == 0 and cell.stride is not None:
            stride = cell.stride
        size = stride * -(-cell.extent.height // plane.vsub)
        planes.append(Plane(offset=end, stride=stride, size=size))
        end += size
    return tuple(planes), end
