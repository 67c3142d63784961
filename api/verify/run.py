"""Ask the solver and the machine about every cell, and set the answers side by side."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final

from heapwright.allocator.linux.observe.grades import Grade, Observation, Origin, Subject, Target
from heapwright.api.verify.blame import Evidence, blamed
from heapwright.api.verify.cells import Cell, about_ports, main_format, ports_of, sizes, suiting
from heapwright.api.verify.outcome import Judged, Outcome, judged
from heapwright.api.verify.paths import is_unknown
from heapwright.api.verify.prediction import Expectation, Oracle, Prediction
from heapwright.platforms.fourcc.modifiers import parse_modifier
from heapwright.platforms.kernels import on_kernel, there, version_of
from heapwright.platforms.schema import Heap, Platform

Observer = Callable[[Subject], Observation]
Progress = Callable[[int, int], None]
_EASY: Final = {"dma-heap": 0, "udmabuf": 1, "tee": 2, "drm": 3, "v4l2": 4}
"""Which way of making buffers is taken where only the port is in question: the plainest that serves."""


def on_this(platform: Platform, release: str) -> Platform:
    """The platform as it is on a running kernel: heaps that this one has not are left out."""
    kernel = version_of(release)
    found = platform if kernel is None else on_kernel(platform, kernel)
    heaps = {name: heap for name, heap in found.heaps.items() if there(heap, found.kernel)}
    return found.model_copy(update={"heaps": heaps})


def verify(
    platform: Platform, observer: Observer, only: Collection[str] = (), progress: Progress = lambda *_: None
) -> list[Judged]:
    """Every cell, or those of the heaps and devices in `only`, each judged and its faults traced to facts."""
    oracle = Oracle(platform)
    cells = [*sizes(platform), *about_ports(platform, dict(_heaps(platform, oracle)))]
    cells = [cell for cell in cells if not only or cell.heap in only or cell.device in only]
    found: list[Judged] = []
    for number, cell in enumerate(dict.fromkeys(cells), 1):
        prediction = oracle.predict(cell)
        found.append(judged(cell, prediction, observer(subject(platform, cell, prediction))))
        progress(number, len(cells))
    evidence = Evidence(platform, found)
    return [_settled(platform, each, blamed(each, evidence)) for each in found]


def _settled(platform: Platform, each: Judged, paths: tuple[str, ...]) -> Judged:
    """What disagrees with something nobody claimed to know does not disagree."""
    if paths and is_unknown(platform, paths[0]):
        return each._replace(outcome=Outcome.OPEN, blamed=paths)
    return each._replace(blamed=paths)


def _heaps(platform: Platform, oracle: Oracle) -> Iterator[tuple[tuple[str, str], str]]:
    """For each port a heap that it takes, according to the profile."""
    ranked = sorted(platform.heaps, key=lambda name: (*_ease(platform.heaps[name]), name))
    for device, _, name, port in ports_of(platform):
        if not port.images:
            continue
        wish = main_format(port)
        cells = (Cell(heap, device, name, wish, suiting(port, wish)) for heap in ranked)
        taken = next((cell.heap for cell in cells if oracle.predict(cell).verdict is Expectation.WORKS), None)
        if taken is not None:
            yield (device, name), taken


def _ease(heap: Heap) -> tuple[bool, int]:
    return heap.cpu in (None, "none", "unknown"), _EASY.get(heap.via, len(_EASY))


def subject(platform: Platform, cell: Cell, prediction: Prediction) -> Subject:
    """The cell as something to try on this machine."""
    heap, device = platform.heaps[cell.heap], platform.devices[cell.device]
    exporter = platform.devices.get(heap.exporter or "")
    ways = {port.access for port in exporter.ports.values()} if exporter is not None else set()
    access = "write" if "write" in ways else "read"
    node = exporter.node if exporter is not None else None
    linear = parse_modifier("LINEAR").value
    return Subject(
        origin=Origin(cell.heap, heap.via, heap.names, node, access, heap.flags),  # type: ignore[arg-type]
        target=Target(cell.device, cell.port, device.kind, device.node, device.ports[cell.port].access),
        format=cell.format,
        width=cell.extent.width,
        height=cell.extent.height,
        modifier=linear if cell.format is not None else None,
        planes=prediction.planes,
        size=prediction.size,
        mapped=heap.cpu in ("cached", "write-combined", "uncached"),
    )


def untried(found: list[Judged]) -> list[Judged]:
    """Cells that this user may not try."""
    return [
        each
        for each in found
        if each.observation.grade <= Grade.OPENED and each.observation.errno_name in ("EACCES", "EPERM")
    ]
