"""The coverage of boards: counted, and written down."""

from __future__ import annotations

import re

from heapwright.api.drawing.coverage import coverage, page
from heapwright.platforms.catalog import board_names
from tests.api.questions import Command
from tests.examples import ROOT


def test_the_page_is_current() -> None:
    # heapwright platforms coverage --markdown > docs/boards/README.md
    assert (ROOT / "docs" / "boards" / "README.md").read_text() == page()


def test_acme_one_is_counted() -> None:
    # design §4: dram, cma, tz; system, cma, video-protected; five devices with a port each.
    found = coverage("acme-one")
    assert (found.memories, found.heaps, found.devices, found.ports) == (3, 3, 5, 5)
    assert found.unknown == 0
    assert found.facts > found.ports + found.devices + found.heaps + found.memories


def test_a_variant_belongs_to_its_board() -> None:
    assert "rk3588-8g-rga3" in coverage("rk3588").variants
    assert coverage("rk3588-8g-rga3").variants == ()


def test_every_board_is_a_row_or_a_variant(heapwright: Command) -> None:
    found = heapwright("platforms", "coverage", "--json").json
    assert [one["board"] for one in found] == list(board_names())
    rows = [line.split()[0] for line in heapwright("platforms", "coverage").out.splitlines()[1:-1]]
    variants = {variant for one in found for variant in one["variants"]}
    assert set(rows) | variants == set(board_names())
    assert not set(rows) & variants


def test_every_board_is_on_the_page_of_what_was_researched() -> None:
    text = (ROOT / "docs" / "boards" / "research.md").read_text()
    hardware, *_ = text.split("\n## ")
    named = set(re.findall(r"`([a-z0-9][a-z0-9.-]+)`", hardware)) - {"extends"}
    assert {name for name in named if not name.startswith("part-")} == set(board_names())
    # A header, a rule, and the pieces of hardware.
    assert sum(line.startswith("|") for line in hardware.splitlines()) == 2 + 31
