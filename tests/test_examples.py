"""The portable examples are portable: they name what is wanted, and nothing that a board has.

That each runs unchanged on every board, with a plan or with reasons, is tests/golden.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heapwright.platforms.words import PORTS
from heapwright.solver.question.load import load_pipelines
from tests.examples import BOARDS, PORTABLE, board

IDS = [path.stem for path in PORTABLE]


def words_of_boards() -> set[str]:
    """Names of boards, memories, heaps and their nodes, devices and drivers."""
    found: set[str] = set(BOARDS)
    for name in BOARDS:
        platform = board(name)
        found |= {*platform.memory, *platform.heaps, *platform.devices, *platform.resources}
        found |= {node for heap in platform.heaps.values() for node in heap.names}
        found |= {device.driver for device in platform.devices.values() if device.driver}
    return found


def test_there_are_enough_examples() -> None:
    assert len(PORTABLE) >= 12


@pytest.mark.parametrize("path", PORTABLE, ids=IDS)
def test_an_example_is_called_like_its_file_and_says_what_it_is(path: Path) -> None:
    [pipeline] = load_pipelines([path])
    assert pipeline.name == path.stem
    assert pipeline.title


@pytest.mark.parametrize("path", PORTABLE, ids=IDS)
def test_an_example_names_nothing_of_a_board(path: Path) -> None:
    # Titles are prose; a board may call its only camera `camera`.
    text = re.sub(r"(?m)^title:.*$", "", path.read_text("utf-8"))
    words = set(re.findall(r"[A-Za-z0-9_,+-]+", text))
    [pipeline] = load_pipelines([path])
    everybodys = {*PORTS, *(port for ports in PORTS.values() for port in ports)}
    assert words & words_of_boards() <= {pipeline.name, *pipeline.buffers, *everybodys}
