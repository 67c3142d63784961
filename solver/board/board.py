"""A platform with its derived integers worked out once: which heaps exist, what each
device sees, and with `heapwright.solver.board.memories` where memories lie and what is free in them.

`Board` is the solver's only view of a platform. Where a profile is vague the worst
case is taken here and in `heapwright.solver.board.memories`, and nowhere else (design §4, `unknown` and ranges).
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property, wraps
from itertools import combinations
from typing import Any, Concatenate, Final, Literal, NamedTuple, ParamSpec, TypeVar

from heapwright.platforms.checks.firewalls import AccessConflict, access_conflicts
from heapwright.platforms.kernels import there
from heapwright.platforms.schema import AlignBySize, Bandwidth, Device, Heap, Iommu, Platform, Port, settled
from heapwright.platforms.values import UNKNOWN
from heapwright.solver.board.memories import ANYWHERE, MemoryView, memories, parts_of, unheld
from heapwright.solver.board.once import OnceForEach

TOGETHER: Final = " + "
"""Between the names of memories that hold something together; no name has a space."""


Given = ParamSpec("Given")
Worked = TypeVar("Worked")


class ReservedBlock(NamedTuple):
    """What the first buffer of a heap locks: it lives in there, if the heap draws from nothing else."""

    heap: str
    memory: str
    size: int


class LimitedBuffers(NamedTuple):
    """How many buffers a heap hands out."""

    heap: str
    most: int


class Promise(NamedTuple):
    """What a heap promises of the memory that it hands out. Heaps of equal promises are one pool."""

    names: frozenset[str]
    """Of the memories from which it draws; empty where nobody knows them."""
    run: int | None
    """The longest physically contiguous run that it guarantees, in bytes; None for whole buffers."""
    page: int
    granule: int
    align: int
    align_cap: int | None
    """Where it aligns by size: what it aligns to at most."""
    one_by_one: bool
    """Whether each dma-buf of a buffer is allocated by a call of its own."""
    lock: ReservedBlock | None

    @property
    def in_block(self) -> bool:
        """Whether its buffers live in the block that it locks."""
        return self.lock is not None and bool(self.names) and self.names <= {self.lock.memory}

    def alignment(self, size: int) -> int:
        """The alignment of a buffer of `size` bytes, in bytes.

        Source: linux-7.2.13:drivers/dma-buf/heaps/cma_heap.c cma_heap_allocate().
        """
        if self.align_cap is None:
            return self.align
        return max(self.page, min(1 << (size - 1).bit_length(), self.align_cap))

    def exported(self, size: int) -> int:
        """The size of the dma-buf handed out for a request of `size` bytes."""
        return exported(size, self.page, self.granule)

    def allocated(self, size: int) -> int:
        """What one dma-buf of `size` bytes costs the heap's memory."""
        size += -size % self.page
        size += -size % self.granule
        return size + -size % self.alignment(size)

    def costs(self, sizes: tuple[int, ...]) -> int:
        """What a buffer of dma-bufs of these sizes costs the heap's memory."""
        return sum(map(self.allocated, sizes))


def exported(size: int, page: int, granule: int) -> int:
    """The size of the dma-buf handed out for a request of `size` bytes: whole pages, and whole granules."""
    size += -size % page
    return size + -size % granule


