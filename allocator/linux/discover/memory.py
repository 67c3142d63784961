"""Memory: banks, CMA areas, huge pages.

Sources of what is read: /proc/iomem (addresses are zeros without CAP_SYS_ADMIN),
/proc/meminfo, /sys/kernel/mm/cma (Documentation/ABI/testing/sysfs-kernel-mm-cma),
/sys/kernel/debug/cma (mm/cma_debug.c), the kernel's command line.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from heapwright.allocator.linux.discover.files import folders, meminfo, number, text
from heapwright.platforms.importers.exporting import DEFAULT_NAME
from heapwright.platforms.importers.records import Area, Bank
from heapwright.platforms.knowledge.exporters import exporters

SMALLEST: Final = 1 << 20
"""Banks below this are the firmware's leavings; gaps below it are reserved pages within a bank."""
_RANGE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) : System RAM", re.ASCII)
_OPTION = re.compile(r"(?:^|\s)cma=(\d+[KMG]?)(?:@(0x[0-9a-fA-F]+|\d+[KMG]?))?", re.ASCII)


def banks(root: Path, notes: list[str]) -> tuple[Bank, ...]:
    """Ordinary memory; one bank without address where addresses may not be read."""
    total = meminfo(root).get("MemTotal", 0)
    ranges = _ranges(text(root / "proc/iomem") or "")
    if not ranges:
        notes.append(
            "/proc/iomem shows no addresses (that needs CAP_SYS_ADMIN): where memory lies is unknown"
        )
        return (Bank(None, total, 0, "probed: /proc/meminfo MemTotal"),) if total else ()
    largest = max(range(len(ranges)), key=lambda at: ranges[at][1])
    missing = max(0, sum(size for _, size in ranges) - total) if total else 0
    missing = min(missing, ranges[largest][1])
    source = "probed: /proc/iomem System RAM"
    held = f"{source}; /proc/meminfo MemTotal: the kernel keeps the rest for itself"
    return tuple(
        Bank(base, size, missing if at == largest else 0, held if at == largest and missing else source)
        for at, (base, size) in enumerate(ranges)
    )


def _ranges(iomem: str) -> list[tuple[int, int]]:
    """Base and size of each bank; pieces with little between them are one."""
    found: list[tuple[int, int]] = []
    for line in iomem.splitlines():
        match = _RANGE.match(line)
        if match is None or int(match[2], 16) == 0:
            continue
        base, size = int(match[1], 16), int(match[2], 16) + 1 - int(match[1], 16)
        if found and base - sum(found[-1]) < SMALLEST and found[-1][1] >= SMALLEST:
            found[-1] = (found[-1][0], base + size - found[-1][0])
        else:
            found.append((base, size))
    return [each for each in found if each[1] >= SMALLEST]


def areas(root: Path, heap_names: list[str], notes: list[str]) -> tuple[Area, ...]:
    """CMA areas, by sysfs; where the kernel has none there, by what CmaTotal and heap names say."""
    reported = [each for each in folders(root / "sys/kernel/mm/cma") if number(each / "total_pages")]
    total = meminfo(root).get("CmaTotal", 0)
    if reported:
        default = _default([each.name for each in reported], root)
        return tuple(_area(root, each, each.name == default) for each in reported)
    if not total:
        return ()
    notes.append("the kernel lists no CMA areas (CONFIG_CMA_SYSFS): CmaTotal is taken for one")
    return (_only_area(root, total, heap_names),)


def _area(root: Path, folder: Path, default: bool) -> Area:
    page = os.sysconf("SC_PAGESIZE")
    total, free = number(folder / "total_pages") or 0, number(folder / "available_pages")
    base = _base(root, folder.name)
    source = f"probed: /sys/kernel/mm/cma/{folder.name} total_pages, available_pages"
    if base is not None:
        source += f"; /sys/kernel/debug/cma/{folder.name} base_pfn"
    held = 0 if free is None else max(0, total - free) * page
    return Area(
        folder.name, "cma", None if base is None else base * page, total * page, held, source, default
    )


def _base(root: Path, name: str) -> int | None:
    """First page of an area: mm/cma_debug.c has had it in two places."""
    folder = root / "sys/kernel/debug/cma"
    for place in (f"{name}/ranges/0/base_pfn", f"{name}/base_pfn", f"cma-{name}/base_pfn"):
        found = number(folder / place)
        if found is not None:
            return found
    return None


def _default(names: list[str], root: Path) -> str | None:
    """The area that devices without their own use.

    kernel/dma/contiguous.c calls it `reserved` where its size comes from `cma=` or the
    configuration; in a device tree the node with `linux,cma-default` names it.
    """
    if "reserved" in names:
        return "reserved"
    for node in folders(root / "proc/device-tree/reserved-memory"):
        if (node / "linux,cma-default").exists() and node.name in names:
            return node.name
    return names[0] if len(names) == 1 else None


def _only_area(root: Path, total: int, heap_names: list[str]) -> Area:
    known = {name for each in exporters().values() for name in each.get("names", ())}
    strange = [name for name in heap_names if name not in known and name != DEFAULT_NAME]
    name = "reserved" if "reserved" in strange or len(strange) != 1 else strange[0]
    option = _OPTION.search(text(root / "proc/cmdline") or "")
    base = _bytes(option[2]) if option is not None and option[2] else None
    source = "probed: /proc/meminfo CmaTotal" + ("; /proc/cmdline cma=" if option is not None else "")
    return Area(name, "cma", base, total, 0, source, True)


def _bytes(word: str) -> int:
    if word.startswith("0x"):
        return int(word, 16)
    units = {"K": 10, "M": 20, "G": 30}
    return int(word[:-1]) << units[word[-1]] if word[-1] in units else int(word)


def huge_pages(root: Path) -> tuple[Area, ...]:
    """Huge pages of 2 MiB that were set aside."""
    folder = root / "sys/kernel/mm/hugepages/hugepages-2048kB"
    count, free = number(folder / "nr_hugepages"), number(folder / "free_hugepages")
    if not count:
        return ()
    held = 0 if free is None else (count - free) << 21
    source = "probed: /sys/kernel/mm/hugepages/hugepages-2048kB nr_hugepages, free_hugepages"
    return (Area("hugepages", "huge", None, count << 21, held, source),)
