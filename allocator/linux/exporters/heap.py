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
from typing import Final

from allocator.backend import KernelRefused
from allocator.linux import bounds, uapi
from allocator.linux.control import Absent, as_full, call, open_node
from allocator.linux.dmabuf import OwnedDmabuf

FOLDER: Final = Path("/dev/dma_heap")
UNBOUNDED: Final = ("/system", "/system_cc_shared")
"""How nodes end of heaps that take ordinary pages and never say ENOMEM: drivers/dma-buf/heaps/system_heap.c."""


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


def allocate(path: Path | str, size: int, name: str = "") -> OwnedDmabuf:
    """A dma-buf of at least `size` bytes.

    Raises:
        Absent, NotPermitted: the node cannot be opened.
        Full: the heap is full, or the machine has not that much memory.
        KernelRefused: the heap makes no such buffer.
    """
    node = os.fspath(path)
    if node.endswith(UNBOUNDED):
        bounds.check(size)
    wanted = uapi.HeapAllocation(len=size, fd_flags=os.O_RDWR | os.O_CLOEXEC)
    heap = open_node(node, os.O_RDONLY)
    try:
        call(heap, uapi.HEAP_ALLOC, wanted)
    except KernelRefused as refused:
        raise as_full(refused, Path(node).name, size) from refused.__cause__
    finally:
        os.close(heap)
    return OwnedDmabuf(wanted.fd, name)
