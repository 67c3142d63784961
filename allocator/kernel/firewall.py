"""The firewalls of a pretended board: who gets through to which memory, whatever any plan says.

A static firewall lets its members in to the whole memory. A per-buffer one is
opened for the devices that attached to that buffer and no others: the members
are named when memory is lent (linux drivers/tee/tee_heap.c,
drivers/tee/optee/protmem.c). A master that handles protected content writes to
memory behind a firewall only, so it cannot carry content out.
"""

from __future__ import annotations

from collections.abc import Callable

from heapwright.allocator.backend import AllocatedBuffer
from heapwright.allocator.faults import Objection, refused, seen
from heapwright.allocator.hardware import HeapFacts
from heapwright.allocator.judge.board.attachments import JudgedAttachment
from heapwright.allocator.judge.board.residence import BackedBuffer


class Firewall:
    """What the bus lets through."""

    def __init__(self, residence: Callable[[AllocatedBuffer], BackedBuffer]) -> None:
        self._residence = residence

    def objection(
        self, buffer: AllocatedBuffer, attachment: JudgedAttachment, protected: bool, reads: bool
    ) -> Objection | None:
        """What happens when a port touches a buffer; None where it gets through.

        `protected`: that it handles protected content.
        """
        where = self._residence(buffer)
        walls = [heap for heap in (where.heap, where.backing) if self._stands(heap)]
        for heap in walls:
            if attachment.device.name not in self.opened(heap, buffer):
                return seen("outside-firewall", f"{heap.name}: access from outside the firewall")
        if not walls and attachment.port.protected == "required":
            return seen(
                "protected-port",
                f"{attachment.port_name} faults on memory of {where.backing.name}, which is open",
            )
        if not walls and protected and not reads:
            return seen(
                "protected-flow",
                f"writing protected content to {where.backing.name}, which is open, is blocked",
            )
        return None

    def opened(self, heap: HeapFacts, buffer: AllocatedBuffer) -> frozenset[str]:
        """The devices that get at a buffer behind the firewall of a heap."""
        members = heap.access or frozenset()
        if heap.facts.firewall != "per-buffer":
            return members
        return members & {each.attached.device for each in buffer.imports}

    def mapping_objection(self, buffer: AllocatedBuffer) -> Objection | None:
        """Why the CPU cannot map a buffer."""
        where = self._residence(buffer)
        for heap in (where.heap, where.backing):
            if not heap.mappable:
                return refused("cpu-access", f"buffers of {heap.name} cannot be mapped")
        return None

    def guards(self, buffer: AllocatedBuffer) -> bool:
        """Whether a buffer lies behind any firewall."""
        where = self._residence(buffer)
        return self._stands(where.heap) or self._stands(where.backing)

    def _stands(self, heap: HeapFacts) -> bool:
        """Whether there is a firewall; where another heap uses the same memory otherwise, there is none."""
        return heap.access is not None and heap.disputed is None
