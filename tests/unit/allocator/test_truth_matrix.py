"""The measured truth matrix of two kernels, as the pretended board has it.

The kernels themselves are asked in tests/kernel/guest; here the table stands as it was
measured, so that a change of the simulator shows without a machine to boot. Columns are
64 KiB, 1 MiB, 1.5 MiB, 8 MiB, 32 MiB; `luck` is either answer.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from heapwright.platforms.catalog import load_platform
from tests.kernel import sequences
from tests.kernel.sequences.language import FRAMES, Allocate, Import, Step, perform
from tests.kernel.sequences.on_board import Pretended

ALL_OK = "ok ok ok ok ok"
PAGES = "luck luck luck EFAULT EFAULT"
"""Single pages: one run by luck, and never longer than a block of the page allocator."""
MATRIX = {
    ("stock", "system", "vmalloc"): ALL_OK,
    ("stock", "system", "contig"): "ok ok luck luck luck",
    ("stock", "system", "vgem"): ALL_OK,
    ("stock", "system", "bochs"): "EINVAL EINVAL EINVAL EINVAL EINVAL",
    ("stock", "system", "virtio"): "ENODEV ENODEV ENODEV ENODEV ENODEV",
    ("stock", "udmabuf", "contig"): PAGES,
    ("stock", "udmabuf-huge", "contig"): "ok ok ok luck luck",
    ("stock", "vgem-dumb", "contig"): PAGES,
    ("stock", "vgem-dumb", "bochs"): "EINVAL EINVAL EINVAL EINVAL EINVAL",
    ("stock", "virtio-dumb", "virtio"): ALL_OK,
    ("stock", "bochs-dumb", "vmalloc"): "ok ok ok ok -",
    ("stock", "bochs-dumb", "contig"): "ENOSYS ENOSYS ENOSYS ENOSYS -",
    ("stock", "bochs-dumb", "vgem"): "ENOSYS ENOSYS ENOSYS ENOSYS -",
    ("stock", "bochs-dumb", "virtio"): "ENOSYS ENOSYS ENOSYS ENOSYS -",
    ("stock", "bochs-dumb", "bochs"): "ok ok ok ok -",
    ("stock", "contig-mmap", "vmalloc"): "ok ok ok - -",
    ("truth", "system", "contig"): "ok ok luck luck luck",
    ("truth", "system", "vkms"): ALL_OK,
    ("truth", "system", "bochs"): ALL_OK,
    ("truth", "cma", "contig"): ALL_OK,
    ("truth", "cma", "virtio"): "ENODEV ENODEV ENODEV ENODEV ENODEV",
    ("truth", "video", "vmalloc"): "EFAULT EFAULT EFAULT EFAULT -",
    ("truth", "video", "contig"): "ok ok ok ok -",
    ("truth", "video", "vgem"): "ok ok ok ok -",
    ("truth", "video", "vkms"): "ok ok ok ok -",
    ("truth", "udmabuf", "contig"): PAGES,
    ("truth", "vkms-dumb", "contig"): PAGES,
    ("truth", "bochs-dumb", "contig"): PAGES,
    ("truth", "bochs-dumb", "virtio"): "ENODEV ENODEV ENODEV ENODEV ENODEV",
    ("truth", "vmalloc-mmap", "contig"): PAGES,
    ("truth", "vmalloc-mmap", "vkms"): ALL_OK,
    ("truth", "contig-mmap", "vmalloc"): ALL_OK,
    ("truth", "contig-mmap", "contig"): ALL_OK,
}


def told(machine: str, heap: str, device: str, luck: float) -> list[str]:
    """What the board says of each size; `-` where there is no such buffer."""
    platform = load_platform(Path(sequences.__file__).with_name(f"{machine}.yaml"))
    words = []
    for size, frame in FRAMES.items():
        in_images = platform.heaps[heap].via == "v4l2"
        steps: list[Step] = [
            Allocate("frame", heap, frame.room, size if in_images else ""),
            Import("frame", device, size if device in ("vmalloc", "contig") else ""),
        ]
        made, taken = perform(steps, Pretended(platform, luck))
        words.append(taken.word if made.word == "ok" else "-")
    return words


@pytest.mark.parametrize(("machine", "heap", "device"), MATRIX)
def test_the_board_has_the_measured_matrix(machine: str, heap: str, device: str) -> None:
    both = zip(told(machine, heap, device, 0.0), told(machine, heap, device, 1.0), strict=True)
    found = ["luck" if unlucky != lucky else unlucky for unlucky, lucky in both]
    assert " ".join(found) == MATRIX[machine, heap, device]
