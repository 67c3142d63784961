"""What needs the whole profile to judge: names that lead nowhere, and what contradicts itself.

`faults` runs after `extends` and driver rules are merged in, and reports
everything at once as (path, sentence) pairs. Ranges and numbers are judged in
`heapwright.platforms.checks.ranges`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

from heapwright.platforms.checks.ranges import bad_ranges
from heapwright.platforms.errors import Finding, Path, near, shown
from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.fourcc.modifiers import LINEAR
from heapwright.platforms.schema import Device, ImageRule, Platform
from heapwright.platforms.values import UNKNOWN, Span
from heapwright.platforms.words import PORTS


def faults(platform: Platform) -> Iterator[Finding]:
    """Everything in `platform` that is dangling, circular, impossible or contradictory."""
    for check in _CHECKS:
        yield from check(platform)


def _known(
    what: str, names: Iterable[str] | str | None, known: Collection[str], path: Path, *, vague: bool = False
) -> Iterator[Finding]:
    """A finding for each of `names` that is not `known`; nothing is no name, nor is `unknown` where it is `vague`."""
    if names is None or (vague and names == UNKNOWN):
        return
    seen: set[str] = set()
    places = (
        [(path, names)] if isinstance(names, str) else [((*path, at), name) for at, name in enumerate(names)]
    )
    for place, name in places:
        if name not in known:
            yield place, f"no {what} {shown(name)}{near(name, known)}"
        elif name in seen:
            yield place, f"{what} {shown(name)} is named twice"
        seen.add(name)


def _dangling_memories(platform: Platform) -> Iterator[Finding]:
    for name, memory in platform.memory.items():
        path = ("memory", name)
        yield from _known("memory", memory.inside, platform.memory, (*path, "inside"))
        yield from _known("device", memory.local, platform.devices, (*path, "local"))
        yield from _known("device", memory.reached_by, platform.devices, (*path, "reached_by"), vague=True)
        if memory.local == ():
            yield (*path, "local"), "names no device; leave it out for system memory"


def _dangling_heaps(platform: Platform) -> Iterator[Finding]:
    for name, heap in platform.heaps.items():
        path = ("heaps", name)
        yield from _known("memory", heap.memory, platform.memory, (*path, "memory"), vague=True)
        yield from _known("device", heap.access, platform.devices, (*path, "access"), vague=True)
        yield from _known("device", heap.exporter, platform.devices, (*path, "exporter"))
        yield from _known("heap", heap.moves_to, platform.heaps, (*path, "moves_to"))
        if heap.locks is not None:
            yield from _known("memory", heap.locks.from_, platform.memory, (*path, "locks", "from"))


def _allotted_twice(device: Device, platform: Platform, path: Path) -> Iterator[Finding]:
    """Bus addresses that are shared are allotted in one way, which the IOMMU states."""
    unit = platform.iommus.get(device.dma.iommu or "")
    if device.dma.iova is None:
        return
    if device.dma.iommu is None and not device.dma.mmu:
        yield path, "no bus addresses are allotted to a device that has neither an 'iommu' nor an 'mmu'"
    elif unit is not None and unit.aperture not in (None, UNKNOWN):
        name = device.dma.iommu
        yield path, f"all behind {name} share its aperture: 'iova' is said there (iommus.{name}.iova)"


def _dangling_devices(platform: Platform) -> Iterator[Finding]:
    for name, device in platform.devices.items():
        path = ("devices", name)
        yield from _known("iommu", device.dma.iommu, platform.iommus, (*path, "dma", "iommu"))
        yield from _allotted_twice(device, platform, (*path, "dma", "iova"))
        if device.imports not in ("any", "none"):
            yield from _known("heap", device.imports, platform.heaps, (*path, "imports"), vague=True)
        for port_name, port in device.ports.items():
            place = (*path, "ports", port_name)
            yield from _known("memory", port.memory, platform.memory, (*place, "memory"), vague=True)
            yield from _known("heap", port.takes_from, platform.heaps, (*place, "takes_from"), vague=True)
            yield from _unknown_resources(port.uses, platform, (*place, "uses"))
            for index, rule in enumerate(port.images):
                banks = (*place, "images", index, "banks")
                yield from _known("memory", rule.banks, platform.memory, banks)
                if rule.banks is not None and len(set(rule.banks)) < 2:
                    yield banks, "expected two different memories or more; one is the port's `memory`"
                yield from _unknown_resources(rule.uses, platform, (*place, "images", index, "uses"))


def _unknown_resources(uses: dict[str, int], platform: Platform, path: Path) -> Iterator[Finding]:
    for resource in uses:
        for _, message in _known("resource", resource, platform.resources, path):
            yield (*path, resource), message


def _cycles(platform: Platform) -> Iterator[Finding]:
    """Memories inside each other, and heaps that move buffers in a circle."""
    inside = {name: memory.inside for name, memory in platform.memory.items()}
    moves = {name: heap.moves_to for name, heap in platform.heaps.items()}
    for section, field, edges, said in (
        ("memory", "inside", inside, "lies inside itself"),
        ("heaps", "moves_to", moves, "moves buffers to itself"),
    ):
        reported: set[str] = set()
        for name in sorted(edges):
            chain = _chain(name, edges)
            if chain[-1] == name and len(chain) > 1 and name not in reported:
                reported.update(chain)
                yield (section, name, field), f"{name} {said}: {_short(chain)}"


def _chain(start: str, edges: dict[str, str | None]) -> list[str]:
    """`start` and what it leads to, up to the first name met again."""
    chain = [start]
    while (following := edges.get(chain[-1])) is not None:
        if following in chain[1:]:
            break
        chain.append(following)
        if following == start:
            break
    return chain


def _short(chain: list[str]) -> str:
    return " → ".join(chain if len(chain) <= 9 else [*chain[:4], "…", *chain[-4:]])


def _device_contradictions(platform: Platform) -> Iterator[Finding]:
    for name, device in platform.devices.items():
        path = ("devices", name)
        if device.dma.iommu is not None and device.dma.mmu:
            yield (
                (*path, "dma", "mmu"),
                f"{name} has both an iommu and an mmu of its own; a device addresses memory one way",
            )
        yield from _pieces_behind_translation(name, device, path)
        if device.dma.bits is None and not device.by_cpu:
            yield (*path, "dma"), "'bits' is missing; expected a width of addresses, or unknown"
        yield from _ports(device, path)
        yield from _conversions(device, path)


def _pieces_behind_translation(name: str, device: Device, path: Path) -> Iterator[Finding]:
    """One run of bus addresses is made of any pages: nothing is left to count, or to straddle."""
    behind = "page tables of its own" if device.dma.mmu else device.dma.iommu
    for field in ("segments", "boundary") if behind else ():
        if getattr(device.dma, field) is not None:
            yield (
                (*path, "dma", field),
                f"{name} sees one run of bus addresses behind {behind}, whatever pages it is made of; "
                f"leave {field!r} out (null removes an inherited one)",
            )


def _ports(device: Device, path: Path) -> Iterator[Finding]:
    table = PORTS[device.kind]
    for name, port in device.ports.items():
        place = (*path, "ports", name)
        if name not in table:
            yield place, f"{device.kind} has no port {shown(name)}; its ports are {', '.join(table)}"
        elif port.access != table[name]:
            yield (
                (*place, "access"),
                f"expected {table[name]}: that is what {device.kind}.{name} does, got {port.access}",
            )
        yield from _twice(port.rotate, (*place, "rotate"))
        if port.rotate != (0,) and not port.images:
            yield (*place, "rotate"), "a port without images takes raw data, which has no rotation"
        for index, rule in enumerate(port.images):
            yield from _image_rule(rule, (*place, "images", index))
            if rule.when is not None and rule.when.rotate is not None:
                yield from _twice(rule.when.rotate, (*place, "images", index, "when", "rotate"))


def _twice(angles: tuple[int, ...], path: Path) -> Iterator[Finding]:
    for index, angle in enumerate(angles):
        if angle in angles[:index]:
            yield (*path, index), f"{angle} is named twice"


def _image_rule(rule: ImageRule, path: Path) -> Iterator[Finding]:
    for field, words in (("formats", rule.formats), ("modifiers", rule.modifiers)):
        for index, word in enumerate(words):
            if word in words[:index]:
                yield (*path, field, index), f"{shown(word)} is named twice"
    if set(rule.modifiers) == {LINEAR}:
        for index, fourcc in enumerate(rule.formats):
            form = pixel_format(fourcc)
            if form is not None and not form.linear:
                yield (
                    (*path, "formats", index),
                    f"{fourcc} has no linear layout; name the modifiers it is used with",
                )


def _conversions(device: Device, path: Path) -> Iterator[Finding]:
    table = PORTS[device.kind]
    for index, edge in enumerate(device.converts):
        for field, port, way in (("from", edge.from_, "read"), ("to", edge.to, "write")):
            place = (*path, "converts", index, field)
            if port not in device.ports:
                yield place, f"no port {shown(port)} on this device{near(port, device.ports)}"
            elif table.get(port, way) != way:
                yield place, f"expected a port that {way}s, got {port}, which {table[port]}s"


def _shared_names(platform: Platform) -> Iterator[Finding]:
    """One dma-heap node is one heap: two would count its memory twice."""
    owner: dict[str, str] = {}
    for name, heap in platform.heaps.items():
        if heap.via != "dma-heap" or heap.since is not None or heap.until is not None:
            continue
        for index, node in enumerate(heap.nodes):
            if not isinstance(node, str):
                continue
            if node in owner:
                yield (
                    ("heaps", name, "names", index),
                    f"{shown(node)} is already a name of heap {shown(owner[node])}",
                )
            owner.setdefault(node, name)


def _overlaps(platform: Platform) -> Iterator[Finding]:
    """Memories beside each other from which heaps allocate are different memory: else bytes are given out twice.

    Only addresses that are known are compared; a size that is a range counts by its smaller end.
    """
    beside: dict[str | None, list[tuple[int, int, str]]] = {}
    for name in sorted(_allocated_from(platform)):
        memory = platform.memory[name]
        size = memory.size.low if isinstance(memory.size, Span) else memory.size
        if isinstance(memory.base, int) and isinstance(size, int):
            beside.setdefault(memory.inside, []).append((memory.base, memory.base + size, name))
    for siblings in beside.values():
        end, before = -1, ""
        for base, limit, name in sorted(siblings):
            if base < end:
                yield (
                    ("memory", name, "base"),
                    f"{name} starts at {base:#x}, within {before}, which ends at {end:#x}; "
                    "a part of it says so with 'inside'",
                )
            if limit > end:
                end, before = limit, name


def _allocated_from(platform: Platform) -> set[str]:
    """Memories that heaps name or lock, and all around them."""
    named: set[str] = set()
    for heap in platform.heaps.values():
        named.update(() if heap.memory == UNKNOWN else heap.memory)
        named.update([heap.locks.from_] if heap.locks else ())
    found: set[str] = set()
    for name in named:
        outer: str | None = name
        while outer in platform.memory and outer not in found:
            found.add(outer)
            outer = platform.memory[outer].inside
    return found


_CHECKS: Final[tuple[Callable[[Platform], Iterator[Finding]], ...]] = (
    _dangling_memories,
    _dangling_heaps,
    _dangling_devices,
    _cycles,
    _overlaps,
    _device_contradictions,
    _shared_names,
    bad_ranges,
)
