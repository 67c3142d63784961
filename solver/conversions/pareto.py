"""Of all trees of a buffer those that may be the best: few, so each is a column of the selection.

A tree is left out where another charges no more to any tight budget, binds and locks nothing more, and costs
less before the first level that is shared; or costs as much there, adds no more to that level and to any memory,
and costs as much or less at the levels after it, names last. So the steps in which a shared level is rounded
may not hide what is decided later. What holds of trees holds of what hangs on a placement, as long as the edge
that makes it sees it alike: so trees are put together from their ends, and of each state only the best are kept.

What a tree costs, charges and uses is one integer each, with a field of bits for every level, budget and
memory: one addition, one comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import groupby
from operator import attrgetter, le
from typing import Final

from heapwright.platforms.errors import HeapwrightError
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import DeviceAssignment, Option
from heapwright.solver.conversions.edges import Side, price, side
from heapwright.solver.conversions.steps import Step
from heapwright.solver.conversions.table import TreeState
from heapwright.solver.question.terms import Edge
from heapwright.solver.search.choose import Branch, Tree
from heapwright.solver.search.selection import CostLevel

BITS: Final = 128
"""Of a field: more than any sum has."""
JOINED: Final = 300_000
"""Trees that may be put together for a question: about two seconds."""


class TooManyTreesError(HeapwrightError):
    """More than may be put together."""


class PlacedTree:
    """A placement with all that hangs on it: of the root, one way to take a buffer."""

    __slots__ = ("__dict__", "below", "bound", "charged", "cost", "later", "locked", "option", "step", "used")

    def __init__(self, option: Option, step: Step, below: tuple[PlacedTree, ...] = ()) -> None:
        self.option = option
        self.step = step
        self.below = below
        self.cost = 0
        """Levels before the first that is shared; the earlier ones weigh more."""
        self.later = 0
        """Sums among the levels after it."""
        self.used = 0
        """What it uses of each memory, and adds to levels that are no sums."""
        self.charged = 0
        """Of tight budgets."""
        self.bound: frozenset[tuple[int, str | None]] = frozenset()
        self.locked: frozenset[str] = frozenset()

    @cached_property
    def placed(self) -> tuple[Option, ...]:
        """All options, the root's first."""
        return (self.option, *(option for tree in self.below for option in tree.placed))

    @cached_property
    def key(self) -> tuple[object, ...]:
        """By name: the root's, then of what is made of it."""
        made = [(tree.step.state.edge, tree.step.state.readers, tree.key) for tree in self.below]
        return (self.option.key, *made)

    @property
    def values(self) -> tuple[int, ...]:
        return tuple(map(sum, zip(*[option.values for option in self.placed], strict=True)))

    @property
    def charges(self) -> tuple[tuple[Budget, int], ...]:
        return _summed(pair for option in self.placed for pair in option.charges)

    @property
    def shares(self) -> tuple[tuple[Budget, int], ...]:
        return _summed(pair for option in self.placed for pair in option.shares)

    @property
    def locks(self) -> tuple[tuple[str, tuple[tuple[Budget, int], ...]], ...]:
        return tuple({lock for option in self.placed for lock in option.locks})

    @property
    def assignment(self) -> DeviceAssignment:
        return tuple(sorted(self.bound, key=lambda pair: pair[0]))

    def branches(self, edges: Sequence[Edge]) -> Tree:
        """What is inserted behind the root, level by level."""
        found: list[Branch] = []
        above = [(0, self)]
        for number, tree in above:  # which grows on the way
            for child in tree.below:
                assert child.step.state.edge is not None  # an edge makes it
                found.append(Branch(number, edges[child.step.state.edge], child.step.question, child.option))
                above.append((len(found), child))
        return tuple(found)


def _summed(pairs: Iterable[tuple[Budget, int]]) -> tuple[tuple[Budget, int], ...]:
    found: dict[Budget, int] = {}
    for budget, amount in pairs:
        found[budget] = found.get(budget, 0) + amount
    return tuple(found.items())


