"""Branch and bound against CP-SAT: the same optimum, and names decide what is left."""

from __future__ import annotations

import pytest

from benchmarks.instances import instance
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.candidates.relaxation import NOTHING
from heapwright.solver.candidates.usage import Usage
from heapwright.solver.question.resolve import Problem
from heapwright.solver.search import branch_and_bound as branch
from heapwright.solver.search.choose import Choice, SearchLimits, choose
from heapwright.solver.search.rows import OptionGroup


def _propagated(seed: int, buffers: int) -> Propagation:
    one = instance(seed, buffers)
    return Propagation(Problem(one.platform, one.pipelines))


def _chosen(found: Propagation) -> Choice:
    used = existing_usage(found.board, found.problem.live)
    return choose(found.problem, found, used, limits=SearchLimits(time=1.0))


@pytest.mark.parametrize("buffers", [4, 8])
@pytest.mark.parametrize("seed", range(40))
def test_trying_and_cp_sat_find_the_same_optimum(
    seed: int, buffers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _propagated(seed, buffers)
    tried = _chosen(found)
    monkeypatch.setattr(branch, "OPTIONS", -1)
    searched = _chosen(found)
    if searched.status == "feasible":  # at its limit
        assert tried.options
        return
    assert (tried.status, tried.levels) == (searched.status, searched.levels)


def test_what_is_too_much_to_try_is_left_to_cp_sat(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _propagated(1, 8)
    tried = _chosen(found)
    monkeypatch.setattr(branch, "BRANCHES", 1)
    searched = _chosen(found)
    assert tried.searched and searched.searched
    assert (tried.status, tried.levels) == (searched.status, searched.levels)


def _alike(option: Option, name: str, variable: int) -> Option:
    """An option that differs from the other in the device it binds and in name."""
    return option._replace(key=(name,), charges=(), reserved=(), shares=(), assignment=((variable, name),))


def test_of_equal_choices_the_earlier_buffer_has_the_earlier_name() -> None:
    # Two buffers want different devices, and each costs the same with either.
    option = _propagated(1, 4).options[0][0]
    groups = [
        OptionGroup(1, tuple(_alike(option, name, variable) for name in ("b", "a"))) for variable in (0, 1)
    ]
    taken = branch.best(groups, [(1, 0)], Usage({}, {}, {}), NOTHING)
    assert taken == [[0, 1], [1, 0]]  # the first has a, the second has b


def test_buffers_that_cannot_be_apart_have_no_choice() -> None:
    option = _propagated(1, 4).options[0][0]
    groups = [OptionGroup(1, (_alike(option, "only", variable),)) for variable in (0, 1)]
    assert branch.best(groups, [(1, 0)], Usage({}, {}, {}), NOTHING) == []
