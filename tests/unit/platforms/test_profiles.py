"""Every board and every file of driver rules that we ship is sound."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from heapwright.platforms.catalog import board_names, check_profile
from heapwright.platforms.checks.consistency import faults
from heapwright.platforms.layers.rules import DRIVER_SCHEMA
from heapwright.platforms.reading.validation import headed
from heapwright.platforms.reading.yaml_source import read_file
from tests.examples import board as shipped

FOLDER = Path(str(resources.files("heapwright.platforms")))
PROFILES = sorted((FOLDER / "profiles").glob("*.yaml"))
DRIVERS = sorted((FOLDER / "drivers").glob("*.yaml"))


@pytest.mark.parametrize("name", board_names())
def test_a_board_is_sound_and_called_like_its_file(name: str) -> None:
    board = shipped(name)
    assert board.name == name
    assert list(faults(board)) == []


@pytest.mark.parametrize("file", PROFILES, ids=lambda file: file.stem)
def test_a_profile_is_sound_by_itself(file: Path) -> None:
    board = check_profile(file)
    assert (board is not None) == (file.stem in board_names())


@pytest.mark.parametrize("file", DRIVERS, ids=lambda file: file.stem)
def test_driver_rules_make_a_device(file: Path, tmp_path: Path) -> None:
    rules = read_file(file)
    kind = headed(rules, DRIVER_SCHEMA).get("kind", "display")
    profile = tmp_path / "board.yaml"
    profile.write_text(
        "schema: heapwright/platform/1\nname: board\npart: true\n"
        f"devices: {{it: {{kind: {kind}, rules: {file.stem}}}}}\n"
    )
    assert check_profile(profile) is None


@pytest.mark.parametrize("file", [*PROFILES, *DRIVERS], ids=lambda file: file.stem)
def test_a_source_that_nobody_can_follow_is_marked(file: Path) -> None:
    for line in file.read_text("utf-8").splitlines():
        assert "unresolved" in line or not re.search(r"\bindex ids?\b", line)