class Measure:
    """What counts of trees: the levels (none where any plan will do), and what tight budgets are charged."""

    def __init__(self, levels: Sequence[CostLevel], tight: Sequence[Budget]) -> None:
        self.levels = levels
        self.tight = {budget: number for number, budget in enumerate(tight)}
        self._joint = [n for n, level in enumerate(levels) if not level.plain]
        self._separate = min(self._joint, default=len(levels))
        """How many levels come before the first that is shared."""
        self._later = [n for n in range(self._separate, len(levels)) if levels[n].plain]
        self._memories: dict[Budget, int] = {}
        self.joined = 0

    def single(self, option: Option, step: Step) -> PlacedTree:
        """A placement by itself."""
        tree = PlacedTree(option, step)
        tree.charged = sum(n << BITS * self.tight[b] for b, n in option.charges if b in self.tight)
        tree.bound = frozenset(option.assignment)
        tree.locked = frozenset([name for name, _ in option.locks])
        if not self.levels:
            return tree
        for value in option.values[: self._separate]:
            tree.cost = tree.cost << BITS | value
        for level in self._later:
            tree.later = tree.later << BITS | option.values[level]
        for place, level in enumerate(self._joint):
            tree.used += option.values[level] << BITS * place
        for memory, share in option.shares:
            place = self._memories.setdefault(memory, len(self._memories) + len(self._joint))
            tree.used += share << BITS * place
        return tree

    def joined_with(self, tree: PlacedTree, below: PlacedTree) -> PlacedTree | None:
        """The tree with one more below it; None if they bind a device differently."""
        self.joined += 1
        if self.joined > JOINED:
            raise TooManyTreesError
        bound = tree.bound
        if below.bound and not below.bound <= bound:
            known = dict(bound)
            if any(known.get(variable, device) != device for variable, device in below.bound):
                return None
            bound |= below.bound
        found = PlacedTree(tree.option, tree.step, (*tree.below, below))
        found.cost, found.later = tree.cost + below.cost, tree.later + below.later
        found.used, found.charged = tree.used + below.used, tree.charged + below.charged
        found.bound, found.locked = bound, tree.locked | below.locked
        return found

    def charges(self, tree: PlacedTree) -> list[int]:
        """Of each tight budget."""
        mask = (1 << BITS) - 1
        return [tree.charged >> BITS * number & mask for number in range(len(self.tight))]

    def fits(self, tree: PlacedTree, spare: Sequence[int]) -> bool:
        """Whether a tree charges tight budgets no more than that."""
        return all(map(le, self.charges(tree), spare))

    def best(self, trees: list[PlacedTree]) -> list[PlacedTree]:
        """Those that no other makes needless, the cheapest first."""
        if len(trees) < 2:
            return trees
        trees.sort(key=lambda tree: (tree.cost, tree.later))
        guards, guard_used = self._guard(len(self.tight)), self._guard(len(self._memories) + len(self._joint))
        kept: list[PlacedTree] = []
        for _, equal in groupby(trees, key=_COST):
            alike = [*equal]
            if len(alike) > 1:
                alike.sort(key=_BY_NAME)
            for tree in alike:
                charged, used = tree.charged | guards, tree.used | guard_used
                for other in kept:
                    if (
                        charged - other.charged & guards == guards
                        and (other.cost < tree.cost or used - other.used & guard_used == guard_used)
                        and other.bound <= tree.bound
                        and other.locked <= tree.locked
                    ):
                        break
                else:
                    kept.append(tree)
        return kept

    @staticmethod
    def _guard(fields: int) -> int:
        return sum(1 << BITS * (number + 1) - 1 for number in range(fields))


_COST = attrgetter("cost", "later")
_BY_NAME = attrgetter("key")


class Worthwhile:
    """Whether a tree may be one of the best, whatever devices it binds, beside those that are known.

    `assignments` are all that there may be; trees of which nothing is known of one are worth a look.
    """

    def __init__(
        self,
        measure: Measure,
        assignments: Sequence[frozenset[tuple[int, str | None]]],
        known: Sequence[PlacedTree],
        spare: Sequence[int],
    ) -> None:
        self._strictly = bool(measure.levels)
        self._spare = spare
        rows = [(tree, (sum(map(price, tree.placed)), *measure.charges(tree))) for tree in known]
        self._known = [
            [row for tree, row in rows if not tree.locked and tree.bound <= assignment]
            for assignment in assignments
        ] or [[]]

    def __call__(self, least: Sequence[int]) -> bool:
        if not all(map(le, least[1:], self._spare)):
            return False
        return not all(any(self._beats(row, least) for row in rows) for rows in self._known)

    def _beats(self, row: Sequence[int], least: Sequence[int]) -> bool:
        return all(map(le, row[1:], least[1:])) and (row[0] < least[0] or not self._strictly)


class PutTogether:
    """Trees of one buffer, put together of steps from their ends."""

    def __init__(self, measure: Measure, edges: Sequence[Edge]) -> None:
        self.measure = measure
        self.edges = edges
        self._made: dict[TreeState, dict[Side | None, list[PlacedTree]]] = {}
        self._known: dict[tuple[TreeState, Side], list[PlacedTree]] = {}

    def trees(self, steps: Sequence[Step]) -> list[PlacedTree]:
        """The best of all; of steps those nearer to the root come first."""
        for step in reversed(steps):
            self._add(step)
        root = self._made.get(steps[0].state, {}) if steps else {}
        return self.measure.best(root.get(None, []))

    def _add(self, step: Step) -> None:
        edge = None if step.state.edge is None else self.edges[step.state.edge]
        reading = [(feed, self.edges[feed.edge or 0]) for feed in step.feeds]
        alike: dict[tuple[Side | None, tuple[Side, ...]], list[PlacedTree]] = {}
        for option in step.options:
            seen = side(edge, option) if edge else None, tuple([side(by, option) for _, by in reading])
            alike.setdefault(seen, []).append(self.measure.single(option, step))
        made = self._made.setdefault(step.state, {})
        for (after, before), trees in alike.items():
            found = self.measure.best(trees)
            for (feed, _), seen_by in zip(reading, before, strict=True):
                joined = [
                    self.measure.joined_with(tree, child)
                    for child in self._suiting(feed, seen_by)
                    for tree in found
                ]
                found = self.measure.best([tree for tree in joined if tree is not None])
            made.setdefault(after, []).extend(found)

    def _suiting(self, feed: TreeState, before: Side) -> list[PlacedTree]:
        """The best of what an edge can make for a state of what it sees so."""
        if (feed, before) not in self._known:
            every = [t for s, ts in self._made.get(feed, {}).items() if s and before.suits(s) for t in ts]
            self._known[feed, before] = self.measure.best(every)
        return self._known[feed, before]
