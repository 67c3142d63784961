"""Every portable example on every board: the rendered answer, reviewed as prose.

The judge takes every plan, and one that was sent as JSON and read again contradicts nothing.
Where a board only lacks a port, there is nothing to read: those pairs are rows of one table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from syrupy.assertion import SnapshotAssertion

import heapwright
from heapwright.allocator.judge.contradictions.passes import contradictions
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.answer.render import text
from tests.examples import BOARDS, PORTABLE, board, judged_board, portable
from tests.golden.missing import TABLE, listed, only_missing, table

MISSING: Final = listed()


@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize("path", PORTABLE, ids=lambda path: path.stem)
def test_example_on_board(path: Path, name: str, snapshot: SnapshotAssertion) -> None:
    answer = heapwright.solve(board(name), portable(path))
    if isinstance(answer, Plan):
        case = JudgedQuestion(judged_board(name), portable(path))
        assert case.judge(answer) == ()
        as_sent = Plan.model_validate_json(answer.model_dump_json(by_alias=True))
        assert contradictions(case, as_sent) == ()
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
