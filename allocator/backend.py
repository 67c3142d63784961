"""What makes buffers: a backend of four calls, and the ways in which it fails.

Backends raise `KernelRefused`; whoever carries out a plan makes an `AllocationFailed` of it.
"""

from __future__ import annotations

import errno as errnos
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from heapwright.platforms.errors import HeapwrightError
from heapwright.solver.answer.plan import AttachedPort, Placement


class AllocationError(HeapwrightError):
    """Base of everything that goes wrong while buffers are made."""


class KernelRefused(AllocationError):
    """A call failed, in the kernel's words."""

    def __init__(self, errno: int, text: str) -> None:
        super().__init__(f"{errnos.errorcode.get(errno, errno)}: {text}")
        self.errno = errno
        self.text = text


class AllocationFailed(AllocationError):
    """A plan could not be carried out; everything made on the way is released.

    `errno` is None where the kernel was content but a promise was not kept.
    """

    def __init__(
        self, buffer: str, device: str, errno: int | None, text: str, *,
        placement: Placement | None = None, port: str = "",
    ) -> None:  # fmt: skip
        where = f"buffer '{buffer}'" + (f", device '{device}'" if device else "")
        name = "" if errno is None else f"{errnos.errorcode.get(errno, errno)}: "
        super().__init__(f"{where}: {name}{text}")
        self.buffer = buffer
        self.device = device
        self.errno = errno
        self.text = text
        self.placement = placement
        """Which buffer of which pipeline, where a call was refused."""
        self.port = port


class Segment(NamedTuple):
    """A physically contiguous run."""

    address: int
    length: int

    @property
    def end(self) -> int:
        return self.address + self.length


@dataclass(eq=False)
class Dmabuf:
    """One dma-buf; `segments` is None where the backend cannot see physical memory."""

    size: int
    segments: tuple[Segment, ...] | None


@dataclass(eq=False)
class AllocatedBuffer:
    """One of the `count` buffers of a placement, with all its dma-bufs."""

    placement: Placement
    dmabufs: tuple[Dmabuf, ...]
    imports: list[Import] = field(default_factory=list)


class Import(NamedTuple):
    """A buffer as a device port sees it after attaching and mapping."""

    attached: AttachedPort
    bus: tuple[tuple[Segment, ...], ...] | None
    """Bus addresses of each dma-buf; None where they are the device's own or unknown."""
    bounced: int
    """Bytes that go through a bounce buffer instead of the dma-buf itself."""


class Backend(Protocol):
    """Makes buffers, by real calls or pretended ones."""

    def allocate(self, placement: Placement) -> AllocatedBuffer:
        """One buffer of a placement.

        Raises:
            KernelRefused: the heap cannot or will not.
        """

    def join(self, placement: Placement, parts: Sequence[AllocatedBuffer]) -> AllocatedBuffer:
        """One buffer of what was made for it dma-buf by dma-buf; the parts are no buffers any longer."""

    def attach(self, buffer: AllocatedBuffer, attached: AttachedPort) -> Import:
        """Import the buffer at a device port and map it there.

        Raises:
            KernelRefused: the device cannot or will not.
        """

    def map(self, buffer: AllocatedBuffer) -> None:
        """Map the buffer for the CPU.

        Raises:
            KernelRefused: it cannot be mapped.
        """

    def release(self, buffer: AllocatedBuffer) -> None:
        """Detach the buffer everywhere and give its memory back."""
