"""Every candidate of a buffer is judged once, and the facts that kill it are kept.

A candidate is a choice of devices, a heap and an image. What is broken by it does not
depend on which facts a question is asked with, so it is judged once: a set of bits for
the devices, and one for each heap. A layout is made of all that is asked of it together;
there is no set of facts that kills it, but alternatives, so images are spelled out once
for each set of facts about images that is kept.

With some facts kept and all others dropped, a candidate survives if none of its facts is
kept. Facts that no candidate survives are a conflict: that is how `explain` finds them,
without solving anything again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from heapwright.solver.board.board import HeapView
from heapwright.solver.candidates.candidate import DeviceAssignment, LaidOutImage, priced
from heapwright.solver.candidates.device_assignment import DeviceAssignments, asked
from heapwright.solver.candidates.enumerate import Propagation, counts
from heapwright.solver.candidates.images import ASKED, Images
from heapwright.solver.candidates.relaxation import DroppedFacts
from heapwright.solver.candidates.usage import Usage, used_by
from heapwright.solver.constraints import BUDGETS, ROOM, RUN
from heapwright.solver.constraints.cases import BoundAttachment, Case, Home, Placed, lives_in
from heapwright.solver.constraints.graph import count, missing_device
from heapwright.solver.constraints.kind import ConstraintKind
from heapwright.solver.constraints.protection import audience
from heapwright.solver.question.facts import Fact, FactSets
from heapwright.solver.question.pipeline import Attachment
from heapwright.solver.question.resolve import Question

Needed = Mapping[int, Collection[Attachment]]
"""What all buffers of the problem need of the device that a variable stands for."""
_OF_SIZES: Final = frozenset(kind.name for kind in (*ROOM, *RUN))
"""Kinds that judge a heap together with an image."""
_BUDGETS: Final = frozenset(kind.name for kind in BUDGETS)


class Judgement(NamedTuple):
    """One choice of devices: the facts that kill it whatever the heap, and those that kill it in each."""

    question: Question
    attachments: tuple[BoundAttachment, ...]
    broken: int
    heaps: tuple[tuple[HeapView, HeapView, int], ...]
    """Each heap with the one whose memory the buffer lives in."""


class JudgedCandidates:
    """All candidates of one buffer, with the facts that kill each; `facts` are all that may.

    Budgets are minded where it is said what is used of them.
    """

    def __init__(
        self,
        found: Propagation,
        question: Question,
        facts: FactSets,
        needed: Needed,
        usage: Usage | None = None,
    ) -> None:
        self.found = found
        self.needed = needed
        self.question = question
        self.facts = facts
        self.usage = usage
        self._of_budgets = facts.of_kinds(_BUDGETS) if usage is not None else 0
        self._of_images = facts.of_kinds(ASKED)
        self._images: dict[tuple[int, int], _Remembered] = {}
        self._judged = tuple(self._judgements())

    @property
    def guilty(self) -> int:
        """Facts that may kill any candidate."""
        found = self.facts.of_kinds(_OF_SIZES) | self._of_images | self._of_budgets
        for judged in self._judged:
            found |= judged.broken
            for _, _, broken in judged.heaps:
                found |= broken
        return found

    def survives(self, kept: int) -> bool:
        """Whether any candidate is left with these facts kept and all others dropped."""
        for number, judged in enumerate(self._judged):
            if judged.broken & kept:
                continue
            heaps = [(heap, backing) for heap, backing, broken in judged.heaps if not broken & kept]
            for image in self._spelled(number, judged, kept) if heaps else ():
                for heap in heaps:
                    if not self._too_small(judged, image, *heap) & kept and not (
                        kept & self._of_budgets and self._exceeded(judged, image, *heap, kept) & kept
                    ):
                        return True
        return False

    def _judgements(self) -> Iterator[Judgement]:
        scarce = frozenset(
            (fact.kind, fact.subject) for fact in self.facts.facts if fact.kind == missing_device.NAME
        )
        pinned = [pin.value for pin in self.question.pins if pin.field == "heap"]
        heaps = [
            heap for heap in self.found.board.heaps.values() if all(heap.name == name for name in pinned)
        ]
        for variant in self.question.variants:
            assignments = DeviceAssignments(self.found.problem, variant, DroppedFacts(scarce, frozenset()))
            for attachment_set in variant.attachment_sets:
                for assignment, attachments, missing in assignments.choices(attachment_set):
                    lacking = missing | self._lacking(assignment)
                    if not lacking <= {subject for _, subject in scarce}:
                        continue  # others need that device to be another one, whatever facts hold
                    broken = self.facts.of(Fact(missing_device.NAME, name) for name in lacking)
                    broken |= self._broken_anywhere(variant, attachments)
                    found = [(heap, *self._broken_in(variant, attachments, heap)) for heap in heaps]
                    yield Judgement(variant, attachments, broken, tuple(found))

    def _lacking(self, assignment: DeviceAssignment) -> set[str]:
        """The ports that other buffers need of these devices, and that they do not have."""
        devices = self.found.board.devices
        return {
            asked(use)
            for variable, device in assignment
            for use in self.needed.get(variable, ())
            if device is not None and not use.fits(devices[device].spec)
        }

    def _broken_anywhere(self, question: Question, attachments: tuple[BoundAttachment, ...]) -> int:
        broken = (
            0 if counts(question, attachments) else self.facts.of([Fact(count.NAME, self.question.label)])
        )
        for heap in [*self.found.board.heaps.values()][:1]:
            for attachment in attachments:
                case = Case(self.found.board, question, attachments, heap, heap, attachment)
                broken |= self._about(attachment, self.found.attachment.of(case)[Home(heap, heap)])
                if audience.widened(question, attachment):
                    broken |= self._about(attachment, (audience.KIND,))
        return broken

    def _broken_in(
        self, question: Question, attachments: tuple[BoundAttachment, ...], heap: HeapView
    ) -> tuple[HeapView, int]:
        backing = lives_in(self.found.board, heap, attachments)
        case = Case(self.found.board, question, attachments, heap, heap)
        refusals = self.found.heap.of(case)[Home(heap, heap)]
        broken = self.facts.of(Fact(kind.name, heap.name) for kind in refusals)
        for attachment in attachments:
            verdicts = self.found.reach.of(case._replace(attachment=attachment))
            broken |= self._about(attachment, verdicts[Home(heap, backing)])
        return backing, broken

    def _too_small(self, judged: Judgement, image: LaidOutImage, heap: HeapView, backing: HeapView) -> int:
        """What sizes, runs and alignments break."""
        case = Case(self.found.board, judged.question, image.attachments, heap, backing, None, image.layout)
        refusals = self.found.room.of(case)[Home(heap, backing)]
        broken = self.facts.of(Fact(kind.name, heap.name) for kind in refusals)
        for attachment in image.attachments:
            verdicts = self.found.run.of(case._replace(attachment=attachment))
            broken |= self._about(attachment, verdicts[Home(heap, backing)])
        return broken

    def _exceeded(
        self, judged: Judgement, image: LaidOutImage, heap: HeapView, backing: HeapView, kept: int
    ) -> int:
        """The budgets that the buffer exceeds without any other, beside what is live."""
        assert self.usage is not None  # else no budget is minded
        question, layout = judged.question, image.layout
        counted = kept & self.facts.of([Fact(count.NAME, self.question.label)])
        lawful = [number for number, _ in counts(question, image.attachments) if counted]
        placed = Placed(
            self.found.board, question.label, heap, backing, layout.sizes, question.spec.rate, image.attachments,
            (), layout.moved,
        )  # fmt: skip
        used = used_by(priced(placed, image, 0, (), [(min(lawful, default=1), 0)]), self.usage)
        return self.facts.of(Fact(b.kind, b.subject) for b, number in used.items() if number > b.limit)

    def _about(self, attachment: BoundAttachment, kinds: Iterable[ConstraintKind]) -> int:
        return self.facts.of(
            Fact(kind.name, f"{self.question.label}→{attachment.device.name}") for kind in kinds
        )

    def _spelled(self, number: int, judged: Judgement, kept: int) -> Iterable[LaidOutImage]:
        """The images that fit where these facts are kept."""
        key = number, kept & self._of_images
        if key not in self._images:
            dropped = self.facts.named(self._of_images & ~kept)
            about = DroppedFacts(
                frozenset((f.kind, f.subject.partition("→")[2]) for f in dropped), frozenset()
            )
            found = self.found
            images = Images(judged.question, about, found.demands, found.rules, found.laid)
            self._images[key] = _Remembered(images.fitting(judged.attachments))
        return self._images[key]


class _Remembered:
    """What an iterator yields, taken from it once and only as far as is asked."""

    def __init__(self, images: Iterator[LaidOutImage]) -> None:
        self._images = images
        self._known: list[LaidOutImage] = []

    def __iter__(self) -> Iterator[LaidOutImage]:
        yield from self._known
        for image in self._images:
            self._known.append(image)
            yield image
