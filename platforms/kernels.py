"""A board as it is on a kernel: which heaps are there, and by which names they are opened.

A heap, or one of its names, is there on kernels from `since` on and before `until`.
Without a wish, a board is judged on the kernel its profile states, and every name it
gives stays: they are tried in turn, newest kernel first. `on_kernel` judges it on
another, and leaves only the names that this kernel has, so that the first is the one to open.

Example: linux-6.17:Documentation/userspace-api/dma-buf-heaps.rst calls the default CMA
heap `default_cma_region`; before, it had the name of its CMA area alone
(linux-6.12:drivers/dma-buf/heaps/cma_heap.c __add_cma_heap()).
"""

from __future__ import annotations

import re
from typing import Final

from heapwright.platforms.errors import InputError, Problem
from heapwright.platforms.schema import Heap, Node, Platform
from heapwright.platforms.values import UNKNOWN, shown

KERNEL: Final = re.compile(r"\d{1,3}(\.\d{1,6}){0,3}", re.ASCII)
"""A kernel version such as 6.12 or 7.2.13."""


def on_kernel(platform: Platform, kernel: str) -> Platform:
    """`platform` on `kernel`: the names of its heaps are those that this kernel has.

    Raises:
        InputError: `kernel` is no version.
    """
    if not KERNEL.fullmatch(kernel):
        said = f"expected a kernel version such as 6.12, got {shown(kernel)}"
        raise InputError([Problem("kernel", None, (), said)])
    heaps = {name: _opened(heap, kernel) for name, heap in platform.heaps.items()}
    return platform.model_copy(update={"kernel": kernel, "heaps": heaps})


def there(thing: Heap | Node, kernel: str) -> bool:
    """Whether `kernel` has a heap or a name; yes if the kernel is unknown."""
    if kernel == UNKNOWN:
        return True
    running = version(kernel)
    if thing.since is not None and running < version(thing.since):
        return False
    return thing.until is None or running < version(thing.until)


def version(text: str) -> tuple[int, ...]:
    """`text` as numbers; 6.12 and 6.12.0 are one version."""
    return tuple(int(part) for part in re.sub(r"(\.0+)+$", "", text).split("."))


def _opened(heap: Heap, kernel: str) -> Heap:
    nodes = tuple(node for node in heap.nodes if isinstance(node, str) or there(node, kernel))
    return heap if len(nodes) == len(heap.nodes) else heap.model_copy(update={"nodes": nodes})