class HeapView:
    """A heap that exists on this board's kernel; `cpu` is how the CPU maps it (`none` where unknown)."""

    def __init__(self, name: str, spec: Heap, memories: tuple[MemoryView, ...] | None, page: int) -> None:
        self.name = name
        self.spec = spec
        self.memories = memories
        self.local = tuple([memory for memory in memories or () if memory.local])
        self.throughputs = frozenset([memory.throughput for memory in memories or ()])
        """What carries what lives here; empty where nobody knows."""
        self.promise = _promise(name, spec, page)
        around = dict.fromkeys(outer for memory in memories or () for outer in memory.around())
        self.metered = tuple([each for each in around if isinstance(each.spec.bandwidth, Bandwidth)])
        """The memories whose bandwidth what lives here takes."""
        windows = any(isinstance(each.spec.window, int) for each in around)
        self.windowed = (self.promise, memories or ()) if windows else None
        """What lies behind windows, where anything does."""
        self.cpu = "none" if spec.cpu == UNKNOWN else spec.cpu
        access = _known(spec.access, None)
        self.access: frozenset[str] | None = None if access is None else frozenset(access)
        self.disputed: AccessConflict | None = None
        """What keeps it from having a firewall although it claims one; `access` is then None."""
        self.source = spec.source
        self.unsynced = spec.sync in ("none", UNKNOWN) and self.cpu == "cached"
        """Whether nobody writes back what the CPU has cached, as far as is known."""
        self.largest: int | None = _known(spec.largest, None)
        most = _known(spec.buffers, None)
        self.limited = None if most is None else LimitedBuffers(name, most)
        self.listed: str | None = None
        """Its name, where an importer says by name from which heaps it takes buffers."""

    @property
    def own_memory(self) -> bool:
        """Whether its memory is not just anybody's: local to a device, or behind a firewall."""
        return bool(self.local) or self.closed

    @property
    def closed(self) -> bool:
        """Whether the heap is behind a firewall (even one of unknown members)."""
        return self.spec.access is not None

    @property
    def guarded(self) -> bool:
        """Whether it is known who gets into the heap, and that the CPU does not."""
        return self.access is not None and self.spec.cpu == "none"


def _promise(name: str, spec: Heap, page: int) -> Promise:
    """Vague promises are none: what is unknown is a page."""
    cap = spec.align.by_size_up_to if isinstance(spec.align, AlignBySize) else None
    return Promise(
        names=frozenset(_named(spec)),
        run=None if spec.run == "whole" else _known(spec.run, page),
        page=page,
        granule=_known(spec.granule, 1),
        align=page if cap is not None else max(_known(spec.align, page), 1),
        align_cap=cap,
        one_by_one=spec.via == "dma-heap",
        lock=ReservedBlock(name, spec.locks.from_, spec.locks.size) if spec.locks is not None else None,
    )


def _otherwise_settled(stated: Device) -> Device | None:
    found = settled(stated)
    return None if found is stated else found


_SETTLED: Final = OnceForEach(_otherwise_settled)
"""Devices with nothing unknown in them (design §4), where they had anything."""


class DeviceView:
    """A device and how it sees memory; `spec` has nothing unknown in it, `dma` is as stated.

    `translation` says what stands between it and physical addresses: an
    `iommu`, an `mmu` of its own, `none`, or the `cpu`'s page tables.
    """

    def __init__(self, name: str, stated: Device, iommus: Mapping[str, Iommu], *, card: bool = False) -> None:
        spec = _SETTLED(stated) or stated
        self.name = name
        self.spec = spec
        self.dma = stated.dma
        self.by_cpu = spec.by_cpu or spec.kind == "cpu"
        self.bits: int | None = _known(self.dma.bits, None)
        self.offset = spec.dma.window.offset if spec.dma.window is not None else 0
        """From a physical address to the one that the bus sees."""
        self.snoops = spec.coherent is True or self.by_cpu
        self.card = card
        """Whether it sits on a card that has memory of its own."""
        self.p2p = spec.dma.p2p in ("static", "dynamic")
        segments = self.dma.segments
        self.segments: int | None = 1 if segments is None else _known(segments, None)
        """How many pieces of a buffer it walks; None where nobody knows, so that any number is taken."""
        self.longest: int | None = _known(self.dma.segment_size, None) if isinstance(segments, int) else None
        """Of a piece; where a device walks one, it takes what its driver claims as a mere hint."""
        self.boundary: int | None = _known(self.dma.boundary, None)
        self.translation: Literal["cpu", "iommu", "mmu", "none"] = "none"
        if self.by_cpu:
            self.translation = "cpu"
        elif spec.dma.iommu is not None:
            self.translation = "iommu"
        elif spec.dma.mmu:
            self.translation = "mmu"
        self.iommu = iommus[spec.dma.iommu] if self.translation == "iommu" and spec.dma.iommu else None
        """What it goes through to memory."""

    def reaches_local(self, memory: MemoryView) -> bool:
        """Whether it can address device-local `memory` directly."""
        if self.name in memory.local or self.by_cpu:
            return True
        return self.p2p and self.name in memory.peers


