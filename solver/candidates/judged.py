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

from heapwright.solver.candidates.candidate import DeviceAssignment, LaidOutImage, priced
from heapwright.solver.candidates.device_assignment import asked
from heapwright.solver.candidates.enumerate import Candidates, Propagation, VerdictList, counts
from heapwright.solver.candidates.images import ASKED
from heapwright.solver.candidates.relaxation import DroppedFacts
from heapwright.solver.candidates.usage import Usage, used_by
from heapwright.solver.constraints import BUDGETS, ROOM, RUN
from heapwright.solver.constraints.cases import BoundAttachment, Home, lives_in
from heapwright.solver.constraints.graph import count, missing_device
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

    candidates: Candidates
    attachments: tuple[BoundAttachment, ...]
    broken: int
    homes: tuple[tuple[Home, int], ...]


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
            for _, broken in judged.homes:
                found |= broken
        return found

    def survives(self, kept: int) -> bool:
        """Whether any candidate is left with these facts kept and all others dropped."""
        self.found.problem.limits.check()
        for number, judged in enumerate(self._judged):
            if judged.broken & kept:
                continue
            homes = [home for home, broken in judged.homes if not broken & kept]
            for image in self._spelled(number, judged, kept) if homes else ():
                of_image = judged.candidates.of_image(image)
                for home in homes:
                    if not self._broken(of_image, home) & kept and not (
                        kept & self._of_budgets
                        and self._exceeded(judged.candidates, image, home, kept) & kept
                    ):
                        return True
        return False

    def _judgements(self) -> Iterator[Judgement]:
        kind, label = missing_device.KIND.name, self.question.label
        scarce = frozenset(fact for fact in self.facts.facts if fact.kind == kind)
        pinned = [pin.value for pin in self.question.pins if pin.field == "heap"]
        board = self.found.board
        heaps = [heap for heap in board.heaps.values() if all(heap.name == name for name in pinned)]
        for variant in self.question.variants:
            candidates = Candidates(self.found, variant, DroppedFacts(scarce, frozenset()))
            for attachment_set in variant.attachment_sets:
                for assignment, attachments, missing in candidates.assignments.choices(attachment_set):
                    self.found.problem.limits.check()
                    lacking = missing | self._lacking(assignment)
                    if not lacking <= {subject for _, subject in scarce}:
                        continue  # others need that device to be another one, whatever facts hold
                    facts = [Fact(kind, name) for name in lacking]
                    facts += [
                        Fact(audience.KIND.name, f"{label}→{n}") for n in candidates.widened(attachments)
                    ]
                    facts += [] if counts(variant, attachments) else [Fact(count.KIND.name, label)]
                    homes = [Home(heap, lives_in(board, heap, attachments)) for heap in heaps]
                    told: VerdictList = ()
                    if homes:
                        of_heaps = candidates.of_heaps(attachments), None
                        told = [of_heaps, *candidates.of_attachments(attachments)]
                    found = tuple((home, self._broken(told, home)) for home in homes)
                    yield Judgement(candidates, attachments, self.facts.of(facts), found)

    def _lacking(self, assignment: DeviceAssignment) -> set[str]:
        """The ports that other buffers need of these devices, and that they do not have."""
        devices = self.found.board.devices
        return {
            asked(use)
            for variable, device in assignment
            for use in self.needed.get(variable, ())
            if device is not None and not use.fits(devices[device].spec)
        }

    def _broken(self, judged: VerdictList, home: Home) -> int:
        """The facts by which a heap is refused."""
        found = 0
        for verdicts, attachment in judged:
            for kind in verdicts[home]:
                of_whom = f"{self.question.label}→{attachment.device.name}" if attachment else home.heap.name
                found |= self.facts.of([Fact(kind.name, of_whom)])
        return found

    def _exceeded(self, candidates: Candidates, image: LaidOutImage, home: Home, kept: int) -> int:
        """The budgets that the buffer exceeds without any other, beside what is live."""
        assert self.usage is not None  # else no budget is minded
        counted = kept & self.facts.of([Fact(count.KIND.name, self.question.label)])
        lawful = [n for n, _ in counts(candidates.question, image.attachments) if counted]
        only = [(min(lawful, default=1), 0)]
        used = used_by(priced(candidates.placed(home, image), image, 0, (), only), self.usage)
        return self.facts.of(Fact(b.kind, b.subject) for b, number in used.items() if number > b.limit)

    def _spelled(self, number: int, judged: Judgement, kept: int) -> Iterable[LaidOutImage]:
        """The images that fit where these facts are kept."""
        key = number, kept & self._of_images
        if key not in self._images:
            dropped = self.facts.named(self._of_images & ~kept)
            own = frozenset((fact.kind, fact.subject.partition("→")[2]) for fact in dropped)
            asked = Candidates(self.found, judged.candidates.question, DroppedFacts(own, frozenset()))
            self._images[key] = _Remembered(asked.images.fitting(judged.attachments))
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
