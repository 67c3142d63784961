"""One image against all the ports that touch it: which rules take it, and does it survive the walk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import lcm, prod

from heapwright.allocator.faults import Objection, PlanFault, refused
from heapwright.allocator.hardware import round_up
from heapwright.allocator.judge.board.attachments import JudgedAttachment, Uses, summed, uses_of
from heapwright.allocator.judge.constraints.image.objections import objections
from heapwright.allocator.judge.constraints.image.opaque import opaque_objections, rule_objections
from heapwright.allocator.judge.constraints.image.rules import Rule
from heapwright.allocator.judge.constraints.image.walk import View, mismatches, overrun, view
from heapwright.allocator.judge.layout.form import control_objections, form_objections
from heapwright.allocator.judge.layout.pixels import names
from heapwright.allocator.judge.layout.stated import StatedLayout, in_proportion
from heapwright.allocator.judge.question.request import BufferUser
from heapwright.platforms.schema import ImageRule
from heapwright.solver.answer.plan import Placement

_COMBINATIONS = 4096


@dataclass(frozen=True)
class LayoutVerdict:
    """What each attachment uses under rules that take a layout, for each choice of them, or why not."""

    faults: tuple[PlanFault, ...]
    ways: tuple[tuple[Uses, ...], ...]

    def uses(self, attachments: Sequence[JudgedAttachment]) -> tuple[Uses, ...]:
        """What they use together; without any such choice, what the ports take whatever the rule."""
        ways = self.ways or (tuple(uses_of(attachment, None) for attachment in attachments),)
        return tuple(dict.fromkeys(summed(way) for way in ways))


class Ports:
    """The image rules of one platform, chosen by how an attachment uses the buffer."""

    def __init__(self) -> None:
        self._rules: dict[int, Rule] = {}
        self._fitting: dict[tuple[object, ...], tuple[tuple[Rule, ...], Objection | None]] = {}

    def fitting(
        self, attachment: JudgedAttachment, user: BufferUser, form: str, modifier: str, colour: str | None
    ) -> tuple[tuple[Rule, ...], Objection | None]:
        """The rules that speak of such an image; without any, the reason."""
        used = (user.codec, user.rotate, user.crop, user.scale)
        key = (attachment.device.name, attachment.port_name, used, form, modifier, colour)
        if key not in self._fitting:
            self._fitting[key] = self._select(attachment, user, form, modifier, colour)
        return self._fitting[key]

    def _select(
        self, attachment: JudgedAttachment, user: BufferUser, form: str, modifier: str, colour: str | None
    ) -> tuple[tuple[Rule, ...], Objection | None]:
        rules: Sequence[ImageRule] = attachment.port.images
        steps: tuple[tuple[str, str, Callable[[ImageRule], bool]], ...] = (
            ("format", f"takes no {form}", lambda rule: form in rule.formats),
            ("modifier", f"takes no {form} in {modifier}", lambda rule: names(rule.modifiers, modifier)),
            (
                "modifier-side-condition",
                f"takes no {form} used so",
                lambda rule: applies(rule, attachment, user),
            ),
            (
                "colour-space",
                f"takes no {colour}",
                lambda rule: rule.colours is None or colour in rule.colours,
            ),
        )
        for kind, text, accepts in steps:
            rules = [rule for rule in rules if accepts(rule)]
            if not rules:
                return (), refused(kind, text)
        return tuple(self._rules.setdefault(id(rule), Rule(rule)) for rule in rules), None

    def nearest(
        self, attachment: JudgedAttachment, user: BufferUser, placement: Placement, layout: StatedLayout
    ) -> tuple[Rule | None, Objection | None]:
        """The rule by which a device will treat a layout, lawful or not; without any, the reason."""
        assert placement.format is not None and placement.modifier is not None
        rules, why = self.fitting(attachment, user, placement.format, placement.modifier, placement.colour)
        writes = user.access == "write"
        return min(
            rules, key=lambda rule: sum(1 for _ in objections(rule, layout, writes)), default=None
        ), why

    def judge_opaque(
        self, placement: Placement, attachments: Sequence[JudgedAttachment], users: Sequence[BufferUser]
    ) -> LayoutVerdict:
        """Ask every port about a buffer of which only the exporter knows how it lies."""
        name = placement.buffer
        faults = [each.against(name, "") for each in opaque_objections(placement, attachments)]
        taken: list[list[Rule]] = []
        for attachment, user in zip(attachments, users, strict=True):
            rules, why = self.fitting(
                attachment, user, placement.format or "", placement.modifier or "", placement.colour
            )
            against = [(rule, tuple(rule_objections(rule, placement))) for rule in rules]
            taken.append([rule for rule, found in against if not found])
            if why is not None:
                faults.append(why.against(name, attachment.device.name))
            elif not taken[-1]:
                faults.append(against[0][1][0].against(name, attachment.device.name))
        if faults:
            return LayoutVerdict(tuple(faults), ())
        return LayoutVerdict(
            (),
            tuple(
                dict.fromkeys(_way(attachments, rules) for rules in islice(product(*taken), _COMBINATIONS))
            ),
        )

    def judge(
        self,
        placement: Placement,
        layout: StatedLayout,
        attachments: Sequence[JudgedAttachment],
        users: Sequence[BufferUser],
    ) -> LayoutVerdict:
        """Ask every port about the layout, then walk the image."""
        name = placement.buffer
        assert placement.format is not None and placement.modifier is not None
        faults = [each.against(name, "") for each in (*form_objections(layout), *control_objections(layout))]
        taken: list[list[Rule]] = []
        nearest: list[Rule] = []
        for attachment, user in zip(attachments, users, strict=True):
            rules, why = self.fitting(
                attachment, user, placement.format, placement.modifier, placement.colour
            )
            if why is not None:
                faults.append(why.against(name, attachment.device.name))
                continue
            writes = user.access == "write"
            against = [(rule, tuple(objections(rule, layout, writes))) for rule in rules]
            accepted = [rule for rule, found in against if not found]
            rule, found = min(against, key=lambda each: len(each[1]))
            faults += [each.against(name, attachment.device.name) for each in found]
            taken.append(accepted)
            nearest.append(rule)
        if len(nearest) == len(attachments):
            faults += _walk(name, layout, attachments, users, nearest)
        if faults:
            return LayoutVerdict(tuple(faults), ())
        return self._together(name, layout, attachments, users, taken)

    def _together(
        self,
        name: str,
        layout: StatedLayout,
        attachments: Sequence[JudgedAttachment],
        users: Sequence[BufferUser],
        taken: Sequence[Sequence[Rule]],
    ) -> LayoutVerdict:
        """Some choice of one rule per port must also explain what no port states alone."""
        ways: dict[tuple[Uses, ...], None] = {}
        why = refused("coded-size", "")
        if prod(len(each) for each in taken) > _COMBINATIONS:
            taken = [each[:1] for each in taken]
        for rules in product(*taken):
            found = _joint_objection(layout, users, rules)
            if found is None:
                ways[_way(attachments, rules)] = None
            else:
                why = found
        if not ways:
            return LayoutVerdict((why.against(name, ""),), ())
        return LayoutVerdict((), tuple(ways))


def applies(rule: ImageRule, attachment: JudgedAttachment, user: BufferUser) -> bool:
    """Whether the rule holds for a buffer used like that: turned only as it, or else its port, says."""
    when = rule.when
    if when is None:
        return user.rotate in attachment.port.rotate
    angles = attachment.port.rotate if when.rotate is None else when.rotate
    return (
        user.rotate in angles
        and (when.codec is None or user.codec in when.codec)
        and (when.crop is None or user.crop == when.crop)
        and (when.scale is None or user.scale == when.scale)
    )


def _joint_objection(
    layout: StatedLayout, users: Sequence[BufferUser], rules: Sequence[Rule]
) -> Objection | None:
    across = down = 1
    for rule, user in zip(rules, users, strict=True):
        if user.access == "write":
            across, down = lcm(across, rule.coded.width), lcm(down, rule.coded.height)
    coded = round_up(layout.width, across), round_up(layout.height, down)
    if coded != (layout.coded_width, layout.coded_height):
        return refused(
            "coded-size", f"coded {layout.coded_width}x{layout.coded_height}, not {coded[0]}x{coded[1]}"
        )
    if not in_proportion(layout) and not any(rule.equal_planes for rule in rules):
        return refused("plane-strides", f"strides {layout.strides} are not in proportion")
    return None


def _way(attachments: Sequence[JudgedAttachment], rules: Sequence[Rule]) -> tuple[Uses, ...]:
    return tuple(uses_of(attachment, rule.facts) for attachment, rule in zip(attachments, rules, strict=True))


def _walk(
    name: str,
    layout: StatedLayout,
    attachments: Sequence[JudgedAttachment],
    users: Sequence[BufferUser],
    rules: Sequence[Rule],
) -> Iterator[PlanFault]:
    views = [view(rule, layout) for rule in rules]
    writers: list[tuple[str, View]] = []
    readers: list[tuple[str, View]] = []
    for attachment, user, seen_as in zip(attachments, users, views, strict=True):
        (writers if user.access == "write" else readers).append((attachment.device.name, seen_as))
        if (past := overrun(layout, seen_as)) is not None:
            yield past.against(name, attachment.device.name)
    for device, found in mismatches(layout, writers, readers + writers[1:]):
        yield found.against(name, device)
