"""From a question to an answer: propagate, choose, explain (design §7)."""

from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from time import perf_counter
from typing import Any, TypeVar

from heapwright.platforms.errors import Diagnostic, InputError, shown
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import (
    Answer,
    Level,
    LimitedBy,
    Parts,
    Placement,
    Plan,
    Reason,
    Rejected,
    UnknownFact,
)
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.candidates.placement import placement
from heapwright.solver.candidates.usage import Usage
from heapwright.solver.conversions import inserted
from heapwright.solver.conversions.deciding import decide
from heapwright.solver.explain import alternatives as others
from heapwright.solver.explain import conflict as explain
from heapwright.solver.explain import copies, reasons, unknowns, wishes
from heapwright.solver.explain.alternatives import RankedPlans
from heapwright.solver.question.limits import DEFAULT_WORK, LimitReached, Limits
from heapwright.solver.question.pins import Pin, parse_pin, parse_question
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem
from heapwright.solver.question.terms import Options
from heapwright.solver.search.choose import Choice, LevelValue
from heapwright.solver.search.selection import SearchLimits
from heapwright.solver.search.undecided import undecided

Told = TypeVar("Told")


def solve(
    platform: Platform,
    pipelines: Sequence[Pipeline],
    *,
    live: Sequence[Placement] = (),
    pins: Sequence[str | Pin] = (),
    options: Options = Options(),
    stats: dict[str, Any] | None = None,
    on_improved: Callable[[Plan], None] | None = None,
) -> Answer:
    """The best plan for `pipelines` on `platform`, or why there is none.

    Args:
        live: placements that exist already; they are charged and never moved.
        pins: decisions fixed in advance, such as `frame:heap=cma`.
        stats: filled with timings in seconds and sizes of the model.
        on_improved: told of better plans (without reasons) and bounds; what it raises ends the search.

    Raises:
        InputError: an argument is not what it must be, or a pin or a live placement does not fit the platform.
    """
    _check(platform, pipelines, pins, options)
    fixed = [parse_pin(str(pin), platform, pipelines) for pin in pins]
    started = propagated = perf_counter()
    problem = Problem(platform, pipelines, live, fixed, Limits(options.time_limit, options.work_limit))
    used = existing_usage(problem.board, problem.live)
    found = Propagation(problem.narrowed())
    numbers: dict[int, int] = {}
    try:
        numbers |= {q.signature: len(each) for q, each in zip(problem.questions, found.options, strict=True)}
        propagated = perf_counter()
        choice = _chosen(found.problem, found, used, options, on_improved)
    except LimitReached:
        choice = Choice("undecided")
    chosen = perf_counter()
    answer = _answer(problem, found, choice, used, options)
    if stats is not None:
        stats.update(
            propagate=propagated - started,
            build=chosen - propagated - choice.seconds,
            search=choice.seconds,
            explain=perf_counter() - chosen,
            options=sum(numbers.values()),
            buffers=len(problem.questions),
            searched=choice.searched,
        )
    return answer


def _chosen(
    problem: Problem,
    found: Propagation,
    used: Usage,
    options: Options,
    on_improved: Callable[[Plan], None] | None = None,
) -> Choice:
    """The best choice; of those that rest on nothing unknown, if that is asked for."""
    problem.limits.phase = "plans were compared"
    on_choice = None if on_improved is None else _Improved(on_improved, problem, used, options)
    limits = SearchLimits(options.gap, _work(options), engine=options.engine, on_choice=on_choice)
    choice = decide(problem, found, used, limits=limits)
    if options.strict and choice.options and unknowns.unknown_facts(problem, choice.placed):
        certain = Propagation(problem, excluded=lambda o: unknowns.rests_on_unknown(problem, o))
        known = decide(problem, certain, used, limits=limits)
        choice = choice if known.status == "infeasible" else known
    if on_choice is not None and choice.searched:
        on_choice(choice)  # telling reasons may be ended from outside
    return choice


