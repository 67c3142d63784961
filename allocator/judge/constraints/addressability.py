"""May this device use buffers of that heap? Asked of the unluckiest pages the heap may hand out.

The judge never bounces: a swiotlb copy is at most 256 KiB a mapping
(`kernel/dma/swiotlb.c`: IO_TLB_SIZE × IO_TLB_SEGSIZE) and loses frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from heapwright.allocator.addresses import sure_alignment
from heapwright.allocator.faults import Objection, beyond_mask, refused, seen, unaligned
from heapwright.allocator.frameworks import scattered, unmapped
from heapwright.allocator.hardware import DeviceFacts, HeapFacts, known
from heapwright.allocator.judge.board.physical_map import AddressRange, PhysicalMap
from heapwright.allocator.judge.board.residence import BackedBuffer, uses
from heapwright.platforms.schema import Platform, Port
from heapwright.platforms.values import UNKNOWN


def _pieces(size: int, run: int, piece: int) -> int:
    """Entries of the scatter list, each run cut where a segment must end."""
    whole, rest = divmod(size, run)
    return whole * -(-run // piece) + -(-rest // piece)


def _shift(device: DeviceFacts) -> int:
    """From a physical address to what the device calls it."""
    return 0 if device.dma.window is None else device.dma.window.offset


def _first_bytes(backing: HeapFacts, device: DeviceFacts, size: int, run: int, piece: int) -> range:
    """Every place, up to where they repeat, at which an entry of the scatter list may start on the bus."""
    wanted = backing.whole(size)
    step = backing.alignment(size) if run == wanted else backing.page
    if piece < run:
        step = gcd(step, piece)
    return range(_shift(device) % step, 1 << 64, step)


def _crosses(starts: range, length: int, boundary: int) -> bool:
    """Whether `length` bytes from one of these places on lie on both sides of a boundary."""
    last = boundary - gcd(starts.step, boundary) + starts.start % gcd(starts.step, boundary)
    return last + length > boundary


class Addressability:
    """What holds between one device and one heap whatever the buffer's size; remembered."""

    def __init__(self, physical_map: PhysicalMap, platform: Platform) -> None:
        self.physical_map = physical_map
        self.platform = platform
        self.iommus = platform.iommus
        self._known: dict[tuple[str, str, bool], tuple[Objection, ...]] = {}

    def objections(self, device: DeviceFacts, where: BackedBuffer) -> tuple[Objection, ...]:
        key = (device.name, where.heap.name, where.moved)
        if key not in self._known:
            self._known[key] = tuple(self._objections(device, where))
        return self._known[key]

    def contiguity(self, device: DeviceFacts, where: BackedBuffer, size: int) -> Iterator[Objection]:
        """One dma-buf of `size` bytes, its runs exactly as long as promised and never adjacent."""
        if device.by_cpu or not device.linear:
            return
        wanted = where.backing.whole(size)
        run = wanted if where.backing.run is None else min(where.backing.run, wanted)
        limit = known(device.dma.segment_size) if device.counts_segments else None
        piece = run if limit is None else min(run, limit)
        if device.segments is not None and _pieces(wanted, run, piece) > device.segments:
            yield scattered(device, piece, wanted)
        boundary = known(device.dma.boundary)
        if boundary is None or not _crosses(
            _first_bytes(where.backing, device, size, run, piece), piece, boundary
        ):
            return
        if not self._within_one(where, boundary, _shift(device)):
            yield refused("contiguous-memory", f"a run of {piece} bytes may cross a boundary of {boundary}")

    def base_objections(
        self, device: DeviceFacts, port: Port, where: BackedBuffer, size: int
    ) -> Iterator[Objection]:
        """Where a dma-buf may start, as the device sees it."""
        multiple = known(port.base.multiple) if port.base is not None else None
        if multiple is None or device.by_cpu:
            return
        aligned = gcd(where.backing.alignment(size), _shift(device))
        if not device.linear:
            aligned = sure_alignment(self.platform, device, where.backing.whole(size))
        if aligned % multiple:
            yield refused(
                "base-alignment", f"buffers of {where.backing.name} start on {aligned}, not {multiple}"
            )

    def paged(self, device: DeviceFacts, where: BackedBuffer, size: int) -> Iterator[Objection]:
        """Whether an IOMMU's pages are not larger than the pieces of memory that it is to map."""
        unit = self.iommus.get(device.dma.iommu or "")
        if device.by_cpu or unit is None or unit.page is None:
            return
        whole = where.backing.whole(size)
        piece = whole if where.backing.run is None else min(where.backing.run, whole)
        for number in (where.backing.alignment(size), piece, whole):
            if number % unit.page:
                yield unaligned(number, whole, unit.page)
                return

    def _within_one(self, where: BackedBuffer, boundary: int, shift: int) -> bool:
        """Whether the bus sees each memory of the heap between two multiples of the boundary."""
        if where.memories is None:
            return False
        places = [self.physical_map.place[memory] for memory in where.memories]
        return all(
            place.end is not None
            and place.on_bus
            and (place.low + shift) // boundary == (place.end + shift - 1) // boundary
            for place in places
        )

    def _objections(self, device: DeviceFacts, where: BackedBuffer) -> Iterator[Objection]:
        heap = where.heap
        own = heap.facts.exporter == device.name  # it attaches to nothing: it has the buffer
        if device.by_cpu:
            if not heap.mappable:
                yield unmapped(device, heap)
        else:
            yield from self._address_objections(device, where)
            if not uses(self.physical_map, device, where.memories):
                yield refused("unreachable-memory", f"no peer-to-peer way into the memory of {heap.name}")
            if heap.facts.requires_p2p and not device.peer and not own:
                yield refused("unreachable-memory", f"{heap.name} is for importers with peer-to-peer")
            if heap.facts.cpu == "cached" and heap.facts.sync in ("none", UNKNOWN) and not device.snoops:
                yield seen("coherency", f"{heap.name} never syncs and the device does not snoop")
        if not own and device.imports is not None and heap.name not in device.imports:
            yield refused("importer-refuses", f"takes no buffers of {heap.name}")
        if heap.access is not None and device.name not in heap.access:
            yield seen("outside-firewall", f"is outside the firewall of {heap.name}")

    def _address_objections(self, device: DeviceFacts, where: BackedBuffer) -> Iterator[Objection]:
        places = self._places(where)
        behind = device.dma.iommu
        if behind is not None:
            bits = known(self.iommus[behind].bits)
            for place in places:
                if (
                    bits is not None
                    and bits < 64
                    and place.on_bus
                    and (place.end is None or place.end > 1 << bits)
                ):
                    yield beyond_mask(place.end, 0, bits)._replace(kind="iommu-reach")
            return
        window, shift = device.dma.window, 0
        for place in places:
            if not place.on_bus:
                continue
            if window is not None:
                shift = window.offset
                if place.end is None or place.low < window.base or place.end > window.base + window.size:
                    yield refused("address-reach", "memory beyond the window of the bus")
            bus_end = None if place.end is None else place.end + shift
            if (
                device.bits is not None
                and device.bits < 64
                and (bus_end is None or bus_end > 1 << device.bits)
            ):
                yield beyond_mask(bus_end, 0, device.bits)

    def _places(self, where: BackedBuffer) -> list[AddressRange]:
        if where.memories is None:
            return [AddressRange(0, None, on_bus=True)]
        return [self.physical_map.place[memory] for memory in sorted(where.memories)]


def port_objections(
    physical_map: PhysicalMap, port: Port, where: BackedBuffer, *, own: bool
) -> Iterator[Objection]:
    """What one port asks of the heap; `own`: its device exports the heap, so nothing is imported."""
    if isinstance(port.memory, tuple):
        allowed = frozenset(port.memory)
        inside = where.memories is not None and all(
            allowed.intersection(physical_map.around[memory]) for memory in where.memories
        )
        if not inside:
            kind = "pinned-elsewhere" if where.moved else "local-only"
            yield refused(kind, f"works only from {', '.join(port.memory)}")
    if isinstance(port.takes_from, tuple) and where.heap.name not in port.takes_from:
        yield refused("importer-refuses", f"takes buffers only of {', '.join(port.takes_from)}")
    if port.takes_from == UNKNOWN and not own:
        yield refused("importer-refuses", "nobody knows from which heaps it takes buffers")
