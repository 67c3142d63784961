"""Irreducible conflicts among facts, as sets of bits (see `FactSets`).

QuickXplain (Junker 2004) finds one in k·log(n/k) checks: of all there are, the one that does with
the facts that come first. It is run in a few orders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from heapwright.solver.question.facts import Fact, FactSets

Clash = Callable[[int], bool]
"""Whether there is no plan with these facts alone."""


def shortest(facts: FactSets, clash: Clash, among: int = -1) -> list[list[Fact]]:
    """Irreducible conflicts `among` facts that clash; the shortest first, then by names."""
    found = {reduced(_explained(0, False, order, clash), clash) for order in orders(facts, among)}
    return sorted(map(facts.named, found), key=lambda conflict: (len(conflict), conflict))


def orders(facts: FactSets, among: int) -> list[list[int]]:
    """Facts of attachments first, what is shared first, and the last ones first."""
    named = [(fact, bit) for fact, bit in facts.bits.items() if bit & among]
    attached = [bit for fact, bit in named if "→" in fact.subject]
    shared = [bit for fact, bit in named if "→" not in fact.subject]
    return [attached + shared, shared + attached, [bit for _, bit in reversed(named)]]


def grown(base: int, facts: Sequence[int], clash: Clash) -> int:
    """An irreducible conflict of `base`, which does not clash, and some of `facts`; the first preferred."""
    return reduced(base | _explained(base, True, facts, clash), clash)


def _explained(base: int, larger: bool, facts: Sequence[int], clash: Clash) -> int:
    """Facts that clash with each other and with `base`, none of which can be left out."""
    if larger and clash(base):
        return 0
    if len(facts) < 2:
        return sum(facts)
    half = len(facts) // 2
    later = _explained(base | sum(facts[:half]), True, facts[half:], clash)
    return later | _explained(base | later, bool(later), facts[:half], clash)


def reduced(facts: int, clash: Clash) -> int:
    """Without what is not needed, left out one by one, until every fact is."""
    left = facts
    while left:
        bit = left & -left
        left ^= bit
        if clash(facts ^ bit):
            facts ^= bit
    return facts
