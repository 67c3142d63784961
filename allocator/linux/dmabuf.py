"""One dma-buf and its descriptor: owned, named, identified by inode, mapped in brackets.

Sources: drivers/dma-buf/dma-buf.c dma_buf_llseek() (the end is the buffer's), dma_buf_set_name(),
dma_buf_ioctl(); include/uapi/linux/dma-buf.h.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from types import TracebackType
from typing import Final, Literal, Self

from heapwright.allocator.backend import Dmabuf, KernelRefused
from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import call

NAME_BYTES: Final = 31
"""DMA_BUF_NAME_LEN without its NUL."""
SyncAccess = Literal["read", "write", "both"]
_FLAGS: Final = {
    "read": uapi.SYNC_READ, "write": uapi.SYNC_WRITE, "both": uapi.SYNC_READ | uapi.SYNC_WRITE
}  # fmt: skip


class OwnedDmabuf(Dmabuf):
    """A dma-buf whose descriptor is ours to close; where its pages are, no program may know."""

    segments: None = None

    def __init__(self, fd: int, name: str = "") -> None:
        """Takes over `fd`, and closes it if anything goes wrong; the kernel keeps NAME_BYTES of the name."""
        self.fd, self.name = fd, name
        if name:
            text = bytearray(name, "utf-8")
            del text[NAME_BYTES:]
            text.append(0)
            try:
                call(fd, uapi.BUF_SET_NAME, text)
            except BaseException:
                self.close()
                raise

    @cached_property
    def size(self) -> int:  # type: ignore[override]  # asked of the kernel when somebody wants to know
        return os.lseek(self.fd, 0, os.SEEK_END)

    @cached_property
    def inode(self) -> int:
        """What tells buffers apart, whatever number their descriptors have."""
        return os.fstat(self.fd).st_ino

    def close(self) -> None:
        """Give the descriptor back; a second call does nothing."""
        if self.fd >= 0:
            fd, self.fd = self.fd, -1
            os.close(fd)

    @contextmanager
    def mapped(self, access: SyncAccess = "both") -> Iterator[memoryview]:
        """The bytes, between the two DMA_BUF_IOCTL_SYNC that CPU access needs.

        Raises:
            KernelRefused: the buffer cannot be mapped (a protected one, for instance).
        """
        protection = mmap.PROT_READ if access == "read" else mmap.PROT_READ | mmap.PROT_WRITE
        try:
            pages = mmap.mmap(self.fd, self.size, mmap.MAP_SHARED, protection)
        except OSError as refused:
            raise KernelRefused(refused.errno or 0, "mmap of a dma-buf") from refused
        try:
            self._sync(uapi.SYNC_START | _FLAGS[access])
            view = memoryview(pages)
            try:
                yield view
            finally:
                view.release()
                self._sync(uapi.SYNC_END | _FLAGS[access])
        finally:
            pages.close()

    def _sync(self, flags: int) -> None:
        call(self.fd, uapi.BUF_SYNC, uapi.BufferSync(flags=flags))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()
