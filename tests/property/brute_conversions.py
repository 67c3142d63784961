"""Conversions by brute force: every tree that the contract allows, grown behind every buffer.

A tree gives each reader a placement of its own choice. What a placement can
be depends only on who touches it, so the options of all placements are found
one by one, trees with an impossible placement never grow, and the rest are
joined cheapest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import TYPE_CHECKING, Final, NamedTuple

from heapwright.allocator.hardware import known
from heapwright.allocator.judge.constraints.conversions import (
    BY_CPU,
    carded,
    differences,
    moves_raw,
    step_objections,
    strides,
)
from heapwright.allocator.judge.constraints.memory.usage import PlacementUsage
from heapwright.allocator.judge.cost import Cost, PlacementCost, Shares, combined
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.allocator.judge.question.conversion_trees import (
    DEEPEST,
    ConversionStep,
    ConversionTree,
    converter,
    inserted,
)
from heapwright.allocator.judge.question.request import PlannedAssignment, RequestedBuffer
from heapwright.solver.answer.plan import Conversion, Placement

if TYPE_CHECKING:
    from tests.property.brute import Found, Search

WIDEST: Final = 64
"""Strides up to here are tried where a conversion may not change them."""


class Option(NamedTuple):
    """A placement that is lawful by itself."""

    placement: Placement
    usage: PlacementUsage
    own: PlacementCost
    shares: Shares


class Links(NamedTuple):
    """What of a placement others depend on: nothing, or what conversions must keep."""

    converted: bool
    widest: int

    def sides(self, placement: Placement) -> tuple[object, ...]:
        if not self.converted:
            return ()
        kept = (placement.format, placement.modifier, placement.colour)
        return (*kept, strides(placement)) if self.widest else kept


ALONE: Final = Links(converted=False, widest=0)


class Way(NamedTuple):
    """An edge of a device."""

    device: str
    number: int


class Shape(NamedTuple):
    """A placement of a tree: how it is made, who of the file reads it, what is made of it."""

    way: Way | None
    readers: frozenset[int]
    children: tuple[Shape, ...]
    options: tuple[Option, ...] = ()
    """What it can be, given that everything below it is possible as well."""


class Grown(NamedTuple):
    """One placement in the list of all of them, behind its parent."""

    options: Sequence[Option]
    parent: int | None
    way: Way | None
    buffer: int


def converting(case: JudgedQuestion) -> bool:
    """Whether any buffer may be converted by anybody."""
    edges = any(device.facts.converts for device in case.of.devices.values())
    return edges and any(request.conversions != "forbid" for request in case.requested)


def copying(case: JudgedQuestion) -> bool:
    """Whether some buffer might be copied at no price but load."""
    devices = case.of.platform.devices
    edges = [(name, edge) for name, device in devices.items() for edge in device.converts]
    free = any(edge.lossless is True and carded(case.of.platform, name) for name, edge in edges)
    return free and converting(case)


def least(rows: Sequence[PlacementCost]) -> PlacementCost:
    """The smallest of each column."""
    return PlacementCost(*(min(column) for column in zip(*rows, strict=True)))


class BruteConversions:
    """The conversions of one question."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.case = search.case
        self.ways = {
            Way(name, number): edge
            for name, device in self.case.of.devices.items()
            for number, edge in enumerate(device.facts.converts)
        }
        self._known: dict[object, list[Option]] = {}
        self._leading: dict[object, bool] = {}
        self.best_found: tuple[Cost, list[Grown], list[Option]] | None = None

    def best(self) -> Found | None:
        for cast in self.search._cast():
            garden = [
                sorted(
                    ((self._bound(request, tree), tree) for tree in self._trees(request, assignment)),
                    key=lambda each: each[0],
                )
                for request, assignment in cast
            ]
            if all(garden):
                self._pick(garden, [], (0, 0))
        if self.best_found is None:
            return None
        cost, grown, chosen = self.best_found
        trees = self._planted(grown, chosen)
        placements = [placement for tree in trees for placement in tree.placements]
        conversions = [step.conversion for tree in trees for step in tree.steps]
        return self.search.judged(cost, placements, conversions)

    # Trees of one buffer

    def _trees(self, request: RequestedBuffer, assignment: PlannedAssignment) -> list[Shape]:
        readers = frozenset(
            index for index, user in enumerate(request.users_of(assignment)) if user.access == "read"
        )
        usable = [
            way
            for way, edge in self.ways.items()
            if (
                request.conversions == "allow"
                or (request.conversions == "lossless" and edge.lossless is True)
            )
            and (request.buffer.bytes is None or moves_raw(self.case.of.devices[way.device].facts, edge))
        ]
        return list(self._grow(request, assignment, None, readers, usable, DEEPEST))

    def _grow(
        self,
        request: RequestedBuffer,
        assignment: PlannedAssignment,
        way: Way | None,
        readers: frozenset[int],
        usable: Sequence[Way],
        deep: int,
    ) -> Iterator[Shape]:
        """Every way to serve these readers from a placement made so, `deep` conversions further."""
        for own in _subsets(readers):
            rest = readers - own
            if rest and not deep:
                continue
            for blocks in _partitions(sorted(rest)):
                for made in product(usable, repeat=len(blocks)):
                    options = self._options(request, assignment, way, own, made)
                    if not options:
                        continue
                    below = [
                        list(self._grow(request, assignment, each, frozenset(block), usable, deep - 1))
                        for each, block in zip(made, blocks, strict=True)
                    ]
                    for children in product(*below):
                        able = tuple(each for each in options if self._bears(each, children))
                        if able:
                            yield Shape(way, own, children, able)

    def _bears(self, option: Option, children: Sequence[Shape]) -> bool:
        """Whether every child can be made of a placement."""
        return all(
            any(self._leads(each.way, option.placement, child.placement) for child in each.options)
            for each in children
        )

    def _leads(self, way: Way | None, before: Placement, after: Placement) -> bool:
        if way is None:
            return True
        key = (way, *_sides(before), *_sides(after))
        if key not in self._leading:
            changed = differences(before, after)
            self._leading[key] = not any(step_objections(self.ways[way], before, after, changed))
        return self._leading[key]

    def _options(
        self,
        request: RequestedBuffer,
        assignment: PlannedAssignment,
        made_by: Way | None,
        readers: frozenset[int],
        made: Sequence[Way],
    ) -> list[Option]:
        """What a placement can be that is made so, is read by these and made into others."""
        key = (request.key, request.domain, assignment, made_by, readers, tuple(sorted(made)))
        if key not in self._known:
            self._known[key] = self._find(request, assignment, made_by, readers, sorted(made))
        return self._known[key]

    def _find(
        self,
        request: RequestedBuffer,
        assignment: PlannedAssignment,
        made_by: Way | None,
        readers: frozenset[int],
        made: Sequence[Way],
    ) -> list[Option]:
        users = list(zip(request.users, assignment.taken, assignment.devices, strict=True))
        here = [
            each
            for index, each in enumerate(users)
            if index in readers or (made_by is None and each[0][each[1]].access == "write")
        ]
        ends = [(way, "read") for way in made]
        ends += [(made_by, "write")] if made_by is not None else []
        for way, access in ends:
            edge, kind = self.ways[way], self.case.of.devices[way.device].facts.kind
            user = (
                converter(kind, edge.from_, "read") if access == "read" else converter(kind, edge.to, "write")
            )
            here.append(((user,), 0, way.device))
        node = request if made_by is None else inserted(request, 1)
        alternatives, taken, devices = zip(*here, strict=True)
        rigid = any("stride" not in self.ways[way].may_change for way, _ in ends)
        links = Links(converted=True, widest=WIDEST if rigid else 0) if ends else ALONE
        found = self.search.options(
            replace(node, users=alternatives), PlannedAssignment(taken, devices), links
        )
        return [_of_edges(option, [way for way, _ in ends]) for option in found]

    def _bound(self, request: RequestedBuffer, shape: Shape) -> tuple[int, int]:
        """The least that the conversions of a tree can cost."""
        lossy = moved = 0
        for child in shape.children:
            assert child.way is not None
            further = self._bound(request, child)
            lossy += further[0] + self._loss(child.way)
            size = _least_size(shape) + _least_size(child)
            moved += further[1] + self._weight(child.way, request.buffer.rate) * size
        return lossy, moved

    def _loss(self, way: Way) -> int:
        if self.ways[way].lossless is True:
            return 0
        return 4 if self.case.of.devices[way.device].facts.kind == "cpu" else 1

    def _weight(self, way: Way, rate: int) -> int:
        if self.ways[way].lossless is True and carded(self.case.of.platform, way.device):
            return 0
        kind = self.case.of.devices[way.device].facts.kind
        return (BY_CPU if kind == "cpu" else 1) * max(rate, 1)

    # All buffers together

    def _pick(
        self,
        garden: Sequence[Sequence[tuple[tuple[int, int], Shape]]],
        picked: list[Shape],
        spent: tuple[int, int],
    ) -> None:
        """A tree for each buffer, cheapest first, as long as it can still be as cheap as the best."""
        rest = [trees[0][0] for trees in garden[len(picked) :]]
        least_cost = (spent[0] + sum(each[0] for each in rest), spent[1] + sum(each[1] for each in rest))
        if self.best_found is not None and (least_cost[0], 0, least_cost[1]) > self.best_found[0][:3]:
            return
        if len(picked) == len(garden):
            grown: list[Grown] = []
            for buffer, shape in enumerate(picked):
                _flatten(shape, buffer, None, grown)
            self._join(grown, [])
            return
        for bound, shape in garden[len(picked)]:
            self._pick(garden, [*picked, shape], (spent[0] + bound[0], spent[1] + bound[1]))

    def _join(self, grown: Sequence[Grown], chosen: list[Option]) -> None:
        if chosen and next(self.case.together([option.usage for option in chosen]), None) is not None:
            return
        if self._overloaded(grown, chosen):
            return
        cost = self._at_least(grown, chosen)
        if self.best_found is not None and cost >= self.best_found[0]:
            return
        if len(chosen) == len(grown):
            self.best_found = (cost, list(grown), list(chosen))
            return
        here = grown[len(chosen)]
        for option in here.options:
            if here.parent is not None and not self._leads(
                here.way, chosen[here.parent].placement, option.placement
            ):
                continue
            self._join(grown, [*chosen, option])

    def _overloaded(self, grown: Sequence[Grown], chosen: Sequence[Option]) -> bool:
        """Whether more goes through an edge than it gets through."""
        loads = {Way(*edge): load for edge, load in self.case.loads.items()}
        for each in grown[: len(chosen)]:
            if each.parent is not None and each.way is not None:
                read = self.case.requested[each.buffer].buffer.rate * chosen[each.parent].placement.size
                loads[each.way] = loads.get(each.way, 0) + read
        used = {each.way for each in grown[: len(chosen)] if each.way is not None}
        return any(
            (most := known(self.ways[way].throughput)) is not None and loads[way] > most for way in used
        )

    def _at_least(self, grown: Sequence[Grown], chosen: Sequence[Option]) -> Cost:
        own = [option.own for option in chosen]
        own += [least([option.own for option in each.options]) for each in grown[len(chosen) :]]
        sizes = [option.placement.size for option in chosen]
        sizes += [min(option.placement.size for option in each.options) for each in grown[len(chosen) :]]
        lossy = pictured = moved = 0
        for place, each in enumerate(grown):
            if each.parent is not None and each.way is not None:
                rate = self.case.requested[each.buffer].buffer.rate
                lossy += self._loss(each.way)
                pictured += own[each.parent].picture // 32 + own[place].picture // 32
                moved += self._weight(each.way, rate) * (sizes[each.parent] + sizes[place])
        return combined(
            own, [option.shares for option in chosen], self.search._live, (lossy, pictured, moved)
        )

    def _planted(self, grown: Sequence[Grown], chosen: Sequence[Option]) -> list[ConversionTree]:
        """What was chosen, in the words of an answer."""
        trees = []
        for buffer, request in enumerate(self.case.requested):
            places = [place for place, each in enumerate(grown) if each.buffer == buffer]
            names = [request.name, *(f"{request.name}>{number}" for number in range(1, len(places)))]
            placements = [
                chosen[place].placement.model_copy(update={"buffer": name})
                for place, name in zip(places, names, strict=True)
            ]
            steps = []
            for child, place in enumerate(places[1:], 1):
                each = grown[place]
                assert each.parent is not None and each.way is not None
                parent = places.index(each.parent)
                conversion = self._conversion(request, each.way, placements[parent], placements[child])
                steps.append(ConversionStep(conversion, parent, child))
            trees.append(ConversionTree(request, tuple(placements), tuple(steps)))
        return trees

    def _conversion(
        self, request: RequestedBuffer, way: Way, before: Placement, after: Placement
    ) -> Conversion:
        device, edge = self.case.of.devices[way.device].facts, self.ways[way]
        return Conversion.model_construct(
            pipeline=request.pipeline,
            buffer=request.name,
            reads=before.buffer,
            writes=after.buffer,
            device=way.device,
            from_=edge.from_,
            to=edge.to,
            changes=differences(before, after),
            lossless=edge.lossless is True,
            bytes_per_second=request.buffer.rate * (before.size + after.size),
            text="converted",
            source=edge.source or device.source,
        )


