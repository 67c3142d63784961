"""What /proc and /sys tell of memory, on machines made of files."""

from __future__ import annotations

import os
from pathlib import Path

from heapwright.allocator.linux.discover import iommus, memory

PAGE = os.sysconf("SC_PAGESIZE")
IOMEM = """\
00000000-00000fff : Reserved
00001000-0009fbff : System RAM
00100000-7ffdefff : System RAM
  01000000-014aaa67 : Kernel code
100000000-17fffffff : System RAM
"""


def tree(root: Path, **files: str) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_banks_are_the_large_pieces_of_system_ram(tmp_path: Path) -> None:
    # 0x7fedf000 and 0x80000000 bytes; MemTotal leaves 1 MiB of them to the kernel.
    total = (0x7FED_F000 + 0x8000_0000 - (1 << 20)) >> 10
    tree(tmp_path, **{"proc/iomem": IOMEM, "proc/meminfo": f"MemTotal: {total} kB\n"})
    banks = memory.banks(tmp_path, [])
    assert [(bank.base, bank.size, bank.held) for bank in banks] == [
        (0x10_0000, 0x7FED_F000, 0), (0x1_0000_0000, 0x8000_0000, 1 << 20),
    ]  # fmt: skip


def test_hidden_addresses_are_unknown_and_said(tmp_path: Path) -> None:
    hidden = "00000000-00000000 : System RAM\n"
    tree(tmp_path, **{"proc/iomem": hidden, "proc/meminfo": "MemTotal: 2048 kB\n"})
    notes: list[str] = []
    assert [(bank.base, bank.size) for bank in memory.banks(tmp_path, notes)] == [(None, 2 << 20)]
    assert "CAP_SYS_ADMIN" in notes[0]


def test_cma_areas_of_sysfs_with_what_is_taken(tmp_path: Path) -> None:
    area = "sys/kernel/mm/cma/reserved"
    tree(tmp_path, **{
        f"{area}/total_pages": "40960\n", f"{area}/available_pages": "34816\n",
        "sys/kernel/debug/cma/reserved/base_pfn": "482816\n",
    })  # fmt: skip
    (found,) = memory.areas(tmp_path, [], [])
    assert (found.base, found.size, found.held) == (482816 * PAGE, 40960 * PAGE, 6144 * PAGE)
    assert found.default


def test_without_sysfs_one_area_is_as_large_as_cma_total(tmp_path: Path) -> None:
    tree(tmp_path, **{"proc/meminfo": "CmaTotal: 65536 kB\n", "proc/cmdline": "quiet cma=64M@0x20000000"})
    (found,) = memory.areas(tmp_path, ["linux,cma", "system"], [])
    assert (found.name, found.base, found.size, found.default) == ("linux,cma", 0x2000_0000, 64 << 20, True)


def test_no_cma_is_no_area(tmp_path: Path) -> None:
    tree(tmp_path, **{"proc/meminfo": "CmaTotal: 0 kB\n"})
    assert memory.areas(tmp_path, ["system"], []) == ()


def test_groups_that_translate(tmp_path: Path) -> None:
    groups = "sys/kernel/iommu_groups"
    tree(tmp_path, **{f"{groups}/0/type": "DMA-FQ\n", f"{groups}/1/type": "identity\n"})
    assert [group.name for group in iommus.groups(tmp_path)] == ["group-0"]


def test_the_largest_prefetchable_bar_is_local_memory(tmp_path: Path) -> None:
    bars = "0x00000000fd000000 0x00000000fdffffff 0x0000000000042208\n0x00000000febf9000 0x00000000febf9fff 0x0000000000040200\n"
    tree(tmp_path, resource=bars, dma_mask_bits="32\n")
    assert iommus.reach(tmp_path) == (None, 32, 16 << 20)
