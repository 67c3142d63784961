"""Numbers in a profile that cannot be: zero sizes, ranges that end before they start, parts that stick out.

Where a value is a range, only what holds for every value in it is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from heapwright.platforms.errors import Finding, Path, shown
from heapwright.platforms.kernels import is_version, together
from heapwright.platforms.schema import (
    AlignBySize,
    Bitmaps,
    Heap,
    HeapName,
    ImageRule,
    Memory,
    Platform,
    Port,
)
from heapwright.platforms.values import UNKNOWN, Span, in_units


def bad_ranges(platform: Platform) -> Iterator[Finding]:
    """Every number or range in `platform` that is impossible."""
    yield from _power_of_two(platform.page, "the page", ("page",))
    for name, memory in platform.memory.items():
        yield from _memory(name, memory, platform)
    for name, iommu in platform.iommus.items():
        path = ("iommus", name)
        yield from _power_of_two(iommu.page, "the page", (*path, "page"))
        yield from _allotted(iommu.iova, (*path, "iova"))
        if iommu.aperture not in (None, UNKNOWN) and isinstance(iommu.bits, int):
            yield from _beyond_bits(iommu.aperture, iommu.bits, (*path, "aperture"))
    for name, heap in platform.heaps.items():
        yield from _heap(heap, platform.page, ("heaps", name))
    for name, device in platform.devices.items():
        path = ("devices", name)
        yield from _power_of_two(device.dma.boundary, "a boundary", (*path, "dma", "boundary"))
        yield from _allotted(device.dma.iova, (*path, "dma", "iova"))
        if device.dma.aperture is not None and isinstance(device.dma.bits, int):
            yield from _beyond_bits(device.dma.aperture, device.dma.bits, (*path, "dma", "aperture"))
        for port_name, port in device.ports.items():
            yield from _port(port, (*path, "ports", port_name))


def _allotted(iova: object, path: Path) -> Iterator[Finding]:
    if isinstance(iova, Bitmaps):
        yield from _power_of_two(iova.by_size_up_to, "an alignment", (*path, "by_size_up_to"))


def _ends(value: Any) -> tuple[int, int] | None:
    """The lowest and highest that a value may be, or None if nobody knows."""
    if isinstance(value, Span):
        return value
    return (value, value) if isinstance(value, int) else None


def _memory(name: str, memory: Memory, platform: Platform) -> Iterator[Finding]:
    path = ("memory", name)
    size, held = _ends(memory.size), _ends(memory.held)
    if size is not None and size[1] == 0:
        yield (*path, "size"), "expected at least 1 byte, got 0"
    elif size is not None and held is not None and held[0] > size[1]:
        yield (
            (*path, "held"),
            f"others hold {in_units(held[0])} of {name}, which has only {in_units(size[1])}",
        )
    if memory.inside is None:
        if memory.base is None and memory.local is None:
            yield path, "'base' is missing: outermost memory states its address, a range of them, or unknown"
        return
    outer = platform.memory.get(memory.inside)
    if outer is not None and memory.inside != name:
        yield from _sticks_out(name, memory, outer, path)


def _sticks_out(name: str, memory: Memory, outer: Memory, path: Path) -> Iterator[Finding]:
    size, room = _ends(memory.size), _ends(outer.size)
    if size is not None and room is not None and size[0] > room[1]:
        yield (
            (*path, "size"),
            f"{name} has {in_units(size[0])}, more than the {in_units(room[1])} of {memory.inside} around it",
        )
        return
    base, start = _ends(memory.base), _ends(outer.base)
    if base is None or start is None:
        return
    if base[1] < start[0]:
        yield (
            (*path, "base"),
            f"{name} starts at {base[1]:#x}, before {memory.inside} around it at {start[0]:#x}",
        )
    elif size is not None and room is not None and base[0] + size[0] > start[1] + room[1]:
        end, limit = base[0] + size[0], start[1] + room[1]
        yield (*path, "base"), f"{name} ends at {end:#x}, after {memory.inside} around it at {limit:#x}"


def _heap(heap: Heap, page: int, path: Path) -> Iterator[Finding]:
    align, at = heap.align, (*path, "align")
    if isinstance(align, AlignBySize):
        align, at = align.by_size_up_to, (*at, "by_size_up_to")
    yield from _power_of_two(align, "an alignment", at)
    yield from _whole_pages(align, page, at)
    yield from _whole_pages(heap.run, page, (*path, "run"))
    yield from _kernels(heap, "the heap", path)
    for index, node in enumerate(heap.nodes):
        if isinstance(node, HeapName):
            yield from _kernels(node, "the name", (*path, "names", index))


def _kernels(thing: Heap | HeapName, what: str, path: Path) -> Iterator[Finding]:
    stated = {field: text for field in ("since", "until") if (text := getattr(thing, field)) is not None}
    wrong = {field: text for field, text in stated.items() if not is_version(text)}
    for field, text in wrong.items():
        yield (*path, field), f"expected a kernel version such as 6.12, got {shown(text)}"
    if len(stated) == 2 and not wrong and not together(thing):
        yield (*path, "until"), f"{what} would be gone in {thing.until}, before it came in {thing.since}"


def _port(port: Port, path: Path) -> Iterator[Finding]:
    yield from _ordered(port.count.min, port.count.max, (*path, "count"))
    for index, rule in enumerate(port.images):
        yield from _image_rule(rule, (*path, "images", index))


def _image_rule(rule: ImageRule, path: Path) -> Iterator[Finding]:
    low, high = rule.extent.min, rule.extent.max
    if isinstance(low, tuple) and isinstance(high, tuple) and (low[0] > high[0] or low[1] > high[1]):
        yield (*path, "extent"), f"the smallest extent {low} exceeds the largest {high}"
    yield from _ordered(rule.stride.min, rule.stride.max, (*path, "stride"))
    column = rule.column_height
    if column is not None:
        yield from _ordered(column.min, column.max, (*path, "column_height"))
        times = column.times_height
        if times is not None and times.min[0] * times.max[1] > times.max[0] * times.min[1]:
            yield (*path, "column_height", "times_height"), "min exceeds max"


def _ordered(low: int | str | None, high: int | str | None, path: Path) -> Iterator[Finding]:
    if isinstance(low, int) and isinstance(high, int) and low > high:
        yield path, f"min {low} exceeds max {high}"


def _power_of_two(value: Any, what: str, path: Path) -> Iterator[Finding]:
    if isinstance(value, int) and value & (value - 1):
        yield path, f"expected a power of two for {what}, got {value}"


def _whole_pages(value: Any, page: int, path: Path) -> Iterator[Finding]:
    """The kernel gives out pages: nothing it promises is a part of one."""
    if isinstance(value, int) and value % page:
        yield (
            path,
            f"expected a multiple of the page, {in_units(page)}, got {in_units(value)}; "
            "'page' and '256 pages' follow the page of the profile",
        )


def _beyond_bits(aperture: Any, bits: int, path: Path) -> Iterator[Finding]:
    end = aperture.base + aperture.size
    if end > 1 << bits:
        yield path, f"the aperture ends at {end:#x}, beyond {bits} bits"
