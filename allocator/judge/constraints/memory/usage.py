"""What one placement takes from everything that is shared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from heapwright.allocator.hardware import known
from heapwright.allocator.judge.board.attachments import JudgedAttachment, Uses, touched_bytes
from heapwright.allocator.judge.board.physical_map import PhysicalMap
from heapwright.allocator.judge.board.residence import BackedBuffer
from heapwright.allocator.judge.constraints.memory.bus_addresses import Mapped
from heapwright.platforms.schema import Platform


class PlacementUsage(NamedTuple):
    """What one placement takes from everything that is shared."""

    buffer: str
    where: BackedBuffer
    confined: frozenset[str] | None
    """The memories over which it may be spread."""
    sizes: tuple[int, ...]
    """Of the dma-bufs of one buffer."""
    number: int
    taken: int
    dmabufs: int
    windows: tuple[tuple[str, int], ...]
    mapped: tuple[Mapped, ...]
    traffic: tuple[tuple[str, int], ...]
    """Bytes a second through each memory."""
    moved: tuple[tuple[str, int], ...]
    """Bytes a second that each device moves, once for each of its attachments."""
    ports: tuple[tuple[str, str, int | None], ...]
    """(device, port, how many such ports it has)."""
    uses: tuple[Uses, ...]
    """Alternatives: the rules under which the ports could take the buffer. If it is `existing`,
    what it uses at least and at most."""
    existing: bool = False
    """Whether the buffer exists already."""


class Usages:
    """Reckons what placements take on one platform."""

    def __init__(self, platform: Platform, physical_map: PhysicalMap) -> None:
        self.platform = platform
        self.physical_map = physical_map

    def usage(
        self,
        buffer: str,
        where: BackedBuffer,
        sizes: Sequence[int],
        count: int,
        rate: int,
        attachments: Sequence[JudgedAttachment],
        uses: tuple[Uses, ...],
    ) -> PlacementUsage:
        taken = count * sum(where.backing.slot(size) for size in sizes)
        exported = [where.backing.whole(size) for size in sizes]
        memories = where.memories or frozenset()
        return PlacementUsage(
            buffer,
            where,
            where.backing.memories,
            tuple(sizes),
            count,
            taken,
            count * len(sizes),
            tuple(self._windows(memories, taken, attachments)),
            tuple(self._mapped(exported, count, attachments)),
            tuple(self._traffic(memories, sum(sizes), rate, attachments)),
            tuple(
                (attachment.device.name, rate * touched_bytes(sum(sizes), attachment.rarely))
                for attachment in attachments
            ),
            tuple(
                (attachment.device.name, attachment.port_name, known(attachment.port.how_many))
                for attachment in attachments
            ),
            uses,
        )

    def _windows(
        self, memories: frozenset[str], taken: int, attachments: Sequence[JudgedAttachment]
    ) -> Iterator[tuple[str, int]]:
        """The windows through which somebody touches the buffer, each once."""
        behind: dict[str, list[str]] = {}
        for memory in memories:
            for around in self.physical_map.around[memory]:
                if known(self.platform.memory[around].window) is not None:
                    behind.setdefault(around, []).append(memory)
        for window, inside in behind.items():
            if any(
                self._through(window, memory, attachment) for memory in inside for attachment in attachments
            ):
                yield window, taken

    def _through(self, window: str, memory: str, attachment: JudgedAttachment) -> bool:
        """Whether somebody gets at a memory through the window of one around it.

        A peer comes through the BAR: drivers/gpu/drm/amd/amdgpu/amdgpu_dma_buf.c
        amdgpu_dma_buf_map() asks for AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED.
        """
        chain = self.physical_map.around[memory]
        named, owners = attachment.port.memory, self.physical_map.local_to[memory]
        within = chain[: chain.index(window) + 1]
        return (
            attachment.device.by_cpu
            or (isinstance(named, tuple) and not set(named).isdisjoint(within))
            or (bool(owners) and attachment.device.name not in owners)
        )

    def _mapped(
        self, sizes: Sequence[int], count: int, attachments: Sequence[JudgedAttachment]
    ) -> Iterator[Mapped]:
        for device in {attachment.device.name: attachment.device for attachment in attachments}.values():
            if not device.by_cpu and not device.linear:
                yield Mapped(device, tuple(sizes), count)

    def _traffic(
        self, memories: frozenset[str], size: int, rate: int, attachments: Sequence[JudgedAttachment]
    ) -> Iterator[tuple[str, int]]:
        through = {around for memory in memories for around in self.physical_map.around[memory]}
        for memory in through:
            if self.platform.memory[memory].bandwidth is not None:
                yield memory, rate * sum(touched_bytes(size, attachment.rarely) for attachment in attachments)
