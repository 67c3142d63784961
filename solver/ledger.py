"""What budgets hold: what live placements use, and what chosen options add."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from solver.constraint import Budget
from solver.option import Option


class Ledger(NamedTuple):
    """What live placements already use."""

    charges: dict[Budget, int]
    locks: dict[str, tuple[tuple[Budget, int], ...]]
    """Heap → what its pool has locked, once."""
    shares: dict[Budget, int]

    def used(self, budget: Budget) -> int:
        """What is charged to one budget, locks included."""
        locked = sum(n for locks in self.locks.values() for locked, n in locks if locked == budget)
        return self.charges.get(budget, 0) + locked


def used_by(chosen: Sequence[Option], ledger: Ledger) -> dict[Budget, int]:
    """What placements, live ones included, use of every budget."""
    used = dict(ledger.charges)
    locked = dict(ledger.locks)
    for option in chosen:
        for budget, amount in option.charges:
            used[budget] = used.get(budget, 0) + amount
        if option.locks:
            locked[option.placed.home.name] = option.locks
    for locks in locked.values():
        for budget, amount in locks:
            used[budget] = used.get(budget, 0) + amount
    return used


def largest_share(chosen: Sequence[Option], ledger: Ledger) -> int:
    """The largest share of any memory, live placements included, in ppm."""
    used = dict(ledger.shares)
    for option in chosen:
        for budget, share in option.shares:
            used[budget] = used.get(budget, 0) + share
    return max(used.values(), default=0)
