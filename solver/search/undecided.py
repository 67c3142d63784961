"""What is known of a question that a limit left open."""

from collections import Counter

from heapwright.platforms.values import in_units
from heapwright.solver.answer.plan import LimitedBy, Undecided
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.usage import Usage, used_by
from heapwright.solver.question.resolve import Problem
from heapwright.solver.search.bounds import least_charges


def undecided(problem: Problem, found: Propagation, usage: Usage, by: LimitedBy | None) -> Undecided:
    """The answer that nothing was decided: where the limit came, and which memory is the shortest."""
    what = "time limit" if by == "wall" else "limit of work"
    text = f"the {what} was reached while {problem.limits.phase}, before a plan was found or excluded"
    return Undecided(
        platform=problem.board.name,
        pipelines=tuple(pipeline.name for pipeline in problem.pipelines),
        limited_by=by,
        text="; ".join([text, *_shortest(problem, found, usage)]),
    )


def _shortest(problem: Problem, found: Propagation, usage: Usage) -> list[str]:
    """The memory of which the largest share is needed for sure, and buffers that have no place unless they are converted."""
    if "options" not in vars(found):
        return []  # not all buffers were looked at
    surely = Counter[Budget](used_by((), usage))
    for options in found.options:
        surely.update(least_charges(options))
    shares = [(n / b.limit, b.subject, n, b) for b, n in surely.items() if b.shared and b.limit and n]
    said = []
    if shares:
        _, name, amount, budget = max(shares, key=lambda each: each[:3])
        said.append(
            f"as they are, buffers need at least {in_units(amount)} of the {in_units(budget.limit)} of {name}"
        )
    stuck = [q.label for q, options in zip(problem.questions, found.options, strict=True) if not options]
    if stuck:
        said.append(f"there is no place for {', '.join(stuck)} without conversions")
    return said
