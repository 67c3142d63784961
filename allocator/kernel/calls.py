"""What DMA_HEAP_IOCTL_ALLOC makes of its arguments before any heap is asked.

drivers/dma-buf/dma-heap.c dma_heap_ioctl_allocate(), dma_heap_buffer_alloc().
"""

from __future__ import annotations

import os
from errno import EINVAL
from typing import Final

from heapwright.allocator.hardware import round_up

FD_FLAGS: Final = os.O_CLOEXEC | os.O_ACCMODE
"""include/uapi/linux/dma-heap.h DMA_HEAP_VALID_FD_FLAGS."""
ADDRESSES: Final = 1 << 64


def whole_pages(length: int, page: int) -> int:
    """PAGE_ALIGN() of 64 bits, which wraps; 0 is no length."""
    return round_up(length, page) % ADDRESSES if length > 0 else 0


def heap_call_refusal(length: int, fd: int, fd_flags: int, heap_flags: int, page: int) -> int | None:
    """The errno with which the call fails for any heap; None where the heap is asked."""
    if fd or heap_flags or fd_flags & ~FD_FLAGS or not whole_pages(length, page):
        return EINVAL
    return None
