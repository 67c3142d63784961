"""What the Linux side works out by itself: room, udev rules, formats in a blob, request numbers."""

from __future__ import annotations

import os
import resource
import struct
from errno import EMFILE, ENOMEM
from pathlib import Path

import pytest

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import kms, uapi
from heapwright.allocator.linux.control import Absent, Full, open_node, room_in, udev_rule
from heapwright.allocator.linux.exporters import bounds, heap

MIB = 1 << 20


def group(path: Path, limit: str, used: int, reclaimable: int = 0) -> None:
    path.mkdir(parents=True, exist_ok=True)
    (path / "memory.max").write_text(f"{limit}\n")
    (path / "memory.current").write_text(f"{used}\n")
    (path / "memory.stat").write_text(f"anon 4096\ninactive_file {reclaimable}\n")


def test_available_memory_is_what_the_kernel_says(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:  2048 kB\nMemFree:  512 kB\nMemAvailable:  1024 kB\n")
    assert bounds.available(meminfo) == MIB


def test_the_tightest_cgroup_around_the_caller_counts(tmp_path: Path) -> None:
    mount, own = tmp_path / "cgroup", tmp_path / "own"
    own.write_text("0::/user/session\n")
    group(mount / "user" / "session", "max", 10 * MIB)
    group(mount / "user", str(64 * MIB), 40 * MIB)
    assert bounds.cgroup_room(own, mount) == 24 * MIB


def test_pages_of_files_make_room(tmp_path: Path) -> None:
    mount, own = tmp_path / "cgroup", tmp_path / "own"
    own.write_text("0::/job\n")
    group(mount / "job", str(64 * MIB), 60 * MIB, reclaimable=20 * MIB)
    assert bounds.cgroup_room(own, mount) == 24 * MIB


def test_without_a_limit_or_the_second_hierarchy_no_cgroup_counts(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("0::/\n")
    group(tmp_path, "max", MIB)
    assert bounds.cgroup_room(own, tmp_path) is None
    own.write_text("4:memory:/job\n")
    assert bounds.cgroup_room(own, tmp_path) is None
    assert bounds.cgroup_room(tmp_path / "none", tmp_path) is None


def test_with_no_descriptor_left_the_look_itself_is_refused() -> None:
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
        try:
            bounds.check(4096)
        except KernelRefused as refused:
            os._exit(0 if refused.errno == EMFILE else 2)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize(
    ("node", "rule"),
    [
        ("/dev/dma_heap/system", 'SUBSYSTEM=="dma_heap", KERNEL=="system"'),
        ("/dev/dri/card1", 'SUBSYSTEM=="drm", KERNEL=="card1"'),
        ("/dev/udmabuf", 'SUBSYSTEM=="misc", KERNEL=="udmabuf"'),
        ("/dev/video3", 'SUBSYSTEM=="video4linux", KERNEL=="video3"'),
    ],
)
def test_the_rule_that_would_help_names_node_and_subsystem(node: str, rule: str) -> None:
    assert rule in udev_rule(Path(node))


def test_a_node_that_is_not_there_is_absent(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="is not there"):
        open_node(tmp_path / "video0")


def test_the_heaps_that_are_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "reserved").touch()
    with pytest.raises(Absent, match=r"no heap cma or linux,cma in .*; there is reserved"):
        heap.node(["cma", "linux,cma"], tmp_path)
    assert heap.node(["cma", "reserved"], tmp_path) == tmp_path / "reserved"


def test_no_memory_is_full_and_every_other_refusal_stays_what_it_is() -> None:
    with pytest.raises(Full, match="reserved has no room for 4096 bytes"), room_in("reserved", 4096):
        raise KernelRefused(ENOMEM, "DMA_HEAP_IOCTL_ALLOC")
    with pytest.raises(Absent), room_in("reserved", 4096):
        raise Absent(ENOMEM, "gone")


def test_formats_and_modifiers_of_a_plane_are_read_from_its_blob() -> None:
    # Two formats; LINEAR (0) for both, modifier 5 for the second alone: masks 0b11 and 0b10.
    formats = [int.from_bytes(name, "little") for name in (b"XR24", b"R8  ")]
    head = struct.pack("<6I", 1, 0, 2, 24, 2, 32)
    blob = head + struct.pack("<2I", *formats)
    blob += struct.pack("<QI4xQ", 0b11, 0, 0) + struct.pack("<QI4xQ", 0b10, 0, 5)
    assert kms.in_formats(blob) == {"XR24": (0,), "R8": (0, 5)}


def test_request_numbers_are_made_as_the_headers_do() -> None:
    # _IOWR('H', 0, struct of 24 bytes) = 3 << 30 | 24 << 16 | 0x48 << 8.
    assert uapi.HEAP_ALLOC.number == 0xC0184800
