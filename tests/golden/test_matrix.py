"""Every portable example on every board: the rendered answer, reviewed as prose."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

import heapwright
from heapwright.allocator.judge.judge import judge
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.answer.render import text
from heapwright.solver.question.load import load_pipelines
from tests.examples import BOARDS, PORTABLE, board


@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize("path", PORTABLE, ids=lambda path: path.stem)
def test_example_on_board(path: Path, name: str, snapshot: SnapshotAssertion) -> None:
    pipelines = load_pipelines([path])
    answer = heapwright.solve(board(name), pipelines)
    if isinstance(answer, Plan):
        assert judge(board(name), pipelines, answer) == ()
    else:
        assert isinstance(answer, Infeasible)
        assert answer.conflict
        assert all(reason.source for reason in answer.conflict)
    assert text(answer) == snapshot
