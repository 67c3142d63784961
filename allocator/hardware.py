"""Devices and heaps with their unknowns settled, as the allocator uses them.

An unknown ability counts as no, an unknown requirement as not imposed (design §4).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import Final

from heapwright.platforms.kernels import there
from heapwright.platforms.schema import AlignBySize, Device, Dma, Heap, Platform
from heapwright.platforms.values import UNKNOWN

CPU_MAPS: Final = frozenset({"cached", "write-combined", "uncached"})


def known(value: object) -> int | None:
    """A number that is stated; None for `unknown` and for nothing."""
    return value if isinstance(value, int) else None


def round_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """A device as a bus master, or as code on the CPU."""

    name: str
    facts: Device
    by_cpu: bool
    """It reaches buffers through a CPU mapping: the CPU itself, or a driver that copies."""
    bits: int | None
    linear: bool
    """It sees physical addresses: neither an IOMMU nor page tables of its own."""
    segments: int | None
    counts_segments: bool
    peer: bool
    """It can use other devices' memory."""
    snoops: bool
    imports: frozenset[str] | None
    """Names of heaps it imports from; None for any, empty for none but its own."""

    @property
    def dma(self) -> Dma:
        return self.facts.dma


def device_facts(name: str, device: Device) -> DeviceFacts:
    dma = device.dma
    linear = dma.iommu is None and not dma.mmu
    listed = () if isinstance(device.imports, str) else device.imports
    return DeviceFacts(
        name=name,
        facts=device,
        by_cpu=device.by_cpu or device.kind == "cpu",
        bits=known(dma.bits),
        linear=linear,
        segments=None if dma.segments == UNKNOWN else known(dma.segments) or 1,
        counts_segments=known(dma.segments) is not None,
        peer=dma.p2p in ("static", "dynamic"),
        snoops=device.coherent is True,
        imports=None if device.imports == "any" else frozenset(listed),
    )


@dataclass(frozen=True, slots=True)
class HeapFacts:
    """A heap and the memory its buffers really come from."""

    name: str
    facts: Heap
    page: int
    memories: frozenset[str] | None
    """None where nobody knows them."""
    run: int | None
    """The contiguous run it guarantees; None for the whole buffer."""
    mappable: bool
    access: frozenset[str] | None
    """Who is inside its firewall; None without a firewall."""
    disputed: str | None = None
    """A heap that uses the same memory otherwise, so that nobody can rely on the firewall."""

    @property
    def in_locked_block(self) -> bool:
        """Its buffers live inside a block that it locks as a whole."""
        lock = self.facts.locks
        return lock is not None and self.memories == frozenset([lock.from_])

    @property
    def by_size(self) -> bool:
        """Whether buffers are aligned by their size, as in CMA areas."""
        return isinstance(self.facts.align, AlignBySize)

    @property
    def one_by_one(self) -> bool:
        """Whether each dma-buf of a buffer is allocated by a call of its own."""
        return self.facts.via == "dma-heap"

    def alignment(self, size: int) -> int:
        """What the address of a buffer of `size` bytes is a multiple of."""
        align = self.facts.align
        if isinstance(align, AlignBySize):
            power, taken = self.page, self.whole(size)
            while power < taken:
                power *= 2
            return max(min(power, align.by_size_up_to), self.page)
        return lcm(known(align) or self.page, self.page)

    def whole(self, size: int) -> int:
        """The pages and granules that a dma-buf of `size` bytes is made of."""
        return round_up(round_up(size, self.page), known(self.facts.granule) or 1)

    def slot(self, size: int) -> int:
        """What one dma-buf of `size` bytes takes out of the memory, up to where the next may start."""
        align = self.facts.align
        step = self.alignment(size) if isinstance(align, AlignBySize) else known(align) or self.page
        return round_up(self.whole(size), step)


def heap_facts(name: str, heap: Heap, page: int) -> HeapFacts:
    access = () if isinstance(heap.access, str) else heap.access
    return HeapFacts(
        name=name,
        facts=heap,
        page=page,
        memories=None if isinstance(heap.memory, str) else frozenset(heap.memory),
        run=None if heap.run == "whole" else max(known(heap.run) or page, page),
        mappable=heap.cpu in CPU_MAPS,
        access=None if access is None else frozenset(access),
    )


def present_heaps(platform: Platform) -> dict[str, HeapFacts]:
    return {
        name: heap_facts(name, heap, platform.page)
        for name, heap in platform.heaps.items()
        if there(heap, platform.kernel)
    }
