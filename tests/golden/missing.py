"""The pairs of example and board whose answer is only that a port is missing: one table, `missing.yaml`.

Example, what the board lacks for it, boards. `python -m tests.golden.missing` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from textwrap import fill
from typing import Final

from ruamel.yaml import YAML

import heapwright
from heapwright.solver.answer.plan import Answer, Infeasible
from heapwright.solver.question.load import load_pipelines
from tests.examples import BOARDS, PORTABLE, board

TABLE: Final = Path(__file__).with_name("missing.yaml")
_TITLE: Final = "# Example, what the boards lack for it, boards. Written by python -m tests.golden.missing.\n"
Pair = tuple[str, str]
"""Example and board."""


def only_missing(answer: Answer) -> str | None:
    """What the board lacks, if that is all that the answer says."""
    if not isinstance(answer, Infeasible) or {reason.kind for reason in answer.conflict} != {
        "missing-device"
    }:
        return None
    [reason] = answer.conflict
    assert answer.remedies == ()
    return reason.text.removeprefix(f"{answer.platform} has ")


def listed() -> dict[Pair, str]:
    """The table."""
    found = YAML(typ="safe").load(TABLE.read_text("utf-8"))
    return {
        (example, name): lack
        for example, lacks in found.items()
        for lack, names in lacks.items()
        for name in names
    }


def table(pairs: Iterable[tuple[Pair, str]]) -> str:
    """The table as it is written."""
    grouped: dict[str, dict[str, list[str]]] = {}
    for (example, name), lack in sorted(pairs):
        grouped.setdefault(example, {}).setdefault(lack, []).append(name)
    return _TITLE + "".join(
        f"\n{example}:\n" + "".join(map(_row, lacks, lacks.values())) for example, lacks in grouped.items()
    )


def _row(lack: str, boards: list[str]) -> str:
    names = fill(
        f"[{', '.join(boards)}]",
        110,
        initial_indent="    ",
        subsequent_indent="     ",
        break_on_hyphens=False,
    )
    return f"  {lack}:\n{names}\n"


if __name__ == "__main__":
    answers = (
        ((path.stem, name), only_missing(heapwright.solve(board(name), load_pipelines([path]))))
        for path in PORTABLE
        for name in BOARDS
    )
    TABLE.write_text(table((pair, lack) for pair, lack in answers if lack is not None), "utf-8")
