"""The Example in every kind's docstring: a case that the kind refuses, and one beside it that has a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from heapwright import HeapwrightError, solve
from heapwright.allocator.judge.judge import judge
from heapwright.solver import constraints
from heapwright.solver.answer.plan import Answer, Infeasible, Plan
from tests.docstring_examples import Example, example

MODULES: Final = sorted(
    path for path in Path(constraints.__file__).parent.glob("*/*.py") if path.stem != "__init__"
)
PERMITTING: Final = ["own_mmu"]
"""What never refuses: its example shows when it says why a heap is fine."""

of_kind = pytest.mark.parametrize(
    "module", [path for path in MODULES if path.stem not in PERMITTING], ids=lambda path: path.stem
)
of_permit = pytest.mark.parametrize(
    "module", [path for path in MODULES if path.stem in PERMITTING], ids=lambda path: path.stem
)


def kind(module: Path) -> str:
    return module.stem.replace("_", "-")


def answer(stated: Example, case: str) -> Answer:
    platform, question = stated.question(stated.values[case])
    found = solve(platform, [question])
    assert not isinstance(found, Plan) or judge(platform, [question], found) == ()
    return found


def shown(stated: Example) -> list[set[str] | None]:
    """The kinds in the conflict of each case, None where there is a plan."""
    answers = [answer(stated, case) for case in stated.values]
    return [
        {reason.kind for reason in found.conflict} if isinstance(found, Infeasible) else None
        for found in answers
    ]


@of_kind
def test_one_fact_decides_between_a_refusal_and_a_plan(module: Path) -> None:
    stated = example(module)
    assert list(stated.values) == ["violates", "passes"]
    assert shown(stated) == [{kind(module), *stated.clashes_with}, None]


@of_permit
def test_one_fact_decides_whether_the_kind_says_why_a_heap_is_fine(module: Path) -> None:
    stated = example(module)
    assert list(stated.values) == ["permits", "otherwise"]
    assert shown(stated) == [None, stated.clashes_with]
    permitted = answer(stated, "permits")
    assert isinstance(permitted, Plan)
    assert kind(module) in {reason.kind for each in permitted.placements for reason in each.reasons}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_an_example_states_nothing_idle(module: Path) -> None:
    stated = example(module)
    for fewer in stated.without_one():
        try:
            assert shown(fewer) != shown(stated)
        except HeapwrightError:
            continue  # others that are stated need it
