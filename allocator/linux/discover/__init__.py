"""What the running machine has, as records of `heapwright.platforms.importers`: read only, nothing is started.

Nodes are opened and asked; no stream is switched on, no format is set. Buffers are
made in one place alone: dumb buffers of a few rows, for the pitch their driver gives
them, and given back at once. Without privilege less can be read: what could not be is
said in `Machine.notes`.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

from heapwright.allocator.linux.discover import cards, hardware, heaps, iommus, memory, videos
from heapwright.platforms.importers.records import Machine
from heapwright.platforms.kernels import version_of

ROOT = Path("/")


def machine(root: Path = ROOT) -> Machine:
    """Everything this user can read of the machine; `root` is where `/dev`, `/proc` and `/sys` are."""
    notes: list[str] = []
    release = platform.release()
    nodes = heaps.nodes(root, notes)
    banks = memory.banks(root, notes)
    areas = memory.areas(root, [node.name for node in nodes], notes)
    return Machine(
        title=f"{platform.node() or 'this machine'}: Linux {release} on {platform.machine()}",
        kernel=version_of(release),
        page=os.sysconf("SC_PAGESIZE"),
        banks=banks,
        areas=(*areas, *memory.huge_pages(root)),
        heaps=nodes,
        udmabuf=heaps.udmabuf(root, notes),
        udmabuf_limit=heaps.udmabuf_limit(root),
        groups=iommus.groups(root),
        cards=tuple(cards.found(root, notes)),
        videos=tuple(videos.found(root, notes)),
        tree=hardware.tree(root),
        notes=tuple(notes),
    )
