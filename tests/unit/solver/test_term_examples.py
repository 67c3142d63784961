"""The Example in every cost term's docstring: what the same question costs as one fact changes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from heapwright.solver import objective
from tests.builders import plan
from tests.docstring_examples import example

TERMS: Final = sorted(
    path for path in Path(objective.__file__).parent.glob("*.py") if path.stem not in ("__init__", "term")
)


@pytest.mark.parametrize("module", TERMS, ids=lambda path: path.stem)
def test_one_fact_changes_what_is_paid(module: Path) -> None:
    stated = example(module)
    assert len(set(stated.values)) == len(stated.values) >= 2
    name = module.stem.replace("_", "-")
    for told, value in stated.values.items():
        platform, question = stated.question(value)
        [paid] = [level.value for level in plan(platform, question).levels if level.term == name]
        assert told == f"costs {paid}"
