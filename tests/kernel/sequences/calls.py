"""Calls that are refused for what they say, not for what there is."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tests.kernel.sequences.language import MIB, Allocate, FillDescriptors, Free, HeapCall, Step

LENGTHS = (0, 1, 4095, 4096, 4097, (1 << 64) - 1, (1 << 64) - 4096, (1 << 64) - 4095)
FLAGS = (
    os.O_RDONLY,
    os.O_WRONLY,
    os.O_RDWR,
    os.O_RDWR | os.O_CLOEXEC,
    os.O_RDWR | os.O_NONBLOCK,
    os.O_APPEND,
)


def heap_calls(heap: str) -> Iterator[Step]:
    """DMA_HEAP_IOCTL_ALLOC with lengths and flags that are right and wrong."""
    for length in LENGTHS:
        if not (heap == "system" and MIB < length <= (1 << 64) - 4096):
            yield HeapCall(heap, length)
    for flags in FLAGS:
        yield HeapCall(heap, 4096, fd_flags=flags)
    yield HeapCall(heap, 4096, fd=1)
    yield HeapCall(heap, 4096, heap_flags=1)
    yield HeapCall(heap, 4096, heap_flags=1 << 63)


def too_much(heap: str, size: int) -> Iterator[Step]:
    """More than there is at all."""
    yield Allocate("all of it", heap, size)


def descriptors(heap: str) -> Iterator[Step]:
    """The process runs out of numbers before the heap runs out of memory."""
    for room in (1, 7, 20):
        yield FillDescriptors("some", heap, 8192, room)
        yield Free("some")
