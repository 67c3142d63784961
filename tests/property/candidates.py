"""Every candidate of a question spelled out, and the best choice among all combinations.

The solver's kinds and terms are asked about each by itself: nothing is remembered from one
candidate for the next, no heap or image stands for another, and none is left out because
another seems as good. What may be asked is the solver's (devices, images, one layout for each),
so this says nothing of what kinds and terms mean: `tests.property.brute` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from heapwright.platforms.schema import Platform
from heapwright.solver import constraints
from heapwright.solver import objective as costs
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option, priced
from heapwright.solver.candidates.device_assignment import DeviceAssignments
from heapwright.solver.candidates.images import Images, Rules, holds
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.candidates.usage import Usage, largest_share, reserved_share, used_by
from heapwright.solver.constraints.cases import BoundAttachment, Case, Placed, lives_in
from heapwright.solver.constraints.graph import count as count_kind
from heapwright.solver.constraints.protection import audience
from heapwright.solver.question.pipeline import Pipeline, Wish
from heapwright.solver.question.resolve import AttachmentSet, Problem, Question

Levels = tuple[int, ...]


class Forgetful(dict[Any, Any]):
    """Keeps nothing from one look to the next."""

    def __contains__(self, key: object) -> bool:
        return False


class Candidates:
    """Everything that may be chosen for each buffer of a question without conversions."""

    def __init__(self, platform: Platform, pipelines: Sequence[Pipeline], pins: Sequence[Any] = ()) -> None:
        self.problem = Problem(platform, pipelines, (), pins)
        self.board = self.problem.board
        self.board.by_class = True
        self.used = existing_usage(self.board, ())
        self.of = [list(self._of(question)) for question in self.problem.questions]

    @property
    def number(self) -> int:
        """Of combinations."""
        found = 1
        for options in self.of:
            found *= len(options)
        return found

    def said(self) -> list[list[tuple[object, ...]]]:
        """What kinds and terms make of the candidates: which there are, what each costs and charges."""
        return [[(o.key, o.layout, sum(o.values), o.charges) for o in options] for options in self.of]

    def _of(self, question: Question) -> Iterator[Option]:
        for variant in question.variants:
            images = Images(variant, None, stated, _rules, Forgetful())
            for attachment_set in variant.attachment_sets:
                for assignment, attachments in DeviceAssignments(self.problem, variant, None).of(
                    attachment_set
                ):
                    if self._admitted(variant, attachments):
                        yield from self._housed(variant, attachment_set, assignment, attachments, images)

    def _admitted(self, question: Question, attachments: tuple[BoundAttachment, ...]) -> bool:
        heap = next(iter(self.board.heaps.values()), None)
        if heap is None:
            return False
        cases = [
            Case(self.board, question, attachments, heap, heap, attachment) for attachment in attachments
        ]
        return not any(
            audience.widened(question, case.attached) or _broken("attachment", case) for case in cases
        )

    def _housed(
        self,
        question: Question,
        attachment_set: AttachmentSet,
        assignment: Any,
        attachments: tuple[BoundAttachment, ...],
        images: Images,
    ) -> Iterator[Option]:
        board, counts = self.board, _counts(question, attachments)
        for heap in board.heaps.values():
            backing = lives_in(board, heap, attachments)
            reach = [
                Case(board, question, attachments, heap, backing, attachment) for attachment in attachments
            ]
            if _broken("heap", Case(board, question, attachments, heap, heap)) or any(
                _broken("reach", case) for case in reach
            ):
                continue
            for image in images.fitting(attachments):
                layout = image.layout
                case = Case(board, question, image.attachments, heap, backing, None, layout)
                runs = [case._replace(attachment=attachment) for attachment in image.attachments]
                if _broken("room", case) or any(_broken("run", each) for each in runs):
                    continue
                placed = Placed(
                    board, question.label, heap, backing, layout.sizes, question.spec.rate, image.attachments, (),
                    layout.moved,
                )  # fmt: skip
                yield from priced(placed, image, attachment_set.rank, assignment, counts)

    def best(self) -> Levels | None:
        """The least that any combination costs that holds all budgets; None if there is none."""
        floor = [
            [min((o.values[i] for o in options), default=0) for i in range(len(costs.TERMS))]
            for options in self.of
        ]
        rest = [[sum(each) for each in zip(*floor[n:], strict=True)] for n in range(len(floor))]
        found = _Best(self.problem, self.used, [*rest, [0] * len(costs.TERMS)])
        for options in self.of:
            options.sort(key=lambda option: option.values)
        found.join(self.of, ())
        return found.levels


class _Best:
    """The best combination so far, depth first; a branch that costs more whatever follows is left."""

    def __init__(self, problem: Problem, used: Usage, rest: Sequence[Sequence[int]]) -> None:
        self.problem, self.used, self.rest = problem, used, rest
        self.levels: Levels | None = None

    def join(self, groups: Sequence[Sequence[Option]], chosen: tuple[Option, ...]) -> None:
        if not _holds(used_by(chosen, self.used)) or not self._agree(chosen):
            return
        if self.levels is not None and self._least(chosen) >= self.levels:
            return
        if len(chosen) == len(groups):
            self.levels = levels(chosen, self.used)
            return
        for option in groups[len(chosen)]:
            self.join(groups, (*chosen, option))

    def _least(self, chosen: Sequence[Option]) -> Levels:
        sums = _sums(chosen, self.used) if chosen else [0] * len(costs.TERMS)
        return _in_steps([a + b for a, b in zip(sums, self.rest[len(chosen)], strict=True)])

    def _agree(self, chosen: Sequence[Option]) -> bool:
        """Whether one device is taken for each variable, and different ones where they must differ."""
        taken: dict[int, str | None] = {}
        for option in chosen:
            for variable, device in option.assignment:
                if taken.setdefault(variable, device) != device:
                    return False
        return all(taken[a] != taken[b] for a, b in self.problem.must_differ if a in taken and b in taken)


def levels(chosen: Sequence[Option], used: Usage) -> Levels:
    """What a choice costs, level by level."""
    return _in_steps(_sums(chosen, used))


def _sums(chosen: Sequence[Option], used: Usage) -> list[int]:
    sums = [sum(option.values[i] for option in chosen) for i in range(len(costs.TERMS))]
    for level, term in enumerate(costs.TERMS):
        sums[level] += largest_share(chosen, used) if term.largest else 0
        sums[level] += reserved_share(chosen, used) + sum(used.shares.values()) if term.fills else 0
    return sums


def _in_steps(sums: Sequence[int]) -> Levels:
    return tuple(-(-n // term.step) * term.step for n, term in zip(sums, costs.TERMS, strict=True))


def _holds(amounts: dict[Budget, int]) -> bool:
    return all(amount <= budget.limit for budget, amount in amounts.items())


def _broken(scope: str, case: Case) -> bool:
    kinds = (kind for kind in constraints.KINDS if kind.scope == scope)
    return any(kind.concerns(case) and kind.violates(case) for kind in kinds)


def stated(attachment: BoundAttachment) -> tuple[Any, ...]:
    kinds = [kind for kind in constraints.KINDS if kind.scope == "layout" and kind.states(attachment)]
    return tuple((kind, kind.given(attachment)) for kind in kinds)


def _rules(attachment: BoundAttachment) -> Rules:
    return Rules([rule for rule in attachment.port.images if holds(rule, attachment.port, attachment.use)])


def _counts(question: Question, attachments: tuple[BoundAttachment, ...]) -> list[tuple[int, int]]:
    """Every lawful number of buffers, and how many wished for each drops."""
    least, most = count_kind.bounds(attachments)
    asked = question.spec.count
    if isinstance(asked, Wish):
        low = max(least, asked.min)
        numbers = range(low, max(low, asked.wish) + 1)
        wished = asked.wish
    else:
        numbers = range(least, least + 1) if asked is None else range(asked, asked + 1)
        wished = 0
    lawful = [number for number in numbers if number >= least and (most is None or number <= most)]
    return [(number, max(0, wished - number)) for number in lawful]
