"""The comparison of two transcripts finds a fact that is wrong, and only then."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from heapwright.platforms.catalog import load_platform
from heapwright.platforms.schema import Platform
from tests.builders import MIB, changed
from tests.kernel import sequences
from tests.kernel.sequences import pools
from tests.kernel.sequences.compared import Compared, compared
from tests.kernel.sequences.language import Allocate, Fill, Free, Import, Map, Step
from tests.kernel.sequences.on_board import Pretended

STEPS: list[Step] = [
    *chain(pools.stray_page(), pools.drivers_take_from_the_pool()),
    Allocate("frame", "system", 8 * MIB),
    Import("frame", "vmalloc", "8M"),
    Import("frame", "virtio"),
    Free("frame"),
    Allocate("pages", "udmabuf", 8 * MIB),
    Import("pages", "contig", "8M"),
    Free("pages"),
    Allocate("secret", "video", MIB),
    Map("secret"),
    Import("secret", "vmalloc", "1M"),
    Import("secret", "contig", "1M"),
    Free("secret"),
    Fill("all", "video", MIB),
]


def machine() -> Platform:
    return load_platform(Path(sequences.__file__).with_name("truth.yaml"))


def against(believed: Platform) -> Compared:
    """What is made of the steps when the real machine is the profile, and another is believed."""
    return compared(believed, STEPS, Pretended(machine(), luck=0.5))


def test_a_profile_agrees_with_itself() -> None:
    went = against(machine())
    assert went.disagreements == ()
    assert went.luck == 0


@pytest.mark.parametrize(
    ("path", "value", "step"),
    [
        ("memory.cma.size", 128 * MIB, Fill),
        ("memory.cma.held", MIB, Fill),
        ("memory.video.size", 4 * MIB, Fill),
        ("heaps.cma.align", None, Fill),
        ("heaps.contig-mmap.memory", ("dram",), Fill),
        ("heaps.udmabuf.largest", MIB, Allocate),
        ("heaps.udmabuf.run", "whole", Import),
        ("heaps.video.cpu", "cached", Map),
        ("devices.virtio.refuses", None, Import),
        ("devices.virtio.imports", "any", Import),
        ("devices.vmalloc.by_cpu", False, Import),
        ("devices.contig.dma.mmu", True, Import),
    ],
)
def test_one_wrong_fact_shows(path: str, value: Any, step: type[Step]) -> None:
    found = against(changed(machine(), path, value)).disagreements
    assert any(isinstance(each.step, step) for each in found), found
    assert all("the kernel says" in str(each) for each in found)
