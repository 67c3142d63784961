"""Second choices: other plans in order of cost."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Answer, Plan
from heapwright.solver.candidates.device_assignment import attachments_of
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem


def alternatives(
    platform: Platform,
    pipelines: Sequence[Pipeline],
    number: int,
    pinned: Callable[[Sequence[str]], Answer],
) -> tuple[Plan, ...]:
    """Up to `number` plans in order of cost, the best first; `pinned` solves with so many pins more."""
    best = pinned([])
    if not isinstance(best, Plan):
        return ()
    found = {_shape(best): best}
    for extra in _differences(platform, pipelines, best):
        plan = pinned(extra)
        if isinstance(plan, Plan):
            found.setdefault(_shape(plan), plan)
    ranked = sorted(found.values(), key=lambda plan: ([level.value for level in plan.levels], _shape(plan)))
    rest = [plan for plan in ranked if plan is not best]
    return (best, *rest[: max(0, number - 1)])


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
