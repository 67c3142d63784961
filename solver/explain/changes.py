"""A question, and what becomes of it under a change: what all remedies are tried with."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from heapwright.platforms.schema import Platform
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.conversions.deciding import decide
from heapwright.solver.question.facts import Fact
from heapwright.solver.question.pipeline import Buffer, Pipeline
from heapwright.solver.question.resolve import Problem, Question
from heapwright.solver.search.choose import Choice
from heapwright.solver.search.selection import SearchLimits

Tried = TypeVar("Tried")


class ProposedChange(NamedTuple):
    """A change and the question as it would then be."""

    path: str
    to: object
    text: str


class Ways:
    """The question, and what it becomes under a change."""

    def __init__(self, problem: Problem, conflict: Sequence[Fact]) -> None:
        self.problem = problem
        self.platform = problem.board.platform
        self.conflict = conflict
        self.labels = {question.label: question for question in problem.questions}
        self._helpless: dict[str, bool] = {}

    def solvable(
        self,
        platform: Platform | None = None,
        pipelines: Sequence[Pipeline] | None = None,
        *,
        converted: bool = True,
    ) -> bool:
        """Whether a plan exists after the change."""
        return bool(self.chosen(platform, pipelines, converted=converted).options)

    def chosen(
        self,
        platform: Platform | None = None,
        pipelines: Sequence[Pipeline] | None = None,
        *,
        converted: bool = True,
    ) -> Choice:
        """Any choice that works after the change; with conversions, unless they are left aside.

        Raises:
            LimitReached: there is no time left for it.
        """
        self.problem.limits.ask()
        buffers = {(p.name, name) for p in pipelines or self.problem.pipelines for name in p.buffers}
        pins = {
            pin
            for question in self.problem.questions
            for pin in question.pins
            if (question.pipeline, question.name) in buffers
        }
        changed = Problem(
            platform or self.platform,
            pipelines or self.problem.pipelines,
            self.problem.live,
            sorted(pins, key=str),
            self.problem.limits,
        )
        used, limits = existing_usage(changed.board, changed.live), SearchLimits(any_will_do=True)
        choice = decide(changed, Propagation(changed), used, limits=limits, converted=converted)
        if choice.status == "undecided":
            self.problem.limits.check()
        return choice

    def trying(self, section: str, name: str, field: str) -> Callable[[int], bool]:
        """Whether a number helps in a field of one of the platform's parts."""
        return lambda number: self.solvable(self.with_part(section, name, **{field: number}))

    def first(self, values: Iterable[Tried], question: Question, field: str) -> Iterator[Tried]:
        """The first of these values that helps in a field of a buffer, if any does."""
        return islice(
            (v for v in values if self.solvable(pipelines=self.with_buffer(question, **{field: v}))), 1
        )

    def with_part(self, section: str, name: str, **changes: object) -> Platform:
        """The platform with fields of one of its parts replaced."""
        return self.with_entry(
            section, name, getattr(self.platform, section)[name].model_copy(update=changes)
        )

    def with_entry(self, section: str, name: str, entry: object) -> Platform:
        """The platform with one entry of a section added or replaced."""
        entries = {**getattr(self.platform, section), name: entry}
        return self.platform.model_copy(update={section: entries})

    def with_buffer(self, question: Question, **changes: object) -> list[Pipeline]:
        """The pipelines with fields of one buffer replaced."""
        spec: Buffer = question.spec.model_copy(update=changes)
        return [
            p.model_copy(update={"buffers": {**p.buffers, question.name: spec}})
            if p.name == question.pipeline
            else p
            for p in self.problem.pipelines
        ]

    def helpless(self, question: Question) -> bool:
        """Whether nothing that changes this buffer alone can help: it fails without it too."""
        if question.label not in self._helpless:
            without = question.pipeline, question.name
            fewer = [
                pipeline.model_copy(update={"buffers": others})
                for pipeline in self.problem.pipelines
                if (others := {n: b for n, b in pipeline.buffers.items() if (pipeline.name, n) != without})
            ]
            self._helpless[question.label] = bool(fewer) and not self.solvable(pipelines=fewer)
        return self._helpless[question.label]

    def subjects(self, kind: str) -> list[str]:
        return [fact.subject for fact in self.conflict if fact.kind == kind]

    def buffers(self) -> list[Question]:
        """The buffers the conflict is about."""
        names = {fact.subject.partition("→")[0] for fact in self.conflict}
        return [question for label, question in sorted(self.labels.items()) if label in names]

    def path(self, question: Question, field: str) -> str:
        several = len(self.problem.pipelines) > 1
        return f"{question.pipeline + ':' if several else ''}buffers.{question.name}.{field}"
