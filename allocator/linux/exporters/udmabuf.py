"""udmabuf: pages of a sealed memfd as a dma-buf.

Sources: include/uapi/linux/udmabuf.h; drivers/dma-buf/udmabuf.c udmabuf_create():
F_SEAL_SHRINK must be set and F_SEAL_WRITE must not be, sizes are whole pages.
"""

from __future__ import annotations

import fcntl
import os
from errno import ENOSYS
from pathlib import Path
from typing import Final

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import call, opened, room_in
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.exporters import bounds

NODE: Final = Path("/dev/udmabuf")
HUGE: Final = 2 << 20


def allocate(size: int, name: str = "", *, huge: bool = False, node: Path = NODE) -> OwnedDmabuf:
    """A dma-buf of at least `size` bytes, of huge pages of 2 MiB where `huge`.

    Raises:
        Absent, NotPermitted: /dev/udmabuf cannot be opened.
        Full: too large for the machine, or not as many huge pages are set aside.
        KernelRefused: too large for the driver's limit.
    """
    page = HUGE if huge else os.sysconf("SC_PAGESIZE")
    size += -size % page
    if not huge:
        bounds.check(size)
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING | (os.MFD_HUGETLB | os.MFD_HUGE_2MB if huge else 0)
    with opened(node) as udmabuf, room_in(node.name, size):
        try:
            memory = os.memfd_create(name or "buffer", flags)
        except OSError as refused:
            raise KernelRefused(refused.errno or ENOSYS, "memfd_create") from refused
        try:
            _size(memory, size)
            wanted = uapi.UdmabufCreate(memfd=memory, flags=1, offset=0, size=size)
            return OwnedDmabuf(call(udmabuf, uapi.UDMABUF_CREATE, wanted), name)
        finally:
            os.close(memory)


def _size(memory: int, size: int) -> None:
    try:
        os.ftruncate(memory, size)
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    except OSError as refused:
        raise KernelRefused(refused.errno or 0, f"a memfd of {size} bytes") from refused
