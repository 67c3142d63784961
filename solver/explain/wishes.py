"""Which wishes were dropped, and what was in the way of one buffer more.

They are listed in the order of what was given up, most first, then by names. Fairness
itself is a matter of cost (solver/objective/dropped_wishes.py).
"""

from collections.abc import Mapping, Sequence

from heapwright.solver.answer.plan import Dropped
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option, price
from heapwright.solver.candidates.usage import Usage, used_by
from heapwright.solver.constraints.graph import count
from heapwright.solver.conversions.inserted import PlacedBuffer
from heapwright.solver.explain.facts import exceeded
from heapwright.solver.question.resolve import Question


def dropped(placed: Sequence[PlacedBuffer], usage: Usage) -> tuple[Dropped, ...]:
    """The wishes that a choice does not grant."""
    used = used_by([placed_buffer.option for placed_buffer in placed], usage)
    found = [
        _dropped(placed_buffer.question, placed_buffer.option, used)
        for placed_buffer in placed
        if placed_buffer.option.dropped
    ]
    return tuple(sorted(found, key=lambda each: (each.granted - each.wish, each.pipeline, each.buffer)))


def _dropped(question: Question, option: Option, used: Mapping[Budget, int]) -> Dropped:
    granted = option.number
    wish = granted + option.dropped
    why = _in_the_way(option, used)
    text = f"{question.label} wished for {wish} buffers and gets {granted}{': ' if why else ''}{why}"
    return Dropped(buffer=question.name, pipeline=question.pipeline, wish=wish, granted=granted, text=text)


def _in_the_way(option: Option, used: Mapping[Budget, int]) -> str:
    """Why there is not one buffer more, where the choice alone says it."""
    _, most = count.bounds(option.placed.attachments)
    if most is not None and option.number >= most:
        return f"its ports take at most {most}"
    for budget, each, _ in price(option.placed).charges:
        if each and used[budget] + each > budget.limit:
            return exceeded(option.placed.board, budget, used[budget] + each, "one more would need")[0]
    return ""
