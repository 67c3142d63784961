"""The README tells the truth: its commands print what it shows, its table lists every kind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heapwright.solver.constraints import KINDS
from tests.readme import README, TOLD, commands, filled

TEXT = README.read_text()


@pytest.mark.parametrize("page", TOLD, ids=lambda page: page.name)
def test_commands_print_what_the_page_shows(page: Path) -> None:
    text = page.read_text()
    assert len(commands(text)) >= 2
    assert filled(text) == text


def test_python_example_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, str(README), "exec"), {})


def test_every_kind_is_in_the_table() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \|", TEXT, re.MULTILINE)
    assert listed == [kind.name for kind in KINDS]
