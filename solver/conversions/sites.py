"""Placements of trees: who touches each, and what it can be.

A `TreeState` says what is left to do: these readers are to be served by what an edge writes. A
`Step` is one way to do it. A `Site` is the placement of a step, a question like any other,
propagated only as far as is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.relaxation import DroppedFacts
from heapwright.solver.conversions.edges import Price, Sight, sight
from heapwright.solver.objective import LOSSY, MOVED
from heapwright.solver.question.resolve import Question
from heapwright.solver.question.terms import Edge

UNLIMITED: Final = (1 << 62, 0)
"""More than any tree costs."""


class TreeState(NamedTuple):
    """Readers that are to be served by what an edge writes (the buffer itself if none)."""

    edge: int | None
    readers: tuple[int, ...]
    depth: int
    grove: int = 0
    """States of different groves are different."""


class Step(NamedTuple):
    """One way to serve the readers of a state."""

    state: TreeState
    own: tuple[int, ...]
    feeds: tuple[TreeState, ...]
    """What is left to the conversions that read this placement."""
    question: Question
    options: tuple[Option, ...] = ()


class Site:
    """A placement that certain devices touch, under the facts dropped about them."""

    def __init__(self, question: Question, found: Propagation, about: DroppedFacts | None) -> None:
        self.question = question
        self.found = found
        self.about = about
        self._possible: bool | None = None
        self._options: tuple[Option, ...] | None = None
        self._price: Price | None = None
        self._seen: dict[object, list[Sight]] = {}

    @property
    def options(self) -> tuple[Option, ...]:
        if self._options is None:
            self._options = () if self._possible is False else self.found.of_part(self.question, self.about)
            self._possible = bool(self._options)
        return self._options

    @property
    def possible(self) -> bool:
        if self._possible is None:
            self._possible = self.found.possible(self.question, self.about)
        return self._possible

    @property
    def price(self) -> Price:
        """What it costs at least, as conversions count."""
        if self._price is None:
            self._price = min(map(price, self.options), default=UNLIMITED)
        return self._price

    def seen(self, edge: Edge) -> list[Sight]:
        """Every option as an edge sees it, strides aside: they may still be widened."""
        found = self._seen.get(edge.name)
        if found is None:
            loose = edge._replace(kept=edge.kept - {"stride"})
            found = self._seen[edge.name] = [sight(loose, option) for option in self.options]
        return found


Split = tuple[tuple[int, ...], tuple[TreeState, ...]]
"""Who reads a placement itself, and what is left to the conversions that read it."""
Sites = dict[TreeState, dict[Split, Site]]


def price(option: Option) -> Price:
    """What a placement bears of the conversions around it."""
    return option.values[LOSSY], option.values[MOVED]


def total(prices: Iterable[Price]) -> Price:
    lossy = moved = 0
    for each in prices:
        lossy += each[0]
        moved += each[1]
    return lossy, moved


def less(one: Price, other: Price) -> Price:
    return one[0] - other[0], one[1] - other[1]
