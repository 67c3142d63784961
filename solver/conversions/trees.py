"""Conversion trees: every way to serve a buffer's readers from copies of it, within a price.

A buffer becomes a tree of placements. The root is touched by its writers; each other
placement is written by one conversion; each reader reads one placement. Readers served by
one placement share its conversion; conversions follow each other up to DEEPEST deep.

Trees are never spelled out. A `TreeState` says what is left to do: these readers are to be
served by what this edge writes, so deep. A `Step` is one way to do it: some of the readers
read the placement itself, the others are handed to further edges. Steps are shared by all
trees they occur in, so there are few, and the model (heapwright.solver.conversions.model) counts how many
buffers take each.

    state: rga writes, for {panel, encoder}
      step: both read it
      step: the panel reads it, the gpu converts it once more for {encoder}
      ...

What a tree costs at least stands in a table (heapwright.solver.conversions.table); only steps that it
allows within a price are looked at. What their placements can be depends on who touches them alone: that
is a question like any other (`Part`), propagated once for the same attachments.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any, Final

from heapwright.platforms.errors import Diagnostic, InputError
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option, pricing
from heapwright.solver.candidates.device_assignment import DeviceAssignments
from heapwright.solver.candidates.enumerate import Allowed, Propagation
from heapwright.solver.candidates.images import ListedImage
from heapwright.solver.candidates.relaxation import DroppedFacts, is_dropped
from heapwright.solver.constraints import ATTACHMENT, HEAP, REACH
from heapwright.solver.constraints.cases import Placed
from heapwright.solver.constraints.graph import conversion, count
from heapwright.solver.conversions.edges import LOSS, PICTURE, UNLIMITED, Price, least_sizes, price
from heapwright.solver.conversions.steps import Step, fitted
from heapwright.solver.conversions.table import (
    DEEPEST,
    AllowedPlacements,
    Costed,
    EdgePrice,
    Table,
    TreeState,
    charged,
    placement_bytes,
    priced,
)
from heapwright.solver.objective.conversions import conversion_bytes, lossy_conversions
from heapwright.solver.question.content import MOST_SPARE, picture_loss
from heapwright.solver.question.facts import End
from heapwright.solver.question.resolve import MAX_CHOICES, AttachmentSet, Part, Question, User, in_order
from heapwright.solver.question.terms import Edge, attachment_of

MOST_ENTRIES: Final = MAX_CHOICES * 256
"""In a table: about 100 MB."""
MOST_STEPS: Final = MAX_CHOICES * 2
"""In the trees of a buffer."""
MOST_DMABUFS: Final = 4
"""Of one buffer: no format has more planes."""
MOST_ASSIGNMENTS: Final = 64
"""Of devices, for which the best trees are told apart."""

Touching = tuple[Sequence[User], tuple[End, ...], bool]
"""Who touches a placement: attachments, converters, and whether it is the root."""
Worth = Callable[[Sequence[int]], bool]
"""Whether a tree may be worth it that costs so much at least, and charges so much to each tight budget."""


class Trees:
    """The trees of one buffer, taken in one way under one protection.

    `found` propagates each placement, `known` keeps what it found; `freed` are devices whose formats are
    taken out of the question.
    """

    def __init__(
        self,
        found: Propagation,
        question: Question,
        attachment_set: AttachmentSet,
        edges: Sequence[Edge],
        colours: tuple[str, ...],
        known: dict[object, Any],
        freed: frozenset[str],
        number: int,
    ) -> None:
        self.found = found
        self.question = question
        self.attachment_set = attachment_set
        self.edges = edges
        self.colours = colours
        self.known = known
        self.freed = freed
        self.users = attachment_set.users
        readers = tuple(i for i, p in enumerate(self.users) if p.use.access == "read")
        self.root = TreeState(None, readers, 0, number)
        self.writers = [p for p in self.users if p.use.access == "write"]
        variables = [p.variable for p in self.users]
        self.ties = frozenset(v for v in variables if variables.count(v) > 1)
        nothing = {"formats": None, "modifiers": None, "colours": None, "dmabufs": None, "count": None}
        self._copied = replace(
            question,
            spec=question.spec.model_copy(update=nothing),
            pins=tuple(pin for pin in question.pins if pin.field == "device"),
            flow=None,
            domain=question.domain._replace(wider=frozenset()),  # minded where content comes in
        )
        """What is asked of its copies."""
        self._kept = {edge.name: edge.kept for edge in edges}
        self._charged: dict[Budget, Table | None] = {}
        self._cheapest_steps: tuple[Price, list[Step]] = -1, []
        """The least price, and steps of all trees of that price."""
        board, judged = found.board, (*HEAP, *ATTACHMENT, *REACH)
        helped = board.moving or any(kind.helped(board) for kind in judged)
        self._monotone = not (question.domain.audiences or helped)
        """Whether no attachment lets a buffer live where the others alone could not have it, sizes aside."""

    @cached_property
    def table(self) -> Table:
        """What trees cost at least."""
        about, rate = self.found.drops.about(self.question.label), self.question.spec.rate
        return self._table(
            priced(
                self.allowed,
                [
                    EdgePrice(0, 0, 0) if is_dropped(about, conversion.KIND, edge.device.name)
                    else EdgePrice(
                        lossy_conversions.loss(edge.writing) * LOSS,
                        conversion_bytes.weight(edge.reading, rate),
                        PICTURE,
                    )
                    for edge in self.edges
                ],
                [picture_loss(self.question.content, fourcc) // MOST_SPARE for _, fourcc, *_ in self.allowed.placed],
            )
        )  # fmt: skip

    def charged(self, budget: Budget) -> Table | None:
        """What trees charge a budget at least; None where nothing is certain."""
        if budget not in self._charged:
            self._charged[budget] = self._charges(budget) if self._monotone and self._taken else None
        return self._charged[budget]

    def _charges(self, budget: Budget) -> Table:
        least = [
            min([self._least(budget, heap, i) for heap in hs for i in images])
            for hs, images in self.allowed.alike
        ]
        once = is_dropped(self.found.drops.about(self.question.label), count.KIND, "")
        asked = self.question.spec.count
        number = None if asked is None else asked if isinstance(asked, int) else asked.min
        return self._table(charged(self.allowed, least, 1 if once else number, once=once))

    def _least(self, budget: Budget, heap: str, image: ListedImage) -> int:
        """What one buffer with an image charges in a heap at least, if only that is known of it."""
        spec, home = self.question.spec, self.found.board.heaps[heap]
        sizes: Iterable[tuple[int, ...]] = [(spec.bytes or 0,)]
        if image.fourcc is not None and image.modifier is not None and spec.size is not None:
            sizes = least_sizes(image.fourcc, image.modifier, spec.size)
        charges = []
        for each in sizes:
            key = budget, heap, each
            if key not in self.known:
                placed = Placed(self.found.board, "", home, home, each, 0, ())
                of_sizes = pricing().of_sizes.price(placed).charges
                self.known[key] = sum([amount for charged, amount, _ in of_sizes if charged == budget])
            charges.append(self.known[key])
        return min(charges, default=0)

    @cached_property
    def assignments(self) -> list[frozenset[tuple[int, str | None]]]:
        """Every way to bind devices on which other buffers depend; none if these are too many to tell apart."""
        about = self.found.drops.about(self.question.label)
        every = DeviceAssignments(self.found.problem, self.question, about).of(self.attachment_set)
        found = [frozenset(assignment) for assignment, _ in islice(every, MOST_ASSIGNMENTS + 1)]
        return [*dict.fromkeys(found)] if len(found) <= MOST_ASSIGNMENTS else []

    @cached_property
    def allowed(self) -> AllowedPlacements:
        """What its writers allow, each reader, and each edge where it reads and where it writes."""
        whom: list[Touching] = [(self.writers, (), True)]
        whom += [([self.users[reader]], (), False) for reader in self.root.readers]
        whom += [([], (end,), False) for edge in self.edges for end in (edge.reading, edge.writing)]
        touching = [self._allowed(users, ends, root=root) for users, ends, root in whom]
        if self._monotone:
            every = frozenset().union(*(each.images for each in touching))
            touching = [self._in_runs(*each, every) for each in zip(touching, whom, strict=True)]
        found = AllowedPlacements(touching, self.edges, self.question.spec, self.root.readers)
        if found.size(len(self.root.readers)) > MOST_ENTRIES:
            raise self._too_many(MOST_ENTRIES)
        return found

    def _in_runs(self, allowed: Allowed, whom: Touching, every: frozenset[ListedImage]) -> Allowed:
        """The same in heaps of which the runs are long enough for whatever image it may be.

        What is asked for is a power of two that the largest dma-buf is not smaller than: what aligns by size
        then aligns it well enough, if it does any larger one.
        """
        images = every if allowed.free else allowed.images
        least = min([placement_bytes(self.question.spec, image) for image in images], default=0)
        size = (1 << (least // MOST_DMABUFS).bit_length()) >> 1
        if not size:
            return allowed
        users, ends, root = whom
        key, about = self._key(users, ends, root)
        if (key, size) not in self.known:
            question = self._part(users, ends, root=root)
            self.known[key, size] = self.found.large_enough(question, about, allowed.heaps, size)
        return allowed._replace(heaps=self.known[key, size])

    def _table(self, costed: Costed) -> Table:
        return Table(self.allowed, costed, self.root, self.found.problem.limits)

    @cached_property
    def _taken(self) -> bool:
        """Whether its writers, and each reader, can take some placement; else no table is asked."""
        alone = [self._allowed([self.users[reader]], ()) for reader in self.root.readers]
        alone.append(self._allowed(self.writers, (), root=True))
        return all(each.heaps and (each.free or each.images) for each in alone)

    @cached_property
    def possible(self) -> bool:
        """Whether the table knows a tree."""
        return self._taken and self.table.least(self.root) < UNLIMITED

    @cached_property
    def cheapest(self) -> Price:
        """The least price of a tree; UNLIMITED if there is none."""
        limit = self.table.least(self.root) if self._taken else UNLIMITED
        while limit < UNLIMITED:
            steps = self._steps(limit)
            least, _ = fitted(steps, self.edges)
            if least <= limit or self.table.excess is None:
                self._cheapest_steps = least, steps
                return least
            limit = min(least, limit + max(self.table.excess, limit % PICTURE // 8))
        return UNLIMITED

    def within(self, limit: Price) -> list[Step]:
        """The steps of all trees within a price."""
        known, steps = self._cheapest_steps
        return fitted(steps if limit == known else self._steps(limit), self.edges, limit)[1]

    def _steps(self, limit: Price) -> list[Step]:
        """The steps that trees within a price may take, those nearer to the root first."""
        found: list[Step] = []
        table = self.table
        rooms, table.excess = {self.root: limit}, None
        while rooms:
            every = ((s, split) for s in sorted(rooms) for split in table.splits(s, rooms[s]))
            splits = list(islice(every, MOST_STEPS + 1 - len(found)))
            if len(splits) + len(found) > MOST_STEPS:
                raise self._too_many(MOST_STEPS)
            before, rooms = rooms, {}
            for state, split in splits:
                step = None if self._idle(state, *split) else self._step(state, *split)
                if step is None or not step.options:
                    continue
                least = [table.least(feed) for feed in step.feeds]
                spare = before[state] - min(map(price, step.options)) - sum(least)
                if spare < 0:
                    table.leave(-spare)
                    continue
                found.append(step)
                for feed, cost in zip(step.feeds, least, strict=True):
                    rooms[feed] = max(rooms.get(feed, 0), spare + cost)
        return found

    def _idle(self, state: TreeState, own: tuple[int, ...], feeds: tuple[TreeState, ...]) -> bool:
        """Whether nothing is converted, or an edge only converts once more what it made: it could have done so at once.

        Not for sure where colours are told apart: they may change along with a format.
        """
        if state.edge is None:
            return not feeds
        return not own and len(feeds) == 1 and feeds[0].edge == state.edge and not self.colours

    def _too_many(self, number: int) -> InputError:
        text = (
            f"{self.question.label} could be converted in more than {number} ways for its "
            f"{len(self.root.readers)} readers; forbid it (conversions: forbid) or name fewer readers"
        )
        return InputError([Diagnostic(self.question.pipeline, None, ("buffers", self.question.name), text)])

    def floor(self, budget: Budget) -> int:
        """What any tree charges a budget at least."""
        table = self.charged(budget)
        return 0 if table is None else table.least(self.root)

    def worthwhile(self, tight: Sequence[Budget], worth: Worth, deepest: int = DEEPEST) -> list[Step]:
        """The steps of all trees that may be worth their price and what they charge tight budgets."""
        tables = [self.table, *(self.charged(budget) for budget in tight)]
        least = [0 if table is None else table.least(self.root) for table in tables]
        if not self.possible or not worth(least):
            return []
        found: list[Step] = []
        outside, self.table.excess = {self.root: [0] * len(tables)}, None
        while outside:
            before, outside = outside, {}
            for state in sorted(before):
                for own, feeds in self.table.splits(state, UNLIMITED - 1):
                    if self._idle(state, own, feeds) or (feeds and state.depth >= deepest):
                        continue
                    costs = [0 if table is None else table.least_of(state, own, feeds) for table in tables]
                    if not worth([a + b for a, b in zip(before[state], costs, strict=True)]):
                        continue
                    step = self._step(state, own, feeds)
                    if not step.options:
                        continue
                    if len(found) == MOST_STEPS:
                        raise self._too_many(MOST_STEPS)
                    found.append(step)
                    for feed in feeds:
                        around = [
                            0 if table is None else given + cost - table.least(feed)
                            for table, given, cost in zip(tables, before[state], costs, strict=True)
                        ]
                        known = outside.setdefault(feed, around)
                        outside[feed] = list(map(min, known, around))
        return found

    def _step(self, state: TreeState, own: tuple[int, ...], feeds: tuple[TreeState, ...]) -> Step:
        """A split, with what its placement can be."""
        users = [self.users[i] for i in own]
        ends = [self.edges[feed.edge].reading for feed in feeds if feed.edge is not None]
        if state.edge is None:
            users += self.writers
        else:
            ends.append(self.edges[state.edge].writing)
        return Step(state, own, feeds, *self._placement(users, ends, root=state.edge is None))

    def _placement(
        self, users: Sequence[User], ends: Sequence[End], *, root: bool
    ) -> tuple[Question, tuple[Option, ...]]:
        """The question about a placement that these touch, and its options."""
        key, about = self._key(users, ends, root)
        if key not in self.known:
            question = self._part(users, ends, root=root)
            self.known[key] = question, self.found.of(question, about)
        known: tuple[Question, tuple[Option, ...]] = self.known[key]
        return known

    def _allowed(self, users: Sequence[User], ends: Sequence[End], *, root: bool = False) -> Allowed:
        """What these allow of a placement, whoever else touches it.

        Heaps are not judged where one more attachment may help: where it may drive the buffer into another
        heap or a kind says so, and where its label makes a device one of an audience. Where a dropped fact
        lets a device take what it does not list, what others list counts.
        """
        key, about = self._key(users, ends, root)
        if (key, None) not in self.known:
            question = self._part(users, ends, root=root)
            assert question.part is not None  # it is about one
            question.part = question.part._replace(kept=question.part.kept | {"memory"})
            question.pins = tuple(pin for pin in question.pins if pin.field != "device")
            question.flow = None
            self.known[key, None] = self.found.allowed(question, about, in_heaps=self._monotone)
        allowed: Allowed = self.known[key, None]
        return allowed._replace(free=True) if self.freed & self._devices(users, ends) else allowed

    def _devices(self, users: Sequence[User], ends: Sequence[End]) -> frozenset[str]:
        """All that may touch a placement."""
        variables = self.found.problem.variables
        named = [name for user in users for name in variables[user.variable].candidates]
        return frozenset([*named, *(end.device.name for end in ends)])

    def _key(
        self, users: Sequence[User], ends: Sequence[End], root: bool
    ) -> tuple[object, DroppedFacts | None]:
        """What is equal of placements of alike buffers that are alike; what is dropped about them, and about heaps."""
        whole = self.found.drops.about(self.question.label)
        about = None
        if whole is not None:
            devices = self._devices(users, ends)
            own = {pair for pair in whole.own if pair[1] in devices or pair == (count.KIND.name, "")}
            about = DroppedFacts(frozenset(own), whole.shared) if own or whole.shared else None
        named = tuple([(end.device.name, end.number, end.access) for end in ends])
        key = self.question.signature, self.root.number, self.colours, root, tuple(users), named, about
        return key, about

    def _part(self, users: Sequence[User], ends: Sequence[End], *, root: bool) -> Question:
        """The question about a placement that these touch."""
        kept = frozenset[str]().union(*(self._kept[end.device.name, end.number] for end in ends))
        if self.colours:
            kept |= {"format", "colour"}
        part = Part(self.attachment_set, tuple(ends), self.ties, kept, self.colours)
        converter = self.found.problem.converter
        touching = [*users, *(User(attachment_of(end), converter(end.device.name)) for end in ends)]
        rank = self.attachment_set.rank if root else 0
        attached = AttachmentSet(rank, tuple(sorted(touching, key=in_order)))
        return replace(self.question if root else self._copied, part=part, attachment_sets=(attached,))
