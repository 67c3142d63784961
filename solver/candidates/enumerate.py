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

from collections.abc import Callable, Iterator
from functools import cached_property
from types import ModuleType

from heapwright.solver.board.board import HeapView
from heapwright.solver.candidates.candidate import DeviceAssignment, Option, Rivals, priced, undominated
from heapwright.solver.candidates.device_assignment import DeviceAssignments
from heapwright.solver.candidates.drops import NOTHING, About, Drops, is_dropped
from heapwright.solver.candidates.images import Images, Laid, Rules, holds
from heapwright.solver.constraints import ATTACHMENT, HEAP, LAYOUT, REACH, ROOM, RUN
from heapwright.solver.constraints.graph import conversion, count
from heapwright.solver.constraints.kind import BoundAttachment, Case, Placed, lives_in
from heapwright.solver.constraints.protection import audience
from heapwright.solver.layout.layout import Demand, Form
from heapwright.solver.question.pipeline import Wish
from heapwright.solver.question.protection import ProtectionDomain
from heapwright.solver.question.resolve import AttachmentSet, Problem, Question

Memo = dict[tuple[int, About | None, bool], tuple[Option, ...]]
"""What was propagated before: (question signature, facts dropped about it, `Board.by_class`) → options."""


class Propagation:
    """The options of every question of a problem, shared where questions are alike.

    `memo` may be shared by propagations of one problem under different dropped facts.
    Options that are `excluded` are none, whatever they would have beaten.
    """

    def __init__(
        self,
        problem: Problem,
        dropped: Drops = NOTHING,
        memo: Memo | None = None,
        excluded: Callable[[Option], bool] | None = None,
    ) -> None:
        self.problem = problem
        self.excluded = excluded
        self.board = problem.board
        self.drops = dropped
        self._memo: Memo = {} if memo is None else memo
        self._reached: dict[tuple[str, str, bool], dict[HeapView, bool]] = {}
        self._concerning: dict[tuple[str, str], tuple[ModuleType, ...]] = {}
        self._permitted: dict[tuple[ProtectionDomain, About | None], list[HeapView]] = {}
        self._strict: dict[tuple[str, str], tuple[ModuleType, ...]] = {}
        self.laid: Laid = {}
        self._rules: dict[tuple[object, ...], Rules] = {}
        self._demands: dict[tuple[object, ...], tuple[ModuleType, ...]] = {}

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

    def of_part(self, question: Question, about: About | None) -> tuple[Option, ...]:
        """The options of one placement of a buffer that is converted (see heapwright.solver.conversions.conversions)."""
        assert question.part is not None  # else `options` has them
        found = _Search(self, question, about).options()
        kept = [o for o in found if not (self.excluded and self.excluded(o))]
        return undominated(kept, question.part.kept)

    def possible(self, question: Question, about: About | None) -> bool:
        """Whether a placement has any option."""
        search = _Search(self, question, about)
        if self.excluded is None:
            return search.possible()
        return any(not self.excluded(option) for option in search.options())

    def forms(self, question: Question) -> Iterator[tuple[Demand, Form, int]]:
        """Everything that may be laid out in one placement, wherever it lives."""
        about = self.drops.about(question.label)
        assignments = DeviceAssignments(self.problem, question, about)
        images = Images(question, about, self.demands, self.rules, self.laid)
        for attachment_set in question.attachment_sets:
            for _, attachments in assignments.of(attachment_set):
                yield from images.forms(attachments)

    def permitted(
        self, question: Question, about: About | None, attachments: tuple[BoundAttachment, ...] = ()
    ) -> list[HeapView]:
        """Heaps that may hold what is of this protection domain, whoever touches it (or, behind per-buffer firewalls, these)."""
        key = question.domain, about
        found = None if attachments else self._permitted.get(key)
        if found is None:
            found = []
            for heap in self.board.heaps.values():
                case = Case(self.board, question, attachments, heap, heap)
                broken = [kind for kind in HEAP if kind.broken(case)]
                if all(is_dropped(about, kind, heap.name) for kind in broken):
                    found.append(heap)
            if not attachments:
                self._permitted[key] = found
        return found

    def reached(self, attachment: BoundAttachment, protected: bool) -> dict[HeapView, bool]:
        """What is known of which heaps, where they do not move buffers, the attachment's device reaches."""
        key = (attachment.device.name, attachment.name, protected)
        found = self._reached.get(key)
        if found is None:
            found = self._reached[key] = {}
        return found

    def concerning(self, attachment: BoundAttachment) -> tuple[ModuleType, ...]:
        """The kinds that may keep the attachment's device from a heap."""
        key = (attachment.device.name, attachment.name)
        found = self._concerning.get(key)
        if found is None:
            found = self._concerning[key] = tuple(
                [kind for kind in REACH if kind.concerns(self.board, attachment)]
            )
        return found

    def strict(self, attachment: BoundAttachment) -> tuple[ModuleType, ...]:
        """The kinds that may keep the attachment's device from a buffer of some size in a heap."""
        key = (attachment.device.name, attachment.name)
        found = self._strict.get(key)
        if found is None:
            found = self._strict[key] = tuple([kind for kind in RUN if kind.concerns(self.board, attachment)])
        return found

    def rules(self, attachment: BoundAttachment) -> Rules:
        """The rules of the attachment's port that hold for its use."""
        use = attachment.use
        used = use.rotate, use.codec, use.crop is None, use.scale is None
        key = (attachment.device.name, attachment.name, used)
        found = self._rules.get(key)
        if found is None:
            rules = [rule for rule in attachment.port.images if holds(rule, attachment.port, use)]
            found = self._rules[key] = Rules(rules)
        return found

    def demands(self, attachment: BoundAttachment) -> tuple[ModuleType, ...]:
        """The layout kinds about which the attachment's rule states something."""
        key = (attachment.device.name, attachment.name, id(attachment.rule))
        found = self._demands.get(key)
        if found is None:
            found = self._demands[key] = tuple(kind for kind in LAYOUT if kind.states(attachment))
        return found