def _of_edges(option: Option, edges: Sequence[Way]) -> Option:
    """A placement whose last attachments are the sides of these edges, and say so."""
    attached = option.placement.attachments
    first = len(attached) - len(edges)
    sides = [
        each.model_copy(update={"converts": way.number})
        for each, way in zip(attached[first:], edges, strict=True)
    ]
    said = option.placement.model_copy(update={"attachments": (*attached[:first], *sides)})
    return option._replace(placement=said)


def _sides(placement: Placement) -> tuple[object, ...]:
    """All that edges ask about a placement."""
    kept = (placement.format, placement.modifier, placement.colour, placement.heap)
    return (*kept, strides(placement))


def _least_size(shape: Shape) -> int:
    return min(option.placement.size for option in shape.options)


def _flatten(shape: Shape, buffer: int, parent: int | None, into: list[Grown]) -> None:
    into.append(Grown(shape.options, parent, shape.way, buffer))
    place = len(into) - 1
    for child in shape.children:
        _flatten(child, buffer, place, into)


def _subsets(items: frozenset[int]) -> Iterator[frozenset[int]]:
    for number in range(len(items), -1, -1):
        yield from map(frozenset, combinations(sorted(items), number))


def _partitions(items: Sequence[int]) -> Iterator[list[list[int]]]:
    """Every way to split items into groups."""
    if not items:
        yield []
        return
    for rest in _partitions(items[1:]):
        yield [[items[0]], *rest]
        for place, block in enumerate(rest):
            yield [*rest[:place], [items[0], *block], *rest[place + 1 :]]
