"""Propagation: for each buffer, every way it could be placed that no single-buffer
constraint forbids.

An `Option` is a heap, a format, a modifier, a layout, the devices bound and a
count: which devices attach is said by `heapwright.solver.candidates.device_assignment`, which images fit by
`heapwright.solver.candidates.images`. Options that another beats in every respect are dropped. Buffers
that ask the same question share one list, which makes them one class in the model.

Facts can be `dropped`: the question is then answered as if they were not so. That
is how conflicts are found (`heapwright.solver.explain.conflict`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from heapwright.solver.board.board import HeapView
from heapwright.solver.candidates.candidate import (
    DeviceAssignment,
    Keys,
    LaidOutImage,
    Option,
    Prices,
    priced,
    pricing,
    undominated,
)
from heapwright.solver.candidates.device_assignment import DeviceAssignments
from heapwright.solver.candidates.dominance import Rivals, counting
from heapwright.solver.candidates.images import Images, Laid, ListedImage, Rules, Stated, holds
from heapwright.solver.candidates.refusals import KindGroup, Refusals, Verdicts
from heapwright.solver.candidates.relaxation import NOTHING, DroppedFacts, Relaxation, is_dropped
from heapwright.solver.constraints import ATTACHMENT, HEAP, LAYOUT, REACH, ROOM, RUN
from heapwright.solver.constraints.cases import BoundAttachment, Case, Home, Placed, lives_in
from heapwright.solver.constraints.graph import conversion, count
from heapwright.solver.constraints.kind import ConstraintKind
from heapwright.solver.constraints.protection import audience
from heapwright.solver.constraints.reads import frozen, keyed, together
from heapwright.solver.layout.layout import PIXEL, Demand, Form, Layout
from heapwright.solver.question.pipeline import Wish
from heapwright.solver.question.resolve import Problem, Question

Memo = dict[tuple[int, DroppedFacts | None, bool], tuple[Option, ...]]
"""What was propagated before: (question signature, facts dropped about it, `Board.by_class`) → options."""


class Alike(NamedTuple):
    """What is equal for heaps that read alike to whatever is put there."""

    places: Hashable
    """Of heaps in which the same may be placed, and costs the same."""
    costs: Hashable
    """Of heaps in which the same costs the same."""
    keys: Keys
    """By what the parts of a price are remembered."""


class _Assigned(NamedTuple):
    """A way to attach a buffer, with the devices chosen for it."""

    rank: int
    assignment: DeviceAssignment
    attachments: tuple[BoundAttachment, ...]


VerdictList = Sequence[tuple[Verdicts, BoundAttachment | None]]
"""What is said in each heap, of an attachment or of the heap itself."""


class _Told(NamedTuple):
    """What is known of attachments by themselves, by their identity, and of heaps."""

    reach: dict[int, tuple[Verdicts, BoundAttachment]]
    run: dict[int, tuple[KindGroup, BoundAttachment]]
    """Of those under a rule."""
    homes: dict[Hashable, list[tuple[Home, Alike]]]
    """Heaps that may hold it, whoever attaches."""


class Allowed(NamedTuple):
    """What some attachments allow of a placement that others may share."""

    images: frozenset[ListedImage]
    heaps: frozenset[str]
    free: bool
    """Whether they take whatever image others list."""
    holds: int
    """How many buffers they hold at least."""


class Propagation:
    """The options of every question of a problem, shared where questions are alike.

    `memo` may be shared by propagations of one problem under different dropped facts.
    Options that are `excluded` are none, whatever they would have beaten.
    """

    def __init__(
        self,
        problem: Problem,
        dropped: Relaxation = NOTHING,
        memo: Memo | None = None,
        excluded: Callable[[Option], bool] | None = None,
    ) -> None:
        self.problem = problem
        self.excluded = excluded
        self.board = problem.board
        self.drops = dropped
        self._memo: Memo = {} if memo is None else memo
        self.counts, self.pricing = counting(), pricing()
        self.heap, self.attachment = Refusals(HEAP), Refusals(ATTACHMENT)
        self.reach = Refusals((*ATTACHMENT, *REACH))
        self.room, self.run = Refusals(ROOM), Refusals(RUN)
        self._of_question = _keyed((*HEAP, *ATTACHMENT, *REACH, *RUN), "question.")
        self._told: dict[Hashable, _Told] = {}
        self._alike: dict[tuple[Home, bool], Alike] = {}
        self._classes: dict[Hashable, int] = {}
        self.prices: Prices = {}
        self.laid: Laid = {}
        self._rules: dict[int, tuple[BoundAttachment, Rules]] = {}
        self._asked = _keyed(LAYOUT)
        self._stated = together(tuple(kind.reads for kind in LAYOUT))
        self._demands: dict[Hashable, tuple[BoundAttachment, Stated]] = {}

    @cached_property
    def options(self) -> tuple[tuple[Option, ...], ...]:
        """The options of each question, best first."""
        return tuple(self._of(question) for question in self.problem.questions)

    def _of(self, question: Question) -> tuple[Option, ...]:
        about = self.drops.about(question.label)
        key = (question.signature, about, self.board.by_class)
        if key not in self._memo:
            self._memo[key] = self.of(question, about)
        return self._memo[key]

    def of(self, question: Question, about: DroppedFacts | None) -> tuple[Option, ...]:
        """The options of a question, which may be about one placement of a buffer that is converted."""
        found = [o for variant in question.variants for o in Candidates(self, variant, about).options()]
        return undominated(found, question.part.kept if question.part is not None else frozenset())

    def again(self) -> Propagation:
        """The same, as the board counts by now."""
        return Propagation(self.problem, self.drops, self._memo, self.excluded)

    def told(self, candidates: Candidates) -> _Told:
        """What is known of attachments and heaps, for all questions of which kinds read the same."""
        return self._told.setdefault(self._of_question(candidates), _Told({}, {}, {}))

    def allowed(self, question: Question, about: DroppedFacts | None, *, in_heaps: bool) -> Allowed:
        """What those who touch a placement allow whatever its layout; in any heap, if these are not judged."""
        candidates, images, heaps = Candidates(self, question, about), set[ListedImage](), set[str]()
        free, held = False, []
        for _, _, attachments in candidates.choices():
            homes = candidates.reached(attachments, in_heaps=in_heaps)
            heaps.update(homes)
            free |= not attachments
            held.append(sum([each.port.holds + each.port.slack for each in attachments]))
            images.update(candidates.images.listed(attachments) if homes else ())
        return Allowed(frozenset(images), frozenset(heaps), free, min(held, default=0))

    def large_enough(
        self, question: Question, about: DroppedFacts | None, heaps: Iterable[str], size: int
    ) -> frozenset[str]:
        """Heaps in which those who touch a placement may take a dma-buf of so many bytes, or larger."""
        candidates, found = Candidates(self, question, about), set[str]()
        layout = Layout((), (size,), question.spec.size or PIXEL, 0)
        for _, _, attachments in candidates.choices():
            taking = (h for h in heaps if candidates.takes(attachments, self.board.heaps[h], layout))
            found.update(taking)
        return frozenset(found)

    def forms(self, question: Question) -> Iterator[tuple[Demand, Form, int]]:
        """Everything that may be laid out in one placement, wherever it lives."""
        candidates = Candidates(self, question, self.drops.about(question.label))
        for _, _, attachments in candidates.choices():
            yield from candidates.images.forms(attachments)

    def alike(self, home: Home, attachments: tuple[BoundAttachment, ...], *, mapped: bool) -> Alike:
        """What is equal for heaps that are as good for what these touch, the CPU among them or not."""
        found = self._alike.get((home, mapped))
        if found is None:
            read = self.counts.of_heap(Placed(self.board, "", *home, (), 0, attachments))
            values: list[Hashable] = [*enumerate(map(frozen, read))]
            if not self.counts.comparable:
                values[:2] = [home[0], home[0]]
            one, other, *keys = [self._classes.setdefault(each, len(self._classes)) for each in values]
            found = self._alike[home, mapped] = Alike(one, other, keys)
        return found

    def rules(self, attachment: BoundAttachment) -> Rules:
        """The rules of the attachment's port that hold for its use."""
        known = self._rules.get(id(attachment))
        if known is None:
            rules = [rule for rule in attachment.port.images if holds(rule, attachment.port, attachment.use)]
            known = self._rules[id(attachment)] = attachment, Rules(rules)
        return known[1]

    def demands(self, attachment: BoundAttachment) -> Stated:
        """The layout kinds about which the attachment's port or rule states something, with what is stated."""
        known = self._demands.get(id(attachment))
        if known is None:
            key = self._asked(attachment)
            if key not in self._demands:
                pairs = zip(LAYOUT, self._stated(attachment), strict=True)
                stated = tuple([(kind, values) for kind, values in pairs if kind.rule(*values)])
                self._demands[key] = attachment, stated
            known = self._demands[id(attachment)] = attachment, self._demands[key][1]
        return known[1]


