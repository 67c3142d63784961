"""The three passes over a plan from anywhere, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from heapwright.allocator.judge.contradictions.answers import wrong_answers
from heapwright.allocator.judge.contradictions.names import wrong_names
from heapwright.allocator.judge.contradictions.numbers import wrong_numbers
from heapwright.allocator.judge.contradictions.path import Contradiction
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.solver.answer.plan import Plan


def contradictions(case: JudgedQuestion, plan: Plan) -> tuple[Contradiction, ...]:
    """Everything that makes `plan` no answer to that question on that board, with its path in the plan."""
    passes: tuple[Callable[[JudgedQuestion, Plan], Iterator[Contradiction]], ...] = (
        wrong_names,
        wrong_numbers,
        wrong_answers,
    )
    for each in passes:
        found = tuple(dict.fromkeys(each(case, plan)))
        if found:
            return found
    return ()
