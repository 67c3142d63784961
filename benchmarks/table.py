"""The choice as every solver could be told it: rows of integers over yes-or-no variables.

One variable per buffer and option, exactly one of a buffer's is taken; budgets,
devices and locks as rows; the objective as goals in order. It is made from the
same propagated options as our own model, and once for all rivals: making it is
not charged to them. Goals are counted above what every choice costs and in their
common unit, as our own are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import gcd
from typing import NamedTuple

from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option, share
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.objective import LOAD, NAMES, TERMS
from heapwright.solver.question.resolve import Problem


class Sum(NamedTuple):
    """low ≤ Σ amounts × variables ≤ high; no bound where None."""

    variables: list[int]
    amounts: list[int]
    low: int | None
    high: int | None


class Goal(NamedTuple):
    """What to minimise: base + unit × Σ amounts × variables, where the sum is at most `most`."""

    variables: list[int]
    amounts: list[int]
    most: int
    base: int = 0
    unit: int = 1


class Table(NamedTuple):
    """`tops`: the most that each variable can be (1, but for the largest share)."""

    tops: list[int]
    sums: list[Sum]
    goals: list[Goal]
    """The cost terms in order, then the names."""

    def values(self, solution: list[int]) -> list[int]:
        """The cost terms of a solution."""
        return [
            goal.base
            + goal.unit * sum(solution[v] * a for v, a in zip(goal.variables, goal.amounts, strict=True))
            for goal in self.goals[: len(NAMES)]
        ]


class Answer(NamedTuple):
    """What a rival says, and the seconds it took."""

    status: str
    """optimal, infeasible, open (the cap was reached) or unable (why is said in `text`)."""
    values: list[int]
    build: float
    search: float
    cpu: float
    text: str = ""


def table(problem: Problem, found: Propagation) -> Table:
    """The choice among `found` options; a board without live placements."""
    maker = _Maker(found)
    maker.link_devices(problem)
    maker.impose_budgets()
    return Table(maker.tops, maker.sums, maker.goals())


class _Maker:
    def __init__(self, found: Propagation) -> None:
        self.tops: list[int] = []
        self.sums: list[Sum] = []
        self.buffers: list[list[tuple[int, Option]]] = []
        self.blocks: list[tuple[int, Budget, int]] = []
        """A variable for a heap that locks, and the share of each memory that it then uses."""
        for options in found.options:
            able = [o for o in options if all(amount <= budget.limit for budget, amount in o.charges)]
            taken = [(self._variable(), option) for option in able]
            self.buffers.append(taken)
            self.sums.append(Sum([v for v, _ in taken], [1] * len(taken), 1, 1))

    def _variable(self, top: int = 1) -> int:
        self.tops.append(top)
        return len(self.tops) - 1

    def link_devices(self, problem: Problem) -> None:
        """A buffer that binds a device's variable binds it as all others do."""
        flags: dict[tuple[int, str | None], int] = {}
        for buffer in self.buffers:
            takers: dict[tuple[int, str | None], list[int]] = defaultdict(list)
            for variable, option in buffer:
                for pair in option.assignment:
                    takers[pair].append(variable)
            for pair, variables in takers.items():
                if pair not in flags:
                    flags[pair] = self._variable()
                self.sums.append(Sum([*variables, flags[pair]], [1] * len(variables) + [-1], None, 0))
        for variable in {variable for variable, _ in flags}:
            chosen = [flag for pair, flag in flags.items() if pair[0] == variable]
            self.sums.append(Sum(chosen, [1] * len(chosen), None, 1))
        for a, b in problem.must_differ:
            for (variable, device), flag in list(flags.items()):
                if variable == a and device is not None and (b, device) in flags:
                    self.sums.append(Sum([flag, flags[b, device]], [1, 1], None, 1))

    def impose_budgets(self) -> None:
        sums: dict[Budget, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        reserved: dict[str, int] = {}
        for variable, option in (pair for buffer in self.buffers for pair in buffer):
            for budget, amount in option.charges:
                sums[budget][variable] += amount
            if option.reserved:
                backing = option.placed.backing.name
                if backing not in reserved:
                    reserved[backing] = self._variable()
                    for budget, amount in option.reserved:
                        sums[budget][reserved[backing]] += amount
                        self.blocks.append((reserved[backing], budget, share(budget, amount)))
                self.sums.append(Sum([variable, reserved[backing]], [1, -1], None, 0))
        for budget, amounts in sums.items():
            if sum(amounts.values()) > budget.limit:
                unit = gcd(*amounts.values()) or 1
                self.sums.append(
                    Sum(list(amounts), [n // unit for n in amounts.values()], None, budget.limit // unit)
                )

    def goals(self) -> list[Goal]:
        blocks = [(variable, part) for variable, _, part in self.blocks]
        made = [
            self._goal([[o.values[n] for _, o in b] for b in self.buffers], blocks if term.fills else ())
            for n, term in enumerate(TERMS)
        ]
        made[LOAD] = self._load()
        ranks = []
        for buffer in self.buffers:
            order = {v: rank for rank, (v, _) in enumerate(sorted(buffer, key=lambda pair: pair[1].key))}
            ranks.append([order[variable] for variable, _ in buffer])
        return [*made, self._goal(ranks)]

    def _goal(self, values: list[list[int]], blocks: Sequence[tuple[int, int]] = ()) -> Goal:
        variables, amounts = [variable for variable, _ in blocks], [part for _, part in blocks]
        base, most = 0, sum(amounts)
        for buffer, costs in zip(self.buffers, values, strict=True):
            least = min(costs, default=0)
            base += least
            most += max(costs, default=0) - least
            for (variable, _), cost in zip(buffer, costs, strict=True):
                if cost > least:
                    variables.append(variable)
                    amounts.append(cost - least)
        unit = gcd(*amounts) or 1
        return Goal(variables, [n // unit for n in amounts], most // unit, base, unit)

    def _load(self) -> Goal:
        """A variable that, in whole steps, is at least what all cost, with the share of each memory."""
        step = TERMS[LOAD].step
        own = Counter({v: o.values[LOAD] for buffer in self.buffers for v, o in buffer})
        most = sum(max((o.values[LOAD] for _, o in buffer), default=0) for buffer in self.buffers)
        shares: dict[Budget, Counter[int]] = defaultdict(Counter)
        for variable, option in (pair for buffer in self.buffers for pair in buffer):
            for budget, part in option.shares:
                shares[budget][variable] += part
        for variable, budget, part in self.blocks:
            own[variable] += part
            shares[budget][variable] += part
            most += part
        load = self._variable(-(-2 * most // step))
        for of_one in shares.values() or [Counter()]:
            row = own + of_one
            self.sums.append(Sum([*row, load], [*row.values(), -step], None, 0))
        return Goal([load], [1], -(-2 * most // step), 0, step)
