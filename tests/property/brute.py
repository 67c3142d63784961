"""Brute force over small questions, judged only by the simulator.

Every device for every role, every alternative, heap, format, modifier, way to
spread planes over dma-bufs, and count is tried; strides, rows, offsets and
sizes are counted up until no port objects; where that gives no plan, every tree
of conversions (`grafts`). Nothing here knows a closed form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

from heapwright.allocator.faults import Objection
from heapwright.allocator.judge.board.attachments import JudgedAttachment, Uses
from heapwright.allocator.judge.constraints.image.ports import LayoutVerdict
from heapwright.allocator.judge.constraints.image.rules import Rule
from heapwright.allocator.judge.constraints.protection import protection_domains
from heapwright.allocator.judge.constraints.request import count_faults, request_faults
from heapwright.allocator.judge.cost import Cost, combined, live_shares, parts_of, plan_cost
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.allocator.judge.layout.families import opaque
from heapwright.allocator.judge.layout.pixels import modifier_named, names, pixels
from heapwright.allocator.judge.placement import heap_verdict, layout_verdict, touches_of
from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.allocator.judge.question.request import (
    BufferUser,
    DeviceAssignment,
    DeviceRole,
    RequestedBuffer,
)
from heapwright.platforms.schema import ImageRule, Platform
from heapwright.solver.answer.plan import AttachedPort, Conversion, Dropped, Placement, Plan, Plane
from heapwright.solver.question.pipeline import Pipeline, Wish
from tests.property.grafts import ALONE, Grafts, Links, Option, converting, least
from tests.property.layouts import plane_facts, smallest_layouts, spelt, unlaid, unplaced, whole
from tests.property.uses import hold

Choice = tuple[int, ...]
"""For each attachment of a buffer, which of its alternatives is taken."""


class Found(NamedTuple):
    cost: Cost
    plan: Plan


class Search:
    """One question: what was refused and why, and the best plan."""

    def __init__(
        self, platform: Platform, pipelines: Sequence[Pipeline], live: Sequence[Placement] = ()
    ) -> None:
        self.case: JudgedQuestion = JudgedQuestion(JudgedPlatform(platform), pipelines, live)
        self._live = live_shares(self.case)
        self.refusals: Counter[str] = Counter()
        """How often each kind refused something on the way."""
        self._options: dict[tuple[object, ...], list[Option]] = {}
        self._holding: dict[tuple[object, ...], list[ImageRule]] = {}
        self._best: tuple[Cost, list[Option]] | None = None

    def best(self) -> Found | None:
        """The cheapest lawful plan, or None.

        A conversion moves at least a byte a second, and without any none are
        moved: where a plan exists without conversions, the best one has none.
        """
        for asked in self._cast():
            groups = [self.options(*each) for each in asked]
            if all(groups):
                self._join(groups, [])
        if self._best is None:
            return Grafts(self).best() if converting(self.case) else None
        return self.judged(self._best[0], [option.placement for option in self._best[1]], ())

    def judged(self, cost: Cost, placements: Sequence[Placement], conversions: Sequence[Conversion]) -> Found:
        """What was found, once the judge agrees."""
        plan = self._plan(placements, conversions)
        faults = self.case.judge(plan)
        assert not faults, faults
        assert plan_cost(self.case, plan) == cost
        return Found(cost, plan)

    def _cast(self) -> Iterator[list[tuple[RequestedBuffer, DeviceAssignment]]]:
        """Every choice of alternatives and devices, with the protection that follows from it."""
        for choice in product(*map(_choices, self.case.asked)):
            for binding in self._bindings(choice):
                seats = [
                    DeviceAssignment(taken, tuple(binding[party.role] for party in _parties(asked, taken)))
                    for asked, taken in zip(self.case.asked, choice, strict=True)
                ]
                found = protection_domains(self.case.asked, seats, self.case.of.devices)
                warded = [
                    replace(asked, ward=ward) for asked, ward in zip(self.case.asked, found, strict=True)
                ]
                yield list(zip(warded, seats, strict=True))

    def _bindings(self, choice: Sequence[Choice]) -> Iterator[dict[DeviceRole, str]]:
        roles: dict[DeviceRole, None] = {}
        for asked, taken in zip(self.case.asked, choice, strict=True):
            roles.update({party.role: None for party in _parties(asked, taken)})
        devices = [
            [name for name, device in self.case.of.platform.devices.items() if device.kind == role.kind]
            for role in roles
        ]
        if not all(devices):
            self.refusals["missing-device"] += 1
        for chosen in product(*devices):
            binding = dict(zip(roles, chosen, strict=True))
            if not self.case.shared_roles(binding):
                yield binding

    def options(
        self, asked: RequestedBuffer, seating: DeviceAssignment, links: Links = ALONE
    ) -> list[Option]:
        """Everything lawful for one placement, remembered by whatever matters to it."""
        key = (asked.key, asked.name, asked.parties, seating, asked.ward, links)
        if key not in self._options:
            self._options[key] = _undominated(list(self._alone(asked, seating, links)), links)
        return self._options[key]

    def _alone(self, asked: RequestedBuffer, seating: DeviceAssignment, links: Links) -> Iterator[Option]:
        case = self.case
        touches, faults = touches_of(case.of, asked, seating)
        self._refused(faults)
        if faults:
            return
        counts = []
        for count in _counts(asked):
            wrong = list(count_faults(asked, count, touches))
            counts += [] if wrong else [count]
        if not counts:
            self.refusals["count"] += 1
            return
        parties = asked.seated(seating)
        attached = tuple(
            AttachedPort.model_construct(
                device=device,
                port=party.port,
                access=party.access,
                how_often="rarely" if party.rarely else "often",
            )
            for device, party in zip(seating.devices, parties, strict=True)
        )
        seen: set[object] = set()
        for bare in self._layouts(asked, touches, parties, links):
            placement = bare.model_copy(update={"attachments": attached})
            verdict = layout_verdict(case.of, asked, placement, touches, parties)
            faults = [*verdict.faults, *request_faults(asked, placement)]
            self._refused(faults)
            key = (
                placement.format,
                placement.modifier,
                placement.sizes,
                verdict.ways,
                *links.sides(placement),
            )
            if faults or key in seen:
                continue
            seen.add(key)
            for uses in _different(verdict.ways):
                stated = tuple(
                    each.model_copy(update={"uses": dict(one)}) if _may_use(touch) else each
                    for each, touch, one in zip(attached, touches, uses, strict=True)
                )
                using = placement.model_copy(update={"attachments": stated})
                yield from self._housed(asked, seating, using, touches, LayoutVerdict((), (uses,)), counts)

    def _housed(
        self,
        asked: RequestedBuffer,
        seating: DeviceAssignment,
        placement: Placement,
        touches: Sequence[JudgedAttachment],
        verdict: LayoutVerdict,
        counts: Sequence[int],
    ) -> Iterator[Option]:
        """A layout in every heap and every number."""
        case, parties = self.case, asked.seated(seating)
        for heap in case.of.heaps.values():
            home = case.of.residence(heap.name, [touch.device for touch in touches]).home
            allocated = sum(home.slot(size) for size in placement.sizes)
            where = {"heap": heap.name, "names": heap.facts.names, "allocated": allocated}
            for count in counts:
                placed = placement.model_copy(update={**where, "count": count})
                wrong, charge = heap_verdict(case.of, asked, placed, touches, parties, verdict)
                self._refused(wrong)
                if wrong or charge is None:
                    break
                yield Option(placed, charge, *parts_of(case, asked, placed, seating))

    def _colours(self) -> list[str]:
        """All colours that the board or the files speak of."""
        devices = self.case.of.platform.devices.values()
        rules = [rule for device in devices for port in device.ports.values() for rule in port.images]
        named = {colour for rule in rules for colour in rule.colours or ()}
        return sorted(named.union(*(asked.buffer.colours or () for asked in self.case.asked)))

    def _refused(self, faults: Sequence[object]) -> None:
        for fault in faults:
            self.refusals[fault.kind] += 1  # type: ignore[attr-defined]

    def _fitting(
        self, touch: JudgedAttachment, party: BufferUser, form: str, modifier: str, colour: str | None
    ) -> tuple[tuple[Rule, ...], Objection | None]:
        """What the judge finds, checked by our own reading of what holds for such a use (`uses`)."""
        rules, why = self.case.of.ports.fitting(touch, party, form, modifier, colour)
        key = (touch.device.name, touch.port_name, party)
        if key not in self._holding:
            self._holding[key] = hold(touch.port, party)
        expected = [
            id(rule)
            for rule in self._holding[key]
            if form in rule.formats
            and names(rule.modifiers, modifier)
            and (rule.colours is None or colour in rule.colours)
        ]
        assert [id(rule.facts) for rule in rules] == expected, (touch.port, party)
        return rules, why

    def _layouts(
        self,
        asked: RequestedBuffer,
        touches: Sequence[JudgedAttachment],
        parties: Sequence[BufferUser],
        links: Links,
    ) -> Iterator[Placement]:
        if asked.buffer.bytes is not None:
            size = whole(asked.buffer.bytes, touches)
            plane = Plane.model_construct(offset=0, stride=0, size=asked.buffer.bytes, dmabuf=0)
            yield unplaced(asked, None, None, None, (0, 0), (plane,), (size,))
            return
        rules = [rule for touch in touches for rule in touch.port.images]
        forms = sorted({form for rule in rules for form in rule.formats})
        modifiers = spelt({name for rule in rules for name in rule.modifiers}, asked.extent.height)
        colours = [None, *sorted({colour for rule in rules for colour in rule.colours or ()})]
        if links is not ALONE:
            colours = [None, *self._colours()]  # what nobody here states may have to be handed on
        if asked.buffer.colours is not None:
            colours = list(asked.buffer.colours)
        for form, modifier, colour in product(forms, modifiers, colours):
            facts = pixels(form, modifier)
            fitting = [
                self._fitting(t, p, form, modifier, colour) for t, p in zip(touches, parties, strict=True)
            ]
            missing = [why for rules, why in fitting if why is not None]
            self._refused(missing)
            if not missing and opaque(modifier_named(modifier)):
                yield unlaid(asked, form, modifier, colour)
            if missing or facts is None:
                continue
            for choice in product(*(rules for rules, _ in fitting)):
                for apart in {1, len(facts.planes)}:
                    for coded, layout in smallest_layouts(
                        asked, facts, choice, parties, touches, apart, self.refusals, links.widest
                    ):
                        yield unplaced(
                            asked, form, modifier, colour, coded, plane_facts(layout), layout.sizes
                        )

    def _join(self, groups: Sequence[Sequence[Option]], chosen: list[Option]) -> None:
        """Depth first, leaving a branch once it cannot be cheaper or does not fit."""
        if chosen:
            crowded = next(self.case.together([option.charge for option in chosen]), None)
            if crowded is not None:
                self.refusals[crowded.kind] += 1
                return
        if len(chosen) == len(groups):
            cost = combined(
                [option.own for option in chosen], [option.shares for option in chosen], self._live
            )
            if self._best is None or cost < self._best[0]:
                self._best = (cost, list(chosen))
            return
        for option in groups[len(chosen)]:
            chosen.append(option)
            if self._best is None or self._atleast(groups, chosen) < self._best[0]:
                self._join(groups, chosen)
            chosen.pop()

    def _atleast(self, groups: Sequence[Sequence[Option]], chosen: Sequence[Option]) -> Cost:
        own = [option.own for option in chosen]
        own += [least([option.own for option in group]) for group in groups[len(chosen) :]]
        return combined(own, [option.shares for option in chosen], self._live)

    def _plan(self, placements: Sequence[Placement], conversions: Sequence[Conversion]) -> Plan:
        dropped = []
        roots = {(each.pipeline, each.buffer): each for each in placements}
        for asked in self.case.asked:
            placement = roots[asked.key]
            if asked.wish is not None and placement.count < asked.wish.wish:
                text = f"{placement.count} of {asked.wish.wish}"
                dropped.append(
                    Dropped(
                        buffer=asked.name,
                        pipeline=asked.pipeline,
                        wish=asked.wish.wish,
                        granted=placement.count,
                        text=text,
                    )
                )
        return Plan.model_construct(
            status="optimal",
            platform=self.case.of.platform.name,
            pipelines=tuple(pipeline.name for pipeline in self.case.pipelines),
            placements=tuple(placements),
            conversions=tuple(conversions),
            dropped=tuple(dropped),
        )


def _different(ways: Sequence[tuple[Uses, ...]]) -> list[tuple[Uses, ...]]:
    """Ways to use resources, one of those that use the same in all."""
    return list({LayoutVerdict((), (way,)).uses(()): way for way in ways}.values())


def _may_use(touch: JudgedAttachment) -> bool:
    """Whether it goes without saying that nothing is used."""
    return bool(touch.port.uses) or any(rule.uses for rule in touch.port.images)


def brute_force(platform: Platform, pipelines: Sequence[Pipeline]) -> Found | None:
    """The cheapest lawful plan of a small question, or None."""
    return Search(platform, pipelines).best()


def _choices(asked: RequestedBuffer) -> list[Choice]:
    return list(product(*(range(len(alternatives)) for alternatives in asked.parties)))


def _parties(asked: RequestedBuffer, taken: Choice) -> list[BufferUser]:
    return [alternatives[index] for alternatives, index in zip(asked.parties, taken, strict=True)]


def _counts(asked: RequestedBuffer) -> range:
    stated = asked.buffer.count
    if isinstance(stated, Wish):
        return range(max(stated.wish, 64), 0, -1)
    return range(1, 65) if stated is None else range(stated, stated + 1)


def _takes(option: Option) -> tuple[int, ...]:
    charge = option.charge
    parts = (charge.windows, charge.traffic)
    return (
        *option.own,
        charge.taken,
        charge.dmabufs,
        *(number for part in parts for _, number in part),
        *(number for each in charge.mapped for number in (each.number, *sorted(each.sizes))),
    )


def _undominated(options: list[Option], links: Links) -> list[Option]:
    """Without those that another of the same heap, resources and sides beats in everything."""
    kept: list[Option] = []
    best: dict[tuple[object, ...], list[tuple[int, ...]]] = {}
    for option in sorted(options, key=lambda each: each.own):
        slots = [option.charge.where.home.slot(size) for size in option.placement.sizes]
        takes = (*_takes(option), option.placement.size, *slots)
        mapped = tuple((each.device.name, len(each.sizes)) for each in option.charge.mapped)
        sides = (
            option.placement.heap,
            len(slots),
            option.charge.uses,
            mapped,
            *links.sides(option.placement),
        )
        rivals = best.setdefault(sides, [])
        if not any(all(a <= b for a, b in zip(rival, takes, strict=True)) for rival in rivals):
            rivals.append(takes)
            kept.append(option)
    return kept
