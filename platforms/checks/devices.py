"""Devices that contradict themselves, or what devices of their kind do."""

from __future__ import annotations

from collections.abc import Iterator

from heapwright.platforms.errors import Finding, Path, near, shown
from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.fourcc.modifiers import LINEAR
from heapwright.platforms.schema import Device, ImageRule, Platform
from heapwright.platforms.values import UNKNOWN
from heapwright.platforms.words import PORTS


def device_contradictions(platform: Platform) -> Iterator[Finding]:
    for name, device in platform.devices.items():
        path = ("devices", name)
        if device.dma.iommu is not None and device.dma.mmu:
            yield (
                (*path, "dma", "mmu"),
                f"{name} has both an iommu and an mmu of its own; a device addresses memory one way",
            )
        yield from _allotted_twice(device, platform, (*path, "dma", "iova"))
        yield from _pieces_behind_translation(name, device, path)
        if device.dma.bits is None and not device.by_cpu:
            yield (*path, "dma"), "'bits' is missing; expected a width of addresses, or unknown"
        yield from _ports(device, path)
        yield from _conversions(device, path)


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
