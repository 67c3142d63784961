"""Questions put to a pool of workers, and what is known where a process was ended.

The answer to a question whose process was ended is the best plan that it had reported, with its bounds. Without
one it is `Undecided` where a limit was reached, and `WorkerEnded` is raised where somebody else ended the process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache, partial
from typing import Final

from pydantic import TypeAdapter

import heapwright
from heapwright.api.workers.pool import Task, WorkerEnded, WorkerPool
from heapwright.api.workers.question import PackedQuestion
from heapwright.api.workers.working import Call, report
from heapwright.platforms.errors import HeapwrightError
from heapwright.solver.answer.plan import Answer, LimitedBy, Plan, Undecided

GRACE: Final = 1.1
"""A question with a limit of seconds is ended by force after so many times these, and `LATE`."""
LATE: Final = 0.1
_LIMITS: Final[dict[str, LimitedBy]] = {"deadline": "wall", "memory": "memory", "died": "process"}


class AnswerText:
    """An answer as JSON, as it came; `answer` is read from it when it is asked for."""

    def __init__(self, json: bytes) -> None:
        self.json = json

    @cached_property
    def answer(self) -> Answer:
        return _answers().validate_json(self.json)

    @classmethod
    def of(cls, answer: Answer) -> AnswerText:
        return cls(answer.__pydantic_serializer__.to_json(answer, by_alias=True))


@lru_cache(maxsize=1)
def _answers() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)


def ask(question: PackedQuestion) -> AnswerText:
    """The answer, in this process; better plans are reported on the way.

    Raises:
        InputError: the question is not what it must be.
    """
    return AnswerText.of(_solved(question, lambda plan: report(AnswerText.of(plan))))


def ask_each(questions: Sequence[PackedQuestion]) -> tuple[AnswerText | HeapwrightError, ...]:
    """The answers to a chunk of questions, in any executor; each is reported with its place when it is there.

    What is wrong with a question takes the place of its answer.
    """
    found: list[AnswerText | HeapwrightError] = []
    for place, question in enumerate(questions):
        try:
            one: AnswerText | HeapwrightError = AnswerText.of(_solved(question, None))
        except HeapwrightError as wrong:
            one = wrong.with_traceback(None)
        report((place, one))
        found.append(one)
    return tuple(found)


def _solved(question: PackedQuestion, on_improved: Callable[[Plan], None] | None) -> Answer:
    platform, pipelines, live = question.unpacked()
    return heapwright.solve(
        platform, pipelines, live=live, pins=question.pins, options=question.options, on_improved=on_improved
    )


def submit(
    pool: WorkerPool,
    question: PackedQuestion,
    *,
    seconds: float | None = None,
    on_improved: Callable[[AnswerText], None] | None = None,
) -> Task[AnswerText]:
    """Put a question to a pool.

    Args:
        seconds: after which its process is ended; by default a little more than its own limit of seconds.
        on_improved: told of better plans and bounds, in the pool's thread.
    """
    limit = question.options.time_limit
    if seconds is None and limit is not None:
        seconds = limit * GRACE + LATE
    return pool.call(
        Call(ask, (question,)),
        seconds=seconds,
        on_report=on_improved,
        on_end=partial(_known, question.names),
    )


def submit_chunk(
    pool: WorkerPool, questions: Sequence[PackedQuestion], *, seconds: float | None = None
) -> Task[tuple[AnswerText | HeapwrightError, ...]]:
    """Put several questions to one worker.

    Where its process is ended, what is answered is kept, and all others are `WorkerEnded`: to be asked anew one by
    one, for whichever it was.
    """
    known: dict[int, AnswerText | HeapwrightError] = {}
    return pool.call(
        Call(ask_each, (tuple(questions),)),
        seconds=seconds,
        on_report=lambda one: known.update([one]),
        on_end=lambda ended: tuple(known.get(place, ended) for place in range(len(questions))),
    )


def _known(names: tuple[str, ...], ended: WorkerEnded) -> AnswerText:
    """What is known of a question whose process was ended.

    Raises:
        WorkerEnded: nothing is, and no limit was reached.
    """
    by = _LIMITS[ended.why]
    plan = ended.reported.answer if isinstance(ended.reported, AnswerText) else None
    if isinstance(plan, Plan):
        warnings = (*plan.warnings, f"the search was ended with its process: {ended}")
        is_proven = all(level.bound == level.value for level in plan.levels)
        end = {"status": "optimal"} if is_proven else {"limited_by": by}
        return AnswerText.of(plan.model_copy(update={"warnings": warnings, **end}))
    if ended.why == "died":
        raise ended
    board, *pipelines = names
    text = f"{ended}, before a plan was found or excluded"
    return AnswerText.of(Undecided(platform=board, pipelines=tuple(pipelines), limited_by=by, text=text))
