"""How a device gets at a dma-buf on a pretended board: masks, bounces, IOMMUs, scatter lists.

Wording and errno are those of videobuf2-dma-contig, the DMA mapping layer and
swiotlb (see `faults`); a bounce "succeeds" as on real kernels, and loses frames.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from errno import EBUSY, EINVAL, ENOMEM
from typing import Final

from heapwright.allocator.addresses import addresses, page_of
from heapwright.allocator.backend import AllocatedBuffer, Dmabuf, Import, KernelRefused, Segment
from heapwright.allocator.execute import merged
from heapwright.allocator.faults import beyond_mask, refusal, unaligned
from heapwright.allocator.frameworks import scattered
from heapwright.allocator.hardware import DeviceFacts, known, round_up
from heapwright.allocator.kernel.iova import AddressAllocator, address_allocator
from heapwright.platforms.schema import Platform, Port
from heapwright.solver.answer.plan import AttachedPort

IO_TLB_SLOT: Final = 2048
IO_TLB_SEGMENT: Final = 128 * IO_TLB_SLOT
"""The most that one mapping may bounce: include/linux/swiotlb.h IO_TLB_SEGSIZE × IO_TLB_SIZE."""
IO_TLB_DEFAULT: Final = 64 << 20
IO_TLB_AREA: Final = IO_TLB_DEFAULT // 2
"""Slots are searched in one area at a time, one for each CPU; ours has two (kernel/dma/swiotlb.c default_nareas)."""
IO_TLB_USED: Final = 2 * IO_TLB_SLOT
"""What others hold at the start of each area."""
IO_TLB_BASE: Final = 0xB000_0000
"""Somewhere below 4 GiB."""
OFF_BUS: Final = 1 << 60
"""Pretended addresses from here on belong to memory that has none on the bus; no mask judges them."""


@dataclass
class Mapping:
    """A dma-buf mapped for a device, and what must be undone."""

    segments: tuple[Segment, ...]
    """Physical memory in the order in which the device sees it."""
    bounds: int | None
    """Accesses from here on fault; None where nothing stops the device."""
    bounced: int = 0
    iova: int | None = None
    """Where the device sees it, if its addresses are bounded."""
    domain: str = ""

    def physical(self, offset: int) -> int | None:
        """Where an access at `offset` ends up; None where it faults."""
        if self.bounds is not None and offset >= self.bounds:
            return None
        for segment in self.segments:
            if offset < segment.length:
                return segment.address + offset
            offset -= segment.length
        return self.segments[-1].end + offset


@dataclass
class Bus:
    """Everything between the devices and memory."""

    platform: Platform
    swiotlb: bool = True
    bounce_free: int = IO_TLB_DEFAULT
    bounce_next: int = 0
    """Where the next slots are looked for."""
    domains: dict[str, AddressAllocator] = field(default_factory=dict)
    """Who allots bus addresses, by domain."""

    def attach(
        self, buffer: AllocatedBuffer, attached: AttachedPort, device: DeviceFacts, port: Port,
        driver_says: KernelRefused | None = None,
    ) -> Import:  # fmt: skip
        """Import every dma-buf of a buffer; undoes what it did if one fails.

        `driver_says`: what the driver itself answers once everything is mapped.

        Raises:
            KernelRefused: as the importer's driver would.
        """
        earlier = [each for each in buffer.imports if each.attached.device == device.name]
        if device.facts.once and earlier:
            raise KernelRefused(EBUSY, "Buffer already attached")
        imported = _Imported(attached, [], 0)
        try:
            for dmabuf in buffer.dmabufs:
                self._check_size(dmabuf, port)
                imported.mappings.append(self._map(dmabuf, device, again=bool(earlier)))
            if driver_says is not None:
                raise driver_says
        except KernelRefused:
            self.detach(imported, device)
            raise
        self._imported.setdefault(id(buffer), []).append(imported)
        bounced = sum(each.bounced for each in imported.mappings)
        return Import(attached, self._bus_addresses(imported, device), bounced)

    def mappings(self, buffer: AllocatedBuffer, attached: AttachedPort) -> list[Mapping]:
        """How a device that imported the buffer sees it."""
        wanted = attached.device, attached.port, attached.access
        found = (each for each in self._imported[id(buffer)] if each.way == wanted)
        return next(found).mappings

    def forget(self, buffer: AllocatedBuffer, devices: dict[str, DeviceFacts]) -> None:
        """Detach a buffer everywhere."""
        for imported in self._imported.pop(id(buffer), ()):
            self.detach(imported, devices[imported.attached.device])

    def detach(self, imported: _Imported, device: DeviceFacts) -> None:
        for mapping in imported.mappings:
            self.bounce_free += mapping.bounced
            if mapping.iova is not None:
                self.domains[mapping.domain].free(mapping.iova)

    def __post_init__(self) -> None:
        self._imported: dict[int, list[_Imported]] = {}

    def _check_size(self, dmabuf: Dmabuf, port: Port) -> None:
        most = known(port.bytes.max)
        if most is not None and dmabuf.size > round_up(most, self.platform.page):
            raise KernelRefused(EINVAL, f"a buffer of {dmabuf.size} bytes is larger than {most}")

    def _map(self, dmabuf: Dmabuf, device: DeviceFacts, again: bool) -> Mapping:
        assert dmabuf.segments is not None
        if device.by_cpu:
            return Mapping(dmabuf.segments, dmabuf.size)
        if not device.linear:
            return self._translated(dmabuf, device, again)
        return self._direct(dmabuf.segments, dmabuf.size, device)

    def _translated(self, dmabuf: Dmabuf, device: DeviceFacts, again: bool) -> Mapping:
        """Behind an IOMMU or page tables of its own: one run of bus addresses, pages anywhere."""
        assert dmabuf.segments is not None
        behind = device.dma.iommu
        unit = self.platform.iommus[behind] if behind is not None else None
        bits = device.bits if unit is None else known(unit.bits)
        if bits is not None and bits < 64:
            for segment in dmabuf.segments:
                if segment.address < OFF_BUS and segment.end > 1 << bits:
                    raise refusal(beyond_mask(segment.address, segment.length, bits))
        if again:
            return Mapping(dmabuf.segments, dmabuf.size)
        page = page_of(self.platform, device)
        size = round_up(dmabuf.size, page)
        for segment in dmabuf.segments:
            if segment.address % page or segment.length % page:
                raise refusal(unaligned(segment.address, segment.length, page))
        place = addresses(self.platform, device)
        if place is None:
            return Mapping(dmabuf.segments, size)
        allotter = self.domains.setdefault(place.domain, address_allocator(place))
        found = allotter.allot(size, place)
        if found is None:
            raise KernelRefused(ENOMEM, f"no {size} bytes of IO virtual addresses left for {place.domain}")
        return Mapping(dmabuf.segments, size, iova=found, domain=place.domain)

    def _direct(self, entries: tuple[Segment, ...], size: int, device: DeviceFacts) -> Mapping:
        """Physical addresses, or bounce slots for those entries of the scatter list that are out of reach.

        Slots are handed out one behind the other, so what was scattered may look contiguous.
        """
        seen: list[Segment] = []
        bounced = 0
        try:
            for entry in entries:
                if self._reaches(entry, device):
                    seen.append(entry)
                else:
                    seen.append(self._bounce(entry, device))
                    bounced += entry.length
            runs = merged(seen)
            if device.segments == 1 and len(runs) > 1:
                raise refusal(scattered(device, runs[0].length, size))
            if device.segments is not None and len(runs) > device.segments:
                raise KernelRefused(EINVAL, f"{len(runs)} segments, {device.segments} descriptors")
        except KernelRefused:
            self.bounce_free += bounced
            raise
        return Mapping(merged(entries), None, bounced=bounced)

    def _reaches(self, entry: Segment, device: DeviceFacts) -> bool:
        """Whether the device can address the entry itself; memory without an address is judged by no mask."""
        if entry.address >= OFF_BUS:
            return True
        window = device.dma.window
        inside = window is None or (window.base <= entry.address and entry.end <= window.base + window.size)
        shift = 0 if window is None else window.offset
        return inside and (device.bits is None or entry.end + shift <= 1 << device.bits)

    def _bounce(self, entry: Segment, device: DeviceFacts) -> Segment:
        if not self.swiotlb:
            raise refusal(beyond_mask(entry.address, entry.length, device.bits or 64))
        total = IO_TLB_DEFAULT // IO_TLB_SLOT
        used = (IO_TLB_DEFAULT - self.bounce_free) // IO_TLB_SLOT
        if entry.length > IO_TLB_SEGMENT or entry.length > self.bounce_free:
            sizes = f"(sz: {entry.length} bytes), total {total} (slots), used {used} (slots)"
            raise KernelRefused(EINVAL, f"swiotlb buffer is full {sizes}")
        self.bounce_free -= entry.length
        at = self.bounce_next % IO_TLB_DEFAULT
        if at % IO_TLB_AREA + entry.length > IO_TLB_AREA:
            at = round_up(at, IO_TLB_AREA) % IO_TLB_DEFAULT
        if at % IO_TLB_AREA == 0:
            at += IO_TLB_USED
        self.bounce_next = at + entry.length
        return Segment(IO_TLB_BASE + at, entry.length)

    def _bus_addresses(
        self, imported: _Imported, device: DeviceFacts
    ) -> tuple[tuple[Segment, ...], ...] | None:
        own = any(each.address >= OFF_BUS for mapping in imported.mappings for each in mapping.segments)
        if device.by_cpu or not device.linear or own:
            return None
        shift = 0 if device.dma.window is None else device.dma.window.offset
        return tuple(
            tuple(Segment(each.address + shift, each.length) for each in mapping.segments)
            for mapping in imported.mappings
        )


@dataclass
class _Imported:
    attached: AttachedPort
    mappings: list[Mapping]
    bounced: int

    @property
    def way(self) -> tuple[str, str, str]:
        return self.attached.device, self.attached.port, self.attached.access
