"""How much memory may be asked of the kernel before it kills the one who asks.

The system heap reclaims until the OOM killer comes: a request beyond what is there
is answered with SIGKILL, not with ENOMEM (drivers/dma-buf/heaps/system_heap.c,
order-0 pages with full reclaim). So a request is held against MemAvailable and
against every memory cgroup around the caller first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from errno import EIO, ENOMEM
from pathlib import Path
from time import monotonic
from typing import Final

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux.control import Full
from heapwright.platforms.values import in_units

SPARE: Final = 32 << 20
"""Left to everybody else, in bytes."""
FRESH: Final = 0.25
"""For how many seconds a look at the machine is good for small requests: a look costs as much as they do."""
PART: Final = 8
"""Small is an eighth of what is left."""
CGROUPS: Final = Path("/sys/fs/cgroup")


def available(meminfo: Path = Path("/proc/meminfo")) -> int:
    """MemAvailable, in bytes."""
    fd = os.open(meminfo, os.O_RDONLY | os.O_CLOEXEC)
    try:
        head = os.read(fd, 512)
    finally:
        os.close(fd)
    _, found, rest = head.partition(b"MemAvailable:")
    return int(rest.split(None, 1)[0]) << 10 if found else 0


def cgroup_room(own: Path = Path("/proc/self/cgroup"), mount: Path = CGROUPS) -> int | None:
    """What the caller's cgroup and those around it leave, in bytes; None where nothing limits it."""
    return min(_rooms(own, mount), default=None)


def _rooms(own: Path, mount: Path) -> Iterator[int]:
    lines = own.read_text().splitlines() if own.exists() else []
    path = next((line.removeprefix("0::") for line in lines if line.startswith("0::")), None)
    if path is None:
        return
    folder = mount / path.lstrip("/")
    for group in (folder, *folder.parents):
        if not group.is_relative_to(mount):
            return
        try:
            limit = (group / "memory.max").read_text().strip()
            used = int((group / "memory.current").read_text()) - _reclaimable(group)
        except (FileNotFoundError, PermissionError, ValueError):
            continue
        if limit.isdigit():
            yield max(0, int(limit) - used)


def _reclaimable(group: Path) -> int:
    """Pages of files that nobody uses: the kernel drops them before it kills."""
    for line in (group / "memory.stat").read_text().splitlines():
        name, _, value = line.partition(" ")
        if name == "inactive_file":
            return int(value)
    return 0


class _Room:
    """What was left when last looked, less what was asked for since."""

    def __init__(self) -> None:
        self._until = float("-inf")
        self.machine = 0
        self.group: int | None = None

    def take(self, size: int) -> bool:
        """Whether there is room; where there is, it is taken.

        Looks again if that was long ago, by another process, or if the request is large for what is left.
        """
        least = self.machine if self.group is None else min(self.machine, self.group)
        if size > least // PART or monotonic() > self._until:
            self._look()
            least = self.machine if self.group is None else min(self.machine, self.group)
        if size > least:
            return False
        self.machine -= size
        if self.group is not None:
            self.group -= size
        return True

    def _look(self) -> None:
        try:
            self.machine, self.group = available() - SPARE, cgroup_room()
        except OSError as refused:  # no descriptor left to look with
            number = refused.errno or EIO
            raise KernelRefused(number, "reading how much memory is available") from refused
        self._until = monotonic() + FRESH

    def forget(self) -> None:
        """What was seen belongs to another process."""
        self._until = float("-inf")


_ROOM: Final = _Room()
os.register_at_fork(after_in_child=_ROOM.forget)


def check(size: int) -> None:
    """Refuse a request that the machine cannot meet.

    Raises:
        Full: ENOMEM, with what is there; the kernel was not asked.
        KernelRefused: what is there cannot be read.
    """
    if _ROOM.take(size):
        return
    if size > _ROOM.machine:
        left = f"{in_units(max(_ROOM.machine, 0))} available"
    else:
        left = f"{in_units(max(_ROOM.group or 0, 0))} left in this cgroup"
    raise Full(ENOMEM, f"{in_units(size)} asked for and {left}; the kernel was not asked")
