"""What memories and links carry: stated by every board of ours, or usual for a type, with a source, and never nothing."""

from __future__ import annotations

import tomllib
from typing import Any, get_args

import pytest

from heapwright.platforms.catalog import board_names, load_platform
from heapwright.platforms.knowledge.bandwidths import link_bandwidth, memory_bandwidth
from heapwright.platforms.schema import Link, Memory
from heapwright.platforms.values import UNKNOWN
from heapwright.platforms.words import LinkType, MemoryType
from tests.examples import ROOT
from tests.unit.platforms.test_citations import is_citation

TABLE: dict[str, Any] = tomllib.loads((ROOT / "platforms" / "bandwidths.toml").read_text("utf-8"))
USUAL = {
    ("acme-one", "tz"),
    ("amd-apu-laptop-dgpu", "dgpu-vram"),
    ("fpga-pcie-card", "card-bar"),
    ("hybrid-laptop", "dgpu-vram"),
    ("iio-dmabuf-card", "card-bar"),
    ("qemu-virt-arm64", "dram"),
    ("simple-displays", "vram"),
    ("tee-protected", "dram"),
}
"""Memories of which nobody knows more than their type: of boards that are invented, virtual, or whose card has no name."""
BOARDS = board_names()


def of(name: str) -> tuple[str, ...]:
    """The board and those it is made of, by the beginning of their names."""
    return tuple(board for board, _ in USUAL if name.startswith(board))


@pytest.mark.parametrize(
    ("of", "words"), [("memory", get_args(MemoryType)), ("link", get_args(LinkType))], ids=["memory", "link"]
)
def test_every_type_has_a_usual_bandwidth(of: str, words: tuple[str, ...]) -> None:
    assert set(TABLE[of]["types"]) == set(words)
    for usual in (TABLE[of], *TABLE[of]["types"].values()):
        assert is_citation(usual["source"])
    for usual in TABLE[of]["types"].values():
        assert isinstance(usual["bandwidth"], int)
        assert usual["bandwidth"] > 0


def test_what_is_stated_counts_and_else_what_is_usual() -> None:
    stated = {"size": 1, "source": "a map", "bandwidth": {"peak": 1000, "source": "a data sheet"}}
    found = memory_bandwidth(Memory.model_validate(stated))
    # 7/10 of it can be had.
    assert (found.peak, found.sustained, found.assumed, found.source) == (1000, 700, False, "a data sheet")
    usual = memory_bandwidth(Memory.model_validate({"size": 1, "source": "a map", "type": "lpddr4"}))
    assert (usual.peak, usual.sustained, usual.assumed) == (12_800_000_000, 8_960_000_000, True)
    link = link_bandwidth(Link.model_validate({"type": "pcie", "bandwidth": 1000, "source": "a slot"}))
    assert (link.peak, link.sustained, link.assumed, link.source) == (1000, 800, False, "a slot")
    assert link_bandwidth(Link.model_validate({"type": "usb", "source": "a socket"})).assumed


@pytest.mark.parametrize("name", BOARDS)
def test_every_outermost_memory_of_a_board_carries_something(name: str) -> None:
    platform = load_platform(name)
    allocated = {m for heap in platform.heaps.values() if heap.memory != UNKNOWN for m in heap.memory}
    for inner in list(allocated):
        while (outer := platform.memory[inner].inside) is not None:
            allocated.add(inner := outer)
    for memory, spec in platform.memory.items():
        if spec.inside is not None:
            assert spec.bandwidth is None, f"{memory} is carried by what is around it"
            continue
        carried = memory_bandwidth(spec)
        assert 0 < carried.sustained < carried.peak
        if memory in allocated:
            assert carried.assumed == any((board, memory) in USUAL for board in of(name)), memory


@pytest.mark.parametrize("name", BOARDS)
def test_every_card_is_on_a_link(name: str) -> None:
    platform = load_platform(name)
    for memory in platform.memory.values():
        if memory.local is not None and memory.inside is None:
            owners = (memory.local,) if isinstance(memory.local, str) else memory.local
            behind = {platform.devices[owner].link for owner in owners}
            assert len(behind) == 1
            assert behind != {None}
    named = {device.link for device in platform.devices.values()} - {None}
    assert named == set(platform.links)
    assert all(link_bandwidth(link).sustained > 0 for link in platform.links.values())
