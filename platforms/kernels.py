"""Kernel versions, and what a kernel has: the only place where either is judged.

A heap, one of its names, or what is known of a driver is true of kernels from `since` on and
before `until`. Without a wish, a board is judged on the kernel its profile states, and every
name it gives stays: they are tried in turn, newest kernel first. `on_kernel` judges it on
another, and leaves only the names that this kernel has, so that the first is the one to open.

Example: linux-6.17:Documentation/userspace-api/dma-buf-heaps.rst calls the default CMA
heap `default_cma_region`; before, it had the name of its CMA area alone
(linux-6.12:drivers/dma-buf/heaps/cma_heap.c __add_cma_heap()).
"""

from __future__ import annotations

import re
from typing import Final, Protocol

from heapwright.platforms.errors import Diagnostic, InputError, shown
from heapwright.platforms.schema import Heap, Platform
from heapwright.platforms.values import KERNEL_VERSION

_VERSION: Final = re.compile(KERNEL_VERSION, re.ASCII)


class Dated(Protocol):
    """What some kernels lack."""

    @property
    def since(self) -> str | None: ...
    @property
    def until(self) -> str | None: ...


def is_version(text: str) -> bool:
    """Whether `text` is a kernel version such as 6.12 or 7.2.13."""
    return _VERSION.fullmatch(text) is not None


def version_of(release: str) -> str | None:
    """The version in a release such as `6.12.95+deb12-amd64`; None if it starts with none."""
    found = _VERSION.match(release)
    return found[0] if found else None


def has(kernel: str | None, since: str | None, until: str | None) -> bool:
    """Whether a kernel is one from `since` on and before `until`; yes where it is unknown."""
    if kernel is None or not is_version(kernel):
        return True
    running = _version(kernel)
    if since is not None and running < _version(since):
        return False
    return until is None or running < _version(until)


def there(thing: Dated, kernel: str | None) -> bool:
    """Whether a kernel has a thing; yes where it is unknown."""
    return has(kernel, thing.since, thing.until)


def together(*things: Dated) -> bool:
    """Whether some kernel has all these things."""
    latest = max((thing.since for thing in things if thing.since is not None), key=_version, default="0")
    return all(there(thing, latest) for thing in things)


def on_kernel(platform: Platform, kernel: str) -> Platform:
    """`platform` on `kernel`: the names of its heaps are those that this kernel has.

    Raises:
        InputError: `kernel` is no version.
    """
    if not is_version(kernel):
        said = f"expected a kernel version such as 6.12, got {shown(kernel)}"
        raise InputError([Diagnostic("kernel", None, (), said)])
    heaps = {name: _opened(heap, kernel) for name, heap in platform.heaps.items()}
    return platform.model_copy(update={"kernel": kernel, "heaps": heaps})


def _opened(heap: Heap, kernel: str) -> Heap:
    nodes = tuple(node for node in heap.nodes if isinstance(node, str) or there(node, kernel))
    return heap if len(nodes) == len(heap.nodes) else heap.model_copy(update={"nodes": nodes})


def _version(text: str) -> tuple[int, ...]:
    """`text` as numbers; 6.12 and 6.12.0 are one version."""
    return tuple(int(part) for part in re.sub(r"(\.0+)+$", "", text).split("."))
