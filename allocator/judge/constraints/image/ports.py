"""One image against all the ports that touch it: which rules take it, and does it survive the walk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import lcm, prod

from heapwright.allocator.faults import Fault, Objection, refused
from heapwright.allocator.hardware import round_up
from heapwright.allocator.judge.constraints.image.opaque import opaque_objections, rule_objections
from heapwright.allocator.judge.constraints.image.rules import (
    Layout,
    Rule,
    control_objections,
    form_objections,
    in_proportion,
    objections,
)
from heapwright.allocator.judge.constraints.image.walk import View, mismatches, overrun, view
from heapwright.allocator.judge.constraints.memory.capacity import Touch, Uses
from heapwright.allocator.judge.layout.families import parameter_free
from heapwright.allocator.judge.layout.pixels import Pixels, modifier_named, pixels
from heapwright.allocator.judge.layout.surfaces import Shape
from heapwright.allocator.judge.question.request import Party
from heapwright.platforms.schema import ImageRule
from heapwright.solver.answer.plan import Placement, Plane

_COMBINATIONS = 4096


@dataclass(frozen=True)
class Verdict:
    """What each attachment uses under rules that take a layout, for each choice of them, or why not."""

    faults: tuple[Fault, ...]
    ways: tuple[tuple[Uses, ...], ...]

    def uses(self, touches: Sequence[Touch]) -> tuple[Uses, ...]:
        """What they use together; without any such choice, what the ports take whatever the rule."""
        ways = self.ways or (tuple(uses_of(touch, None) for touch in touches),)
        return tuple(dict.fromkeys(_summed(way) for way in ways))


class Ports:
    """The image rules of one platform, chosen by how an attachment uses the buffer."""

    def __init__(self) -> None:
        self._rules: dict[int, Rule] = {}
        self._fitting: dict[tuple[object, ...], tuple[tuple[Rule, ...], Objection | None]] = {}

    def fitting(
        self, touch: Touch, party: Party, form: str, modifier: str, colour: str | None
    ) -> tuple[tuple[Rule, ...], Objection | None]:
        """The rules that speak of such an image; without any, the reason."""
        used = (party.codec, party.rotate, party.crop, party.scale)
        key = (touch.device.name, touch.port_name, used, form, modifier, colour)
        if key not in self._fitting:
            self._fitting[key] = self._select(touch, party, form, modifier, colour)
        return self._fitting[key]

    def _select(
        self, touch: Touch, party: Party, form: str, modifier: str, colour: str | None
    ) -> tuple[tuple[Rule, ...], Objection | None]:
        rules: Sequence[ImageRule] = touch.port.images
        steps: tuple[tuple[str, str, Callable[[ImageRule], bool]], ...] = (
            ("format", f"takes no {form}", lambda rule: form in rule.formats),
            ("modifier", f"takes no {form} in {modifier}", lambda rule: names(rule.modifiers, modifier)),
            ("modifier-side-condition", f"takes no {form} used so", lambda rule: applies(rule, touch, party)),
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
        self, touch: Touch, party: Party, placement: Placement, layout: Layout
    ) -> tuple[Rule | None, Objection | None]:
        """The rule by which a device will treat a layout, lawful or not; without any, the reason."""
        assert placement.format is not None and placement.modifier is not None
        rules, why = self.fitting(touch, party, placement.format, placement.modifier, placement.colour)
        writes = party.access == "write"
        return min(
            rules, key=lambda rule: sum(1 for _ in objections(rule, layout, writes)), default=None
        ), why

    def judge_opaque(
        self, placement: Placement, touches: Sequence[Touch], parties: Sequence[Party]
    ) -> Verdict:
        """Ask every port about a buffer of which only the exporter knows how it lies."""
        name = placement.buffer
        faults = [each.against(name, "") for each in opaque_objections(placement, touches)]
        taken: list[list[Rule]] = []
        for touch, party in zip(touches, parties, strict=True):
            rules, why = self.fitting(
                touch, party, placement.format or "", placement.modifier or "", placement.colour
            )
            against = [(rule, tuple(rule_objections(rule, placement))) for rule in rules]
            taken.append([rule for rule, found in against if not found])
            if why is not None:
                faults.append(why.against(name, touch.device.name))
            elif not taken[-1]:
                faults.append(against[0][1][0].against(name, touch.device.name))
        if faults:
            return Verdict(tuple(faults), ())
        return Verdict(
            (), tuple(dict.fromkeys(_way(touches, rules) for rules in islice(product(*taken), _COMBINATIONS)))
        )

    def judge(
        self, placement: Placement, layout: Layout, touches: Sequence[Touch], parties: Sequence[Party]
    ) -> Verdict:
        """Ask every port about the layout, then walk the image."""
        name = placement.buffer
        assert placement.format is not None and placement.modifier is not None
        faults = [each.against(name, "") for each in (*form_objections(layout), *control_objections(layout))]
        taken: list[list[Rule]] = []
        nearest: list[Rule] = []
        for touch, party in zip(touches, parties, strict=True):
            rules, why = self.fitting(touch, party, placement.format, placement.modifier, placement.colour)
            if why is not None:
                faults.append(why.against(name, touch.device.name))
                continue
            writes = party.access == "write"
            against = [(rule, tuple(objections(rule, layout, writes))) for rule in rules]
            accepted = [rule for rule, found in against if not found]
            rule, found = min(against, key=lambda each: len(each[1]))
            faults += [each.against(name, touch.device.name) for each in found]
            taken.append(accepted)
            nearest.append(rule)
        if len(nearest) == len(touches):
            faults += _walk(name, layout, touches, parties, nearest)
        if faults:
            return Verdict(tuple(faults), ())
        return self._together(name, layout, touches, parties, taken)

    def _together(
        self,
        name: str,
        layout: Layout,
        touches: Sequence[Touch],
        parties: Sequence[Party],
        taken: Sequence[Sequence[Rule]],
    ) -> Verdict:
        """Some choice of one rule per port must also explain what no port states alone."""
        ways: dict[tuple[Uses, ...], None] = {}
        why = refused("coded-size", "")
        if prod(len(each) for each in taken) > _COMBINATIONS:
            taken = [each[:1] for each in taken]
        for rules in product(*taken):
            found = _joint_objection(layout, parties, rules)
            if found is None:
                ways[_way(touches, rules)] = None
            else:
                why = found
        if not ways:
            return Verdict((why.against(name, ""),), ())
        return Verdict((), tuple(ways))


def names(modifiers: Sequence[str], modifier: str) -> bool:
    """Whether a list has a modifier; one of columns may stand there without their height."""
    return modifier in modifiers or parameter_free(modifier_named(modifier)) in modifiers


def applies(rule: ImageRule, touch: Touch, party: Party) -> bool:
    """Whether the rule holds for a buffer used like that: turned only as it, or else its port, says."""
    when = rule.when
    if when is None:
        return party.rotate in touch.port.rotate
    angles = touch.port.rotate if when.rotate is None else when.rotate
    return (
        party.rotate in angles
        and (when.codec is None or party.codec in when.codec)
        and (when.crop is None or party.crop == when.crop)
        and (when.scale is None or party.scale == when.scale)
    )


def _joint_objection(layout: Layout, parties: Sequence[Party], rules: Sequence[Rule]) -> Objection | None:
    across = down = 1
    for rule, party in zip(rules, parties, strict=True):
        if party.access == "write":
            across, down = lcm(across, rule.coded.width), lcm(down, rule.coded.height)
    coded = round_up(layout.width, across), round_up(layout.height, down)
    if coded != (layout.coded_width, layout.coded_height):
        return refused(
            "coded-size", f"coded {layout.coded_width}x{layout.coded_height}, not {coded[0]}x{coded[1]}"
        )
    if not in_proportion(layout) and not any(rule.equal_planes for rule in rules):
        return refused("plane-strides", f"strides {layout.strides} are not in proportion")
    return None


def uses_of(touch: Touch, rule: ImageRule | None) -> Uses:
    """What an attachment takes of each resource: the port whatever the rule, and the rule on top."""
    return _summed([tuple(touch.port.uses.items()), tuple(rule.uses.items()) if rule is not None else ()])


def _way(touches: Sequence[Touch], rules: Sequence[Rule]) -> tuple[Uses, ...]:
    return tuple(uses_of(touch, rule.facts) for touch, rule in zip(touches, rules, strict=True))


def _summed(uses: Sequence[Uses]) -> Uses:
    totals: dict[str, int] = {}
    for resource, number in (each for group in uses for each in group):
        totals[resource] = totals.get(resource, 0) + number
    return tuple(sorted(totals.items()))


def _walk(
    name: str, layout: Layout, touches: Sequence[Touch], parties: Sequence[Party], rules: Sequence[Rule]
) -> Iterator[Fault]:
    views = [view(rule, layout) for rule in rules]
    writers: list[tuple[str, View]] = []
    readers: list[tuple[str, View]] = []
    for touch, party, seen_as in zip(touches, parties, views, strict=True):
        (writers if party.access == "write" else readers).append((touch.device.name, seen_as))
        if (past := overrun(layout, seen_as)) is not None:
            yield past.against(name, touch.device.name)
    for device, found in mismatches(layout, writers, readers + writers[1:]):
        yield found.against(name, device)


def layout_of(placement: Placement) -> Layout | Objection:
    """A plan's numbers as a layout, or what makes them none."""
    if placement.format is None or placement.modifier is None:
        return refused("format", "an image needs a format and a modifier")
    facts = pixels(placement.format, placement.modifier)
    if facts is None:
        return refused("modifier", f"no bytes are known for {placement.format} in {placement.modifier}")
    planes, sizes = placement.planes, placement.sizes
    if len(planes) != len(facts.planes):
        return refused(
            "format",
            f"{len(planes)} planes; {placement.format} in {placement.modifier} has {len(facts.planes)}",
        )
    homes = tuple(plane.dmabuf for plane in planes)
    if homes != (0,) * len(planes) and homes != tuple(range(len(planes))):
        return refused("plane-buffers", f"planes lie in dma-bufs {homes}")
    if len(sizes) != len(set(homes)) or sum(sizes) != placement.size:
        return refused(
            "plane-buffers", f"sizes {sizes} for {len(set(homes))} dma-bufs and {placement.size} bytes"
        )
    rows = _rows(facts, planes)
    if isinstance(rows, Objection):
        return rows
    return Layout(
        facts,
        placement.width,
        placement.height,
        placement.coded_width,
        placement.coded_height,
        tuple(plane.stride for plane in planes),
        rows,
        tuple(plane.offset for plane in planes),
        homes,
        sizes,
        tuple(plane.metadata for plane in planes),
    )


def _rows(facts: Pixels, planes: Sequence[Plane]) -> tuple[int, ...] | Objection:
    """How many rows each plane has, by its bytes; of planes that describe others, by what they describe."""
    found: list[int] = []
    for index, (plane, surface) in enumerate(zip(planes, facts.planes, strict=True)):
        if plane.stride < 1 or plane.size < 1:
            return refused("rows", "a plane is no whole number of rows")
        told = Shape(plane.size, plane.metadata, plane.metadata_stride)
        if surface.control:
            rows: int | None = facts.plane_rows(index, found[0])
            if surface.shape(plane.stride, rows or 0) != told:
                return refused("metadata-planes", f"plane {index} has {plane.size} bytes for {rows} rows")
        else:
            rows = surface.rows_in(plane.stride, told)
        if rows is None:
            return refused(
                "metadata-planes" if surface.described or plane.metadata else "rows",
                f"the bytes of plane {index} make no whole number of rows",
            )
        found.append(rows)
    return tuple(found)
