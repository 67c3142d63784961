"""What to do with a question: first without conversions, and with them only where they are needed.

1. Every buffer as it is. A plan without conversions is cheaper than any with: they come
   first in the objective. So if there is one, its best is the best.
2. Else those that cannot be placed as they are get their cheapest trees, and only those. The
   least that each buffer's conversions cost is known by then; a plan that costs no more than
   their sum is best.
3. Else everybody gets every tree that may still be part of a plan as cheap as the one found.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import count, product
from typing import Any

from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.device_assignment import attachments_of
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.relaxation import NOTHING, DroppedFacts, Relaxation, is_dropped
from heapwright.solver.candidates.usage import Usage
from heapwright.solver.constraints.graph import conversion
from heapwright.solver.constraints.image import format as format_kind
from heapwright.solver.constraints.image import modifier as modifier_kind
from heapwright.solver.constraints.reach import iova_aperture
from heapwright.solver.conversions import strides
from heapwright.solver.conversions.edges import LOSS, UNLIMITED, Price, price
from heapwright.solver.conversions.model import ClassOfBuffers, chosen
from heapwright.solver.conversions.steps import Step
from heapwright.solver.conversions.table import TreeState
from heapwright.solver.conversions.trees import Trees
from heapwright.solver.question.limits import LimitReached
from heapwright.solver.question.resolve import Problem, Question
from heapwright.solver.question.terms import Edge, edges
from heapwright.solver.search.bounds import least_charges, overfull, unassignable
from heapwright.solver.search.choose import Choice, choose
from heapwright.solver.search.selection import SearchLimits

KnownConversions = dict[object, Any]
"""What was found before of one problem under different dropped facts: of buffers, and of their placements."""


class ConvertedBuffer:
    """Alike questions, and all that they may take: options as they are, and trees."""

    def __init__(
        self, found: Propagation, question: Question, direct: tuple[Option, ...], known: KnownConversions
    ) -> None:
        self.found = found
        self.direct = [Step(TreeState(None, (), 0), (), (), question, direct)] if direct else []
        about = found.drops.about(question.label)
        self.edges = _usable(found.problem, question, about)
        colours, freed = _colours(found.problem, question, self.edges), _freed(found.problem, about)
        self.trees = [
            Trees(found, variant, attachment_set, self.edges, colours, known, freed, number)
            for number, (variant, attachment_set) in enumerate(
                product(question.variants, question.attachment_sets)
            )
            if self.edges
        ]

    @cached_property
    def least(self) -> Price:
        """What the buffer's conversions cost at least; UNLIMITED where none can help."""
        return 0 if self.direct else min([trees.cheapest for trees in self.trees], default=UNLIMITED)

    @cached_property
    def placeable(self) -> bool:
        """Whether it may be as it is, or its table knows a tree."""
        return bool(self.direct) or any(trees.possible for trees in self.trees)

    @cached_property
    def floor(self) -> dict[Budget, int]:
        """What is charged to each budget at least, converted or not."""
        floors = [trees.floor() for trees in self.trees] or [
            least_charges(o) for _, _, _, _, o in self.direct
        ]
        shared: set[Budget] = set(*floors[:1]).intersection(*floors)
        return {budget: min(floor[budget] for floor in floors) for budget in shared}

    def within(self, limit: Price) -> list[Step]:
        """What it may take within a price."""
        return self._shared([step for trees in self.trees for step in trees.within(limit)])

    def up_to(self, number: int) -> list[Step]:
        """What it may take of so many conversions."""
        return self._shared([step for trees in self.trees for step in trees.up_to(number)])

    def _shared(self, steps: list[Step]) -> list[Step]:
        return self.direct + strides.shared(steps, self.edges, self.found)


AlikeQuestions = tuple[ConvertedBuffer, list[int]]
"""Alike questions, and their indices."""


def decide(
    problem: Problem,
    found: Propagation,
    usage: Usage,
    dropped: Relaxation = NOTHING,
    limits: SearchLimits = SearchLimits(),
    known: KnownConversions | None = None,
    *,
    converted: bool = True,
) -> Choice:
    """The best choice of one option for each question, and of conversions behind it if there may be any.

    Bus addresses are counted in bytes at first. Where a choice then does not fit class by class,
    all is decided anew (and from then on) with classes.
    """
    choice = _decide(found, usage, dropped, limits, known, converted)
    if problem.board.by_class or not iova_aperture.overfull(
        ((option.placed, option.number) for option in choice.placed), usage.charges, dropped
    ):
        return choice
    problem.board.by_class = True
    return _decide(found.again(), usage, dropped, limits, None, converted)


