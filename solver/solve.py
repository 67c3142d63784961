"""From a question to an answer: propagate, choose, explain (design §7)."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any, NamedTuple

from heapwright.platforms.fourcc.modifiers import parse_modifier
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import (
    Answer,
    Level,
    Placement,
    Plan,
    Plane,
    Undecided,
)
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import attached, ledger
from heapwright.solver.collecting import not_collecting
from heapwright.solver.conversions import inserted
from heapwright.solver.conversions.deciding import decide
from heapwright.solver.explain import conflict as explain
from heapwright.solver.explain import reasons, unknowns, wishes
from heapwright.solver.question.pins import Pin, parse_pin
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem, Question
from heapwright.solver.search.choose import Choice, Limits


class Options(NamedTuple):
    """How to solve: `strict` refuses plans that rest on unknown facts, `time_limit`
    is deterministic work (about seconds), `gap` the relative gap that is good enough."""

    strict: bool = False
    time_limit: float | None = None
    gap: float = 0.0
    explain: bool = True


@not_collecting()
def solve(
    platform: Platform,
    pipelines: Sequence[Pipeline],
    *,
    live: Sequence[Placement] = (),
    pins: Sequence[str | Pin] = (),
    options: Options = Options(),
    stats: dict[str, Any] | None = None,
) -> Answer:
    """The best plan for `pipelines` on `platform`, or why there is none.

    Args:
        live: placements that exist already; they are charged and never moved.
        pins: decisions fixed in advance, such as `frame:heap=cma`.
        stats: filled with timings in seconds and sizes of the model.

    Raises:
        InputError: a pin or a live placement does not fit the platform.
    """
    fixed = [parse_pin(str(pin), platform, pipelines) for pin in pins]
    started = perf_counter()
    problem = Problem(platform, pipelines, live, fixed)
    used = ledger(problem.board, problem.live)
    found = Propagation(problem)
    propagated = perf_counter()
    limits = Limits(options.gap, options.time_limit)
    choice = decide(problem, found, used, limits=limits)
    if options.strict and choice.options and unknowns.unknown_facts(problem, choice.placed):
        certain = Propagation(problem, excluded=lambda o: unknowns.rests_on_unknown(problem, o))
        known = decide(problem, certain, used, limits=limits)
        choice = choice if known.status == "infeasible" else known
    chosen = perf_counter()
    answer = _answer(problem, found, choice, used, options)
    if stats is not None:
        stats.update(
            propagate=propagated - started,
            build=chosen - propagated - choice.seconds,
            search=choice.seconds,
            explain=perf_counter() - chosen,
            options=sum(len(o) for o in {id(o): o for o in found.options}.values()),
            buffers=len(problem.questions),
            searched=choice.searched,
        )
    return answer


def _answer(problem: Problem, found: Propagation, choice: Choice, used: Any, options: Options) -> Answer:
    names = tuple(pipeline.name for pipeline in problem.pipelines)
    if choice.status == "undecided":
        text = "the limit was reached before a plan was found or excluded"
        return Undecided(platform=problem.board.name, pipelines=names, text=text)
    if choice.status == "infeasible":
        return explain.infeasible(problem, used, with_remedies=options.explain)
    unknown = unknowns.unknown_facts(problem, choice.placed)
    if options.strict and unknown:
        return explain.refused_as_unknown(problem, unknown)
    why = reasons.Why(problem, choice.placed, used) if options.explain else None
    seats = inserted.seats(problem, choice)
    return Plan(
        status="feasible" if choice.status == "feasible" else "optimal",
        platform=problem.board.name,
        pipelines=names,
        placements=tuple(placement(seat.question, seat.option, why) for seat in seats),
        conversions=inserted.conversions(problem, seats),
        dropped=wishes.dropped(seats, used),
        warnings=unknowns.warnings(seats),
        unknown_facts=unknown,
        levels=tuple(
            Level(term=level.term, value=level.value, bound=level.bound, gap=_gap(level.value, level.bound))
            for level in choice.levels
        ),
    )


def _gap(value: int, bound: int) -> float:
    return 0.0 if value == bound else round((value - bound) / value, 9)


def placement(question: Question, option: Option, why: reasons.Why | None) -> Placement:
    """One option as the answer for its buffer."""
    placed, layout = option.placed, option.layout
    image = question.spec.size
    value = parse_modifier(option.modifier).value if option.modifier is not None else None
    return Placement(
        pipeline=question.pipeline,
        buffer=question.name,
        heap=placed.heap.name,
        names=placed.heap.spec.names,
        format=option.fourcc,
        modifier=option.modifier,
        modifier_value=None if value is None else hex(value),
        colour=option.colour,
        width=image.width if image else 0,
        height=image.height if image else 0,
        coded_width=layout.coded.width,
        coded_height=layout.coded.height,
        planes=tuple(Plane(**p._asdict()) for p in layout.planes),
        size=layout.size,
        allocated=placed.allocated,
        sizes=layout.sizes,
        count=option.number,
        rate=placed.rate,
        attachments=attached(placed),
        reasons=why.reasons(question, option) if why else (),
        rejected=why.rejected(question, option) if why else (),
    )
