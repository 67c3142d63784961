"""One buffer by itself: which facts leave it no place.

That is read from what its candidates break (`heapwright.solver.candidates.judged`); nothing is solved.
"""

from collections.abc import Callable, Sequence

from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.device_assignment import needed
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.judged import JudgedCandidates
from heapwright.solver.candidates.relaxation import Relaxation
from heapwright.solver.candidates.usage import Usage
from heapwright.solver.explain.facts import ordered, own
from heapwright.solver.question.facts import Fact, FactSets
from heapwright.solver.question.resolve import Problem, Question
from heapwright.solver.search.quickxplain import shortest

Loosened = Callable[[frozenset[Fact]], Problem]
"""The problem where content need not flow through some attachments (facts of `protected-flow`)."""


class Alone:
    """A buffer without the others, and `budgets` that it may exceed by itself."""

    def __init__(
        self,
        problem: Problem,
        question: Question,
        loosened: Loosened,
        usage: Usage | None = None,
        budgets: Sequence[Fact] = (),
    ) -> None:
        self.question = question
        self.facts = FactSets(ordered([*own(problem, question), *budgets]))
        self.usage = usage
        self._loosened = loosened
        self._needed = needed(problem)
        self._flows = self.facts.of(problem.flow.facts() if problem.flow is not None else ())
        self._judged: dict[int, JudgedCandidates] = {}

    def asked(self, kept: int) -> Problem:
        """The question about this buffer, as content flows with these facts alone."""
        problem = self._loosened(frozenset(self.facts.named(self._flows & ~kept)))
        return problem.only(next(each for each in problem.questions if each.label == self.question.label))

    def fails(self, kept: int) -> bool:
        """Whether it has no place with these facts alone."""
        return not self._of(kept).survives(kept)

    def conflicts(self) -> list[list[Fact]]:
        """Irreducible conflicts of a buffer that has no place; the shortest first, then by names."""
        return shortest(self.facts, self.fails, -1 if self._flows else self._of(-1).guilty)

    def placed(self, kept: int) -> list[tuple[Question, Option]]:
        """Its best place with these facts alone."""
        asked = self.asked(kept)
        [options] = Propagation(asked, Relaxation(self.facts.named(self.facts.all & ~kept))).options
        return [(asked.questions[0], option) for option in options[:1]]

    def _of(self, kept: int) -> JudgedCandidates:
        key = self._flows & ~kept
        if key not in self._judged:
            asked = self.asked(kept)
            question = asked.questions[0]
            self._judged[key] = JudgedCandidates(
                Propagation(asked), question, self.facts, self._needed, self.usage
            )
        return self._judged[key]
