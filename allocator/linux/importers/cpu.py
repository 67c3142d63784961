"""The CPU as an importer: bytes of a dma-buf, between DMA_BUF_IOCTL_SYNC brackets."""

from __future__ import annotations

from heapwright.allocator.linux.dmabuf import OwnedDmabuf


def fill(dmabuf: OwnedDmabuf, pattern: bytes) -> None:
    """Write a pattern over the whole buffer.

    Raises:
        KernelRefused: it cannot be mapped.
    """
    whole, rest = divmod(dmabuf.size, len(pattern))
    with dmabuf.mapped("write") as view:
        view[: dmabuf.size] = pattern * whole + pattern[:rest]


def read(dmabuf: OwnedDmabuf, size: int | None = None) -> bytes:
    """The buffer's bytes, or the first `size` of them.

    Raises:
        KernelRefused: it cannot be mapped.
    """
    with dmabuf.mapped("read") as view:
        return bytes(view[:size])


def pages_changed(dmabuf: OwnedDmabuf, pattern: bytes, size: int, page: int = 4096) -> tuple[int, int]:
    """Of the pages that hold the first `size` bytes: how many differ from the pattern, and how many there are."""
    found = read(dmabuf, size)
    whole = (pattern * (-(-size // len(pattern))))[:size]
    pages = range(0, size, page)
    return sum(found[at : at + page] != whole[at : at + page] for at in pages), len(pages)
