"""Strides that can be shared along conversions that hand them on unchanged.

A buffer by itself takes the smallest stride that suits all who touch it. Where a converter
must write with the stride it reads, both placements take one that suits everybody at both:
not always the smallest of either. The candidates are found by leaping: from every stride that
is tried, to the next one that each placement could have. The smallest stride that some
placements share is among them, for every set of placements, and no other is ever better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from heapwright.platforms.errors import Diagnostic, InputError
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.conversions.sites import Step
from heapwright.solver.layout import layout as layouts
from heapwright.solver.question.resolve import Question

LEAPS: Final = 4096
_APART: Final = 16
"""Further strides tried where later planes disagree at a shared one."""

Next = Callable[[int], layouts.Layout | None]
"""The smallest layout whose first plane has at least this stride."""


def shared(steps: Sequence[Step], found: Propagation) -> list[Step]:
    """The steps; what must share strides with neighbours gets options for each that may be."""
    rigid = [step for step in steps if step.question.part and "stride" in step.question.part.kept]
    if not rigid or rigid[0].question.spec.size is None:
        return list(steps)
    strides = _candidates(rigid, found)
    known: dict[int, tuple[Question, tuple[Option, ...]]] = {}
    result = []
    for step in steps:
        part = step.question.part
        if step not in rigid or part is None:
            result.append(step)
            continue
        if id(step.question) not in known:
            question = replace(step.question, part=part._replace(strides=strides))
            known[id(step.question)] = question, found.of_part(question, found.drops.about(question.label))
        question, options = known[id(step.question)]
        if options:
            result.append(step._replace(question=question, options=options))
    return result


def _candidates(rigid: Sequence[Step], found: Propagation) -> tuple[int, ...]:
    questions = {id(step.question): step.question for step in rigid}
    nexts = [each for question in questions.values() for each in _nexts(question, found)]
    tried, open_ = set[int](), [0]
    while open_:
        stride = open_.pop()
        laid = [layout for each in nexts if (layout := each(stride)) is not None and layout.planes]
        leaps = {layout.planes[0].stride for layout in laid}
        rows = {tuple(plane.stride for plane in layout.planes) for layout in laid}
        if len(rows) > len(leaps) and len(tried) < _APART:
            leaps |= {leap + 1 for leap in leaps}
        for leap in leaps - tried:
            tried.add(leap)
            open_.append(leap)
        if len(tried) > LEAPS:
            question = rigid[0].question
            text = (
                f"more than {LEAPS} strides of {question.label} would have to be tried; forbid its conversion"
            )
            raise InputError(
                [Diagnostic(question.pipeline, None, ("buffers", question.name, "conversions"), text)]
            )
    return tuple(sorted(tried))


def _nexts(question: Question, found: Propagation) -> Iterator[Next]:
    """One for each thing that the placement may hold."""
    for need, form, dmabufs in found.forms(question):
        yield _next(need, form, dmabufs)


def _next(need: layouts.Demand, form: layouts.Form, dmabufs: int) -> Next:
    least = need.minimum

    def at(stride: int) -> layouts.Layout | None:
        need.minimum = max(least, stride)
        return layouts.solve(need, form, dmabufs)

    return at
