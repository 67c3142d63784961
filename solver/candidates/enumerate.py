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

from collections.abc import Callable, Hashable, Iterator
from functools import cached_property
from typing import NamedTuple

from heapwright.solver.board.board import DeviceView, HeapView
from heapwright.solver.candidates.candidate import (
    DeviceAssignment,
    Keys,
    LaidOutImage,
    Option,
    Prices,
    price,
    priced,
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
from heapwright.solver.layout.layout import Demand, Form, Layout
from heapwright.solver.question.pipeline import Attachment, Wish
from heapwright.solver.question.resolve import AttachmentSet, Problem, Question

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


class Allowed(NamedTuple):
    """What some attachments allow of a placement that others may share."""

    images: frozenset[ListedImage]
    heaps: frozenset[str]
    free: bool
    """Whether they take whatever image others list."""


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
        self.counts = counting()
        self.heap, self.attachment, self.reach = Refusals(HEAP), Refusals(ATTACHMENT), Refusals(REACH)
        self.room, self.run = Refusals(ROOM), Refusals(RUN)
        self._alike: dict[tuple[Home, bool], Alike] = {}
        self._classes: dict[Hashable, int] = {}
        self.prices: Prices = {}
        self.laid: Laid = {}
        self._rules: dict[tuple[DeviceView, str, Attachment], Rules] = {}
        self._asked = keyed(tuple(path for kind in LAYOUT for path in kind.reads))
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
            found = (o for variant in question.variants for o in _Search(self, variant, about).options())
            self._memo[key] = undominated([o for o in found if not (self.excluded and self.excluded(o))])
        return self._memo[key]

    def again(self) -> Propagation:
        """The same, as the board counts by now."""
        return Propagation(self.problem, self.drops, self._memo, self.excluded)

    def of_part(self, question: Question, about: DroppedFacts | None) -> tuple[Option, ...]:
        """The options of one placement of a buffer that is converted (see heapwright.solver.conversions.trees)."""
        assert question.part is not None  # else `options` has them
        found = _Search(self, question, about).options()
        kept = [o for o in found if not (self.excluded and self.excluded(o))]
        return undominated(kept, question.part.kept)

    def possible(self, question: Question, about: DroppedFacts | None) -> bool:
        """Whether a placement has any option."""
        options = _Search(self, question, about).options()
        return any(self.excluded is None or not self.excluded(option) for option in options)

    def allowed(self, question: Question, about: DroppedFacts | None, *, in_heaps: bool) -> Allowed:
        """What those who touch a placement allow whatever its layout; in any heap, if these are not judged."""
        search, images, heaps = _Search(self, question, about), set[ListedImage](), set[str]()
        free = False
        for attachment_set in question.attachment_sets:
            for _, attachments in search.assignments.of(attachment_set):
                homes = search.reached(attachments, in_heaps=in_heaps)
                heaps.update(homes)
                free |= not attachments
                images.update(search.images.listed(attachments) if homes else ())
        return Allowed(frozenset(images), frozenset(heaps), free)

    def forms(self, question: Question) -> Iterator[tuple[Demand, Form, int]]:
        """Everything that may be laid out in one placement, wherever it lives."""
        about = self.drops.about(question.label)
        assignments = DeviceAssignments(self.problem, question, about)
        images = Images(question, about, self.demands, self.rules, self.laid)
        for attachment_set in question.attachment_sets:
            for _, attachments in assignments.of(attachment_set):
                yield from images.forms(attachments)

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
        key = (attachment.device, attachment.name, attachment.use)
        found = self._rules.get(key)
        if found is None:
            rules = [rule for rule in attachment.port.images if holds(rule, attachment.port, attachment.use)]
            found = self._rules[key] = Rules(rules)
        return found

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


class _Search:
    """All options of one question."""

    def __init__(self, whole: Propagation, question: Question, about: DroppedFacts | None) -> None:
        self.whole = whole
        self.board = whole.board
        self.heaps = list(whole.board.heaps.values())
        self.question = question
        self.about = about
        self.part = question.part
        self.kept = question.part.kept if question.part is not None else frozenset()
        ends = question.part.ends if question.part is not None else ()
        self.ends = tuple([end for end in ends if not is_dropped(about, conversion.KIND, end.device.name)])
        self.pins = {pin.field: pin.value for pin in question.pins}
        self.assignments = DeviceAssignments(whole.problem, question, about)
        self.images = Images(question, about, whole.demands, whole.rules, whole.laid)
        self._known: dict[int, tuple[BoundAttachment, Verdicts | None]] = {}
        self._run: dict[int, tuple[BoundAttachment, KindGroup]] = {}
        self._opened: tuple[Verdicts, list[HeapView]] | None = None

    def options(self) -> Iterator[Option]:
        if any(self.pins[pin.field] != pin.value for pin in self.question.pins if pin.field != "device"):
            return
        for attachment_set in self.question.attachment_sets:
            for assignment, attachments in self.assignments.of(attachment_set):
                heaps = self._heaps(attachments)
                if heaps:
                    yield from self._placed(attachment_set, assignment, attachments, heaps)

    def reached(self, attachments: tuple[BoundAttachment, ...], *, in_heaps: bool) -> list[str]:
        """Heaps that nothing but sizes can still forbid; if these are not judged, all that are left to whoever may attach at all."""
        if in_heaps:
            return [heap.name for (heap, _), _ in self._heaps(attachments)]
        asked = self.whole.attachment
        told = [(asked.of(self._case(attachments, each)), each) for each in attachments if self.heaps]
        admitted = all(self._admitted(*each) for each in told if asked.alone and each[0].alone)
        return list(self.board.heaps) if admitted else []

    def _case(
        self,
        attachments: tuple[BoundAttachment, ...],
        attachment: BoundAttachment | None = None,
        layout: Layout | None = None,
    ) -> Case:
        """A case of which it is not said which heap it is about."""
        return Case(self.board, self.question, attachments, self.heaps[0], self.heaps[0], attachment, layout)

    def _heaps(self, attachments: tuple[BoundAttachment, ...]) -> list[tuple[Home, Alike]]:
        """Heaps that nothing but sizes can still forbid, with where buffers really live, and at whose cost."""
        if not self.heaps:
            return []
        reach = []
        for attachment in attachments:
            verdicts = self._told(attachments, attachment)
            if verdicts is None:
                return []
            if verdicts.kinds:
                reach.append((verdicts, attachment.device.name))
        found = []
        seen: set[Hashable] = set()
        plain = self.about is None and self.whole.excluded is None and "memory" not in self.kept
        mapped = True in [attachment.device.by_cpu for attachment in attachments]
        for heap in self._open(attachments):
            home = Home(heap, lives_in(self.board, heap, attachments))
            alike = self.whole.alike(home, attachments, mapped=mapped)
            if plain and alike.places in seen:  # the one seen comes first by name, and is as good
                continue
            seen.add(alike.places)
            for verdicts, device in reach:
                refusals = verdicts[home]
                if refusals and not self._dropped(refusals, device):
                    break
            else:
                found.append((home, alike))
        return found

    def _told(self, attachments: tuple[BoundAttachment, ...], attachment: BoundAttachment) -> Verdicts | None:
        """What kinds say of an attachment in heaps, if it is possible at all; once, where who else attaches does not matter."""
        known = self._known.get(id(attachment))
        if known is None:
            case, asked = self._case(attachments, attachment), (self.whole.attachment, self.whole.reach)
            anywhere, told = asked[0].of(case), asked[1].of(case)
            known = attachment, told if self._admitted(anywhere, attachment) else None
            if all(each.alone for each in (*asked, anywhere, told)):
                self._known[id(attachment)] = known
        return known[1]

    def _open(self, attachments: tuple[BoundAttachment, ...]) -> list[HeapView]:
        """Heaps that may hold what is of this protection domain."""
        if self._opened is not None and self.whole.heap.alone and self._opened[0].alone:
            return self._opened[1]
        verdicts, pinned = self.whole.heap.of(self._case(attachments)), self.pins.get("heap")
        if self._opened is None or self._opened[0] is not verdicts:
            found = []
            for heap in self.heaps:
                refusals = verdicts[Home(heap, heap)]
                if pinned in (None, heap.name) and (not refusals or self._dropped(refusals, heap.name)):
                    found.append(heap)
            self._opened = verdicts, found
        return self._opened[1]

    def _dropped(self, refusals: tuple[ConstraintKind, ...], subject: str) -> bool:
        """Whether all that refuses is taken out of the question."""
        return self.about is not None and all(is_dropped(self.about, kind, subject) for kind in refusals)

    def _admitted(self, told: Verdicts, attachment: BoundAttachment) -> bool:
        """Whether an attachment is possible at all, whatever the heap."""
        refusals = told[Home(self.heaps[0], self.heaps[0])]
        if refusals and not self._dropped(refusals, attachment.device.name):
            return False
        widened = audience.widened(self.question, attachment)
        return not widened or self._dropped((audience.KIND,), attachment.device.name)

    def _placed(
        self,
        attachment_set: AttachmentSet,
        assignment: DeviceAssignment,
        attachments: tuple[BoundAttachment, ...],
        heaps: list[tuple[Home, Alike]],
    ) -> Iterator[Option]:
        counts = self._counts(attachments)
        images = list(self.images.fitting(attachments)) if counts else []
        known: dict[int, list[tuple[Verdicts, str]]] = {}
        comparable = self.whole.excluded is None and self.whole.counts.comparable
        rivals = Rivals(images, self.kept, self.whole.counts) if comparable else None
        board, question, rate = self.board, self.question, self.question.spec.rate
        placed_at: dict[Hashable, list[int]] = {}
        prices: list[Prices] = [{} for _ in images]
        for home, alike in heaps:
            others = placed_at.setdefault(("memory" in self.kept and home[0], alike.costs), [])
            for index, image in enumerate(images):
                if others and rivals is not None and rivals.beaten(index, others):
                    continue  # in this heap, or in one that costs the same and comes first by name
                verdicts = known.get(index)
                if verdicts is None:
                    verdicts = known[index] = self._verdicts(image)
                if not self._holds(verdicts, home):
                    continue
                others.append(index)
                layout = image.layout
                placed = Placed(
                    board,
                    question.label,
                    *home,
                    layout.sizes,
                    rate,
                    image.attachments,
                    self.ends,
                    layout.moved,
                )
                worth = price(placed, alike.keys, prices[index], self.whole.prices)
                yield from priced(placed, image, attachment_set.rank, assignment, counts, worth)

    def _verdicts(self, image: LaidOutImage) -> list[tuple[Verdicts, str]]:
        """What the kinds that mind sizes, runs and alignments say of an image, with the device that they are about."""
        attachments, layout = image.attachments, image.layout
        found = [(self.whole.room.of(self._case(attachments, None, layout)), "")]
        for attachment in attachments:
            known = self._run.get(id(attachment))
            if known is None:
                group = self.whole.run.concerning(self._case(attachments, attachment, layout))
                known = attachment, group
                if self.whole.run.alone:
                    self._run[id(attachment)] = known
            if known[1].kinds:
                found.append(
                    (known[1].of(self._case(attachments, attachment, layout)), attachment.device.name)
                )
        return found

    def _holds(self, verdicts: list[tuple[Verdicts, str]], home: Home) -> bool:
        """Whether sizes, runs and alignments suit the heap."""
        for of_whom, device in verdicts:
            refusals = of_whom[home]
            if refusals and not self._dropped(refusals, device or home[0].name):
                return False
        return True

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
