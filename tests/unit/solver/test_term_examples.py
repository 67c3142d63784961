"""The Example in every cost term's docstring: what the same question costs as one fact changes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from heapwright import HeapwrightError, Plan, solve
from heapwright.solver import objective
from tests.docstring_examples import Example, example

TERMS: Final = sorted(
    path for path in Path(objective.__file__).parent.glob("*.py") if path.stem not in ("__init__", "term")
)
every_term = pytest.mark.parametrize("module", TERMS, ids=lambda path: path.stem)


def paid(stated: Example, term: str) -> list[int | None]:
    """What each case pays for the term, None where there is no plan."""
    answers = [
        solve(platform, [question]) for platform, question in map(stated.question, stated.values.values())
    ]
    return [
        next(level.value for level in found.levels if level.term == term) if isinstance(found, Plan) else None
        for found in answers
    ]


@every_term
def test_one_fact_changes_what_is_paid(module: Path) -> None:
    stated = example(module)
    found = paid(stated, module.stem.replace("_", "-"))
    assert [f"costs {each}" for each in found] == list(stated.values)
    assert len(set(found)) == len(found) >= 2


@every_term
def test_an_example_states_nothing_idle(module: Path) -> None:
    stated, term = example(module), module.stem.replace("_", "-")
    for fewer in stated.without_one():
        try:
            assert paid(fewer, term) != paid(stated, term)
        except HeapwrightError:
            continue  # others that are stated need it
