"""Strides that can be shared along conversions that hand them on unchanged.

A buffer by itself takes the smallest stride that suits all who touch it. Where a converter
must write with the stride it reads, both placements take one that suits everybody at both:
not always the smallest of either. The candidates are found by leaping: from every stride that
is tried, to the next one that each placement could have. The smallest stride that some
placements share is among them, for every set of placements, and no other is ever better.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from heapwright.platforms.errors import Diagnostic, InputError
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.conversions.steps import Step, fitted
from heapwright.solver.layout import layout as layouts
from heapwright.solver.question.resolve import Question
from heapwright.solver.question.terms import Edge

LEAPS: Final = 4096
_APART: Final = 16
"""Further strides tried where later planes disagree at a shared one."""


def shared(steps: Sequence[Step], edges: Sequence[Edge], found: Propagation) -> list[Step]:
    """The steps; what must share strides with neighbours gets options for each that may be."""
    rigid = [step.question for step in steps if step.question.part and "stride" in step.question.part.kept]
    if not rigid or rigid[0].spec.size is None:
        return list(steps)
    strides = _candidates(rigid, found)
    known: dict[int, tuple[Question, tuple[Option, ...]]] = {}
    for question in rigid:
        if id(question) not in known and question.part is not None:
            wider = replace(question, part=question.part._replace(strides=strides))
            known[id(question)] = wider, found.of(wider, found.drops.about(question.label))
    given = [
        step._replace(question=q, options=o)
        for step in steps
        for q, o in (known.get(id(step.question), step[3:]),)
    ]
    return fitted([step for step in given if step.options], edges, strides=True)[1]


def _candidates(rigid: Sequence[Question], found: Propagation) -> tuple[int, ...]:
    """The least strides that layouts of these may have, and from each of them the next that others may have."""
    question = rigid[0]
    forms = [each for q in {id(q): q for q in rigid}.values() for each in found.forms(q)]
    least = [need.minimum for need, _, _ in forms]
    tried, open_ = set[int](), [0]
    while open_:
        stride = open_.pop()
        rows = set()
        for minimum, (need, form, dmabufs) in zip(least, forms, strict=True):
            need.minimum = max(minimum, stride)
            laid = layouts.solve(need, form, dmabufs)
            rows |= {tuple([plane.stride for plane in laid.planes])} if laid and laid.planes else set()
        leaps = {strides[0] for strides in rows}
        if len(rows) > len(leaps) and len(tried) < _APART:
            leaps |= {leap + 1 for leap in leaps}
        open_ += leaps - tried
        tried |= leaps
        if len(tried) > LEAPS:
            text = (
                f"more than {LEAPS} strides of {question.label} would have to be tried; forbid its conversion"
            )
            where = "buffers", question.name, "conversions"
            raise InputError([Diagnostic(question.pipeline, None, where, text)])
    return tuple(sorted(tried))
