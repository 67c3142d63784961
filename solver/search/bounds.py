"""What no conversion can mend: too few devices; and what every option charges."""

from __future__ import annotations

from collections.abc import Sequence

from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.device_assignment import asked, can_differ, fitting, needed
from heapwright.solver.candidates.relaxation import Relaxation
from heapwright.solver.constraints.graph import missing_device
from heapwright.solver.question.facts import Fact
from heapwright.solver.question.resolve import Problem


def unassignable(problem: Problem, dropped: Relaxation) -> bool:
    """Whether a file's labels ask for more different devices than fit, whatever is converted."""
    held = {
        variable: {use for use in uses if Fact(missing_device.KIND.name, asked(use)) not in dropped}
        for variable, uses in needed(problem).items()
    }
    fits = {variable: fitting(problem, variable, uses) for variable, uses in held.items() if uses}
    return not all(can_differ(problem, variable, fits, fits) for variable in fits)


def is_imposed(budget: Budget, dropped: Relaxation) -> bool:
    """Whether a budget is part of the question."""
    return Fact(budget.kind, budget.subject) not in dropped


def least_charges(options: Sequence[Option]) -> dict[Budget, int]:
    """What every one of some options charges."""
    charges = [dict(option.charges) for option in options]
    common = set(charges[0]).intersection(*charges) if charges else ()
    return {budget: min(each[budget] for each in charges) for budget in common}