def _decide(
    found: Propagation,
    usage: Usage,
    dropped: Relaxation,
    limits: SearchLimits,
    known: KnownConversions | None,
    converted: bool,
) -> Choice:
    problem = found.problem
    choice = choose(problem, found, usage, dropped, limits)
    if choice.status != "infeasible" or not converted:
        return choice
    problem.limits.phase = "conversions were looked for"
    classes = _classes(found, {} if known is None else known)
    if not any(buffer.edges for buffer, _ in classes):
        return choice
    if unassignable(problem, dropped):
        return choice
    if limits.any_will_do and not all(buffer.placeable for buffer, _ in classes):
        return choice

    def among(steps: Iterable[list[Step]]) -> Choice:
        asked = [ClassOfBuffers(m, each, b.edges) for (b, m), each in zip(classes, steps, strict=True)]
        return chosen(problem, asked, usage, dropped, limits)

    plan = Choice("infeasible")
    least = 0 if limits.any_will_do else sum(buffer.least * len(members) for buffer, members in classes)
    if least:
        if least >= UNLIMITED:
            return choice
        plan = among(buffer.direct or buffer.within(buffer.least) for buffer, _ in classes)
        if plan.options and _spent(plan) == least:
            return plan
    if not plan.options and not overfull(((b.floor, len(m)) for b, m in classes), usage, dropped):
        plan = _any(classes, among)
    if limits.any_will_do or not plan.options:
        return plan
    try:
        best = among(buffer.within(_spent(plan) - least + buffer.least) for buffer, _ in classes)
    except LimitReached:
        best = Choice("undecided")
    return _better(plan, best, least)


def _better(plan: Choice, best: Choice, least: Price) -> Choice:
    """The better of a plan in hand and of what was found among all trees that may be as cheap, with its bounds."""
    if best.options and (best.status == "optimal" or _values(best) <= _values(plan)):
        return best
    bounds = [level.bound for level in best.levels] or [least // LOSS, *[0] * len(plan.levels)]
    if not best.levels and plan.levels[0].value == bounds[0]:
        bounds[1] = least % LOSS
    levels = [
        level._replace(bound=min(level.value, n)) for level, n in zip(plan.levels, bounds, strict=False)
    ]
    return plan._replace(status="feasible", levels=tuple(levels))


def _values(choice: Choice) -> list[int]:
    return [level.value for level in choice.levels]


def _spent(choice: Choice) -> Price:
    return sum(map(price, choice.placed))


def _any(classes: Sequence[AlikeQuestions], among: Callable[[list[list[Step]]], Choice]) -> Choice:
    """A plan with as few conversions to a buffer as there is one for."""
    trees = [each for buffer, _ in classes for each in buffer.trees]
    plan, known = Choice("infeasible", searched=True), -1
    for number in count(1):
        steps = [buffer.up_to(number) for buffer, _ in classes]
        if sum(map(len, steps)) > known and all(steps):
            known, plan = sum(map(len, steps)), among(steps)
        if plan.status != "infeasible" or all(each.numbers.excess is None for each in trees):
            break
    return plan


def _classes(found: Propagation, known: KnownConversions) -> list[AlikeQuestions]:
    """Alike questions with their indices."""
    members: dict[tuple[int, DroppedFacts | None], list[int]] = {}
    for index, question in enumerate(found.problem.questions):
        key = (question.signature, found.drops.about(question.label))
        if key not in known:
            known[key] = ConvertedBuffer(found, question, found.options[index], known)
        members.setdefault(key, []).append(index)
    return [(known[key], indices) for key, indices in members.items()]


def _usable(problem: Problem, question: Question, about: DroppedFacts | None) -> tuple[Edge, ...]:
    """The edges along which the buffer may be converted."""
    policy = "allow" if is_dropped(about, conversion.KIND, "") else question.conversions
    if policy == "forbid":
        return ()
    raw = question.spec.size is None
    known = edges(problem.board, lossless=policy == "lossless")
    return tuple(edge for edge in known if not (raw and any(port.images for port in edge.ports)))


def _freed(problem: Problem, about: DroppedFacts | None) -> frozenset[str]:
    """Devices that a dropped fact lets take what their rules do not list.

    One that lists no image takes none, whatever its modifiers might be.
    """
    dropped = about.own if about else ()
    listing = {
        name for name, d in problem.board.devices.items() if any(p.images for p in d.spec.ports.values())
    }
    return frozenset(
        device
        for kind, device in dropped
        if kind == format_kind.KIND.name or (kind == modifier_kind.KIND.name and device in listing)
    )


def _colours(problem: Problem, question: Question, found: Sequence[Edge]) -> tuple[str, ...]:
    """All colours that anybody who may touch the buffer, or the pipeline, speaks of."""
    ports = [port for edge in found for port in edge.ports]
    ports += [attachment.port for attachment in attachments_of(problem, question)]
    named = {colour for port in ports for rule in port.images for colour in rule.colours or ()}
    return tuple(sorted(named | set(question.spec.colours or ())))
