"""What budgets hold: what live placements use, and what chosen options add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option, share

Locks = Mapping[str, tuple[tuple[Budget, int], ...]]
"""Heap → what its first buffer locks."""


class Ledger(NamedTuple):
    """What live placements already use."""

    charges: dict[Budget, int]
    locks: dict[str, tuple[tuple[Budget, int], ...]]
    """Heap → what its pool has locked, once."""
    shares: dict[Budget, int]
    """In ppm, locked blocks included."""

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
        for budget, part in option.shares:
            used[budget] = used.get(budget, 0) + part
    for budget, part in block_shares(newly_locked(chosen, ledger)):
        used[budget] = used.get(budget, 0) + part
    return max(used.values(), default=0)


def newly_locked(chosen: Sequence[Option], ledger: Ledger) -> Locks:
    """What chosen options lock that no live placement has."""
    return {
        option.placed.home.name: option.locks
        for option in chosen
        if option.locks and option.placed.home.name not in ledger.locks
    }


def block_shares(locked: Locks) -> Iterator[tuple[Budget, int]]:
    """What locked blocks are of each memory, in ppm: all of it at most, for what is larger is never locked."""
    for locks in locked.values():
        for budget, amount in locks:
            yield budget, share(budget, min(amount, budget.limit))


def locked_share(chosen: Sequence[Option], ledger: Ledger) -> int:
    """The sum of the shares of the blocks that chosen options lock, in ppm."""
    return sum(part for _, part in block_shares(newly_locked(chosen, ledger)))