def _check(platform: object, pipelines: Any, pins: object, options: Options) -> None:
    """Refuse arguments that nobody has read before."""
    several = not isinstance(pipelines, str | Pipeline)
    expected = (
        ("platform", isinstance(platform, Platform), "a Platform such as load_platform('acme-one')", platform),
        (
            "pipelines", several and all(isinstance(each, Pipeline) for each in pipelines),
            "pipelines such as load_pipelines(['record.yaml'])", pipelines,
        ),
        ("pins", not isinstance(pins, str | Pin), "a list of pins such as ['frame:heap=cma']", pins),
        ("options.gap", 0 <= options.gap <= 1, "a number from 0 to 1", options.gap),
        *((f"options.{name}", most is None or most >= 0, "a number of at least 0, or None", most) for name, most in
          (("time_limit", options.time_limit), ("work_limit", options.work_limit))),
    )  # fmt: skip
    problems = [
        Diagnostic(name, None, (), f"expected {what}, got {shown(given)}")
        for name, right, what, given in expected
        if not right
    ]
    if problems:
        raise InputError(problems)


def _answer(problem: Problem, found: Propagation, choice: Choice, used: Usage, options: Options) -> Answer:
    by = _limited_by(problem.limits, choice, options)
    if choice.status == "undecided":
        return undecided(problem, found, used, by)
    problem.limits.explain()
    if choice.status == "infeasible":
        found = found if found.problem is problem else Propagation(problem)  # all facts count
        return explain.infeasible(problem, found, used, with_remedies=options.explain)
    unknown = unknowns.unknown_facts(problem, choice.placed)
    if options.strict and unknown:
        return unknowns.refused_as_unknown(problem, unknown)
    why = reasons.Why(found, choice.placed, used) if options.explain else None
    return _plan(problem, choice, used, by, unknown, why)


def _plan(
    problem: Problem,
    choice: Choice,
    used: Usage,
    by: LimitedBy | None,
    unknown: tuple[UnknownFact, ...],
    why: reasons.Why | None = None,
) -> Plan:
    tell = _Telling(problem.limits)
    nothing: tuple[tuple[Reason, ...], tuple[Rejected, ...]] = ((), ())
    placed_buffers = inserted.placed_buffers(problem, choice)
    not_shared = partial(copies.why_not_shared, problem, used, placed_buffers)
    placements = [
        placement(each.question, each.option, *(tell(partial(why.of, *each[:2]), nothing) if why else ()))
        for each in placed_buffers
    ]
    conversions = inserted.conversions(
        problem, placed_buffers, (lambda copy: tell(partial(not_shared, copy), [])) if why else None
    )
    return Plan(
        status="feasible" if _open(choice) else "optimal",
        limited_by=by,
        platform=problem.board.name,
        pipelines=tuple(pipeline.name for pipeline in problem.pipelines),
        placements=tuple(placements),
        conversions=conversions,
        dropped=wishes.dropped(placed_buffers, used),
        warnings=(*unknowns.warnings(placed_buffers), *tell.warnings),
        unknown_facts=unknown,
        assumed=unknowns.assumed(problem, choice.placed),
        levels=tuple(map(_level, choice.levels)),
    )


def _level(level: LevelValue) -> Level:
    return Level(
        term=level.term,
        value=level.value,
        bound=level.bound,
        gap=_gap(level.value, level.bound),
        parts=Parts(**level.parts._asdict()) if level.parts is not None else None,
    )


class _Improved:
    """Hands on choices that are better than those before, or of which more is known, as plans without reasons."""

    def __init__(
        self, on_improved: Callable[[Plan], None], problem: Problem, used: Usage, options: Options
    ) -> None:
        self.on_improved, self.problem, self.used, self.options = on_improved, problem, used, options
        self.best: tuple[list[int], list[int]] | None = None
        """Values of levels, and what they are at least, counted down."""

    def __call__(self, choice: Choice) -> None:
        told = [level.value for level in choice.levels], [-level.bound for level in choice.levels]
        if not choice.options or (self.best is not None and told >= self.best):
            return
        unknown = unknowns.unknown_facts(self.problem, choice.placed)
        if not (self.options.strict and unknown):
            self.best = told
            plan = _plan(self.problem, choice, self.used, None, unknown)
            self.on_improved(plan.model_copy(update={"status": "feasible"}))


