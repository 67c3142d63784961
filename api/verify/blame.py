"""Which fact of the profile is wrong where the kernel says otherwise.

A refusal that the profile foresaw and the kernel did not make: the facts it rests on.
A refusal it did not foresee: by the step, the errno and the kernel's words. Where
several facts would explain it, what other cells have shown acquits some: a format that
this port took elsewhere, a device that did refuse scattered buffers, a heap whose
buffers the processor did map.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from errno import EFAULT, EINVAL, ENODEV, ENOENT, ENOMEM, ENOSYS, ENXIO

from heapwright.allocator.linux.observe.grades import Grade, Observation
from heapwright.api.verify import paths
from heapwright.api.verify.cells import Cell
from heapwright.api.verify.outcome import Judged, Outcome
from heapwright.api.verify.prediction import Expectation
from heapwright.api.verify.refusals import framework_of
from heapwright.platforms.schema import Platform
from heapwright.platforms.values import Extent

ABSENT = (ENOENT, ENXIO, ENODEV)


class Evidence:
    """What the machine has shown in any cell."""

    def __init__(self, platform: Platform, found: Iterable[Judged]) -> None:
        self.platform = platform
        self.formats: set[tuple[str, str, str | None]] = set()
        self.extents: set[tuple[str, str, Extent]] = set()
        self.mapped: set[str] = set()
        self.unmapped: set[str] = set()
        self.contiguous: set[str] = set()
        """Devices that have refused buffers because they were scattered."""
        self.importing: set[str] = set()
        """Devices that have taken a buffer of another's."""
        for each in found:
            self._learn(each)

    def _learn(self, each: Judged) -> None:
        cell, seen = each.cell, each.observation
        port = (cell.device, cell.port)
        described = (
            Grade.IMPORTED if framework_of(self.platform.devices[cell.device]) == "v4l2" else Grade.PRESENTED
        )
        if seen.grade >= described:
            self.formats.add((*port, cell.format))
            self.extents.add((*port, cell.extent))
        if self.platform.devices[cell.device].kind == "cpu" and seen.grade >= Grade.ATTACHED:
            (self.mapped if seen.grade >= Grade.IMPORTED else self.unmapped).add(cell.heap)
        scattered = any("contiguous" in line for line in seen.words)
        if seen.errno == EFAULT and scattered:
            self.contiguous.add(cell.device)
        if seen.grade >= Grade.IMPORTED and self.platform.heaps[cell.heap].exporter != cell.device:
            self.importing.add(cell.device)


def blamed(each: Judged, evidence: Evidence) -> tuple[str, ...]:
    """Paths of the facts that must be wrong for the two to disagree so, the likeliest first."""
    if each.outcome is not Outcome.DISAGREES:
        return ()
    found: list[str] = []
    if each.observation.refused or each.observation.wrong_content:
        found += _unforeseen(each.cell, each.observation, evidence)
    if each.prediction.verdict is Expectation.REFUSED:
        found += _unfounded(each, evidence)
    return tuple(dict.fromkeys(found))


def _unfounded(each: Judged, evidence: Evidence) -> Iterator[str]:
    """A refusal that did not come."""
    cell = each.cell
    kinds = {fact.kind for fact in each.prediction.facts}
    heap, device = f"heaps.{cell.heap}", f"devices.{cell.device}"
    if kinds == {"contiguous-memory"}:
        scattered_is_refused = cell.device in evidence.contiguous
        about_device = [path for path in each.prediction.paths if path.startswith(device)]
        yield from [f"{heap}.run"] if scattered_is_refused else [*about_device, f"{heap}.run"]
    elif kinds == {"cpu-importer"}:
        yield f"{heap}.cpu" if cell.heap in evidence.mapped else f"{device}.by_cpu"
    else:
        yield from each.prediction.paths


