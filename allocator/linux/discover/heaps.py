"""Nodes that allocate: /dev/dma_heap/*, /dev/udmabuf.

A heap tells neither size nor promises (include/uapi/linux/dma-heap.h has no query), so
its name is all there is to see.
"""

from __future__ import annotations

import os
from pathlib import Path

from heapwright.allocator.linux.discover.files import folders, number
from heapwright.allocator.linux.discover.permissions import permission
from heapwright.platforms.importers.records import HeapNodeRecord


def nodes(root: Path, notes: list[str]) -> tuple[HeapNodeRecord, ...]:
    """The dma-heaps, in order of names."""
    folder = root / "dev/dma_heap"
    if not folder.is_dir():
        notes.append(
            "there is no /dev/dma_heap: the kernel has no dma-heaps, or this container is not shown them"
        )
    found = tuple(
        HeapNodeRecord(node.name, permission(node), f"probed: /dev/dma_heap/{node.name}")
        for node in folders(folder)
    )
    closed = [node.name for node in found if not os.access(folder / node.name, os.R_OK)]
    if closed:
        notes.append(f"heaps that this user may not open: {', '.join(closed)}")
    return found


def udmabuf(root: Path, notes: list[str]) -> HeapNodeRecord | None:
    """/dev/udmabuf, if there is one."""
    node = root / "dev/udmabuf"
    if not node.exists():
        return None
    if not os.access(node, os.R_OK | os.W_OK):
        notes.append("this user may not open /dev/udmabuf")
    return HeapNodeRecord(node.name, permission(node, os.R_OK | os.W_OK), "probed: /dev/udmabuf")


def udmabuf_limit(root: Path) -> int | None:
    """The longest udmabuf, in bytes: drivers/dma-buf/udmabuf.c size_limit_mb."""
    found = number(root / "sys/module/udmabuf/parameters/size_limit_mb")
    return None if found is None else found << 20
