"""What trees cost at least: the cheapest way to serve each state, and the steps within a price.

What conversions cost is a sum over placements, so the cheapest tree is found from its ends:
for each state and each way in which its edge may see what it makes, the least that this and
all below it costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from heapwright.solver.conversions.edges import Price, Sight
from heapwright.solver.conversions.sites import (
    UNLIMITED,
    Site,
    Sites,
    Split,
    Step,
    TreeState,
    less,
    price,
    total,
)
from heapwright.solver.question.terms import Edge


class Pricing:
    """The prices of all that has been found so far."""

    def __init__(self, sites: Sites, edges: Sequence[Edge]) -> None:
        self.sites = sites
        self.edges = edges
        self.least: dict[TreeState, Price] = {}
        """Of the states that can be served."""
        self._steps: dict[tuple[TreeState, Split], Price] = {}
        self._seen: dict[TreeState, dict[Sight | None, Price]] = {}
        self._met: dict[tuple[TreeState, Sight], Price | None] = {}
        for state in sorted(sites, key=lambda state: -state.depth):
            self._price(state)

    def _price(self, state: TreeState) -> None:
        seen: dict[Sight | None, Price] = {}
        for split, site in self.sites[state].items():
            if not all(feed in self.least for feed in split[1]):
                continue
            for made, cost in self._options(state, split[1], site):
                key = state, split
                self._steps[key] = min(self._steps.get(key, UNLIMITED), cost)
                seen[made] = min(seen.get(made, UNLIMITED), cost)
        if seen:
            self._seen[state] = seen
            self.least[state] = min(seen.values())

    def _options(
        self, state: TreeState, feeds: Sequence[TreeState], site: Site
    ) -> Iterator[tuple[Sight | None, Price]]:
        """Each option as the edge that makes it sees it, with the least that it and all below it cost."""
        below = [(feed, site.seen(self._edge(feed))) for feed in feeds]
        made = site.seen(self._edge(state)) if state.edge is not None else None
        for index, option in enumerate(site.options):
            costs = [price(option)]
            for feed, sights in below:
                met = self._meeting(feed, sights[index])
                if met is None:
                    break
                costs.append(met)
            else:
                yield made[index] if made is not None else None, total(costs)

    def _meeting(self, feed: TreeState, before: Sight) -> Price | None:
        """The least that a state costs of whose edge one side is seen so."""
        key = feed, before
        if key not in self._met:
            fits = (cost for after, cost in self._seen[feed].items() if after and before.suits(after))
            self._met[key] = min(fits, default=None)
        return self._met[key]

    def _edge(self, state: TreeState) -> Edge:
        assert state.edge is not None  # the root is not made by any
        return self.edges[state.edge]

    def within(self, root: TreeState, limit: Price) -> list[Step]:
        """The steps that some tree of at most this price takes, the root's first."""
        before: dict[TreeState, Price] = {root: (0, 0)}
        found: list[Step] = []
        for state in sorted(self.least, key=lambda s: (s.depth, s.edge is not None, s.edge, s.readers)):
            if state not in before:
                continue
            for (own, feeds), site in self.sites[state].items():
                cost = self._steps.get((state, (own, feeds)))
                if cost is None or total([before[state], cost]) > limit:
                    continue
                found.append(Step(state, own, feeds, site.question, site.options))
                apart = total([before[state], site.price, *(self.least[feed] for feed in feeds)])
                for feed in feeds:
                    other = less(apart, self.least[feed])
                    before[feed] = min(before.get(feed, UNLIMITED), other)
        return found
