"""Which images fit: every format, modifier and choice of image rules that all attachments share.

Strides, offsets and sizes have closed forms (`heapwright.solver.layout.layout`), so there is one layout
for each of them and each number of dma-bufs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from math import prod
from typing import Final, NamedTuple

from heapwright.platforms.fourcc.modifiers import INVALID, parse_modifier
from heapwright.platforms.schema import ImageRule, Port, When
from heapwright.platforms.values import Extent
from heapwright.solver.candidates.candidate import LaidOutImage, Option
from heapwright.solver.candidates.device_assignment import too_many
from heapwright.solver.candidates.relaxation import DroppedFacts, is_dropped
from heapwright.solver.constraints import LAYOUT, of_scope
from heapwright.solver.constraints.cases import BoundAttachment
from heapwright.solver.constraints.image import colour_space, modifier_side_condition
from heapwright.solver.constraints.image import format as format_kind
from heapwright.solver.constraints.image import modifier as modifier_kind
from heapwright.solver.constraints.kind import ConstraintKind
from heapwright.solver.constraints.planes import plane_buffers
from heapwright.solver.constraints.reads import Values
from heapwright.solver.layout import layout as layouts
from heapwright.solver.layout import modifiers
from heapwright.solver.objective.orders import driver_order
from heapwright.solver.question.content import picture_loss
from heapwright.solver.question.pipeline import Attachment
from heapwright.solver.question.resolve import MAX_CHOICES, Question

CHOICE: Final = of_scope("choice")
"""What decides which image rules go together; judged here."""
ASKED: Final = frozenset(kind.name for kind in (*CHOICE, *LAYOUT))
"""Kinds that are about images, wherever these live."""
Stated = tuple[tuple[ConstraintKind, Values], ...]
"""Layout kinds, with the values that they ask of a layout."""
_ANYHOW: Final = When()


class Rules:
    """Image rules of a port that hold for an attachment, by format and by modifier."""

    __slots__ = ("_fitting", "_of_format", "_under", "formats", "rules")

    def __init__(self, rules: Sequence[ImageRule]) -> None:
        self.rules = rules
        self.formats = frozenset([fourcc for rule in rules for fourcc in rule.formats])
        self._of_format: dict[str, list[ImageRule | None]] = {}
        self._fitting: dict[tuple[str, str], list[ImageRule | None]] = {}
        self._under: dict[int, BoundAttachment] = {}

    def of_format(self, fourcc: str) -> list[ImageRule | None]:
        """Those that list the format."""
        found = self._of_format.get(fourcc)
        if found is None:
            found = self._of_format[fourcc] = [rule for rule in self.rules if fourcc in rule.formats]
        return found

    def fitting(self, fourcc: str, modifier: str) -> list[ImageRule | None]:
        """Those that list the format and the modifier."""
        found = self._fitting.get((fourcc, modifier))
        if found is None:
            of_format = self.of_format(fourcc)
            found = self._fitting[fourcc, modifier] = [r for r in of_format if r and knows(r, modifier)]
        return found

    def under(self, attachment: BoundAttachment, rules: Sequence[ImageRule | None]) -> list[BoundAttachment]:
        """The attachment under each rule, one and the same whenever images are looked for."""
        known = self._under  # rules are kept with it, so that their identities stand for them
        return [
            known.get(id(rule)) or known.setdefault(id(rule), BoundAttachment(*attachment[:4], rule))
            for rule in rules
        ]


class ListedImage(NamedTuple):
    """An image that image rules list, whatever its layout: format, bare modifier and colour space."""

    fourcc: str | None
    modifier: str | None
    colour: str | None


Laid = dict[tuple[object, ...], tuple[layouts.Form, layouts.Layout | None]]
"""Layouts by what they are of; the form is kept with them, so that its identity stands for it."""


class Images:
    """What one question's buffer may hold, under the facts dropped about it.

    `demands` gives the layout kinds about which an attachment's rule states something, `rules`
    the rules of its port that hold for it; `laid` keeps layouts for questions and choices of devices that ask the same.
    """

    def __init__(
        self,
        question: Question,
        about: DroppedFacts | None,
        demands: Callable[[BoundAttachment], Stated],
        rules: Callable[[BoundAttachment], Rules],
        laid: Laid,
    ) -> None:
        self.question = question
        self.about = about
        self.demands = demands
        self.rules = rules
        self.laid = laid
        self.pins = {pin.field: pin.value for pin in question.pins}
        self.part = question.part
        self.image = question.spec.size or Extent(0, 0)
        pinned, shared = self.pins.get("stride"), self.part.strides if self.part is not None else None
        self.strides = [pinned] if shared is None else [each for each in shared if pinned in (None, each)]
        """Of the first plane, each of which may be shared along conversions; None where any may be."""

    def fitting(self, attachments: tuple[BoundAttachment, ...]) -> Iterator[LaidOutImage]:
        """Every format, modifier and choice of rules with the layout that fits them, by rank."""
        spec = self.question.spec
        if spec.bytes is not None:
            if "format" in self.pins or "modifier" in self.pins:
                return  # raw data has neither
            raw = layouts.raw(spec.bytes, self._need(attachments, self.pins.get("stride")))
            if raw is not None:
                yield LaidOutImage(0, None, None, None, attachments, raw)
            return
        orders = driver_order.stated(attachments)
        for rank, fourcc, modifier, shape, ruled, colour in self._shaped(attachments):
            for layout in self._layouts(ruled, shape):
                name = modifiers.named(modifier, layout.parameter)
                loss = picture_loss(self.question.content, fourcc)
                preferred = driver_order.place(orders, fourcc, name) if orders else driver_order.ANY_ORDER
                yield LaidOutImage(rank, fourcc, name, colour, ruled, layout, loss, preferred)

    def listed(self, attachments: tuple[BoundAttachment, ...]) -> Iterator[ListedImage]:
        """The same without layouts: what image rules alone let these attachments share."""
        spec = self.question.spec
        if spec.bytes is not None:
            yield ListedImage(None, None, None)
        elif (
            len(attachments) != 1 or self.about or self.pins or spec.formats or spec.modifiers or spec.colours
        ):
            for _, fourcc, modifier, _, _, colour in self._shaped(attachments):
                yield ListedImage(fourcc, modifiers.bare(modifier), colour)
        else:
            for rule in self._usable(attachments[0]).rules:
                of_rule = list(product(rule.formats, rule.modifiers))
                for colour in self._colours(()) if rule.colours is None else rule.colours:
                    yield from (
                        ListedImage(f, modifiers.bare(m), colour) for f, m in of_rule if modifiers.shape(f, m)
                    )

    def _shaped(
        self, attachments: tuple[BoundAttachment, ...]
    ) -> Iterator[tuple[int, str, str, layouts.Form, tuple[BoundAttachment, ...], str | None]]:
        """Every format, modifier and choice of rules that may be laid out, by rank, with the colour space they share."""
        usable = [self._usable(attachment) for attachment in attachments]
        ranked = 1 if self.question.spec.formats else 0
        for place, fourcc in enumerate(self._fourccs(usable)):
            of_format = [
                self._of_format(t, rules, fourcc) for t, rules in zip(attachments, usable, strict=True)
            ]
            for modifier in self._modifiers(of_format) if all(of_format) else ():
                shape = modifiers.shape(fourcc, modifier)
                if shape is not None and self._explicit(attachments, modifier):
                    rank = ranked * place + self._rank(modifier)
                    for ruled in self._rulings(attachments, usable, fourcc, modifier):
                        for colour in self._colours(ruled):
                            yield rank, fourcc, modifier, shape, ruled, colour

    def _usable(self, attachment: BoundAttachment) -> Rules:
        """The port's rules that hold for this use."""
        if is_dropped(self.about, modifier_side_condition.KIND, attachment.device.name):
            return Rules(attachment.port.images)
        return self.rules(attachment)

    def _fourccs(self, usable: list[Rules]) -> Sequence[str]:
        spec, pinned = self.question.spec, self.pins.get("format")
        found: Sequence[str] = spec.formats or ([str(pinned)] if pinned is not None else ())
        if not found:
            sets = [each.formats for each in usable if each.rules]
            if (
                self.about is not None and any(kind == format_kind.KIND.name for kind, _ in self.about.own)
            ) or len(sets) != len(usable):
                found = sorted(frozenset().union(*sets)) or ["XR24"]
            else:
                found = sorted(frozenset.intersection(*sets)) if sets else ["XR24"]
        return [fourcc if pinned in (None, fourcc) else "" for fourcc in found]

    def _of_format(self, attachment: BoundAttachment, usable: Rules, fourcc: str) -> list[ImageRule | None]:
        found = usable.of_format(fourcc)
        if not found and fourcc and is_dropped(self.about, format_kind.KIND, attachment.device.name):
            known = any(fourcc in rule.formats for rule in attachment.port.images)
            return [] if known else [None]
        return found

    def _modifiers(self, of_format: list[list[ImageRule | None]]) -> list[str]:
        """Names that may be shared; one without the parameter that a buffer makes stands for all of them."""
        pinned, asked = self.pins.get("modifier"), self.question.spec.modifiers
        known = {m for rules in of_format for rule in rules if rule for m in rule.modifiers}
        if asked is not None:
            wanted = dict.fromkeys(parse_modifier(text).name for text in asked)
            made = {name for name in known if modifiers.bare(name) in wanted}
            found = [*wanted, *sorted(made - {*wanted})]
        else:
            found = sorted(known | {"LINEAR"} if pinned is None else {str(pinned)})
        if pinned is None:
            return found
        allowed = asked is None or pinned in found or modifiers.bare(str(pinned)) in found
        if pinned == modifiers.bare(str(pinned)):
            return [name for name in found if modifiers.bare(name) == pinned] if allowed else []
        return [str(pinned)] if allowed else []

    def _rank(self, modifier: str) -> int:
        """Places behind the first of those that the pipeline names."""
        if self.question.spec.modifiers is None:
            return 0
        wanted, names = self.question.spec.modifiers, (modifier, modifiers.bare(modifier))
        return next((place for place, name in enumerate(wanted) if name in names), len(wanted))

    def _explicit(self, attachments: tuple[BoundAttachment, ...], modifier: str) -> bool:
        """Whether the modifier means the same to all: `INVALID` does within one driver only."""
        if modifier != INVALID:
            return True
        held = [t for t in attachments if not is_dropped(self.about, modifier_kind.KIND, t.device.name)]
        drivers = {attachment.device.spec.driver for attachment in held}
        return len(drivers) <= 1 and None not in drivers

    def _rulings(
        self, attachments: tuple[BoundAttachment, ...], usable: list[Rules], fourcc: str, modifier: str
    ) -> Iterator[tuple[BoundAttachment, ...]]:
        """Every way to give each attachment one rule."""
        choices = []
        for attachment, rules in zip(attachments, usable, strict=True):
            fits = rules.fitting(fourcc, modifier)
            if not fits and self.about is not None:
                of_format = self._of_format(attachment, rules, fourcc)
                free: list[ImageRule | None] = [None] if None in of_format else []
                fits = (
                    of_format if is_dropped(self.about, modifier_kind.KIND, attachment.device.name) else free
                )
            choices.append(fits)
        number = prod(map(len, choices))
        if number > MAX_CHOICES:
            raise too_many(self.question, str(number), "image rules")
        return product(*map(Rules.under, usable, attachments, choices))

    def _colours(self, ruled: tuple[BoundAttachment, ...]) -> Sequence[str | None]:
        """The colour space that all share, the pipeline's first choice first; every one where it is converted."""
        wanted = self.question.spec.colours
        shared: set[str] | None = set(wanted) if wanted is not None else None
        for attachment in ruled:
            if attachment.rule is None or attachment.rule.colours is None:
                continue
            if not is_dropped(self.about, colour_space.KIND, attachment.device.name):
                shared = (
                    set(attachment.rule.colours) if shared is None else shared & set(attachment.rule.colours)
                )
        if self.part is not None:
            free = self.part.colours or (None,)
            return free if shared is None else [c for c in wanted or sorted(shared) if c in shared]
        if shared is None:
            return (None,)
        return [c for c in wanted or sorted(shared) if c in shared][:1]

    def forms(
        self, attachments: tuple[BoundAttachment, ...]
    ) -> Iterator[tuple[layouts.Demand, layouts.Form, int]]:
        """Everything that may be laid out: what is asked of it, how it lies, in how many dma-bufs."""
        for _, _, _, shape, ruled, _ in self._shaped(attachments):
            for dmabufs in self._dmabufs(ruled, shape):
                yield self._need(ruled, self.pins.get("stride")), shape, dmabufs

    def _dmabufs(self, ruled: tuple[BoundAttachment, ...], shape: layouts.Form) -> list[int]:
        """In how many dma-bufs all attachments take it."""
        asked = self.question.spec.dmabufs
        allowed = set(shape.dmabufs)
        if asked is not None:
            allowed &= {asked} if isinstance(asked, int) else set(asked)
        for attachment in ruled:
            if attachment.rule is not None and not is_dropped(
                self.about, plane_buffers.KIND, attachment.device.name
            ):
                allowed &= plane_buffers.counts_of(attachment.rule)
        return sorted(allowed)

    def _layouts(self, ruled: tuple[BoundAttachment, ...], shape: layouts.Form) -> Iterator[layouts.Layout]:
        for dmabufs, stride in product(self._dmabufs(ruled, shape), self.strides):
            found = _laid(self.laid, self._need(ruled, stride), shape, dmabufs)
            if found is not None and (found.planes or "stride" not in self.pins):
                yield found  # what only a driver lays out has no stride that could be pinned

    def _need(self, ruled: tuple[BoundAttachment, ...], stride: str | int | None) -> layouts.Demand:
        """What all of them ask of a layout, with the stride that it is to have."""
        need = layouts.Demand(self.image)
        for attachment in ruled:
            for kind, values in self.demands(attachment):
                if self.about is None or not is_dropped(self.about, kind, attachment.device.name):
                    kind.asks(need, *values)
        need.pinned = stride if isinstance(stride, int) else None
        return need