class Pool(NamedTuple):
    """Memories that heaps share, and the bytes free in them together."""

    memories: frozenset[str]
    free: int
    name: str


class _Derived:
    """What follows from a platform alone; it holds parts of it, not the whole."""

    def __init__(self, platform: Platform) -> None:
        self.name = platform.name
        self.page = platform.page
        self.memories = memories(platform.memory)
        self.paths: dict[Hashable, Any] = {}
        """What `heapwright.solver.board.paths` has worked out."""
        self.heaps = {
            name: HeapView(name, spec, self._memories_of(spec), self.page)
            for name, spec in sorted(platform.heaps.items())
            if there(spec, platform.kernel)
        }
        for clash in access_conflicts(
            platform.memory, {name: heap.spec for name, heap in self.heaps.items()}
        ):
            heap = self.heaps[clash.heap]
            heap.access, heap.disputed = None, heap.disputed or (clash if heap.closed else None)
        self._named = named = {m for heap in self.heaps.values() for m in _named(heap.spec)}
        named |= {heap.spec.locks.from_ for heap in self.heaps.values() if heap.spec.locks}
        for view in self.memories.values():
            view.free = unheld(view, self.parts(view))
        owners = {name for view in self.memories.values() for name in view.local}
        self.devices = {
            name: DeviceView(name, spec, platform.iommus, card=spec.link is not None and name in owners)
            for name, spec in sorted(platform.devices.items())
        }
        for name in _listed(self.devices.values()):
            if name in self.heaps:
                self.heaps[name].listed = name
        self.has_local = any(heap.local for heap in self.heaps.values())
        self.has_closed = any(heap.closed for heap in self.heaps.values())
        self.moving = tuple([heap for heap in self.heaps.values() if heap.spec.moves_to is not None])
        """Heaps that buffers may leave when they are attached."""
        self.has_unsynced = any(heap.unsynced for heap in self.heaps.values())
        self.demands_p2p = any(heap.spec.requires_p2p for heap in self.heaps.values())
        ports = (port for device in platform.devices.values() for port in device.ports.values())
        self.makes_together = any(max(rule.dmabufs) > 1 for port in ports for rule in port.images)
        """Whether buffers may be made of several dma-bufs."""

    def _memories_of(self, spec: Heap) -> tuple[MemoryView, ...] | None:
        if spec.memory == UNKNOWN:
            return None
        return tuple(self.memories[m] for m in sorted(spec.memory))

    def parts(self, memory: MemoryView) -> list[MemoryView]:
        """The outermost memories inside one that heaps name."""
        return parts_of(memory, self.memories.values(), self._named)


_DERIVED: Final = OnceForEach(_Derived)


