"""What no conversion can mend: too few devices, or a budget that is exceeded at the least."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.device_assignment import seated
from heapwright.solver.candidates.drops import Drops
from heapwright.solver.candidates.usage import Ledger, used_by
from heapwright.solver.constraints.graph import missing_device
from heapwright.solver.question.facts import Fact
from heapwright.solver.question.resolve import Problem


def unseated(problem: Problem, dropped: Drops) -> bool:
    """Whether a file's labels ask for more different devices than fit, whatever is converted."""
    fits: dict[int, set[str]] = {}
    for question in problem.questions:
        for party in question.ways[0].parties:
            if not all(party in way.parties for way in question.ways):
                continue
            subject = f"{party.use.selector.kind}.{party.use.selector.port}"
            if Fact(missing_device.NAME, subject) in dropped:
                continue
            names = problem.variables[party.variable].candidates
            able = {name for name in names if party.use.fits(problem.board.devices[name].spec)}
            fits[party.variable] = fits.get(party.variable, able) & able
    for variable in fits:
        pairs = [pair for pair in problem.apart if variable in pair]
        rivals = {problem.variables[v].label: v for pair in pairs for v in pair if v in fits}
        if not seated([*{**rivals, problem.variables[variable].label: variable}.values()], fits):
            return True
    return False


def overfull(floors: Iterable[tuple[Mapping[Budget, int], int]], ledger: Ledger, dropped: Drops) -> bool:
    """Whether a budget is exceeded even if buffers charge the least; how many, each."""
    least = used_by((), ledger)
    for floor, number in floors:
        for budget, amount in floor.items():
            least[budget] = least.get(budget, 0) + amount * number
    return any(
        amount > budget.limit and Fact(budget.kind, budget.subject) not in dropped
        for budget, amount in least.items()
    )