def _unforeseen(cell: Cell, seen: Observation, evidence: Evidence) -> Iterator[str]:
    """A refusal, or missing bytes, that nothing in the profile explains."""
    platform = evidence.platform
    device = platform.devices[cell.device]
    framework = framework_of(device)
    if seen.wrong_content and not seen.refused:
        yield from _missing_bytes(cell, platform)
    elif seen.grade == Grade.NOTHING:
        yield f"devices.{cell.device}.node"
    elif seen.grade == Grade.OPENED:
        yield from _not_made(cell, seen, platform)
    elif "mmap" in seen.call:
        yield f"heaps.{cell.heap}.cpu"
    elif (framework == "v4l2" and seen.grade == Grade.ALLOCATED) or (
        framework == "drm" and seen.grade == Grade.IMPORTED
    ):
        yield from _not_described(cell, seen, evidence)
    elif seen.grade == Grade.ATTACHED:
        yield from _not_imported(cell, seen, evidence)
    else:
        yield paths.port_path(cell)


def _missing_bytes(cell: Cell, platform: Platform) -> Iterator[str]:
    device = platform.devices[cell.device]
    if device.kind != "cpu":
        yield f"devices.{cell.device}.imports"
    yield f"heaps.{cell.heap}.cpu"
    if not device.by_cpu and device.kind != "cpu":
        yield f"devices.{cell.device}.dma.bits"
        yield from paths.memories(cell, platform, "base")


def _not_made(cell: Cell, seen: Observation, platform: Platform) -> Iterator[str]:
    heap = platform.heaps[cell.heap]
    if seen.errno in ABSENT:
        yield f"devices.{heap.exporter}.node" if heap.exporter is not None else f"heaps.{cell.heap}.names"
        return
    if heap.largest is not None or seen.errno != ENOMEM:
        yield f"heaps.{cell.heap}.largest"
    if seen.errno == ENOMEM:
        yield from paths.memories(cell, platform, "size")


def _not_described(cell: Cell, seen: Observation, evidence: Evidence) -> Iterator[str]:
    """The picture itself: of format, extent and stride, what this port has not taken elsewhere."""
    platform = evidence.platform
    port = (cell.device, cell.port)
    for word in ("format", "extent", "stride"):
        if f"S_FMT: {word}" in seen.call:
            yield _described(word, cell, platform)
            return
    if (*port, cell.format) not in evidence.formats:
        yield _described("format", cell, platform)
    elif (*port, cell.extent) not in evidence.extents:
        yield _described("extent", cell, platform)
    else:
        yield _described("stride", cell, platform)


def _described(word: str, cell: Cell, platform: Platform) -> str:
    if word == "format":
        return next(paths.formats(cell, platform))
    return f"{next(paths.rules(cell, platform), paths.port_path(cell))}.{word}"


def _not_imported(cell: Cell, seen: Observation, evidence: Evidence) -> Iterator[str]:
    platform = evidence.platform
    device, heap = platform.devices[cell.device], platform.heaps[cell.heap]
    framework = framework_of(device)
    scattered = any("contiguous" in line for line in seen.words)
    if framework == "cpu" or (seen.errno == EFAULT and not scattered and device.by_cpu):
        unmapped = cell.heap not in evidence.mapped
        yield f"heaps.{cell.heap}.cpu" if unmapped else f"devices.{cell.device}.by_cpu"
    elif seen.errno == EFAULT and not scattered and cell.heap in evidence.unmapped:
        yield f"devices.{cell.device}.by_cpu"
    elif seen.errno == EFAULT or (
        framework == "drm" and seen.errno == EINVAL and cell.device in evidence.importing
    ):
        promised = heap.run == "whole" and not device.by_cpu
        yield f"heaps.{cell.heap}.run" if promised else next(paths.dma(cell, platform))
    elif framework == "drm" or seen.errno == ENOSYS:
        yield f"devices.{cell.device}.imports"
    else:
        yield f"devices.{cell.device}.dma.bits"
        yield from paths.memories(cell, platform, "base")
        yield from (f"{rule}.minimum" for rule in paths.rules(cell, platform))
