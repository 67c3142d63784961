"""What budgets hold: what live placements use, and what chosen options add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option, share

ReservedBlocks = Mapping[str, tuple[tuple[Budget, int], ...]]
"""Heap → what its first buffer locks."""


class Usage(NamedTuple):
    """What live placements already use."""

    charges: dict[Budget, int]
    reserved: dict[str, tuple[tuple[Budget, int], ...]]
    """Heap → what its pool has locked, once."""
    shares: dict[Budget, int]
    """In ppm, locked blocks included."""

    def used(self, budget: Budget) -> int:
        """What is charged to one budget, locks included."""
        reserved = sum(n for blocks in self.reserved.values() for each, n in blocks if each == budget)
        return self.charges.get(budget, 0) + reserved


def used_by(chosen: Sequence[Option], usage: Usage) -> dict[Budget, int]:
    """What placements, live ones included, use of every budget."""
    used = dict(usage.charges)
    reserved = dict(usage.reserved)
    for option in chosen:
        for budget, amount in option.charges:
            used[budget] = used.get(budget, 0) + amount
        if option.reserved:
            reserved[option.placed.backing.name] = option.reserved
    for blocks in reserved.values():
        for budget, amount in blocks:
            used[budget] = used.get(budget, 0) + amount
    return used


def largest_share(chosen: Sequence[Option], usage: Usage) -> int:
    """The largest share of any memory, live placements included, in ppm."""
    used = dict(usage.shares)
    for option in chosen:
        for budget, part in option.shares:
            used[budget] = used.get(budget, 0) + part
    for budget, part in block_shares(newly_reserved(chosen, usage)):
        used[budget] = used.get(budget, 0) + part
    return max(used.values(), default=0)


def newly_reserved(chosen: Sequence[Option], usage: Usage) -> ReservedBlocks:
    """What chosen options lock that no live placement has."""
    return {
        option.placed.backing.name: option.reserved
        for option in chosen
        if option.reserved and option.placed.backing.name not in usage.reserved
    }


def block_shares(reserved: ReservedBlocks) -> Iterator[tuple[Budget, int]]:
    """What locked blocks are of each memory, in ppm: all of it at most, for what is larger is never locked."""
    for blocks in reserved.values():
        for budget, amount in blocks:
            yield budget, share(budget, min(amount, budget.limit))


def reserved_share(chosen: Sequence[Option], usage: Usage) -> int:
    """The sum of the shares of the blocks that chosen options lock, in ppm."""
    return sum(part for _, part in block_shares(newly_reserved(chosen, usage)))
