"""The truth matrix as sequences: every exporter's buffers of five sizes at every importer.

A frame fills less than its buffer, but an importer that is told no length takes all of
it. The MMAP buffers of a video node are what the driver makes of the frame.
"""

from __future__ import annotations

from collections.abc import Iterator

from heapwright.platforms.schema import Platform
from tests.kernel.sequences.language import FRAMES, MIB, Allocate, Free, Import, Map, Step

QUEUES = ("vmalloc", "contig")
SHOWN = ("vkms",)


def matrix(platform: Platform) -> Iterator[Step]:
    """Every cell: make the buffer, map it, import it everywhere, free it."""
    for heap, facts in platform.heaps.items():
        for size, frame in FRAMES.items():
            if heap == "bochs-dumb" and frame.room > 8 * MIB:
                continue
            pool = platform.memory[facts.memory[0]].size
            if isinstance(pool, int) and pool < frame.room:
                continue
            buffer = f"{heap} {size}"
            yield Allocate(buffer, heap, frame.room, size if facts.via == "v4l2" else "")
            yield from _everywhere(platform, buffer, size)
            yield Free(buffer)


def _everywhere(platform: Platform, buffer: str, size: str) -> Iterator[Step]:
    """Each importer once, and displays with a framebuffer where the frame is theirs."""
    yield Map(buffer)
    for device in platform.devices:
        if device in QUEUES:
            yield Import(buffer, device, size)
        else:
            yield Import(buffer, device)
            if device in SHOWN and FRAMES[size].format == "XR24":
                yield Import(buffer, device, size)


def ends() -> Iterator[Step]:
    """Buffers too short for the frame, buffers imported twice."""
    yield Allocate("short", "system", MIB)
    yield Import("short", "contig", "8M")
    yield Import("short", "vmalloc", "8M")
    yield Import("short", "contig", "1M", times=2)
    yield Import("short", "vmalloc", "1M", times=2)
    yield Import("short", "vgem", times=2)
    yield Import("short", "virtio", times=2)
