"""A backend of real calls on the running machine.

Every dma-buf is named after its buffer (DMA_BUF_SET_NAME) and told apart by inode.
What is opened is closed on every path; the kernel's refusals come as `Absent`,
`NotPermitted`, `Full`, `NotImported` or plain `KernelRefused`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from errno import ENODEV
from pathlib import Path

from heapwright.allocator.backend import AllocatedBuffer, Import, KernelRefused
from heapwright.allocator.linux.control import Absent
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.exporters.heap import OpenHeap
from heapwright.allocator.linux.exporters.making import Maker, maker
from heapwright.allocator.linux.importers.ports import ImportedAt, OpenPort, QueuePort, opened_port
from heapwright.allocator.linux.queue import VideoQueue
from heapwright.platforms.schema import Device, Platform
from heapwright.solver.answer.plan import AttachedPort, Placement


@dataclass(eq=False)
class _HeldPort:
    """A device port with buffers of ours."""

    port: OpenPort
    closing: ExitStack
    buffers: list[AllocatedBuffer]


class LinuxBackend:
    """Makes, attaches and gives back buffers of the running machine, as `platform` describes it.

    Nodes of heaps stay open as long as there are buffers.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._ports: dict[tuple[str, str], _HeldPort] = {}
        self._seats: dict[tuple[int, str, str], ImportedAt] = {}
        self._makers: dict[str, Maker] = {}
        self._nodes: list[OpenHeap] = []
        self._alive: set[AllocatedBuffer] = set()
        self._made: dict[str, int] = {}

    def allocate(self, placement: Placement) -> AllocatedBuffer:
        name, heap = placement.buffer, placement.heap
        number = self._made.get(name, 0)
        try:
            make = self._makers.get(heap)
            if make is None:
                make = self._makers[heap] = maker(self.platform, heap, self._nodes)
            buffer = AllocatedBuffer(placement, make(placement, f"{name}.{number}"))
        except BaseException:
            self._close_nodes()
            raise
        self._made[name] = number + 1
        self._alive.add(buffer)
        return buffer

    def join(self, placement: Placement, parts: Sequence[AllocatedBuffer]) -> AllocatedBuffer:
        buffer = AllocatedBuffer(placement, tuple(each for part in parts for each in part.dmabufs))
        self._alive.difference_update(parts)
        self._alive.add(buffer)
        return buffer

    def attach(self, buffer: AllocatedBuffer, attached: AttachedPort) -> Import:
        device = self.platform.devices[attached.device]
        if device.kind != "cpu":
            held = self._port(device, attached)
            try:
                seat = held.port.take(buffer.placement, _ours(buffer))
            except BaseException:
                if not held.buffers:
                    self._leave([(attached.device, attached.port)])
                raise
            if buffer not in held.buffers:
                held.buffers.append(buffer)
            self._seats[id(buffer), attached.device, attached.port] = seat
        return Import(attached, None, 0)

    def map(self, buffer: AllocatedBuffer) -> None:
        for each in _ours(buffer):
            with each.mapped("read"):
                pass

    def release(self, buffer: AllocatedBuffer) -> None:
        self._leave([key for key, held in self._ports.items() if buffer in held.buffers])
        for each in _ours(buffer):
            each.close()
        self._alive.discard(buffer)
        self._close_nodes()

    def detach(self) -> None:
        """Detach everything from every device and keep the buffers: a queue serves one open file at a time."""
        self._leave(list(self._ports))

    def queue(self, device: str, port: str) -> VideoQueue:
        """The queue of a port that holds buffers, for streaming.

        Raises:
            KernelRefused: that port is no queue, or holds none.
        """
        held = self._ports.get((device, port))
        if held is None or not isinstance(held.port, QueuePort):
            raise KernelRefused(ENODEV, f"{device}.{port} is no queue with buffers of ours")
        return held.port.queue

    def seat(self, buffer: AllocatedBuffer, device: str, port: str) -> int:
        """The number that a buffer has at a port: its index in a queue, or its framebuffer."""
        return self._seats[id(buffer), device, port].number

    def _port(self, device: Device, attached: AttachedPort) -> _HeldPort:
        key = (attached.device, attached.port)
        if key not in self._ports:
            if device.node is None:
                raise Absent(ENODEV, f"{self.platform.name} does not say which node {attached.device} has")
            beside = next(
                (held.port for (name, _), held in self._ports.items() if name == attached.device), None
            )
            port, closing = opened_port(
                Path(device.node),
                writes=attached.access == "write",
                shows=device.kind == "display",
                beside=beside,
            )
            self._ports[key] = _HeldPort(port, closing, [])
        return self._ports[key]

    def _close_nodes(self) -> None:
        if not self._alive:
            for node in self._nodes:
                node.close()

    def _leave(self, keys: list[tuple[str, str]]) -> None:
        for key in keys:
            held = self._ports.pop(key)
            held.closing.close()
            for each in held.buffers:
                self._seats.pop((id(each), *key), None)


def _ours(buffer: AllocatedBuffer) -> tuple[OwnedDmabuf, ...]:
    return tuple(each for each in buffer.dmabufs if isinstance(each, OwnedDmabuf))