@lru_cache(maxsize=16)
def _keyed(kinds: tuple[ConstraintKind, ...], beginning: str = "") -> Callable[[object], Hashable]:
    """Gives a key that is equal only where all is that kinds read at paths which begin so."""
    paths = (path for kind in kinds for path in (*kind.concerned_by, *kind.reads))
    return keyed(tuple(path for path in paths if path.startswith(beginning)))


class Candidates:
    """All that may be chosen for one question, and what refuses it, under the facts dropped about it."""

    def __init__(self, whole: Propagation, question: Question, about: DroppedFacts | None) -> None:
        self.whole = whole
        self.board = whole.board
        self.heaps = list(whole.board.heaps.values())
        self.question = question
        self.about = about
        self.kept = question.part.kept if question.part is not None else frozenset()
        ends = question.part.ends if question.part is not None else ()
        self.ends = tuple([end for end in ends if not is_dropped(about, conversion.KIND, end.device.name)])
        self.pins = {pin.field: pin.value for pin in question.pins}
        self.assignments = DeviceAssignments(whole.problem, question, about)
        self.images = Images(question, about, whole.demands, whole.rules, whole.laid)
        self._told = whole.told(self)

    def choices(self) -> Iterator[_Assigned]:
        """Every choice of devices, however the buffer is attached."""
        for attachment_set in self.question.attachment_sets:
            for assignment, attachments in self.assignments.of(attachment_set):
                self.whole.problem.limits.check()
                yield _Assigned(attachment_set.rank, assignment, attachments)

    def options(self) -> Iterator[Option]:
        """What nothing refuses that stands."""
        if any(self.pins[pin.field] != pin.value for pin in self.question.pins if pin.field != "device"):
            return
        excluded = self.whole.excluded
        for choice in self.choices():
            heaps = self._open(choice.attachments)
            for option in self._placed(choice, heaps) if heaps else ():
                if excluded is None or not excluded(option):
                    yield option

    def reached(self, attachments: tuple[BoundAttachment, ...], *, in_heaps: bool) -> list[str]:
        """Heaps that nothing but sizes can still forbid; if these are not judged, all that are left to whoever may attach at all."""
        if in_heaps or not self.heaps:
            return [home.heap.name for home, _ in self._open(attachments)]
        asked = self.whole.attachment
        told = [(asked.of(self._case(attachments, each)), each) for each in attachments]
        alone = [each for each in told if asked.alone and each[0].alone]
        admitted = self._holds(alone, Home(self.heaps[0], self.heaps[0]))
        return list(self.board.heaps) if admitted and self._may_see([each for _, each in alone]) else []

    def of_heaps(self, attachments: tuple[BoundAttachment, ...]) -> Verdicts:
        """What kinds say of each heap that holds what is of this protection domain."""
        return self.whole.heap.of(self._case(attachments))

    def of_attachments(self, attachments: tuple[BoundAttachment, ...]) -> VerdictList:
        """What kinds say of those who attach; once for each, where who else attaches does not matter."""
        found: list[tuple[Verdicts, BoundAttachment]] = []
        known, reach = self._told.reach, self.whole.reach
        for attachment in attachments:
            told = known.get(id(attachment))
            if told is None:
                told = reach.of(self._case(attachments, attachment)), attachment
                if reach.alone and told[0].alone:
                    known[id(attachment)] = told
            if told[0].kinds:
                found.append(told)
        return found

    def of_image(self, image: LaidOutImage) -> VerdictList:
        """What the kinds that mind sizes, runs and alignments say of an image."""
        attachments, layout = image.attachments, image.layout
        of_room = self.whole.room.of(self._case(attachments, None, layout))
        return [(of_room, None), *self._of_runs(attachments, layout)]

    def _of_runs(
        self, attachments: tuple[BoundAttachment, ...], layout: Layout
    ) -> Iterator[tuple[Verdicts, BoundAttachment]]:
        """What the kinds that mind runs say of those who attach."""
        run = self.whole.run
        for attachment in attachments:
            told = self._told.run.get(id(attachment))
            if told is None:
                told = run.concerning(self._case(attachments, attachment, layout)), attachment
                if run.alone:
                    self._told.run[id(attachment)] = told
            if told[0].kinds:
                yield told[0].of(self._case(attachments, attachment, layout)), attachment

    def takes(self, attachments: tuple[BoundAttachment, ...], heap: HeapView, layout: Layout) -> bool:
        """Whether nothing refuses runs of a heap that larger ones would not mend."""
        return all(
            kind.helped(self.board) or is_dropped(self.about, kind, attachment.device.name)
            for verdicts, attachment in self._of_runs(attachments, layout)
            for kind in verdicts[Home(heap, heap)]
        )

    def widened(self, attachments: Sequence[BoundAttachment]) -> list[str]:
        """Devices that bring in what somebody may not see for whom the pipeline states the buffer."""
        return [a.device.name for a in attachments if audience.widened(self.question, a)]

    def placed(self, home: Home, image: LaidOutImage) -> Placed:
        """An image in a heap."""
        question, layout = self.question, image.layout
        return Placed(
            self.board,
            question.label,
            *home,
            layout.sizes,
            question.spec.rate,
            image.attachments,
            self.ends,
            layout.moved,
        )

    def _case(
        self,
        attachments: tuple[BoundAttachment, ...],
        attachment: BoundAttachment | None = None,
        layout: Layout | None = None,
    ) -> Case:
        """A case of which it is not said which heap it is about."""
        return Case(self.board, self.question, attachments, self.heaps[0], self.heaps[0], attachment, layout)

    def _open(self, attachments: tuple[BoundAttachment, ...]) -> list[tuple[Home, Alike]]:
        """Heaps that nothing but sizes can still forbid, with where buffers really live, and at whose cost."""
        if not self.heaps or not self._may_see(attachments):
            return []
        told = self.of_attachments(attachments)
        return [each for each in self._held(attachments) if self._holds(told, each[0])]

    def _may_see(self, attachments: Sequence[BoundAttachment]) -> bool:
        """Whether what they bring in may be seen by all for whom the pipeline states the buffer."""
        return all(is_dropped(self.about, audience.KIND, name) for name in self.widened(attachments))

    def _held(self, attachments: tuple[BoundAttachment, ...]) -> list[tuple[Home, Alike]]:
        """Heaps that may hold it, whoever attaches: of those as good as each other, the first by name."""
        mapped = True in [attachment.device.by_cpu for attachment in attachments]
        pinned = self.pins.get("heap")
        plain = self.about is None and self.whole.excluded is None and "memory" not in self.kept
        moved = [lives_in(self.board, heap, attachments) for heap in self.board.moving]
        key = (mapped, pinned, self.about, plain, *moved)
        found = self._told.homes.get(key)
        if found is None:
            found, seen = [], set[Hashable]()
            verdicts = self.of_heaps(attachments)
            for heap in self.heaps:
                home = Home(heap, lives_in(self.board, heap, attachments))
                alike = self.whole.alike(home, attachments, mapped=mapped)
                if pinned in (None, heap.name) and self._holds([(verdicts, None)], home):
                    if not (plain and alike.places in seen):
                        found.append((home, alike))
                    seen.add(alike.places)
            if self.whole.heap.alone and verdicts.alone:
                self._told.homes[key] = found
        return found

    def _holds(self, judged: VerdictList, home: Home) -> bool:
        """Whether all that refuses a heap is taken out of the question."""
        for verdicts, attachment in judged:
            refusals = verdicts[home]
            if refusals:
                subject = home.heap.name if attachment is None else attachment.device.name
                if not all(is_dropped(self.about, kind, subject) for kind in refusals):
                    return False
        return True

    def _placed(self, choice: _Assigned, heaps: list[tuple[Home, Alike]]) -> Iterator[Option]:
        counts = self._counts(choice.attachments)
        images = list(self.images.fitting(choice.attachments)) if counts else []
        known: dict[int, VerdictList] = {}
        comparable = self.whole.excluded is None and self.whole.counts.comparable
        rivals = Rivals(images, self.kept, self.whole.counts) if comparable else None
        placed_at: dict[Hashable, list[int]] = {}
        prices: list[Prices] = [{} for _ in images]
        for home, alike in heaps:
            self.whole.problem.limits.check()
            others = placed_at.setdefault(("memory" in self.kept and home[0], alike.costs), [])
            for index, image in enumerate(images):
                if others and rivals is not None and rivals.beaten(index, others):
                    continue  # in this heap, or in one that costs the same and comes first by name
                judged = known.get(index)
                if judged is None:
                    judged = known[index] = self.of_image(image)
                if self._holds(judged, home):
                    others.append(index)
                    placed = self.placed(home, image)
                    worth = self.whole.pricing.price(placed, alike.keys, prices[index], self.whole.prices)
                    yield from priced(placed, image, choice.rank, choice.assignment, counts, worth)

    def _counts(self, attachments: tuple[BoundAttachment, ...]) -> list[tuple[int, int]]:
        """Lawful counts with the wishes each drops; any would do where what speaks against them is dropped."""
        pinned = self.pins.get("count")
        if is_dropped(self.about, count.KIND, ""):
            return [(pinned if isinstance(pinned, int) else 1, 0)]
        return counts(self.question, attachments)


def counts(question: Question, attachments: tuple[BoundAttachment, ...]) -> list[tuple[int, int]]:
    """Lawful counts of a buffer touched so, with the wishes each drops."""
    asked = question.spec.count
    least, most = count.bounds(attachments)
    if isinstance(asked, int):
        lawful = [(asked, 0)] if least <= asked and (most is None or asked <= most) else []
    elif isinstance(asked, Wish):
        low = max(least, asked.min)
        high = max(low, asked.wish if most is None else min(asked.wish, most))
        lawful = [(n, max(0, asked.wish - n)) for n in range(high, low - 1, -1) if most is None or n <= most]
    else:
        lawful = [(least, 0)] if most is None or least <= most else []
    pinned = [pin.value for pin in question.pins if pin.field == "count"]
    return [(n, lost) for n, lost in lawful if all(n == number for number in pinned)]