def _work(options: Options) -> float:
    """Deterministic work of one search."""
    if options.work_limit is not None:
        return options.work_limit
    return DEFAULT_WORK if options.time_limit is None else inf


class _Telling:
    """Tells reasons as long as there is time."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.warnings: tuple[str, ...] = ()

    def __call__(self, reasons: Callable[[], Told], otherwise: Told) -> Told:
        try:
            self.limits.check()
            return reasons()
        except LimitReached:
            self.warnings = ("not all reasons are given: the time limit was reached",)
            return otherwise


def _open(choice: Choice) -> list[float]:
    """The gaps of levels that are not closed."""
    gaps = (_gap(level.value, level.bound) for level in choice.levels if level.bound < level.value)
    return [*gaps] if choice.status == "feasible" else []


def _limited_by(limits: Limits, choice: Choice, options: Options) -> LimitedBy | None:
    """Which limit left a choice open, if any did."""
    if choice.status not in ("feasible", "undecided"):
        return None
    first = max(_open(choice)[:1], default=0.0)
    if limits.reached is None and choice.options and first <= options.gap:
        return None
    return limits.reached or "work"


def _gap(value: int, bound: int) -> float:
    return 0.0 if value == bound else round((value - bound) / value, 9)


def why_not(
    platform: Platform,
    pipelines: Sequence[Pipeline],
    question: str,
    *,
    live: Sequence[Placement] = (),
    pins: Sequence[str | Pin] = (),
    options: Options = Options(),
) -> Answer:
    """The answer if `question` (`frame:system`, `frame:NV12`, `frame:5632`) were so.

    An `Infeasible` names the facts in the way; a `Plan` says by its levels what it
    would cost.

    Raises:
        InputError: the question names nothing that the platform or pipelines have.
    """
    _check(platform, pipelines, pins, options)
    pin = parse_question(question, platform, pipelines)
    return solve(platform, pipelines, live=live, pins=[*pins, pin], options=options)


def alternatives(
    platform: Platform,
    pipelines: Sequence[Pipeline],
    number: int,
    *,
    live: Sequence[Placement] = (),
    pins: Sequence[str | Pin] = (),
    options: Options = Options(),
) -> RankedPlans:
    """Up to `number` plans in the order of the objective, the best first; if they are fewer, `ended` says why.

    Each differs from all before it in the heap, format, modifier, number of dma-bufs or devices of a buffer. None
    that is better than one of them is left out, unless `ended` says so. Reasons are given for the best; the others
    are told by what they cost. A limit counts for the best and once more for all others.

    Raises:
        InputError: as `solve`.
    """

    def pinned(more: Sequence[str]) -> Answer:
        return solve(platform, pipelines, live=live, pins=[*pins, *more], options=options)

    _check(platform, pipelines, pins, options)
    best = solve(platform, pipelines, live=live, pins=pins, options=options)
    if not isinstance(best, Plan) or number <= 1:
        return RankedPlans([best] if isinstance(best, Plan) and number else [])
    if best.conversions:
        return others.converting(platform, pipelines, best, number, pinned)
    limits = Limits(options.time_limit, options.work_limit)
    fixed = [parse_pin(str(pin), platform, pipelines) for pin in pins]
    problem = Problem(platform, pipelines, live, fixed, limits)
    used = existing_usage(problem.board, problem.live)
    search = SearchLimits(work=_work(options), engine=options.engine)
    ranked = others.RankedChoices(problem, used, search, strict=options.strict)
    plans = [
        _plan(problem, choice, used, None, unknowns.unknown_facts(problem, choice.placed))
        for choice in ranked.best(number)
    ]
    return RankedPlans([best, *plans[1:]], ranked.ended)
