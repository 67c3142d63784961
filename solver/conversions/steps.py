"""Steps of conversion trees: which of their options go together, and what that costs at least.

What conversions cost is a sum over placements. So the least that a tree costs is found from its ends
to its root; what is left of a price for each placement, from the root to the ends.
"""

from collections.abc import Sequence
from typing import NamedTuple

from heapwright.solver.candidates.candidate import Option
from heapwright.solver.conversions.edges import UNLIMITED, Price, Side, price, side
from heapwright.solver.conversions.table import TreeState
from heapwright.solver.question.resolve import Question
from heapwright.solver.question.terms import Edge


class Step(NamedTuple):
    """One way to serve the readers of a state, and what its placement can be."""

    state: TreeState
    own: tuple[int, ...]
    feeds: tuple[TreeState, ...]
    """What is left to the conversions that read this placement."""
    question: Question
    options: tuple[Option, ...]


class _Costs:
    """What serving each state costs at least, by how its edge sees what it writes."""

    def __init__(self, edges: Sequence[Edge], strides: bool) -> None:
        self.edges = edges
        self.strides = strides
        self.made: dict[TreeState, dict[Side | None, Price]] = {}
        self._met: dict[tuple[TreeState, Side | None], list[tuple[Side | None, Price]]] = {}

    def side(self, state: TreeState, option: Option) -> Side | None:
        """How the edge of a state sees an option; None for the root, which no edge makes."""
        return None if state.edge is None else side(self.edges[state.edge], option, strides=self.strides)

    def suiting(self, feed: TreeState, option: Option) -> list[tuple[Side | None, Price]]:
        """All that can be made of an option for a state, with what it costs."""
        before = self.side(feed, option)
        if (feed, before) not in self._met:
            made = self.made.get(feed, {}).items()
            self._met[feed, before] = [(s, cost) for s, cost in made if before and s and before.suits(s)]
        return self._met[feed, before]


def fitted(
    steps: Sequence[Step], edges: Sequence[Edge], limit: Price = UNLIMITED, *, strides: bool = False
) -> tuple[Price, list[Step]]:
    """The least price of a tree (UNLIMITED if there is none), and what trees within a price take of the steps.

    Strides are left out of account as long as they may be widened.
    """
    costs = _Costs(edges, strides)
    priced: list[list[tuple[Option, Price, list[Price]]]] = []
    for step in reversed(steps):  # those nearer to the root come first
        priced.append([])
        made = costs.made.setdefault(step.state, {})
        for option in step.options:
            ahead = [
                min([c for _, c in costs.suiting(feed, option)], default=UNLIMITED) for feed in step.feeds
            ]
            cost, seen = price(option) + sum(ahead), costs.side(step.state, option)
            if cost < UNLIMITED:
                priced[-1].append((option, cost, ahead))
                made[seen] = min(cost, made.get(seen, UNLIMITED))
    root = steps[0].state if steps else None
    least = costs.made[root].get(None, UNLIMITED) if root else UNLIMITED
    rooms: dict[tuple[TreeState | None, Side | None], Price] = {(root, None): limit}
    found = []
    for step, options in zip(steps, reversed(priced), strict=True):
        kept = []
        for option, cost, ahead in options:
            room = rooms.get((step.state, costs.side(step.state, option)), -1)
            if cost > room:
                continue
            kept.append(option)
            for feed, own in zip(step.feeds, ahead, strict=True):
                for after, _ in costs.suiting(feed, option):
                    rooms[feed, after] = max(rooms.get((feed, after), -1), room - cost + own)
        if kept:
            found.append(step._replace(options=tuple(kept)))
    return least, found
