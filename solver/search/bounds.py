"""What no conversion can mend: too few devices, or a budget that is exceeded at the least."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.device_assignment import asked, has_matching
from heapwright.solver.candidates.relaxation import Relaxation
from heapwright.solver.candidates.usage import Usage, used_by
from heapwright.solver.constraints.graph import missing_device
from heapwright.solver.question.facts import Fact
from heapwright.solver.question.resolve import Problem


def unassignable(problem: Problem, dropped: Relaxation) -> bool:
    """Whether a file's labels ask for more different devices than fit, whatever is converted."""
    fits: dict[int, set[str]] = {}
    for question in problem.questions:
        for user in question.attachment_sets[0].users:
            if not question.always(user) or Fact(missing_device.NAME, asked(user.use)) in dropped:
                continue
            names = problem.variables[user.variable].candidates
            able = {name for name in names if user.use.fits(problem.board.devices[name].spec)}
            fits[user.variable] = fits.get(user.variable, able) & able
    for variable in fits:
        pairs = [pair for pair in problem.must_differ if variable in pair]
        competing = {problem.variables[v].label: v for pair in pairs for v in pair if v in fits}
        if not has_matching([*{**competing, problem.variables[variable].label: variable}.values()], fits):
            return True
    return False


def overfull(floors: Iterable[tuple[Mapping[Budget, int], int]], usage: Usage, dropped: Relaxation) -> bool:
    """Whether a budget is exceeded even if buffers charge the least; how many, each."""
    least = Counter(used_by((), usage))
    for floor, number in floors:
        for budget, amount in floor.items():
            least[budget] += amount * number
    return exceeded(least, dropped)


def exceeded(used: Mapping[Budget, int], dropped: Relaxation) -> bool:
    """Whether more is used of a budget than there is, and that matters."""
    return any(n > budget.limit and is_imposed(budget, dropped) for budget, n in used.items())


def is_imposed(budget: Budget, dropped: Relaxation) -> bool:
    """Whether a budget is part of the question."""
    return Fact(budget.kind, budget.subject) not in dropped


def least_charges(options: Sequence[Option]) -> dict[Budget, int]:
    """What every one of some options charges."""
    charges = [dict(option.charges) for option in options]
    common = set(charges[0]).intersection(*charges) if charges else ()
    return {budget: min(each[budget] for each in charges) for budget in common}
