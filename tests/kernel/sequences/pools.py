"""Pools filled, holed and drained: what CMA and protected heaps hold, and in which order it fits.

The sequences say nothing of numbers: the pretended board and the kernel must name the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.kernel.sequences.language import KIB, MIB, Allocate, Fill, Free, Import, Step

CMA_KIB = (300, 500, 600, 900, 1024, 1028, 1200, 1536, 1800, 2048, 3000, 4100, 8100, 8192, 16000, 64000)
"""Sixteen sizes around powers of two and multiples of 1 MiB."""


def cma_capacity() -> Iterator[Step]:
    """How many of each size fit into the empty pool."""
    for kib in CMA_KIB:
        yield Fill("all", "cma", kib * KIB)
        yield Free("all")


def one_pool_by_two_names() -> Iterator[Step]:
    """When one name is full the other has nothing."""
    yield Fill("all", "reserved", MIB)
    yield Allocate("more", "cma", MIB)
    yield Free("all/0")
    yield Allocate("more", "cma", MIB)


def stray_page() -> Iterator[Step]:
    """One buffer of a page costs a slot of 1 MiB, and of 1.5 MiB."""
    yield Allocate("stray", "cma", 4 * KIB)
    for size in (MIB, 1536 * KIB):
        yield Fill("all", "cma", size)
        yield Free("all")


def every_second_freed() -> Iterator[Step]:
    """Half is free, and nothing longer than a hole fits, unless holes join with what alignment left."""
    for kib, longer in ((1024, 2048), (500, 600), (5120, 6144), (1536, 3072), (3000, 3500)):
        yield Fill("all", "cma", kib * KIB)
        yield Free("all", every=2)
        yield Allocate("longer", "cma", longer * KIB)
        yield Fill("again", "cma", kib * KIB)
        for name in ("longer", "again", "all"):
            yield Free(name)


def drivers_take_from_the_pool() -> Iterator[Step]:
    """MMAP buffers of a contiguous device come out of the pool that the heap allocates from."""
    yield Allocate("own", "contig-mmap", frame="8M")
    yield Fill("all", "cma", MIB)
    yield Free("own")
    yield Fill("rest", "cma", MIB)
    yield Allocate("own", "contig-mmap", frame="8M")
    yield Free("all")
    yield Allocate("own", "contig-mmap", frame="8M")


def protected_pool() -> Iterator[Step]:
    """8 MiB, first fit by pages."""
    for kib in (1024, 1536, 5120, 60, 8192, 8196):
        yield Fill("all", "video", kib * KIB)
        yield Free("all")
    yield Allocate("stray", "video", 4 * KIB)
    yield Fill("all", "video", MIB)
    yield Free("all", every=2)
    yield Allocate("longer", "video", MIB + 4 * KIB)
    yield Fill("again", "video", 1020 * KIB)
    yield Free("again", every=3)
    yield Fill("small", "video", 500 * KIB)
    yield Fill("other", "ui", 3 * MIB)


def at_random(heap: str, seed: int, steps: int, most: int, ballast: int = 0) -> Iterator[Step]:
    """Buffers of any size made and freed in any order; now and then one is imported.

    Sizes are spread evenly over their logarithm, so that small and large ones meet. With
    `ballast` the pool is full of buffers of that size first, every second of them freed.
    """
    random, alive = Random(seed), list[str]()
    if ballast:
        yield Fill("ballast", heap, ballast)
        yield Free("ballast", every=2)
    for number in range(steps):
        if alive and random.random() < 0.35:
            yield Free(alive.pop(random.randrange(len(alive))))
            continue
        size = int(4 * KIB * (most / (4 * KIB)) ** random.random())
        name = f"random {number}"
        yield Allocate(name, heap, size)
        alive.append(name)
        if random.random() < 0.05:
            yield Import(alive[-1], "vgem")
