"""dma-heaps: /dev/dma_heap/NAME.

Sources: include/uapi/linux/dma-heap.h; drivers/dma-buf/dma-heap.c
dma_heap_ioctl_allocate(): allocation works on a read-only open, which is all that
is asked for here.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from errno import ENOENT
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import Absent, as_full, call, open_node
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.exporters import bounds

FOLDER: Final = Path("/dev/dma_heap")
_FLAGS: Final = os.O_RDWR | os.O_CLOEXEC
UNBOUNDED: Final = ("system", "system_cc_shared")
"""Heaps that take ordinary pages and never say ENOMEM: drivers/dma-buf/heaps/system_heap.c."""


def node(names: Sequence[str], folder: Path = FOLDER) -> Path:
    """The node of a heap, by the first of its names that this machine has.

    Raises:
        Absent: it has none of them.
    """
    for name in names:
        if (folder / name).exists():
            return folder / name
    there = ", ".join(sorted(each.name for each in folder.iterdir())) if folder.is_dir() else "no heap"
    raise Absent(ENOENT, f"no heap {' or '.join(names)} in {folder}; there is {there}")


class OpenHeap:
    """A heap's node, open from the first `allocate` until `close`; a later `allocate` opens it again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._bounded = path.name in UNBOUNDED
        self._fd = -1

    def allocate(self, size: int, name: str = "") -> OwnedDmabuf:
        """A dma-buf of at least `size` bytes.

        Raises:
            Absent, NotPermitted: the node cannot be opened.
            Full: the heap is full, or the machine has not that much memory.
            KernelRefused: the heap makes no such buffer.
        """
        if self._bounded:
            bounds.check(size)
        if self._fd < 0:
            self._fd = open_node(self.path, os.O_RDONLY)
        wanted = uapi.HeapAllocation(len=size, fd_flags=_FLAGS)
        try:
            call(self._fd, uapi.HEAP_ALLOC, wanted)
        except KernelRefused as refused:
            raise as_full(refused, self.path.name, size) from refused.__cause__
        return OwnedDmabuf(wanted.fd, name)

    def close(self) -> None:
        """Give the descriptor back; a second call does nothing."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()


def allocate(path: Path, size: int, name: str = "") -> OwnedDmabuf:
    """One dma-buf of at least `size` bytes; raises as `OpenHeap.allocate`."""
    with OpenHeap(path) as opened:
        return opened.allocate(size, name)
