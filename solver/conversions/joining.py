"""Steps without the options that go with nothing: what conversions hand on must meet on both sides."""

from __future__ import annotations

from collections.abc import Sequence

from heapwright.solver.candidates.candidate import Option
from heapwright.solver.conversions.edges import Sight, sight
from heapwright.solver.conversions.sites import Step, TreeState
from heapwright.solver.question.terms import Edge

Sights = dict[TreeState, set[Sight]]


def joined(steps: Sequence[Step], edges: Sequence[Edge]) -> list[Step]:
    """The steps without the options that no neighbour's option goes with."""
    current = list(steps)
    while True:
        handed, given = _handed(current, edges), _given(current, edges)
        taken = {
            state: {after for after in sights if any(before.suits(after) for before in handed.get(state, ()))}
            for state, sights in given.items()
        }
        fewer = []
        for step in current:
            options = tuple([o for o in step.options if _goes(step, o, taken, edges)])
            if options:
                fewer.append(step._replace(options=options))
        if sum(len(s.options) for s in fewer) == sum(len(s.options) for s in current):
            return fewer
        current = fewer


def _handed(steps: Sequence[Step], edges: Sequence[Edge]) -> Sights:
    """What each state's edge may read."""
    found: Sights = {}
    for step in steps:
        for feed in step.feeds:
            found.setdefault(feed, set()).update(_seen(feed, step.options, edges))
    return found


def _given(steps: Sequence[Step], edges: Sequence[Edge]) -> Sights:
    """What each state's edge may write."""
    found: Sights = {}
    for step in steps:
        if step.state.edge is not None:
            found.setdefault(step.state, set()).update(_seen(step.state, step.options, edges))
    return found


def _seen(state: TreeState, options: Sequence[Option], edges: Sequence[Edge]) -> set[Sight]:
    assert state.edge is not None  # the root is not made by any
    edge = edges[state.edge]
    return {sight(edge, option) for option in options}


def _goes(step: Step, option: Option, taken: Sights, edges: Sequence[Edge]) -> bool:
    """Whether something can be made into the option, and it into all that it feeds."""
    made_by = step.state.edge
    if made_by is not None and sight(edges[made_by], option) not in taken[step.state]:
        return False
    for feed in step.feeds:
        assert feed.edge is not None  # the root is not made by any
        mine = sight(edges[feed.edge], option)
        if not any(mine.suits(after) for after in taken.get(feed, ())):
            return False
    return True