class Board(_Derived):
    """Everything the solver asks of a platform, and what lives there already."""

    def __init__(self, platform: Platform) -> None:
        vars(self).update(vars(_DERIVED(platform)))
        self.platform = platform
        self.existing: tuple[tuple[HeapView, tuple[int, ...], int], ...] = ()
        """Live buffers: the heap in whose memory they live, the sizes of their dma-bufs, and how many."""
        self.by_class = False
        """Whether bus addresses are counted class by class; until it matters, in bytes only (see heapwright.solver.board.iova)."""
        self.known: dict[object, Any] = {}
        """What `remembered` functions have worked out before, by the function and its arguments."""

    def within(self, bits: int | None) -> bool:
        """Whether nothing that heaps hand out may lie beyond so many address bits (None: all of them)."""
        return bits is None or bits >= 64 or self._end <= 1 << bits

    @cached_property
    def _end(self) -> int:
        """What the memories may reach that heaps hand out."""
        handed_out = [heap.memories for heap in self.heaps.values()]
        return (
            ANYWHERE
            if None in handed_out
            else max((m.end for views in handed_out for m in views or ()), default=0)
        )

    @cached_property
    def pools(self) -> tuple[Pool, ...]:
        """Every set of memories whose heaps must fit its summed free size.

        By Hall's theorem the unions of overlapping heap memory sets suffice:
        a union of disjoint sets is implied by its parts.
        """
        sets = {frozenset(_named(heap.spec)) for heap in self.heaps.values()}
        sets |= {frozenset([heap.spec.locks.from_]) for heap in self.heaps.values() if heap.spec.locks}
        pools = []
        for union in sorted(_unions(sets - {frozenset()}), key=sorted):
            free = [known for m in union if (known := self.memories[m].free) is not None]
            if len(free) == len(union):
                pools.append(Pool(union, sum(free), TOGETHER.join(sorted(union))))
        return tuple(pools)

    def ceiling(self, memory: MemoryView) -> int | None:
        """The size to which a memory may grow: what is around it, and what lies behind it (None: no end known)."""
        outer = memory.outer
        ends = [outer.size] if outer is not None and outer.size is not None else []
        if memory.placed:
            ends += [outer.highest - memory.lowest] if outer is not None and outer.highest is not None else []
            end = memory.lowest + (memory.size or 0)
            beside = (m for m in self.memories.values() if m.spec.inside == memory.spec.inside and m.placed)
            ends += [m.lowest - memory.lowest for m in beside if m.lowest >= end and m is not memory]
        return min(ends, default=None)

    def port(self, device: str, port: str) -> Port:
        return self.devices[device].spec.ports[port]

    def backing_heap(self, heap: HeapView, devices: Sequence[DeviceView]) -> HeapView:
        """The heap whose memory a buffer of `heap` occupies once `devices` attach.

        Source: linux-7.2.13:drivers/gpu/drm/amd/amdgpu/amdgpu_dma_buf.c
        amdgpu_dma_buf_attach(): an importer that cannot do peer-to-peer makes the
        exporter move the buffer to system memory.
        """
        target = heap.spec.moves_to
        if target is None or target not in self.heaps or heap.memories is None:
            return heap
        for device in devices:
            if device.by_cpu:
                continue
            if any(memory.local and not device.reaches_local(memory) for memory in heap.memories):
                return self.heaps[target]
        return heap


def _listed(devices: Iterable[DeviceView]) -> set[str]:
    """What importers say by name that they take."""
    ports = [port.takes_from for device in devices for port in device.spec.ports.values()]
    taken = [*ports, *(device.spec.imports for device in devices)]
    return {name for names in taken if isinstance(names, tuple) for name in names}


def remembered(
    work: Callable[Concatenate[Board, Given], Worked],
) -> Callable[Concatenate[Board, Given], Worked]:
    """A function of a board, worked out once for it and each choice of the other arguments."""

    @wraps(work)
    def once(board: Board, /, *about: Given.args, **named: Given.kwargs) -> Worked:
        key = (work, about)
        known: tuple[Worked] | None = board.known.get(key)
        if known is None:
            known = board.known[key] = (work(board, *about, **named),)
        return known[0]

    return once


def _known(value: Any, default: Any) -> Any:
    return default if value is None or value == UNKNOWN else value


def _named(heap: Heap) -> tuple[str, ...]:
    return () if heap.memory == UNKNOWN else heap.memory


def _unions(sets: Iterable[frozenset[str]]) -> set[frozenset[str]]:
    """All unions of sets that hang together by overlapping."""
    found = set(sets)
    grown = True
    while grown and len(found) < 4096:
        grown = False
        for one, other in combinations(sorted(found, key=sorted), 2):
            if one & other and (one | other) not in found:
                found.add(one | other)
                grown = True
    return found
