"""One platform, ready to judge: what holds of it whatever is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from heapwright.allocator.hardware import DeviceFacts, device_facts, present_heaps
from heapwright.allocator.judge.board.firewall_claims import disputed
from heapwright.allocator.judge.board.physical_map import PhysicalMap, pools
from heapwright.allocator.judge.board.residence import BackedBuffer, uses
from heapwright.allocator.judge.constraints.addressability import Addressability
from heapwright.allocator.judge.constraints.image.ports import Ports
from heapwright.allocator.judge.constraints.memory.capacity import Capacity
from heapwright.allocator.judge.constraints.memory.usage import Usages
from heapwright.platforms.schema import Platform


class JudgedPlatform:
    """One platform, ready to judge."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        present = present_heaps(platform)
        rivals = disputed(platform, present)
        self.heaps = {name: replace(heap, disputed=rivals.get(name)) for name, heap in present.items()}
        self.devices = {name: device_facts(name, device) for name, device in platform.devices.items()}
        locked = {heap.facts.locks.from_ for heap in self.heaps.values() if heap.facts.locks is not None}
        own = [heap.memories for heap in self.heaps.values() if heap.memories is not None]
        self.named = frozenset(locked).union(*own)
        """Memories that are some heap's own."""
        self.physical_map = PhysicalMap(platform, self.named)
        sets = {frozenset([memory]) for memory in locked}.union(own)
        self.pools = pools(self.physical_map, frozenset(sets))
        self.usages = Usages(platform, self.physical_map)
        self.capacity = Capacity(platform, self.physical_map, self.heaps, self.pools)
        self.reach = Addressability(self.physical_map, platform)
        self.ports = Ports()

    def residence(self, heap_name: str, devices: Sequence[DeviceFacts]) -> BackedBuffer:
        """Where a buffer of a heap ends up when these devices attach."""
        heap = self.heaps[heap_name]
        target = self.heaps.get(heap.facts.moves_to or "")
        if target is not None and not all(
            uses(self.physical_map, device, heap.memories) for device in devices
        ):
            return BackedBuffer(heap, target)
        return BackedBuffer(heap, heap)
