"""Brute force over small questions, judged only by the simulator.

Every device for every role, every alternative, heap, format, modifier, way to
spread planes over dma-bufs, and count is tried; strides, rows, offsets and
sizes are counted up until no port objects. Nothing here knows a closed form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from allocator.simulated.cost import Cost, combined, live_shares, parts_of, plan_cost
from allocator.simulated.judge import Case, Judge
from allocator.simulated.pixels import pixels
from allocator.simulated.question import Asked, Party, Role, Seating
from allocator.simulated.room import Charge, Touch, Uses
from platforms.schema import Platform
from solver.pipeline import Pipeline, Wish
from solver.plan import AttachedPort, Dropped, Placement, Plan, Plane
from tests.property.layouts import plane_facts, smallest_layouts, unplaced, whole

Choice = tuple[int, ...]
"""For each attachment of a buffer, which of its alternatives is taken."""


class Option(NamedTuple):
    """A placement that is lawful by itself."""

    placement: Placement
    charge: Charge
    own: tuple[int, int, int, int]
    shares: tuple[int, ...]


class Found(NamedTuple):
    cost: Cost
    plan: Plan


class Search:
    """One question: what was refused and why, and the best plan."""

    def __init__(
        self, platform: Platform, pipelines: Sequence[Pipeline], live: Sequence[Placement] = ()
    ) -> None:
        self.case: Case = Judge(platform).case(pipelines, live)
        self._live = live_shares(self.case)
        self.refusals: Counter[str] = Counter()
        """How often each kind refused something on the way."""
        self._options: dict[tuple[object, ...], list[Option]] = {}
        self._best: tuple[Cost, list[Option]] | None = None

    def best(self) -> Found | None:
        """The cheapest lawful plan, or None."""
        for choice in product(*map(_choices, self.case.asked)):
            for binding in self._bindings(choice):
                groups = [
                    self._of(asked, taken, binding)
                    for asked, taken in zip(self.case.asked, choice, strict=True)
                ]
                if all(groups):
                    self._join(groups, [])
        if self._best is None:
            return None
        plan = self._plan([option.placement for option in self._best[1]])
        faults = self.case.judge(plan)
        assert not faults, faults
        assert plan_cost(self.case, plan) == self._best[0]
        return Found(self._best[0], plan)

    def _bindings(self, choice: Sequence[Choice]) -> Iterator[dict[Role, str]]:
        roles: dict[Role, None] = {}
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

    def _of(self, asked: Asked, taken: Choice, binding: dict[Role, str]) -> list[Option]:
        """Everything lawful for one buffer, remembered by the devices that matter to it."""
        devices = tuple(binding[party.role] for party in _parties(asked, taken))
        let_in = tuple(
            binding.get(Role(asked.file, each.kind, each.label, each.connector))
            for each in asked.audience or ()
        )
        key = (asked.key, taken, devices, let_in)
        if key not in self._options:
            self._options[key] = _undominated(list(self._alone(asked, taken, devices, binding)))
        return self._options[key]

    def _alone(
        self, asked: Asked, taken: Choice, devices: tuple[str, ...], binding: dict[Role, str]
    ) -> Iterator[Option]:
        case = self.case
        seating = Seating(taken, devices)
        touches, faults = case.touches(asked, seating)
        self._refused(faults)
        if faults:
            return
        counts = []
        for count in _counts(asked):
            wrong = list(case.count_faults(asked, count, touches))
            counts += [] if wrong else [count]
        if not counts:
            self.refusals["count"] += 1
            return
        parties = asked.seated(seating)
        attached = tuple(
            AttachedPort.model_construct(device=device, port=party.port, access=party.access)
            for device, party in zip(devices, parties, strict=True)
        )
        seen: set[object] = set()
        for bare in self._layouts(asked, touches, parties):
            placement = bare.model_copy(update={"attachments": attached})
            verdict = case.layout_verdict(asked, placement, touches, parties)
            faults = [*verdict.faults, *case._wish_faults(asked, placement)]
            self._refused(faults)
            key = (placement.format, placement.sizes, verdict.uses)
            if faults or key in seen:
                continue
            seen.add(key)
            for heap in case.of.heaps.values():
                home = case.of.residence(heap.name, [touch.device for touch in touches]).home
                allocated = sum(home.slot(size) for size in placement.sizes)
                where = {"heap": heap.name, "names": heap.facts.names, "allocated": allocated}
                for count in counts:
                    placed = placement.model_copy(update={**where, "count": count})
                    wrong, charge = case.heap_verdict(asked, placed, touches, binding, verdict)
                    self._refused(wrong)
                    if wrong or charge is None:
                        break
                    yield Option(placed, charge, *parts_of(case, asked, placed, seating))

    def _refused(self, faults: Sequence[object]) -> None:
        for fault in faults:
            self.refusals[fault.kind] += 1  # type: ignore[attr-defined]

    def _layouts(
        self, asked: Asked, touches: Sequence[Touch], parties: Sequence[Party]
    ) -> Iterator[Placement]:
        if asked.buffer.bytes is not None:
            size = whole(asked.buffer.bytes, touches)
            plane = Plane.model_construct(offset=0, stride=0, size=asked.buffer.bytes, dmabuf=0)
            yield unplaced(asked, None, None, None, (0, 0), (plane,), (size,))
            return
        rules = [rule for touch in touches for rule in touch.port.images]
        forms = sorted({form for rule in rules for form in rule.formats})
        modifiers = sorted({modifier for rule in rules for modifier in rule.modifiers})
        colours = [None, *sorted({colour for rule in rules for colour in rule.colours or ()})]
        if asked.buffer.colours is not None:
            colours = list(asked.buffer.colours)
        for form, modifier, colour in product(forms, modifiers, colours):
            facts = pixels(form, modifier)
            fitting = [
                self.case.of.ports.fitting(t, p, form, modifier, colour)
                for t, p in zip(touches, parties, strict=True)
            ]
            missing = [why for rules, why in fitting if why is not None]
            self._refused(missing)
            if missing or facts is None:
                continue
            for choice in product(*(rules for rules, _ in fitting)):
                for apart in {1, len(facts.planes)}:
                    for coded, layout in smallest_layouts(
                        asked, facts, choice, parties, touches, apart, self.refusals
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
            if self._best is None or self._at_least(groups, chosen) < self._best[0]:
                self._join(groups, chosen)
            chosen.pop()

    def _at_least(self, groups: Sequence[Sequence[Option]], chosen: Sequence[Option]) -> Cost:
        own = [option.own for option in chosen]
        own += [_least([option.own for option in group]) for group in groups[len(chosen) :]]
        return combined(own, [option.shares for option in chosen], self._live)

    def _plan(self, placements: Sequence[Placement]) -> Plan:
        dropped = []
        for asked, placement in zip(self.case.asked, placements, strict=True):
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
            dropped=tuple(dropped),
        )


def brute_force(platform: Platform, pipelines: Sequence[Pipeline]) -> Found | None:
    """The cheapest lawful plan of a small question, or None."""
    return Search(platform, pipelines).best()


def _least(rows: Sequence[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    """The smallest of each column."""
    preference, dropped, traffic, size = (min(column) for column in zip(*rows, strict=True))
    return preference, dropped, traffic, size


def _choices(asked: Asked) -> list[Choice]:
    return list(product(*(range(len(alternatives)) for alternatives in asked.parties)))


def _parties(asked: Asked, taken: Choice) -> list[Party]:
    return [alternatives[index] for alternatives, index in zip(asked.parties, taken, strict=True)]


def _counts(asked: Asked) -> range:
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
        *(number for _, number in charge.mapped),
    )


def _undominated(options: list[Option]) -> list[Option]:
    """Without those that another of the same heap and the same resources beats in everything."""
    kept: list[Option] = []
    best: dict[tuple[str, tuple[Uses, ...]], list[tuple[int, ...]]] = {}
    for option in sorted(options, key=lambda each: each.own):
        takes = _takes(option)
        rivals = best.setdefault((option.placement.heap, option.charge.uses), [])
        if not any(all(a <= b for a, b in zip(rival, takes, strict=True)) for rival in rivals):
            rivals.append(takes)
            kept.append(option)
    return kept
