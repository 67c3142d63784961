"""Every portable example on every board: the rendered answer, reviewed as prose.

Where a board only lacks a port, there is nothing to read: those pairs are rows of one table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from syrupy.assertion import SnapshotAssertion

import heapwright
from heapwright.allocator.judge.judge import judge
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.answer.render import text
from heapwright.solver.question.load import load_pipelines
from tests.examples import BOARDS, PORTABLE, board
from tests.golden.missing import TABLE, listed, only_missing, table

MISSING: Final = listed()


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
    missing = only_missing(answer)
    assert missing == MISSING.get((path.stem, name))
    if missing is None:
        assert text(answer) == snapshot


def test_the_table_of_missing_ports_is_as_written_and_has_no_other_pairs() -> None:
    assert MISSING.keys() <= {(path.stem, name) for path in PORTABLE for name in BOARDS}
    assert TABLE.read_text("utf-8") == table(MISSING.items())
