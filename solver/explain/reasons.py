"""Why a plan is as it is: which facts decided heap, format, stride, size and count.

Nothing here decides anything. A fact is a reason for a number if the number would
be another without it; where several facts ask for the same, those that alone would
give the number. A heap's alternatives are judged by every kind, so that the answer says
"the display alone would have allowed system; the encoder is the reason for CMA".
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final, Literal

from heapwright.platforms.fourcc.modifiers import LINEAR
from heapwright.platforms.values import in_units
from heapwright.solver.answer.plan import Reason, Rejected
from heapwright.solver.board.board import HeapView
from heapwright.solver.candidates.candidate import LaidOutImage, Option, priced
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.images import holds, laid_out
from heapwright.solver.candidates.usage import Usage, used_by
from heapwright.solver.constraints import LAYOUT, PERMIT
from heapwright.solver.constraints.cases import BoundAttachment, Case, Home, lives_in
from heapwright.solver.constraints.graph import conversion, count
from heapwright.solver.constraints.image import format as format_kind
from heapwright.solver.constraints.image import modifier as modifier_kind
from heapwright.solver.constraints.image import modifier_side_condition
from heapwright.solver.constraints.kind import ConstraintKind
from heapwright.solver.constraints.memory import capacity
from heapwright.solver.layout import modifiers
from heapwright.solver.layout.layout import Layout
from heapwright.solver.objective import TERMS
from heapwright.solver.question.resolve import Question
from heapwright.solver.search.choose import closed_levels

Decides = Literal["heap", "format", "modifier", "stride", "size", "count", "offset"]
_VALUES: Final[dict[Decides, Callable[[Layout], object]]] = {
    "stride": lambda found: [plane.stride for plane in found.planes],
    "offset": lambda found: [plane.offset for plane in found.planes[1:]],
    "size": lambda found: found.size,
}


class Why:
    """The reasons of one plan."""

    def __init__(self, found: Propagation, options: Sequence[Option], usage: Usage) -> None:
        self.found = found
        self.board = found.board
        self.options = options
        self.usage = usage

    def of(self, question: Question, option: Option) -> tuple[tuple[Reason, ...], tuple[Rejected, ...]]:
        """What decided a buffer's option, and what was rejected for it."""
        others = [heap for heap in self.board.heaps.values() if heap is not option.placed.heap]
        against = [(heap, tuple(self._broken(question, option, heap))) for heap in others]
        found = [*self._of_heap(question, option, against)]
        if option.fourcc is not None:
            found += [*self._of_format(question, option), *self._of_modifier(question, option)]
            found += self._of_layout(question, option)
        found += self._of_count(question, option)
        rejected = [
            Rejected(
                heap=heap.name,
                reasons=broken or (self._fixed(question, option) or self._costlier(option, heap),),
            )
            for heap, broken in against
        ]
        return tuple(dict.fromkeys(found)), tuple(rejected)

    def _case(
        self,
        question: Question,
        option: Option,
        heap: HeapView,
        attachments: tuple[BoundAttachment, ...] | None = None,
    ) -> Case:
        attachments = option.placed.attachments if attachments is None else attachments
        backing = lives_in(self.board, heap, attachments)
        settled = question.settled(option.assignment)
        return Case(self.board, settled, attachments, heap, backing, None, option.layout)

    def _broken(
        self,
        question: Question,
        option: Option,
        heap: HeapView,
        attachments: tuple[BoundAttachment, ...] | None = None,
    ) -> Iterator[Reason]:
        """What keeps the buffer, touched by these or by whom it is, from a heap."""
        case = self._case(question, option, heap, attachments)
        verdicts = [(case, self.found.heap.of(case)), (case, self.found.room.of(case))]
        for attachment in case.attachments:
            touched = case._replace(attachment=attachment)
            verdicts += [(touched, self.found.reach.of(touched)), (touched, self.found.run.of(touched))]
        for judged, of_whom in verdicts:
            for kind in of_whom[Home(heap, case.backing)]:
                yield _reason(kind, judged)

    def _fixed(self, question: Question, option: Option) -> Reason | None:
        """Why the buffer is where it is, whatever other heaps would cost: a pin, or a copy within one heap."""
        where = option.placed.heap.name
        if any(pin.field == "heap" for pin in question.pins):
            return _by_pin("heap", question, f"is pinned to {where}")
        for device, edge in ((end.device, end.edge) for end in option.placed.ends):
            if "memory" not in edge.may_change:
                text = f"{device.name} converts within {where}, and moves nothing to another heap"
                source, subject = edge.source or device.spec.source, f"{question.label}→{device.name}"
                return Reason(
                    decides="heap", kind=conversion.KIND.name, subject=subject, text=text, source=source
                )
        return None

    def _moved(self, option: Option, heap: HeapView, attachments: tuple[BoundAttachment, ...]) -> Option:
        """The same layout in another heap, touched by these."""
        backing = lives_in(self.board, heap, attachments)
        moved = option.placed._replace(heap=heap, backing=backing, attachments=attachments)
        image = LaidOutImage(
            0,
            option.fourcc,
            option.modifier,
            option.colour,
            attachments,
            option.layout,
            option.loss,
            option.preferred,
        )
        counts = [(option.number, option.dropped)]
        [alternative] = priced(moved, image, option.rank, option.assignment, counts)
        return alternative

    def _too_small(self, option: Option, alternative: Option, heap: HeapView) -> Reason | None:
        """What has no room for `alternative` in place of an option, if anything."""
        used = used_by([*(o for o in self.options if o is not option), alternative], self.usage)
        for budget, _ in (*alternative.charges, *alternative.reserved):
            if used[budget] > budget.limit:
                much = f"{used[budget]} of {budget.limit} {budget.what}"
                if budget.kind == capacity.KIND.name:
                    much = f"{in_units(used[budget])} of {in_units(budget.limit)}"
                text = f"{heap.name} lacks room: {much} would be used"
                return Reason(
                    decides="heap", kind=budget.kind, subject=budget.subject, text=text, source=heap.source
                )
        return None

    def _costlier(self, option: Option, heap: HeapView) -> Reason:
        """The first level at which the same layout in `heap` costs more, or does not fit."""
        placed = option.placed
        alternative = self._moved(option, heap, placed.attachments)
        rest = [o for o in self.options if o is not option]
        small = self._too_small(option, alternative, heap)
        if small is not None:
            return small
        chosen, others = (closed_levels(each, self.usage) for each in (self.options, [*rest, alternative]))
        for level, term in enumerate(TERMS):
            mine, theirs = chosen[level].value, others[level].value
            if mine == theirs:
                continue
            if not term.fills:
                mine, theirs = option.values[level], alternative.values[level]
            text = f"{heap.name} would do as well; its {term.name} is {theirs}, that of {placed.heap.name} is {mine}"
            return Reason(decides="heap", kind=term.name, subject=heap.name, text=text, source=heap.source)
        first = f"; {placed.heap.name} comes first by name" if placed.heap.name < heap.name else ""
        text = f"{heap.name} would do exactly as well{first}"
        return Reason(decides="heap", kind="names", subject=heap.name, text=text, source=heap.source)

    def _of_heap(
        self, question: Question, option: Option, against: Sequence[tuple[HeapView, tuple[Reason, ...]]]
    ) -> Iterator[Reason]:
        """What speaks against the other heaps; what makes a scattered one good enough."""
        for heap, broken in against:
            guilty = {reason.subject for reason in broken}
            for reason in broken:
                attachments = option.placed.attachments
                others = tuple(t for t in attachments if f"{question.label}→{t.device.name}" not in guilty)
                text = reason.text
                if (
                    others and "→" in reason.subject and len(guilty) == 1
                    and not any(self._broken(question, option, heap, others))
                    and self._too_small(option, self._moved(option, heap, others), heap) is None
                ):  # fmt: skip
                    names = " and ".join(dict.fromkeys(attachment.device.name for attachment in others))
                    text += f"; {names} alone would have allowed {heap.name}"
                yield reason.model_copy(update={"text": text})
        case = self._case(question, option, option.placed.heap)
        for attachment in option.placed.attachments:
            for kind in PERMIT:
                if kind.permits(case._replace(attachment=attachment)):
                    yield _reason(kind, case._replace(attachment=attachment))

    def _of_format(self, question: Question, option: Option) -> Iterator[Reason]:
        asked = question.spec.formats or ()
        for fourcc in asked[: asked.index(option.fourcc)] if option.fourcc in asked else ():
            for attachment in option.placed.attachments:
                if not any(fourcc in rule.formats for rule in attachment.port.images):
                    yield _said("format", format_kind.KIND, question, attachment)

    def _of_modifier(self, question: Question, option: Option) -> Iterator[Reason]:
        yield from self._of_use(question, option)
        known = {
            m
            for attachment in option.placed.attachments
            for rule in attachment.about(option.fourcc).port.images
            for m in rule.modifiers
        }
        if known <= {modifiers.bare(option.modifier or "")}:
            return
        for attachment in option.placed.attachments:
            if attachment.rule is not None and {*attachment.rule.modifiers} == {
                modifiers.bare(option.modifier or "")
            }:
                yield _said("modifier", modifier_kind.KIND, question, attachment.about(option.fourcc))

    def _of_use(self, question: Question, option: Option) -> Iterator[Reason]:
        """Who takes the format in LINEAR, but not when it is used like this."""
        if option.modifier in (None, LINEAR):
            return
        for attachment in option.placed.attachments:
            plain = [rule for rule in attachment.about(option.fourcc).port.images if LINEAR in rule.modifiers]
            if plain and not any(holds(rule, attachment.port, attachment.use) for rule in plain):
                yield _said(
                    "modifier",
                    modifier_side_condition.KIND,
                    question,
                    attachment,
                    f"{question.label} in {LINEAR}",
                )

    def _of_layout(self, question: Question, option: Option) -> Iterator[Reason]:
        """Facts without which (or alone by which) stride, offsets and size come out so."""
        stated = [(t, kind) for t in option.placed.attachments for kind in LAYOUT if kind.states(t)]
        everyone = frozenset(range(len(stated)))
        found: dict[tuple[str, str], Reason] = {}

        @lru_cache(maxsize=256)
        def laid(left_out: frozenset[int]) -> Layout | None:
            kept = [each for i, each in enumerate(stated) if i not in left_out]
            return laid_out(question, option, kept, self.found.laid)

        def changes(value: Callable[[Layout], object], left_out: frozenset[int]) -> bool:
            without = laid(left_out)
            return without is None or value(without) != value(option.layout)

        if any(pin.field == "stride" for pin in question.pins):
            stride = option.layout.planes[0].stride if option.layout.planes else 0
            yield _by_pin("stride", question, f"is pinned to a stride of {stride} bytes")
        for decides, value in _VALUES.items():
            if changes(value, everyone):
                binding = [i for i in range(len(stated)) if changes(value, frozenset({i}))]
                alone = (i for i in range(len(stated)) if not changes(value, everyone - {i}))
                for attachment, kind in (stated[i] for i in binding or alone):
                    about = attachment.title, kind.name
                    found.setdefault(about, _said(decides, kind, question, attachment))
        yield from found.values()

    def _of_count(self, question: Question, option: Option) -> Iterator[Reason]:
        if question.spec.count is None:
            attachments = option.placed.attachments
            text = count.sentence(question.label, count.buffers(option.number), attachments)
            source = "; ".join(dict.fromkeys(attachment.port.source for attachment in attachments))
            yield Reason(
                decides="count", kind=count.KIND.name, subject=question.label, text=text, source=source
            )


def _by_pin(decides: Decides, question: Question, what: str) -> Reason:
    """What was fixed before solving."""
    named = ", ".join(str(pin) for pin in question.pins if pin.field == decides)
    text = f"{question.label} {what}"
    return Reason(decides=decides, kind="pin", subject=question.label, text=text, source=f"pin {named}")


def _reason(kind: ConstraintKind, case: Case) -> Reason:
    return Reason(
        decides="heap",
        kind=kind.name,
        subject=kind.subject(case),
        text=kind.sentence(case),
        source=kind.source(case),
    )


def _said(
    decides: Decides,
    kind: ConstraintKind,
    question: Question,
    attachment: BoundAttachment,
    what: str | None = None,
) -> Reason:
    source = (attachment.rule.source if attachment.rule else None) or attachment.port.source
    return Reason(
        decides=decides,
        kind=kind.name,
        subject=f"{question.label}→{attachment.device.name}",
        text=kind.sentence(what or question.label, attachment),
        source=source,
    )
