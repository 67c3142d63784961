"""Layouts under modifiers: the solver's formulas against the judge's reading of the same hardware.

Every layout the solver finds is one that the judge takes, no number of it could
be smaller, and counting up finds no smaller one.
"""

from __future__ import annotations

import pytest

import heapwright
from heapwright.allocator.execute import execute
from heapwright.allocator.judge.judge import judge
from heapwright.allocator.judge.layout.families import surfaces
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.allocator.kernel.frames import run_frame
from heapwright.platforms.fourcc.formats import pixel_formats
from heapwright.platforms.fourcc.modifiers import parse_modifier
from heapwright.solver.answer.plan import Plan
from heapwright.solver.layout import modifiers
from heapwright.solver.layout.modifiers.opaque import Opaque
from tests.property.brute import Search
from tests.property.drawn_layout_facts import MODIFIED
from tests.property.modifier_questions import FAMILIES, careless, question

BATCH = 50
BATCHES = 12
LONG_BATCHES = 80


def disagreement(seed: int, pair: tuple[str, str] | None = None) -> str | None:
    """What solver and judge see differently in one layout, if anything."""
    modifier, platform, pipeline = question(seed, pair)
    form = platform.devices["d0"].ports["render"].images[0].formats[0]
    where = f"seed {seed} ({form} in {modifier}, {pipeline.buffers['b'].size})"
    found = Search(platform, [pipeline]).best()
    answer = heapwright.solve(platform, [pipeline])
    if not isinstance(answer, Plan):
        return (
            None if found is None else f"{where}: {answer.status}, but {found.plan.placements[0]} is possible"
        )
    if faults := judge(platform, [pipeline], answer):
        return f"{where}: the judge refuses {answer.placements[0].planes}: {faults[0]}"
    if found is None:
        return f"{where}: brute force missed {answer.placements[0]}"
    mine, theirs = answer.placements[0], found.plan.placements[0]
    if (mine.modifier, mine.sizes, mine.planes) != (theirs.modifier, theirs.sizes, theirs.planes):
        return f"{where}: {mine.modifier} {mine.planes}; counting up finds {theirs.modifier} {theirs.planes}"
    for what, plan in careless(answer):
        if not judge(platform, [pipeline], plan):
            return f"{where}: the judge takes {what}: {plan.placements[0].planes}"
    board = SimulatedBoard(platform)
    with execute(platform, [pipeline], answer, board) as allocation:
        if faults := run_frame(board, [pipeline], allocation):
            return f"{where}: a frame does not survive: {faults[0]}"
    return None


def disagreements(first: int) -> list[str]:
    return [text for seed in range(first, first + BATCH) if (text := disagreement(seed)) is not None]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_solver_and_judge_agree_on_layouts(batch: int) -> None:
    assert disagreements(batch * BATCH) == []


@pytest.mark.long
@pytest.mark.parametrize("batch", range(BATCHES, LONG_BATCHES))
def test_solver_and_judge_agree_on_layouts_for_long(batch: int) -> None:
    assert disagreements(batch * BATCH) == []


MODIFIERS = sorted({name for name, _ in (*FAMILIES, *MODIFIED)})


def spelt(name: str) -> str:
    """With a column height, where a modifier is made for the buffer."""
    return f"{name}_COL_HEIGHT(64)" if "SAND" in name else name


@pytest.mark.parametrize("name", MODIFIERS)
def test_both_know_the_same_formats_under_a_modifier(name: str) -> None:
    """Whatever driver has them: a layout that only one of them works out is a layout nobody has checked."""
    modifier = parse_modifier(spelt(name))
    for fourcc, form in pixel_formats().items():
        found = modifiers.shape(fourcc, modifier.name)
        known = found is not None and not isinstance(found, Opaque)
        assert known == (surfaces(form, modifier) is not None), fourcc


@pytest.mark.long
@pytest.mark.parametrize("name", MODIFIERS)
def test_both_agree_on_every_format_under_a_modifier(name: str) -> None:
    formats = [f for f in sorted(pixel_formats()) if modifiers.shape(f, spelt(name)) is not None]
    found = (disagreement(seed, (fourcc, name)) for seed, fourcc in enumerate(formats, 200_000))
    assert [text for text in found if text is not None] == []
