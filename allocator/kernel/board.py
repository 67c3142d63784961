"""A pretended board: a backend that allocates as a kernel on that board would.

`mode="board"` has pages as contiguous as a kernel's, drawn from `seed`; `mode="judge"` hands out
the worst pages that the profile allows and never bounces. Both refuse with
errno and wording of the kernel, and both count faults instead of dying.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping as ReadOnly
from collections.abc import Sequence
from errno import EINVAL, EMFILE, ENODEV, ENOENT, ENOMEM
from random import Random
from typing import Final, Literal

from heapwright.allocator.backend import AllocatedBuffer, Dmabuf, Import, KernelRefused, Segment
from heapwright.allocator.faults import PlanFault, refusal
from heapwright.allocator.frameworks import (
    api,
    maps_at_import,
    no_import,
    takes,
    too_short,
    unattachable,
    unmapped,
)
from heapwright.allocator.hardware import HeapFacts, known, round_up
from heapwright.allocator.judge.board.attachments import JudgedAttachment
from heapwright.allocator.judge.board.physical_map import most
from heapwright.allocator.judge.board.residence import BackedBuffer, uses
from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.allocator.kernel.bus import OFF_BUS, Bus
from heapwright.allocator.kernel.calls import whole_pages
from heapwright.allocator.kernel.extents import Chunks, Extents, Pager, SharedMemoryPages, first_fit, worst
from heapwright.allocator.kernel.firewall import Firewall
from heapwright.allocator.order import locked_run
from heapwright.platforms.schema import Memory, Platform
from heapwright.platforms.values import Span
from heapwright.solver.answer.plan import AttachedPort, Placement

UNKNOWN_SIZE: Final = 256 << 20
"""What a memory of unknown size is taken to have."""
PAGE_BY_PAGE: Final = ("udmabuf", "drm", "v4l2")
"""Ways whose scattered buffers are shared memory or vmalloc: single pages."""
SPACING: Final = 1 << 44
"""How far apart memories without an address are put."""


class SimulatedBoard:
    """A backend on a pretended board; deterministic by its seed."""

    def __init__(
        self,
        platform: Platform,
        mode: Literal["board", "judge"] = "board",
        seed: int = 0,
        fragmented: bool = False,
        swiotlb: bool = True,
        used: ReadOnly[str, int] | None = None,
        contiguity: float | None = None,
        descriptors: int | None = None,
    ) -> None:
        """
        `used`: bytes that others hold of a memory, beyond what the profile states.
        `contiguity`: how likely pages that may be adjacent are, from 0 to 1; None for what was measured.
        `descriptors`: how many dma-bufs the process may hold (RLIMIT_NOFILE).
        """
        self.platform = platform
        self.mode = mode
        self.facts = JudgedPlatform(platform)
        self.bus = Bus(platform, swiotlb=swiotlb and mode == "board")
        self.faults: list[PlanFault] = []
        """Every fault that devices raised so far; the service lives on."""
        self.firewall = Firewall(self._residence)
        self._random = Random(f"{platform.name}/{seed}")
        self._mixed_orders = Chunks(self._random, fragmented, contiguity)
        self._single_pages = SharedMemoryPages(self._random, fragmented, contiguity)
        self.descriptors = descriptors
        self._extents = self._lay_out(used or {})
        self._held: dict[int, list[tuple[Extents, Segment]]] = {}
        self._alive: dict[str, int] = defaultdict(int)
        self._locks: dict[str, Segment] = {}

    # Memory

    def _lay_out(self, used: ReadOnly[str, int]) -> dict[str, Extents]:
        """Put every memory somewhere lawful, and take from it what is not there to be allocated."""
        extents: dict[str, Extents] = {}
        memories, around = self.platform.memory, self.facts.physical_map.around
        outer_first = sorted(
            memories, key=lambda name: (len(around[name]), not isinstance(memories[name].base, int))
        )
        for index, name in enumerate(outer_first):
            size = self._size(memories[name])
            start = self._start(name, memories[name], size, extents, OFF_BUS + index * SPACING)
            extents[name] = Extents(start, start + size)
            if name in self.facts.named:
                self._set_aside(extents, name)
        for name in outer_first:
            extents[name].drain(
                round_up((known(memories[name].held) or 0) + used.get(name, 0), self.platform.page)
            )
        return extents

    def _set_aside(self, extents: dict[str, Extents], name: str) -> None:
        """A heap's own memory is nobody else's, however far out."""
        part = extents[name]
        for outer in self.facts.physical_map.around[name][1:]:
            if extents[outer].holds(part.start, part.end - part.start):
                extents[outer].take(part.start, part.end - part.start)

    def _size(self, memory: Memory) -> int:
        if self.mode == "judge" and isinstance(memory.size, Span):
            return memory.size.low
        if isinstance(memory.size, Span):
            pages = (memory.size.high - memory.size.low) // self.platform.page
            return memory.size.low + self._random.randrange(pages + 1) * self.platform.page
        return most(memory) or UNKNOWN_SIZE

    def _start(
        self, name: str, memory: Memory, size: int, extents: dict[str, Extents], elsewhere: int
    ) -> int:
        if isinstance(memory.base, int):
            return memory.base
        place = self.facts.physical_map.place[name]
        around = extents[memory.inside] if memory.inside is not None else None
        if isinstance(memory.base, Span):
            low, high = memory.base
        elif not place.on_bus and (
            memory.inside is None or self.facts.physical_map.place[memory.inside].on_bus
        ):
            return elsewhere
        elif around is not None:
            low, high = around.start, around.end - size
        else:
            low, high = 0, 1 << 32
        step = self._step(size)
        if around is not None:
            low, high = max(low, around.start), min(high, around.end - size)
            bottom_up = self.mode == "board" and self._random.random() < 0.5
            free = around.lowest(size, step) if bottom_up else around.highest(size, step)
            if free is not None and low <= free <= high:
                return free
        low, high = round_up(low, step), max(high // step * step, round_up(low, step))
        return high if self.mode == "judge" else low + self._random.randrange((high - low) // step + 1) * step

    def _step(self, size: int) -> int:
        """A part of memory starts on its size rounded down to a power of two, at most 4 MiB."""
        return max(min(1 << (size.bit_length() - 1), 4 << 20), self.platform.page)

    def _pager(self, heap: HeapFacts) -> Pager:
        if self.mode == "judge":
            return worst
        if heap.run is None:
            return first_fit
        return self._single_pages if heap.facts.via in PAGE_BY_PAGE else self._mixed_orders

    # Backend

    def allocate(self, placement: Placement) -> AllocatedBuffer:
        heap = self.facts.heaps.get(placement.heap)
        if heap is None:
            raise KernelRefused(ENOENT, f"/dev/dma_heap/{placement.heap}: No such file or directory")
        most_buffers = known(heap.facts.buffers)
        if most_buffers is not None and self._alive[heap.name] + len(placement.sizes) > most_buffers:
            raise KernelRefused(ENOMEM, f"{heap.name} has all of its {most_buffers} buffers out")
        buffer = AllocatedBuffer(placement, ())
        backing = self._residence(buffer).backing
        self._held[id(buffer)] = []
        try:
            self._lock(heap)
            buffer.dmabufs = tuple(self._dmabuf(buffer, heap, backing, size) for size in placement.sizes)
        except KernelRefused:
            self._give_back(buffer)
            raise
        self._alive[heap.name] += len(buffer.dmabufs)
        return buffer

    def _dmabuf(self, buffer: AllocatedBuffer, heap: HeapFacts, backing: HeapFacts, size: int) -> Dmabuf:
        if not whole_pages(size, self.platform.page):
            raise KernelRefused(EINVAL, f"a dma-buf of {size} bytes")
        if self.descriptors is not None and sum(self._alive.values()) >= self.descriptors:
            raise KernelRefused(EMFILE, f"{self.descriptors} descriptors are open")
        largest = known(heap.facts.largest)
        if largest is not None and heap.whole(size) > largest:
            errno = EINVAL if heap.facts.via == "udmabuf" else ENOMEM
            raise KernelRefused(errno, f"{heap.name} makes buffers of at most {largest} bytes, not {size}")
        memories = self._choice(backing)
        taken = self._pager(backing)([self._extents[name] for name in memories], backing, size)
        if taken is None:
            free = sum(self._extents[name].free for name in memories)
            raise KernelRefused(ENOMEM, f"{heap.name}: no room for {size} bytes, {free} are free")
        self._held[id(buffer)] += taken.held
        return Dmabuf(backing.whole(size), taken.segments)

    def _choice(self, backing: HeapFacts) -> list[str]:
        """The memories of a heap as a kernel may try them: for whole runs in any order."""
        memories = sorted(backing.memories or self.platform.memory, key=self._wanted)
        if backing.run is None and len(memories) > 1:
            self._random.shuffle(memories)
        return memories

    def _wanted(self, memory: str) -> tuple[int, int, str]:
        """A heap with a choice leaves memory to those that have none, then takes where most is free."""
        claims = sum(1 for heap in self.facts.heaps.values() if heap.memories and memory in heap.memories)
        return claims, -self._extents[memory].free, memory

    def _lock(self, heap: HeapFacts) -> None:
        """The first buffer of a lazily locked pool takes the whole pool from elsewhere."""
        lock = heap.facts.locks
        if lock is None or heap.name in self._locks or heap.in_locked_block:
            return
        source = self._extents[lock.from_]
        align, _ = locked_run(self.facts.heaps, heap)
        address = source.lowest(lock.size, align)
        if address is None:
            raise KernelRefused(ENOMEM, f"{heap.name} cannot lock {lock.size} bytes of {lock.from_}")
        self._locks[heap.name] = source.take(address, lock.size)

    def join(self, placement: Placement, parts: Sequence[AllocatedBuffer]) -> AllocatedBuffer:
        buffer = AllocatedBuffer(placement, tuple(each for part in parts for each in part.dmabufs))
        self._held[id(buffer)] = [each for part in parts for each in self._held.pop(id(part))]
        return buffer

    def attach(self, buffer: AllocatedBuffer, attached: AttachedPort) -> Import:
        device = self.facts.devices.get(attached.device)
        port = device.facts.ports.get(attached.port) if device is not None else None
        if device is None or port is None:
            raise KernelRefused(ENODEV, f"no {attached.device}.{attached.port}")
        heap = self.facts.heaps[buffer.placement.heap]
        driver_says = None if takes(device, heap) else no_import(device, heap)
        if driver_says is not None and device.facts.refuses is None:
            raise driver_says
        short = too_short(buffer)
        if short is not None and api(device) != "drm":
            raise refusal(short)
        if short is not None and driver_says is None:
            driver_says = refusal(short)
        if maps_at_import(device) and self.firewall.mapping_objection(buffer) is not None:
            self._map_refused(buffer)
            raise refusal(unmapped(device, heap))
        if not uses(self.facts.physical_map, device, self._residence(buffer).memories):
            raise unattachable(device, heap)
        return self.bus.attach(buffer, attached, device, port, driver_says)

    def map(self, buffer: AllocatedBuffer) -> None:
        found = self.firewall.mapping_objection(buffer)
        if found is not None:
            self._map_refused(buffer)
            raise refusal(found)

    def _map_refused(self, buffer: AllocatedBuffer) -> None:
        """Trying to look behind a firewall is a fault, whatever the call says."""
        found = self.firewall.mapping_objection(buffer)
        if found is not None and self.firewall.guards(buffer):
            self.faults.append(found.against(buffer.placement.buffer, ""))

    def touch(self, buffer: AllocatedBuffer, device: str, port: str) -> PlanFault | None:
        """Somebody on the bus reads a buffer without having asked anybody."""
        found = self.facts.devices[device]
        attachment = JudgedAttachment(found, port, found.facts.ports[port], rarely=False)
        stopped = self.firewall.objection(buffer, attachment, protected=False, reads=True)
        if stopped is None:
            return None
        fault = stopped.against(buffer.placement.buffer, device)
        self.faults.append(fault)
        return fault

    def _residence(self, buffer: AllocatedBuffer) -> BackedBuffer:
        attached = (each.device for each in buffer.placement.attachments)
        devices = [self.facts.devices[name] for name in attached if name in self.facts.devices]
        return self.facts.residence(buffer.placement.heap, devices)

    def release(self, buffer: AllocatedBuffer) -> None:
        self.bus.forget(buffer, self.facts.devices)
        if id(buffer) in self._held:
            heap = self.facts.heaps[buffer.placement.heap]
            self._alive[heap.name] -= len(buffer.dmabufs)
            self._give_back(buffer)
            if not self._alive[heap.name] and heap.name in self._locks and heap.facts.locks is not None:
                self._extents[heap.facts.locks.from_].give(self._locks.pop(heap.name))

    def _give_back(self, buffer: AllocatedBuffer) -> None:
        for extents, segment in self._held.pop(id(buffer)):
            extents.give(segment)
