"""Brute force over small questions, judged only by the simulator.

Every device for every role, every alternative, heap, format, modifier, way to
spread planes over dma-bufs, and count is tried; strides, rows, offsets and
sizes are counted up until no port objects; where that gives no plan, every tree
of conversions (`brute_conversions`). Nothing here knows a closed form.
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
from heapwright.allocator.judge.placement import attachments_of, heap_verdict, layout_verdict
from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.allocator.judge.question.request import (
    BufferUser,
    DeviceRole,
    PlannedAssignment,
    RequestedBuffer,
)
from heapwright.platforms.schema import ImageRule, Platform
from heapwright.solver.answer.plan import AttachedPort, Conversion, Dropped, Placement, Plan, Plane
from heapwright.solver.question.pipeline import Pipeline, Wish
from tests.property.brute_conversions import (
    ALONE,
    BruteConversions,
    Links,
    Option,
    converting,
    copying,
    least,
)
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
        moved: where a plan exists without conversions, the best one has none,
        unless a card copies without loss: that costs load alone.
        """
        for request in self._cast():
            groups = [self.options(*each) for each in request]
            if all(groups):
                self._join(groups, [])
        if self._best is None or copying(self.case):
            return BruteConversions(self).best() if converting(self.case) else None
        return self.judged(self._best[0], [option.placement for option in self._best[1]], ())

    def judged(self, cost: Cost, placements: Sequence[Placement], conversions: Sequence[Conversion]) -> Found:
        """What was found, once the judge agrees."""
        plan = self._plan(placements, conversions)
        faults = self.case.judge(plan)
        assert not faults, faults
        assert plan_cost(self.case, plan) == cost
        return Found(cost, plan)

    def _cast(self) -> Iterator[list[tuple[RequestedBuffer, PlannedAssignment]]]:
        """Every choice of alternatives and devices, with the protection that follows from it."""
        for choice in product(*map(_choices, self.case.requested)):
            for binding in self._bindings(choice):
                assignments = [
                    PlannedAssignment(taken, tuple(binding[user.role] for user in _parties(request, taken)))
                    for request, taken in zip(self.case.requested, choice, strict=True)
                ]
                found = protection_domains(self.case.requested, assignments, self.case.of.devices)
                protected = [
                    replace(request, domain=domain)
                    for request, domain in zip(self.case.requested, found, strict=True)
                ]
                yield list(zip(protected, assignments, strict=True))

    def _bindings(self, choice: Sequence[Choice]) -> Iterator[dict[DeviceRole, str]]:
        roles: dict[DeviceRole, None] = {}
        for request, taken in zip(self.case.requested, choice, strict=True):
            roles.update({user.role: None for user in _parties(request, taken)})
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
        self, request: RequestedBuffer, assignment: PlannedAssignment, links: Links = ALONE
    ) -> list[Option]:
        """Everything lawful for one placement, remembered by whatever matters to it."""
        key = (request.key, request.name, request.users, assignment, request.domain, links)
        if key not in self._options:
            self._options[key] = _undominated(list(self._alone(request, assignment, links)), links)
        return self._options[key]

    def _alone(
        self, request: RequestedBuffer, assignment: PlannedAssignment, links: Links
    ) -> Iterator[Option]:
        case = self.case
        attachments, faults = attachments_of(case.of, request, assignment)
        self._refused(faults)
        if faults:
            return
        counts = []
        for count in _counts(request):
            wrong = list(count_faults(request, count, attachments))
            counts += [] if wrong else [count]
        if not counts:
            self.refusals["count"] += 1
            return
        users = request.users_of(assignment)
        attached = tuple(
            AttachedPort.model_construct(
                device=device,
                port=user.port,
                access=user.access,
                how_often="rarely" if user.rarely else "often",
            )
            for device, user in zip(assignment.devices, users, strict=True)
        )
        seen: set[object] = set()
        for bare in self._layouts(request, attachments, users, links):
            placement = bare.model_copy(update={"attachments": attached})
            verdict = layout_verdict(case.of, request, placement, attachments, users)
            faults = [*verdict.faults, *request_faults(request, placement)]
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
                    each.model_copy(update={"uses": dict(one)}) if _may_use(attachment) else each
                    for each, attachment, one in zip(attached, attachments, uses, strict=True)
                )
                using = placement.model_copy(update={"attachments": stated})
                yield from self._housed(
                    request, assignment, using, attachments, LayoutVerdict((), (uses,)), counts
                )

    def _housed(
        self,
        request: RequestedBuffer,
        assignment: PlannedAssignment,
        placement: Placement,
        attachments: Sequence[JudgedAttachment],
        verdict: LayoutVerdict,
        counts: Sequence[int],
    ) -> Iterator[Option]:
        """A layout in every heap and every number."""
        case, users = self.case, request.users_of(assignment)
        for heap in case.of.heaps.values():
            backing = case.of.residence(heap.name, [attachment.device for attachment in attachments]).backing
            allocated = sum(backing.slot(size) for size in placement.sizes)
            where = {"heap": heap.name, "names": heap.facts.names, "allocated": allocated}
            for count in counts:
                placed = placement.model_copy(update={**where, "count": count})
                wrong, usage = heap_verdict(case.of, request, placed, attachments, users, verdict)
                self._refused(wrong)
                if wrong or usage is None:
                    break
                yield Option(placed, usage, *parts_of(case, request, placed, assignment))

    def _colours(self) -> list[str]:
        """All colours that the board or the files speak of."""
        devices = self.case.of.platform.devices.values()
        rules = [rule for device in devices for port in device.ports.values() for rule in port.images]
        named = {colour for rule in rules for colour in rule.colours or ()}
        return sorted(named.union(*(request.buffer.colours or () for request in self.case.requested)))

    def _refused(self, faults: Sequence[object]) -> None:
        for fault in faults:
            self.refusals[fault.kind] += 1  # type: ignore[attr-defined]

    def _fitting(
        self, attachment: JudgedAttachment, user: BufferUser, form: str, modifier: str, colour: str | None
    ) -> tuple[tuple[Rule, ...], Objection | None]:
        """What the judge finds, checked by our own reading of what holds for such a use (`uses`)."""
        rules, why = self.case.of.ports.fitting(attachment, user, form, modifier, colour)
        key = (attachment.device.name, attachment.port_name, user)
        if key not in self._holding:
            self._holding[key] = hold(attachment.port, user)
        expected = [
            id(rule)
            for rule in self._holding[key]
            if form in rule.formats
            and names(rule.modifiers, modifier)
            and (rule.colours is None or colour in rule.colours)
        ]
        assert [id(rule.facts) for rule in rules] == expected, (attachment.port, user)
        return rules, why

    def _layouts(
        self,
        request: RequestedBuffer,
        attachments: Sequence[JudgedAttachment],
        users: Sequence[BufferUser],
        links: Links,
    ) -> Iterator[Placement]:
        if request.buffer.bytes is not None:
            size = whole(request.buffer.bytes, attachments)
            plane = Plane.model_construct(offset=0, stride=0, size=request.buffer.bytes, dmabuf=0)
            yield unplaced(request, None, None, None, (0, 0), (plane,), (size,))
            return
        rules = [rule for attachment in attachments for rule in attachment.port.images]
        forms = sorted({form for rule in rules for form in rule.formats})
        modifiers = spelt({name for rule in rules for name in rule.modifiers}, request.extent.height)
        colours = [None, *sorted({colour for rule in rules for colour in rule.colours or ()})]
        if links is not ALONE:
            colours = [None, *self._colours()]  # what nobody here states may have to be handed on
        if request.buffer.colours is not None:
            colours = list(request.buffer.colours)
        for form, modifier, colour in product(forms, modifiers, colours):
            facts = pixels(form, modifier)
            fitting = [
                self._fitting(t, p, form, modifier, colour) for t, p in zip(attachments, users, strict=True)
            ]
            missing = [why for rules, why in fitting if why is not None]
            self._refused(missing)
            if not missing and opaque(modifier_named(modifier)):
                yield unlaid(request, form, modifier, colour)
            if missing or facts is None:
                continue
            for choice in product(*(rules for rules, _ in fitting)):
                for apart in {1, len(facts.planes)}:
                    for coded, layout in smallest_layouts(
                        request, facts, choice, users, attachments, apart, self.refusals, links.widest
                    ):
                        yield unplaced(
                            request, form, modifier, colour, coded, plane_facts(layout), layout.sizes
                        )

    def _join(self, groups: Sequence[Sequence[Option]], chosen: list[Option]) -> None:
        """Depth first, leaving a branch once it cannot be cheaper or does not fit."""
        if chosen:
            crowded = next(self.case.together([option.usage for option in chosen]), None)
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
        for request in self.case.requested:
            placement = roots[request.key]
            if request.wish is not None and placement.count < request.wish.wish:
                text = f"{placement.count} of {request.wish.wish}"
                dropped.append(
                    Dropped(
                        buffer=request.name,
                        pipeline=request.pipeline,
                        wish=request.wish.wish,
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


def _may_use(attachment: JudgedAttachment) -> bool:
    """Whether it goes without saying that nothing is used."""
    return bool(attachment.port.uses) or any(rule.uses for rule in attachment.port.images)


def brute_force(platform: Platform, pipelines: Sequence[Pipeline]) -> Found | None:
    """The cheapest lawful plan of a small question, or None."""
    return Search(platform, pipelines).best()


def _choices(request: RequestedBuffer) -> list[Choice]:
    return list(product(*(range(len(alternatives)) for alternatives in request.users)))


def _parties(request: RequestedBuffer, taken: Choice) -> list[BufferUser]:
    return [alternatives[index] for alternatives, index in zip(request.users, taken, strict=True)]


def _counts(request: RequestedBuffer) -> range:
    stated = request.buffer.count
    if isinstance(stated, Wish):
        return range(max(stated.wish, 64), 0, -1)
    return range(1, 65) if stated is None else range(stated, stated + 1)


def _takes(option: Option) -> tuple[int, ...]:
    usage = option.usage
    parts = (usage.windows, usage.traffic)
    return (
        *option.own,
        usage.taken,
        usage.dmabufs,
        *(number for part in parts for _, number in part),
        *(number for each in usage.mapped for number in (each.number, *sorted(each.sizes))),
    )


def _undominated(options: list[Option], links: Links) -> list[Option]:
    """Without those that another of the same heap, resources and sides beats in everything."""
    kept: list[Option] = []
    best: dict[tuple[object, ...], list[tuple[int, ...]]] = {}
    for option in sorted(options, key=lambda each: each.own):
        slots = [option.usage.where.backing.slot(size) for size in option.placement.sizes]
        takes = (*_takes(option), option.placement.size, *slots)
        mapped = tuple((each.device.name, len(each.sizes)) for each in option.usage.mapped)
        sides = (
            option.placement.heap,
            len(slots),
            option.usage.uses,
            mapped,
            *links.sides(option.placement),
        )
        rivals = best.setdefault(sides, [])
        if not any(all(a <= b for a, b in zip(rival, takes, strict=True)) for rival in rivals):
            rivals.append(takes)
            kept.append(option)
    return kept
