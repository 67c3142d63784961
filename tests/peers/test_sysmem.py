"""Every case of the file, put to the solver: see README.md for the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .cases import World
from .files import read_cases
from .judge import judge


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each case of the file, our copy unless another is given."""
    world, cases = read_cases(metafunc.config.getoption("--sysmem-cases"))
    metafunc.parametrize(
        ("world", "kind", "case"),
        [(world, kind, case) for kind, case in cases],
        ids=[f"{kind}-{_name(case, number)}" for number, (kind, case) in enumerate(cases)],
    )


def _name(case: Any, number: int) -> Any:
    return case.get("id", number) if isinstance(case, dict) else number


def test_is_answered_as_well(
    world: World, kind: str, case: Any, record_property: Callable[[str, object], None]
) -> None:
    outcome, why = "failed", ["an error"]
    try:
        verdict = judge(world, kind, case)
        outcome, why = verdict.outcome, [*verdict.why]
    finally:
        record_property("sysmem", [outcome, why])
    if outcome in ("waiting", "out of scope"):
        pytest.skip(f"{outcome}: {', '.join(why)}")
    assert not why