class _Search:
    """All options of one question."""

    def __init__(self, whole: Propagation, question: Question, about: About | None) -> None:
        self.whole = whole
        self.board = whole.board
        self.question = question
        self.about = about
        self.part = question.part
        self.kept = question.part.kept if question.part is not None else frozenset()
        ends = question.part.ends if question.part is not None else ()
        self.ends = tuple([end for end in ends if not is_dropped(about, conversion, end.device.name)])
        self.pins = {pin.field: pin.value for pin in question.pins}
        self.assignments = DeviceAssignments(whole.problem, question, about)
        self.images = Images(question, about, whole.demands, whole.rules, whole.laid)
        self._open = None if question.domain.audiences else whole.permitted(question, about)

    def options(self) -> Iterator[Option]:
        if any(self.pins[pin.field] != pin.value for pin in self.question.pins if pin.field != "device"):
            return
        for attachment_set in self.question.attachment_sets:
            for assignment, attachments in self.assignments.of(attachment_set):
                heaps = self._heaps(attachments)
                if heaps:
                    yield from self._placed(attachment_set, assignment, attachments, heaps)

    def possible(self) -> bool:
        """Whether there is any option; nothing is priced for that."""
        for attachment_set in self.question.attachment_sets:
            for _, attachments in self.assignments.of(attachment_set):
                heaps = self._heaps(attachments) if self._counts(attachments) else []
                strict = self._strict(attachments)
                for image in self.images.fitting(attachments) if heaps else ():
                    for heap, backing in heaps:
                        case = Case(
                            self.board, self.question, image.attachments, heap, backing, None, image.layout
                        )
                        if self._holds(case, strict):
                            return True
        return False

    def _heaps(self, attachments: tuple[BoundAttachment, ...]) -> list[tuple[HeapView, HeapView]]:
        """Heaps that nothing but sizes can still forbid, with where buffers really live."""
        if not self._admitted(attachments):
            return []
        found = []
        seen: set[object] = set()
        plain = self.about is None and self.whole.excluded is None and "memory" not in self.kept
        # Who is invited, and who else is attached, matters to firewalls with an audience.
        whole, question, about = self.whole, self.question, self.about
        shared = about is None and not question.domain.audiences
        known = [
            whole.reached(attachment, question.protected) if shared else {} for attachment in attachments
        ]
        pinned = self.pins.get("heap")
        for heap in self._open if self._open is not None else whole.permitted(question, about, attachments):
            if pinned not in (None, heap.name):
                continue
            if plain and heap.twin in seen:
                continue  # the one seen comes first by name and is as good in all else
            backing = heap if heap.spec.moves_to is None else lives_in(self.board, heap, attachments)
            for attachment, of_attachment in zip(attachments, known, strict=True):
                reaches = of_attachment.get(heap) if backing is heap else None
                if reaches is None:
                    reaches = self._reaches(
                        Case(self.board, question, attachments, heap, backing, attachment)
                    )
                    if backing is heap:
                        of_attachment[heap] = reaches
                if not reaches:
                    break
            else:
                found.append((heap, backing))
                seen.add(heap.twin)
        return found

    def _reaches(self, case: Case) -> bool:
        """Whether no fact that still stands keeps the attachment's device from the heap."""
        attachment = case.attachment
        assert attachment is not None  # a case of scope `reach`
        for kind in self.whole.concerning(attachment):
            if kind.broken(case) and not is_dropped(self.about, kind, attachment.device.name):
                return False
        return True

    def _admitted(self, attachments: tuple[BoundAttachment, ...]) -> bool:
        """Whether every attachment is possible at all, whatever the heap."""
        for attachment in attachments:
            heap = next(iter(self.board.heaps.values()), None)
            if heap is None:
                return False
            case = Case(self.board, self.question, attachments, heap, heap, attachment)
            for kind in ATTACHMENT:
                if kind.broken(case) and not is_dropped(self.about, kind, attachment.device.name):
                    return False
            if audience.widened(case) and not is_dropped(self.about, audience, attachment.device.name):
                return False
        return True

    def _placed(
        self,
        attachment_set: AttachmentSet,
        assignment: DeviceAssignment,
        attachments: tuple[BoundAttachment, ...],
        heaps: list[tuple[HeapView, HeapView]],
    ) -> Iterator[Option]:
        counts = self._counts(attachments)
        images = list(self.images.fitting(attachments)) if counts else []
        rivals = Rivals(images, self.kept) if self.whole.excluded is None else None
        strict = self._strict(attachments)
        mapped = any(attachment.device.by_cpu for attachment in attachments)
        board, question, rate = self.board, self.question, self.question.spec.rate
        alike: dict[object, list[int]] = {}
        for heap, backing in heaps:
            price = (
                backing.price, heap.spec.buffers is not None and heap.name, mapped and heap.cpu,
                "memory" in self.kept and heap.name,
            )  # fmt: skip
            others = alike.setdefault(price, [])
            for index, image in enumerate(images):
                if others and rivals is not None and rivals.beaten(index, others):
                    continue  # in this heap, or in one that costs the same and comes first by name
                layout = image.layout
                case = Case(board, question, image.attachments, heap, backing, None, layout)
                if not self._holds(case, strict):
                    continue
                others.append(index)
                placed = Placed(
                    board, question.label, heap, backing, layout.sizes, rate, image.attachments, self.ends, layout.moved
                )  # fmt: skip
                yield from priced(placed, image, attachment_set.rank, assignment, counts)

    def _strict(self, attachments: tuple[BoundAttachment, ...]) -> list[tuple[ModuleType, int]]:
        """The kinds that may mind sizes and runs in a heap, by attachment."""
        return [
            (kind, i) for i, attachment in enumerate(attachments) for kind in self.whole.strict(attachment)
        ]

    def _holds(self, case: Case, strict: list[tuple[ModuleType, int]]) -> bool:
        """Whether sizes, runs and alignments suit the heap; `strict` are the kinds that may mind, by attachment."""
        for kind in ROOM:
            if kind.broken(case) and not is_dropped(self.about, kind, case.heap.name):
                return False
        for kind, index in strict:
            attachment = case.attachments[index]
            of_attachment = Case(
                case.board, case.question, case.attachments, case.heap, case.backing, attachment, case.layout
            )
            if kind.broken(of_attachment) and not is_dropped(self.about, kind, attachment.device.name):
                return False
        return True

    def _counts(self, attachments: tuple[BoundAttachment, ...]) -> list[tuple[int, int]]:
        """Lawful counts with the wishes each drops; any would do where what speaks against them is dropped."""
        pinned = self.pins.get("count")
        if is_dropped(self.about, count, ""):
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
