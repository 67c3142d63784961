"""Other plans, in the order of the objective, and why there are no more of them.

Plans differ if some buffer has another *shape*: heap, format, modifier, number of dma-bufs, devices. All plans but the
best fall into parts: in each the first buffers have the shapes that they have in the best, the next one has another,
and the rest is free. The best of each part is found as the best of all is, so the least of these is the next plan,
and the part that it is from falls into parts in turn (Murty 1968, Lawler 1972). None is left out.

Where the best plan converts, plans are compared only where one buffer is fixed otherwise, and that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from heapq import heappop, heappush
from itertools import count, product
from typing import Any, NamedTuple

from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Answer, Plan
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.device_assignment import attachments_of
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.usage import Usage
from heapwright.solver.conversions.deciding import copying, decide
from heapwright.solver.explain.unknowns import rests_on_unknown
from heapwright.solver.question.limits import LimitReached
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem, Question
from heapwright.solver.question.terms import edges
from heapwright.solver.search.choose import Choice
from heapwright.solver.search.selection import SearchLimits

PlacementShape = tuple[Any, ...]
"""By what plans differ in a buffer: heap, format, modifier, number of dma-bufs, ports of devices."""

CONVERTING = "where conversions are needed, only plans are compared in which one buffer is fixed otherwise"
UNCONVERTED = "there are no more plans without conversions, and plans that convert are not ranked"
COPYING = "plans that copy without loss within a card are not ranked"
NO_MORE = "there are no more plans"


class RankedPlans(tuple[Plan, ...]):
    """Plans in the order of the objective, the best first, and why there are not as many as were asked for."""

    ended: str | None

    def __new__(cls, plans: Sequence[Plan] = (), ended: str | None = None) -> RankedPlans:
        ranked = super().__new__(cls, plans)
        ranked.ended = ended
        return ranked


class RankedChoices:
    """The choices of a problem without conversions, in order."""

    def __init__(self, problem: Problem, used: Usage, limits: SearchLimits, *, strict: bool) -> None:
        self.problem, self.used, self.limits, self.strict = problem, used, limits, strict
        self.ended = COPYING if copying(problem) else None
        self._memo: dict[object, tuple[Option, ...]] = {}

    def best(self, number: int) -> Iterator[Choice]:
        """Up to `number`; `ended` says why there are no more."""
        try:
            yield from self._best(number)
        except LimitReached:
            self.ended = _limited(self.problem)

    def _best(self, number: int) -> Iterator[Choice]:
        parts: list[tuple[tuple[int, ...], int, _PartOfPlans, Choice]] = []
        order = count()

        def add(part: _PartOfPlans) -> None:
            found = decide(
                self.problem, _Restricted(self, part), self.used, limits=self.limits, converted=False
            )
            if found.status in ("feasible", "undecided"):
                raise LimitReached
            if found.options:
                heappush(parts, (tuple([level.value for level in found.levels]), next(order), part, found))

        add(_PartOfPlans((), frozenset()))
        for _ in range(number):
            if not parts:
                may_convert = any(
                    question.conversions != "forbid" for question in self.problem.questions
                ) and any(edges(self.problem.board, lossless=False))
                self.ended = UNCONVERTED if may_convert else NO_MORE
                return
            _, _, part, choice = heappop(parts)
            yield choice
            for smaller in part.without([*map(shape, choice.options)]):
                add(smaller)

    def options(
        self, question: Question, fixed: PlacementShape | None, excluded: frozenset[PlacementShape]
    ) -> tuple[Option, ...]:
        """What a question may take that has this shape, or none of these."""
        key = (question.signature, fixed, excluded, self.problem.board.by_class)
        if key not in self._memo:
            self._memo[key] = Propagation(
                self.problem, excluded=lambda option: self._is_excluded(option, fixed, excluded)
            ).of(question, None)
        return self._memo[key]

    def _is_excluded(
        self, option: Option, fixed: PlacementShape | None, excluded: frozenset[PlacementShape]
    ) -> bool:
        taken = shape(option)
        if taken in excluded or (fixed is not None and taken != fixed):
            return True
        return self.strict and rests_on_unknown(self.problem, option)


def shape(option: Option) -> PlacementShape:
    """By what it differs from others."""
    devices = tuple(sorted([each.title for each in option.placed.attachments]))
    return option.placed.heap.name, option.fourcc, option.modifier, len(option.placed.sizes), devices


class _PartOfPlans(NamedTuple):
    """Of all plans those in which the first buffers have these shapes, and the next one none of the excluded."""

    fixed: tuple[PlacementShape, ...]
    excluded: frozenset[PlacementShape]

    def without(self, taken: Sequence[PlacementShape]) -> Iterator[_PartOfPlans]:
        """The part without one plan of it, as parts that have nothing in common."""
        for place in range(len(self.fixed), len(taken)):
            excluded = self.excluded if place == len(self.fixed) else frozenset()
            yield _PartOfPlans(tuple(taken[:place]), excluded | {taken[place]})


class _Restricted(Propagation):
    """The options of a part."""

    def __init__(self, ranked: RankedChoices, part: _PartOfPlans) -> None:
        super().__init__(ranked.problem)
        self.ranked, self.part = ranked, part

    @cached_property
    def options(self) -> tuple[tuple[Option, ...], ...]:
        fixed, excluded = self.part
        nothing = frozenset[PlacementShape]()
        return tuple(
            self.ranked.options(
                question,
                fixed[place] if place < len(fixed) else None,
                excluded if place == len(fixed) else nothing,
            )
            for place, question in enumerate(self.problem.questions)
        )

    def again(self) -> Propagation:
        return _Restricted(self.ranked, self.part)


def _limited(problem: Problem) -> str:
    limit = "the time limit" if problem.limits.reached == "wall" else "the limit of work"
    return f"{limit} was reached; the next plan is not known"


def converting(
    platform: Platform,
    pipelines: Sequence[Pipeline],
    best: Plan,
    number: int,
    pinned: Callable[[Sequence[str]], Answer],
) -> RankedPlans:
    """Plans in which one buffer is fixed otherwise than in the best; `pinned` solves with so many pins more."""
    found = {_shape(best): best}
    for extra in _differences(platform, pipelines, best):
        plan = pinned(extra)
        if isinstance(plan, Plan):
            found.setdefault(_shape(plan), plan)
    ranked = sorted(found.values(), key=lambda plan: ([level.value for level in plan.levels], _shape(plan)))
    rest = [plan for plan in ranked if plan is not best]
    return RankedPlans([best, *rest[: max(0, number - 1)]], CONVERTING)


def _shape(plan: Plan) -> tuple[tuple[str, ...], ...]:
    shapes = (
        (
            *(p.pipeline, p.buffer, p.heap, p.format or "", p.modifier or "", str(len(p.sizes))),
            *(a.device for a in p.attachments),
        )
        for p in plan.placements
    )
    return tuple(sorted(shapes))


def _differences(platform: Platform, pipelines: Sequence[Pipeline], best: Plan) -> Iterator[list[str]]:
    """Pins that make one buffer different: another heap, format, modifier or device."""
    problem = Problem(platform, pipelines)
    placed = {(placement.pipeline, placement.buffer): placement for placement in best.placements}
    for question in problem.questions:
        placement = placed[question.pipeline, question.name]
        where = f"{question.pipeline}/{question.name}"
        heaps = [f"{where}:heap={heap}" for heap in problem.board.heaps]
        known = {
            (fourcc, modifier)
            for attachment in attachments_of(problem, question)
            for rule in attachment.port.images
            for fourcc in rule.formats
            for modifier in rule.modifiers
        }
        asked = question.spec.formats
        formats = [
            f"{where}:format={f}" for f in sorted({f for f, _ in known if asked is None or f in asked})
        ]
        modifiers = [f"{where}:modifier={m}" for m in sorted({m for f, m in known if f == placement.format})]
        able = {name for user in question.users for name in problem.variables[user.variable].candidates}
        others = able - {attached.device for attached in placement.attachments}
        devices = [f"{where}:device={name}" for name in sorted(others)]
        yield from ([pin] for pin in (*devices, *heaps, *formats, *modifiers))
        yield from map(list, product(heaps, formats))
