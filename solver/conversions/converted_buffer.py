"""A buffer that may be converted: alike questions, and all that they may take, as it is or in trees."""

from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from itertools import product
from typing import Any, Final

from heapwright.platforms.schema import Port
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.device_assignment import attachments_of
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.relaxation import DroppedFacts, Relaxation, is_dropped
from heapwright.solver.constraints.graph import conversion
from heapwright.solver.constraints.image import format as format_kind
from heapwright.solver.constraints.image import modifier as modifier_kind
from heapwright.solver.conversions import strides
from heapwright.solver.conversions.edges import UNLIMITED, Price
from heapwright.solver.conversions.pareto import (
    Measure,
    PlacedTree,
    PutTogether,
    Worthwhile,
)
from heapwright.solver.conversions.steps import Step
from heapwright.solver.conversions.table import DEEPEST, TreeState
from heapwright.solver.conversions.trees import Trees
from heapwright.solver.objective.conversions import conversion_bytes
from heapwright.solver.question.resolve import Problem, Question
from heapwright.solver.question.terms import Edge, edges
from heapwright.solver.search.choose import fitting

KnownConversions = dict[object, Any]
"""What was found before of one problem under different dropped facts: of buffers, and of their placements."""


UNCONVERTED: Final = -1
"""The number of the way in which a buffer is taken as it is."""


class ConvertedBuffer:
    """Alike questions, and all that they may take: options as they are, and trees."""

    def __init__(
        self, found: Propagation, question: Question, direct: tuple[Option, ...], known: KnownConversions
    ) -> None:
        self.found = found
        self.direct = [Step(TreeState(None, (), 0, UNCONVERTED), (), (), question, direct)] if direct else []
        self.question, self._about = question, found.drops.about(question.label)
        about = self._about
        self.edges = _usable(found.problem, question, about)
        self._trees_of: dict[Hashable, list[PlacedTree]] = {}
        colours, freed = _colours(found.problem, question, self.edges), _freed(found.problem, about)
        self.trees = [
            Trees(found, variant, attachment_set, self.edges, colours, known, freed, number)
            for number, (variant, attachment_set) in enumerate(
                product(question.variants, question.attachment_sets)
            )
            if self.edges
        ]

    @cached_property
    def least(self) -> Price:
        """What the buffer's conversions cost at least; UNLIMITED where none can help."""
        return 0 if self.direct else min([trees.cheapest for trees in self.trees], default=UNLIMITED)

    @cached_property
    def placeable(self) -> bool:
        """Whether it may be as it is, or its table knows a tree."""
        return bool(self.direct) or any(trees.possible for trees in self.trees)

    def floor(self, budget: Budget) -> int:
        """What is charged to a budget at least, converted or not."""
        floors = [trees.floor(budget) for trees in self.trees if trees.possible]
        floors += [dict(option.charges).get(budget, 0) for step in self.direct for option in step.options]
        return min(floors, default=0)

    def cheapest_trees(self, measure: Measure, dropped: Relaxation) -> list[PlacedTree]:
        """The best of those whose conversions cost as little as can be."""
        return self._best(measure, self.cheapest, dropped)

    @cached_property
    def cheapest(self) -> list[Step]:
        """What it may take at the least price: as it is, and copied by a card that bears it as load."""
        return self.direct if self.direct and not self.copied else self.within(self.least)

    @cached_property
    def copied(self) -> bool:
        """Whether a card might copy it at no price but load: if so, in a format that its writers and a reader know."""
        unpaid = [edge for edge in self.edges if conversion_bytes.unpaid(edge.reading)]
        if self._about or any(not edge.ports[0].images or "format" not in edge.kept for edge in unpaid):
            return bool(unpaid)
        attachments = [*attachments_of(self.found.problem, self.question)]
        written = _formats([each.port for each in attachments if each.writes])
        read = _formats([each.port for each in attachments if not each.writes])
        return any(written & read & _formats(edge.ports[:1]) & _formats(edge.ports[1:]) for edge in unpaid)

    def best_trees(
        self, measure: Measure, dropped: Relaxation, spare: Sequence[int], deepest: int = DEEPEST
    ) -> list[PlacedTree]:
        """The best of all that are no deeper and charge tight budgets no more than is `spare`.

        One conversion after the other is seldom needed: what is known without tells it for most.
        """
        key = measure.levels, *measure.tight, *spare, deepest, dropped.budgets
        if key not in self._trees_of:
            if deepest > 1:
                known = self.best_trees(measure, dropped, spare, 1)
            else:
                given = self.cheapest if measure.levels else self.direct
                known = self._best(measure, given, dropped)
            for trees in self.trees:
                worth = Worthwhile(measure, trees.assignments, known, spare)
                steps = trees.worthwhile([*measure.tight], worth, deepest)
                known = measure.best([*known, *self._best(measure, steps, dropped)])
            self._trees_of[key] = [tree for tree in known if measure.fits(tree, spare)]
        return [*self._trees_of[key]]

    def _best(self, measure: Measure, steps: Sequence[Step], dropped: Relaxation) -> list[PlacedTree]:
        """The best trees of these steps: of each way to take the buffer by itself, then of all."""
        linked, found = self.found.problem.linked, []
        of_ways: dict[int, list[Step]] = {}
        for step in steps:
            of_ways.setdefault(step.state.number, []).append(step)
        for given in of_ways.values():
            given = strides.shared(given, self.edges, self.found)
            left = [step._replace(options=fitting(step.options, dropped)) for step in given]
            found += PutTogether(measure, self.edges).trees(left)
        for tree in found:
            tree.bound = frozenset([pair for pair in tree.bound if pair[0] in linked or pair[0] < 0])
        return measure.best(found)

    def within(self, limit: Price) -> list[Step]:
        """What it may take within a price."""
        found = [*self.direct]
        for trees in self.trees:
            found += strides.shared(trees.within(limit), self.edges, self.found)
        return found


def _formats(ports: Iterable[Port]) -> set[str]:
    """All that ports know."""
    return {fourcc for port in ports for rule in port.images for fourcc in rule.formats}


def _usable(problem: Problem, question: Question, about: DroppedFacts | None) -> tuple[Edge, ...]:
    """The edges along which the buffer may be converted."""
    policy = "allow" if is_dropped(about, conversion.KIND, "") else question.conversions
    if policy == "forbid":
        return ()
    raw = question.spec.size is None
    known = edges(problem.board, lossless=policy == "lossless")
    return tuple(edge for edge in known if not (raw and any(port.images for port in edge.ports)))


def _freed(problem: Problem, about: DroppedFacts | None) -> frozenset[str]:
    """Devices that a dropped fact lets take what their rules do not list.

    One that lists no image takes none, whatever its modifiers might be.
    """
    dropped = about.own if about else ()
    listing = {
        name for name, d in problem.board.devices.items() if any(p.images for p in d.spec.ports.values())
    }
    return frozenset(
        device
        for kind, device in dropped
        if kind == format_kind.KIND.name or (kind == modifier_kind.KIND.name and device in listing)
    )


def _colours(problem: Problem, question: Question, found: Sequence[Edge]) -> tuple[str, ...]:
    """All colours that anybody who may touch the buffer, or the pipeline, speaks of."""
    ports = [port for edge in found for port in edge.ports]
    ports += [attachment.port for attachment in attachments_of(problem, question)]
    named = {colour for port in ports for rule in port.images for colour in rule.colours or ()}
    return tuple(sorted(named | set(question.spec.colours or ())))
