"""What a driver does is written once, in platforms/drivers/, and not again in the profiles of its boards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from heapwright.platforms.reading.yaml_source import read_file
from tests.unit.platforms.test_profiles import DRIVERS, PROFILES

ENOUGH = 6
"""Rules of a port with more values than these are worth a file; `formats: [YUYV]` is not."""

Devices = Mapping[str, Mapping[str, Any]]


def devices_of(file: Path) -> Devices:
    """The devices as this very file states them: nothing inherited, nothing from its drivers' rules."""
    devices = read_file(file).data.get("devices") or {}
    return {name: device for name, device in devices.items() if isinstance(device, dict)}


def stated(files: list[Path]) -> dict[str, Devices]:
    return {file.stem: devices_of(file) for file in files}


RULES: dict[str, Devices] = {f"drivers/{file.stem}": {"it": read_file(file).data} for file in DRIVERS}


def without_sources(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_sources(inner) for key, inner in value.items() if key != "source"}
    return [without_sources(inner) for inner in value] if isinstance(value, list) else value


def values(block: Any) -> int:
    """How many values a block states."""
    if isinstance(block, dict):
        return sum(values(inner) for inner in block.values())
    return sum(values(inner) for inner in block) if isinstance(block, list) else 1


def blocks(files: Mapping[str, Devices]) -> Iterator[tuple[str, str]]:
    """The image rules of each port, sources aside, and the file that states them."""
    for file, devices in files.items():
        for device in devices.values():
            for port in (device.get("ports") or {}).values():
                images = without_sources((port or {}).get("images") or [])
                if values(images) > ENOUGH:
                    yield repr(images), file


def repeated_blocks(profiles: Mapping[str, Devices], rules: Mapping[str, Devices]) -> list[list[str]]:
    """Files that state the image rules of a profile again; within one file a device may read what it writes."""
    found: dict[str, set[str]] = defaultdict(set)
    for block, file in blocks({**profiles, **rules}):
        found[block].add(file)
    return sorted(sorted(names) for names in found.values() if len(names) > 1 and names & set(profiles))


def ruleless(files: Mapping[str, Devices]) -> Iterator[tuple[tuple[str, str], str]]:
    """Driver and kind of each device that states itself what its driver does."""
    for file, devices in files.items():
        for device in devices.values():
            if "driver" in device and "rules" not in device:
                yield (device["driver"], device.get("kind", "")), file


def repeated_drivers(
    files: Mapping[str, Devices], rules: Mapping[str, Devices]
) -> list[tuple[str, list[str]]]:
    """Drivers that several profiles describe, or one although there are rules for it."""
    known = {driver for driver, _ in ruleless(rules)}
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for driver, file in ruleless(files):
        found[driver].add(file)
    return sorted(
        (driver[0], sorted(names)) for driver, names in found.items() if len(names) > 1 or driver in known
    )


def test_no_profile_states_image_rules_that_another_file_states() -> None:
    assert repeated_blocks(stated(PROFILES), RULES) == []


def test_a_driver_is_described_in_one_place() -> None:
    assert repeated_drivers(stated(PROFILES), RULES) == []


PANEL = {
    "kind": "display",
    "driver": "acme-drm",
    "ports": {"scanout": {"images": [dict.fromkeys("abcdefg", 1)]}},
}
SOURCED = {
    **PANEL,
    "ports": {"scanout": {"images": [{**dict.fromkeys("abcdefg", 1), "source": "elsewhere"}]}},
}
WIDER = {**PANEL, "ports": {"scanout": {"images": [dict.fromkeys("abcdefg", 2)]}}}


@pytest.mark.parametrize(("other", "found"), [(PANEL, True), (SOURCED, True), (WIDER, False)])
def test_the_same_block_under_another_name_and_source_is_found(other: Any, found: bool) -> None:
    assert repeated_blocks({"one": {"panel": PANEL}, "two": {"lcd": other}}, {}) == (
        [["one", "two"]] if found else []
    )


def test_copies_that_disagree_are_found_by_their_driver() -> None:
    two = {"one": {"panel": PANEL}, "two": {"lcd": WIDER}}
    assert repeated_drivers(two, {}) == [("acme-drm", ["one", "two"])]
    assert repeated_drivers({"one": {"panel": PANEL}}, {"acme": {"it": WIDER}}) == [("acme-drm", ["one"])]
    assert repeated_drivers({"one": {"panel": {**PANEL, "rules": "acme"}}}, {"acme": {"it": WIDER}}) == []
