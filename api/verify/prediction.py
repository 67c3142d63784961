"""What the solver says to a cell: one buffer, one port, the heap pinned, no conversions.

A plan: the machine must take the buffer as the plan lays it out. No plan: it must
refuse it, with an errno that goes with the clash (`refusals`). Where the only clash is
that one physical run is not promised, the kernel may still happen to give one: luck.
What the profile does not know, and what the kernel does not look at (firewalls, caches,
counts), predicts nothing: the cell is open.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from heapwright import Options, solve
from heapwright.api.verify.cells import Cell
from heapwright.api.verify.paths import is_unknown
from heapwright.api.verify.refusals import DESCRIPTION, REFUSALS, facts, framework_of, refusals
from heapwright.platforms.fourcc.formats import pixel_formats
from heapwright.platforms.schema import Device, Dma, Heap, Memory, Platform
from heapwright.solver.answer.plan import Infeasible, Plan, Plane, Reason
from heapwright.solver.question.pipeline import Buffer, Pipeline, Use

BLOCK: Final = 4 << 20
"""The largest block of the page allocator on 4 KiB pages: include/linux/mmzone.h MAX_PAGE_ORDER 10."""
CHUNK: Final = 1 << 20
"""The largest piece a heap draws at once: drivers/dma-buf/heaps/system_heap.c orders[]."""


class Expectation(StrEnum):
    WORKS = "works"
    REFUSED = "refused"
    LUCK = "luck"
    OPEN = "open"


class Prediction(NamedTuple):
    """`errnos` are those with which a refusal may show; `paths` the facts it rests on."""

    verdict: Expectation
    errnos: tuple[str, ...] = ()
    facts: tuple[Reason, ...] = ()
    paths: tuple[str, ...] = ()
    planes: tuple[Plane, ...] = ()
    size: int = 0
    silent: bool = False
    """Whether the refusal may show as missing bytes instead: a bounce buffer, a mapping of too few pages."""
    unseen: bool = False
    """Whether it may be taken without a trace where nothing of its bytes can be seen."""


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
                return Prediction(Expectation.WORKS, planes=planes, size=placed.size)
            return Prediction(Expectation.WORKS, planes=placed.planes, size=placed.size)
        assert isinstance(answer, Infeasible)  # no limits were given
        found = {fact.kind: fact for fact in (*answer.conflict, *self._besides(cell, answer))}
        return self._refused(cell, tuple(found.values()), planes, size)

    def _refused(
        self, cell: Cell, found: tuple[Reason, ...], planes: tuple[Plane, ...], size: int
    ) -> Prediction:
        """What the kernel does where these facts clash."""
        kinds = [fact.kind for fact in found]
        device = self.platform.devices[cell.device]
        # A heap left out, not a driver that imports nothing:
        chosen = "importer-refuses" in kinds and isinstance(device.imports, tuple)
        framework = framework_of(device)
        rows = [REFUSALS[kind] for kind in kinds if kind in REFUSALS]
        paths = tuple(dict.fromkeys(path for kind in kinds for path in facts(kind, cell, self.platform)))
        verdict = Expectation.REFUSED
        unlooked = any(not refusals(kind, framework) for kind in kinds)
        if unlooked or any(is_unknown(self.platform, path) for path in paths):
            verdict = Expectation.OPEN
        elif kinds == ["contiguous-memory"] and happens(size):
            verdict = Expectation.LUCK
        return Prediction(
            verdict,
            tuple(dict.fromkeys(errno for kind in kinds for errno in refusals(kind, framework))),
            found,
            paths,
            planes,
            size,
            silent=chosen or any(row.silent for row in rows),
            unseen=chosen or any(framework in row.unseen for row in rows),
        )

    def _besides(self, cell: Cell, answer: Infeasible) -> tuple[Reason, ...]:
        """What else clashes: the kernel refuses at its first step, and a conflict is only one of several."""
        if all(fact.kind in DESCRIPTION for fact in answer.conflict):
            return ()
        found = self._of_port(cell)
        if any(fact.kind == "importer-refuses" for fact in answer.conflict):
            around = self._around(cell)
            device = around.devices[cell.device].model_copy(update={"imports": "any"})
            around = around.model_copy(update={"devices": {**around.devices, cell.device: device}})
            more = self._ask(around, cell)
            found += more.conflict if isinstance(more, Infeasible) else ()
        return found

    def _around(self, cell: Cell) -> Platform:
        """The platform without the devices and heaps that have no part in it."""
        platform = self.platform
        kept = {cell.device, platform.heaps[cell.heap].exporter}
        devices = {name: device for name, device in platform.devices.items() if name in kept}
        devices[cell.device] = _about(platform.devices[cell.device], cell)
        heaps = {name: platform.heaps[name] for name in self._neighbours(cell.heap)}
        return platform.model_copy(update={"devices": devices, "heaps": heaps})

    def _neighbours(self, heap: str) -> list[str]:
        """A heap and those that lie inside its memory, which it cannot count on."""
        own = self.platform.heaps[heap].memory
        return [
            name
            for name, other in self.platform.heaps.items()
            if name == heap
            or any(outer in own for memory in _listed(other.memory) for outer in self._outside(memory))
        ]

    def _outside(self, memory: str) -> Iterator[str]:
        """The memories around a memory, the nearest first."""
        found = self.platform.memory.get(memory)
        while found is not None and found.inside is not None:
            yield found.inside
            found = self.platform.memory.get(found.inside)

    def _of_port(self, cell: Cell) -> tuple[Reason, ...]:
        """What the port has against the picture itself, in whatever memory it lies."""
        key = cell[1:]
        if key not in self._port:
            device = _about(self.platform.devices[cell.device], cell)
            device = device.model_copy(update={"imports": "any", "dma": Dma.model_validate(_REACH)})
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
_REACH: Final = {"bits": 64}
_IDEAL: Final = {
    "via": "dma-heap",
    "memory": ["ideal"],
    "run": "whole",
    "cpu": "cached",
    "source": "everything",
}


def _about(device: Device, cell: Cell) -> Device:
    """The device with its one port, and of its rules those for the format; any one if there is none."""
    port = device.ports[cell.port]
    rules = tuple(rule for rule in port.images if cell.format in rule.formats) or port.images[:1]
    ports = {cell.port: port.model_copy(update={"images": rules})}
    return device.model_copy(update={"ports": ports, "converts": ()})


def _listed(names: tuple[str, ...] | str) -> tuple[str, ...]:
    return names if isinstance(names, tuple) else ()


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
