"""The Example in every kind's docstring: a case that the kind refuses, and one beside it that has a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from heapwright import solve
from heapwright.allocator.judge.judge import judge
from heapwright.solver import constraints
from heapwright.solver.answer.plan import Answer, Infeasible, Plan
from tests.docstring_examples import example

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


def answer(module: Path, case: str) -> Answer:
    stated = example(module)
    platform, question = stated.question(stated.values[case])
    found = solve(platform, [question])
    assert not isinstance(found, Plan) or judge(platform, [question], found) == ()
    return found


@of_kind
def test_one_fact_decides_between_a_refusal_and_a_plan(module: Path) -> None:
    stated = example(module)
    assert list(stated.values) == ["violates", "passes"]
    refused = answer(module, "violates")
    assert isinstance(refused, Infeasible)
    assert {reason.kind for reason in refused.conflict} == {kind(module), *stated.clashes_with}
    assert isinstance(answer(module, "passes"), Plan)


@of_permit
def test_one_fact_decides_whether_the_kind_says_why_a_heap_is_fine(module: Path) -> None:
    stated = example(module)
    assert list(stated.values) == ["permits", "otherwise"]
    permitted = answer(module, "permits")
    assert isinstance(permitted, Plan)
    assert kind(module) in {reason.kind for each in permitted.placements for reason in each.reasons}
    refused = answer(module, "otherwise")
    assert isinstance(refused, Infeasible)
    assert {reason.kind for reason in refused.conflict} == stated.clashes_with
