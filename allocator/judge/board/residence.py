"""Where a buffer lives once everybody has attached, and who reaches that memory."""

from __future__ import annotations

from typing import NamedTuple

from heapwright.allocator.hardware import DeviceFacts, HeapFacts
from heapwright.allocator.judge.board.physical_map import PhysicalMap


class BackedBuffer(NamedTuple):
    """Where a buffer lives once everybody has attached."""

    heap: HeapFacts
    """The heap that was asked."""
    backing: HeapFacts
    """The heap in whose memory, and by whose alignment, it lives; another one if it was moved."""

    @property
    def memories(self) -> frozenset[str] | None:
        return self.backing.memories

    @property
    def moved(self) -> bool:
        return self.backing is not self.heap


def uses(physical_map: PhysicalMap, device: DeviceFacts, memories: frozenset[str] | None) -> bool:
    """Whether the device reaches all of these memories, its own or by peer-to-peer."""
    if device.by_cpu or memories is None:
        return True
    for memory in memories:
        owners = physical_map.local_to[memory]
        if (
            owners
            and device.name not in owners
            and not (device.peer and device.name in physical_map.peers[memory])
        ):
            return False
    return True