def suits(kind: ConstraintKind, attachment: BoundAttachment, option: Option) -> bool:
    """Whether an attachment takes an option's image, as one of the kinds of `CHOICE` judges."""
    rule = attachment.rule
    if rule is None or kind is format_kind.KIND:
        return rule is not None
    if kind is modifier_kind.KIND:
        return option.modifier is None or knows(rule, option.modifier)
    if kind is modifier_side_condition.KIND:
        return holds(rule, attachment.port, attachment.use)
    if kind is plane_buffers.KIND:
        return len(option.layout.sizes) in plane_buffers.counts_of(rule)
    return rule.colours is None or option.colour in rule.colours


def laid_out(
    question: Question, option: Option, stated: Iterable[tuple[BoundAttachment, ConstraintKind]], laid: Laid
) -> layouts.Layout | None:
    """An option's image, laid out as these attachments ask by these kinds and by no others; `laid` remembers."""
    need = layouts.Demand(question.spec.size or Extent(0, 0))
    need.pinned = next((int(pin.value) for pin in question.pins if pin.field == "stride"), None)
    for attachment, kind in stated:
        kind.demand(attachment, need)
    if question.spec.bytes is not None:
        return layouts.raw(question.spec.bytes, need)
    shape = modifiers.shape(option.fourcc or "", modifiers.bare(option.modifier or ""))
    assert shape is not None  # the option has a layout
    return _laid(laid, need, shape, len(option.layout.sizes))


def _laid(laid: Laid, need: layouts.Demand, shape: layouts.Form, dmabufs: int) -> layouts.Layout | None:
    key = (id(shape), dmabufs, need.key())
    if key not in laid:
        laid[key] = shape, layouts.solve(need, shape, dmabufs)
    return laid[key][1]


def holds(rule: ImageRule, port: Port, use: Attachment) -> bool:
    """Whether a rule of a port holds for an attachment. Whoever says nothing of turning turns nothing."""
    when = rule.when or _ANYHOW
    if use.rotate not in (when.rotate or port.rotate):
        return False
    if when.codec is not None and use.codec not in when.codec:
        return False
    if when.crop is not None and when.crop != (use.crop is not None):
        return False
    return when.scale is None or when.scale == (use.scale is not None)


def knows(rule: ImageRule, modifier: str) -> bool:
    """Whether the rule lists the modifier, or all of its family that a buffer's parameter makes."""
    return modifier in rule.modifiers or modifiers.bare(modifier) in rule.modifiers
