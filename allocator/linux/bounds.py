"""How much memory may be asked of the kernel before it kills the one who asks.

The system heap reclaims until the OOM killer comes: a request beyond what is there
is answered with SIGKILL, not with ENOMEM (drivers/dma-buf/heaps/system_heap.c,
order-0 pages with full reclaim). So a request is held against MemAvailable and
against every memory cgroup around the caller first.
"""

from __future__ import annotations

from collections.abc import Iterator
from errno import ENOMEM
from pathlib import Path
from typing import Final

from allocator.linux.control import Full
from platforms.values import in_units

SPARE: Final = 32 << 20
"""Left to everybody else, in bytes."""
CGROUPS: Final = Path("/sys/fs/cgroup")


def available(meminfo: Path = Path("/proc/meminfo")) -> int:
    """MemAvailable, in bytes."""
    for line in meminfo.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return 0


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
        except (OSError, ValueError):
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


def check(size: int) -> None:
    """Refuse a request that the machine cannot meet.

    Raises:
        Full: ENOMEM, with what is there; the kernel was not asked.
    """
    room = available() - SPARE
    if size > room:
        text = f"{in_units(size)} asked for and {in_units(max(room, 0))} available; the kernel was not asked"
        raise Full(ENOMEM, text)
    group = cgroup_room()
    if group is not None and size > group:
        text = (
            f"{in_units(size)} asked for and {in_units(group)} left in this cgroup; the kernel was not asked"
        )
        raise Full(ENOMEM, text)
