"""Names in a profile that lead nowhere, and names that are given twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from heapwright.platforms.errors import Finding, Path, near, shown
from heapwright.platforms.schema import Platform
from heapwright.platforms.values import UNKNOWN


def dangling_memories(platform: Platform) -> Iterator[Finding]:
    for name, memory in platform.memory.items():
        path = ("memory", name)
        yield from _known("memory", memory.inside, platform.memory, (*path, "inside"))
        yield from _known("device", memory.local, platform.devices, (*path, "local"))
        yield from _known("device", memory.reached_by, platform.devices, (*path, "reached_by"), vague=True)
        if memory.local == ():
            yield (*path, "local"), "names no device; leave it out for system memory"


def dangling_heaps(platform: Platform) -> Iterator[Finding]:
    for name, heap in platform.heaps.items():
        path = ("heaps", name)
        yield from _known("memory", heap.memory, platform.memory, (*path, "memory"), vague=True)
        yield from _known("device", heap.access, platform.devices, (*path, "access"), vague=True)
        yield from _known("device", heap.exporter, platform.devices, (*path, "exporter"))
        yield from _known("heap", heap.moves_to, platform.heaps, (*path, "moves_to"))
        if heap.locks is not None:
            yield from _known("memory", heap.locks.from_, platform.memory, (*path, "locks", "from"))


def dangling_devices(platform: Platform) -> Iterator[Finding]:
    for name, device in platform.devices.items():
        path = ("devices", name)
        yield from _known("iommu", device.dma.iommu, platform.iommus, (*path, "dma", "iommu"))
        yield from _known("link", device.link, platform.links, (*path, "link"))
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


def shared_names(platform: Platform) -> Iterator[Finding]:
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
