"""Answers worked out by hand from the facts of a board (docs/derivations), and the solver's beside them.

Conversions are forbidden, whatever the pipeline says, unless the hand made some: `converted` lists the devices.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import heapwright
from heapwright.allocator.judge.judge import judge
from heapwright.platforms.catalog import board_names, extended
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.question.load import load_pipelines
from tests.examples import ROOT, board, converting

PAGES = sorted((ROOT / "docs" / "derivations").glob("*.md"))
_ANSWER = re.compile(r"^```yaml\n(answer:\n.*?)^```$", re.MULTILINE | re.DOTALL)


def answers(page: Path) -> list[dict[str, Any]]:
    found = [YAML(typ="safe").load(text)["answer"] for text in _ANSWER.findall(page.read_text("utf-8"))]
    return [dict(answer) for answer in found]


CASES = [
    pytest.param(answer, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, answer in enumerate(answers(page), 1)
]


@pytest.mark.parametrize("answer", CASES)
def test_the_hand_and_the_solver_agree(answer: dict[str, Any]) -> None:
    platform = board(answer["board"])
    converted = answer.get("converted", [])
    how = "allow" if converted else "forbid"
    pipelines = tuple(converting(each, how) for each in load_pipelines([ROOT / answer["pipeline"]]))
    found = heapwright.solve(platform, pipelines, pins=answer.get("pins", ()))
    if "infeasible" in answer:
        assert isinstance(found, Infeasible)
        assert {reason.kind for reason in found.conflict} >= set(answer["infeasible"])
        return
    assert isinstance(found, Plan)
    assert judge(platform, pipelines, found) == ()
    assert [conversion.device for conversion in found.conversions] == converted
    placement = next(one for one in found.placements if one.buffer == answer["buffer"])
    seen = {field: getattr(placement, field) for field in ("heap", "format", "modifier", "size", "allocated")}
    seen["stride"] = placement.planes[0].stride if placement.format else None
    wanted = {field: value for field, value in answer.items() if field in seen}
    assert {field: seen[field] for field in wanted} == wanted


def test_every_board_has_two() -> None:
    """Counted with its variants: a family of boards shares its facts."""
    derived = Counter(family(answer.values[0]["board"]) for answer in CASES)  # type: ignore[index]
    short = {name for name in map(family, board_names()) if derived[name] < 2}
    assert short == set()


def family(name: str) -> str:
    """The board that a variant is made from; the two boards of one SoC line count as one."""
    boards = [other for other in extended(name) if other in board_names()]
    root = family(boards[0]) if boards else name
    return {"allwinner-a20": "allwinner-h3", "intel-laptop-mtl": "intel-laptop"}.get(root, root)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_about_its_board_and_cites(page: Path) -> None:
    for answer in answers(page):
        assert answer["board"] == page.stem
        assert (ROOT / answer["pipeline"]).is_file()
    assert len(re.findall(r"^- .*?\[[^\]]", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)) >= 1
