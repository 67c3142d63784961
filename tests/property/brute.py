"""Brute force over small questions, judged only by the simulator.

Every device for every role, every alternative, heap, format, modifier, way to
spread planes over dma-bufs, and count is tried; strides, rows, offsets and
sizes are counted up until no port objects. Nothing here knows a closed form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from allocator.simulated.cost import Cost, combined, parts_of, plan_cost
from allocator.simulated.image import (
    Layout,
    Rule,
    implied_offsets,
    offset_objections,
    rows_objections,
    size_objections,
    stride_objections,
)
from allocator.simulated.judge import Case, Judge
from allocator.simulated.pixels import Pixels, modifier_named, pixels
from allocator.simulated.question import Asked, Party, Role, Seating
from allocator.simulated.room import Charge, Touch, Uses
from platforms.schema import Platform
from solver.pipeline import Pipeline, Wish
from solver.plan import AttachedPort, Dropped, Placement, Plan, Plane

STRIDES = 1024
ROWS = 128
GAP = 1024
TAIL = 1 << 14


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

    def __init__(self, platform: Platform, pipelines: Sequence[Pipeline]) -> None:
        self.case: Case = Judge(platform).case(pipelines)
        self.refusals: Counter[str] = Counter()
        """How often each kind refused something on the way."""
        self._options: dict[tuple[object, ...], list[Option]] = {}
        self._best: tuple[Cost, list[Option]] | None = None

    def best(self) -> Found | None:
        """The cheapest lawful plan, or None."""
        for choice in product(*map(_choices, self.case.asked)):
            for binding in self._bindings(choice):
                groups = [self._of(asked, taken, binding) for asked, taken in zip(self.case.asked, choice, strict=True)]
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
            [name for name, device in self.case.of.platform.devices.items() if device.kind == role.kind] for role in roles
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
            binding.get(Role(asked.file, each.kind, each.label, each.connector)) for each in asked.audience or ()
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

    def _layouts(self, asked: Asked, touches: Sequence[Touch], parties: Sequence[Party]) -> Iterator[Placement]:
        if asked.buffer.bytes is not None:
            size = _whole(asked.buffer.bytes, touches)
            plane = Plane.model_construct(offset=0, stride=0, size=asked.buffer.bytes, dmabuf=0)
            yield _placement(asked, None, None, None, (0, 0), (plane,), (size,))
            return
        rules = [rule for touch in touches for rule in touch.port.images]
        forms = sorted({form for rule in rules for form in rule.formats})
        modifiers = sorted({modifier for rule in rules for modifier in rule.modifiers})
        colours = [None, *sorted({colour for rule in rules for colour in rule.colours or ()})]
        if asked.buffer.colours is not None:
            colours = list(asked.buffer.colours)
        for form, modifier, colour in product(forms, modifiers, colours):
            facts = pixels(form, modifier)
            fitting = [self.case.of.ports.fitting(t, p, form, modifier, colour) for t, p in zip(touches, parties, strict=True)]
            missing = [why for rules, why in fitting if why is not None]
            self._refused(missing)
            if missing or facts is None:
                continue
            for choice in product(*(rules for rules, _ in fitting)):
                for apart in {1, len(facts.planes)}:
                    for coded, layout in _search(asked, facts, choice, parties, touches, apart, self.refusals):
                        yield _placement(asked, form, modifier, colour, coded, _planes(layout), layout.sizes)

    def _join(self, groups: Sequence[Sequence[Option]], chosen: list[Option]) -> None:
        """Depth first, leaving a branch once it cannot be cheaper or does not fit."""
        if chosen:
            crowded = next(self.case.together([option.charge for option in chosen]), None)
            if crowded is not None:
                self.refusals[crowded.kind] += 1
                return
        if len(chosen) == len(groups):
            cost = combined([option.own for option in chosen], [option.shares for option in chosen])
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
        for group in groups[len(chosen) :]:
            own.append(tuple(min(column) for column in zip(*(option.own for option in group), strict=True)))
        return combined(own, [option.shares for option in chosen])

    def _plan(self, placements: Sequence[Placement]) -> Plan:
        dropped = []
        for asked, placement in zip(self.case.asked, placements, strict=True):
            if asked.wish is not None and placement.count < asked.wish.wish:
                text = f"{placement.count} of {asked.wish.wish}"
                dropped.append(
                    Dropped(
                        buffer=asked.name, pipeline=asked.pipeline, wish=asked.wish.wish, granted=placement.count, text=text
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


def _choices(asked: Asked) -> list[Choice]:
    return list(product(*(range(len(alternatives)) for alternatives in asked.parties)))


def _parties(asked: Asked, taken: Choice) -> list[Party]:
    return [alternatives[index] for alternatives, index in zip(asked.parties, taken, strict=True)]


def _counts(asked: Asked) -> range:
    stated = asked.buffer.count
    if isinstance(stated, Wish):
        return range(max(stated.wish, 64), 0, -1)
    return range(1, 65) if stated is None else range(stated, stated + 1)


def _whole(size: int, touches: Sequence[Touch]) -> int:
    multiples = [touch.port.bytes.multiple for touch in touches if isinstance(touch.port.bytes.multiple, int)]
    while any(size % multiple for multiple in multiples):
        size += 1
    return size


def _first(candidates: Iterator[int] | range, accepts: Callable[[int], bool]) -> int | None:
    return next((each for each in candidates if accepts(each)), None)


def _strides(facts: Pixels, width: int, rules: Sequence[Rule], image_width: int) -> Iterator[int]:
    """Every plane 0 stride worth a try, ascending: all of them, unless a rule admits only a few."""
    least = max(facts.row_bytes(0, width), 1)
    for rule in rules:
        for multiple in rule.exact_multiples:
            yield facts.row_bytes(0, -(-image_width // multiple) * multiple)
            return
        if rule.facts.stride.set is not None:
            yield from sorted(rule.facts.stride.set)
            return
    step = max(rule.multiple for rule in rules)
    start = -(-least // step) * step
    yield from range(start, start + STRIDES * min(step, 8), step)


def _search(
    asked: Asked,
    facts: Pixels,
    rules: Sequence[Rule],
    parties: Sequence[Party],
    touches: Sequence[Touch],
    apart: int,
    refusals: Counter[str],
) -> Iterator[tuple[tuple[int, int], Layout]]:
    """The smallest layouts to which none of these rules objects, for each way to relate plane strides."""
    if any(apart not in rule.facts.dmabufs for rule in rules):
        refusals["plane-buffers"] += 1
        return
    width, height = asked.extent
    writers = [rule for rule, party in zip(rules, parties, strict=True) if party.access == "write"]
    coded_width = _first(range(width, width + GAP), lambda w: all(w % rule.coded.width == 0 for rule in writers))
    coded_height = _first(range(height, height + GAP), lambda h: all(h % rule.coded.height == 0 for rule in writers))
    assert coded_width is not None and coded_height is not None
    planes = range(len(facts.planes))
    homes = tuple(planes) if apart > 1 else (0,) * len(facts.planes)
    ways = ("natural", "equal") if any(rule.equal_planes for rule in rules) else ("natural",)
    for way in ways:
        for first in _strides(facts, coded_width, rules, width):
            strides = (first,) * len(planes) if way == "equal" else tuple(facts.natural(plane, first) for plane in planes)
            if None in strides or any(s < facts.row_bytes(p, coded_width) for p, s in enumerate(strides)):
                continue
            if any(stride % facts.stride_unit(plane) for plane, stride in enumerate(strides)):
                continue
            bare = Layout(facts, width, height, coded_width, coded_height, strides, (), (), homes, ())
            against = next((found for rule in rules for found in stride_objections(rule, bare)), None)
            if against is not None:
                refusals[against.kind] += 1
                continue
            whole = _completed(bare, rules, touches, max(homes) + 1, refusals)
            if whole is not None:
                yield (coded_width, coded_height), whole
                break


def _completed(
    bare: Layout, rules: Sequence[Rule], touches: Sequence[Touch], homes: int, refusals: Counter[str]
) -> Layout | None:
    """Rows, offsets and sizes for given strides, each counted up until nobody objects."""
    facts, planes = bare.pixels, range(len(bare.strides))
    least = facts.rows(0, bare.coded_height)

    def tall_enough(rows: int) -> bool:
        layout = bare._replace(rows=(rows,))
        return not rows % facts.rows_unit(0) and not any(any(rows_objections(rule, layout)) for rule in rules)

    first = _first(range(least, least + ROWS), tall_enough)
    if first is None:
        refusals["rows"] += 1
        return None
    rows = (first, *(facts.plane_rows(plane, first) for plane in planes[1:]))
    layout = bare._replace(rows=rows, sizes=(1 << 40,) * homes)
    offsets: tuple[int, ...] = ()
    for plane in planes:
        place = _offset(layout, rules, offsets, plane)
        if place is None:
            refusals["plane-offset"] += 1
            return None
        offsets += (place,)
    layout = layout._replace(offsets=offsets)
    against = next((found for rule in rules for found in offset_objections(rule, layout)), None)
    if against is not None:
        refusals[against.kind] += 1
        return None
    return layout._replace(sizes=tuple(_size(layout, rules, touches, home) for home in range(homes)))


def _offset(layout: Layout, rules: Sequence[Rule], before: tuple[int, ...], plane: int) -> int | None:
    """The first place for a plane behind those before it."""
    if plane == 0 or layout.dmabufs[plane] != layout.dmabufs[plane - 1]:
        return 0
    partly = layout._replace(strides=layout.strides[: plane + 1], dmabufs=layout.dmabufs[: plane + 1])
    end = before[-1] + layout.strides[plane - 1] * layout.rows[plane - 1]
    for rule in rules:
        implied = implied_offsets(rule, layout, layout.strides)
        if implied is not None:
            return implied[plane] if implied[plane] >= end else None
    for place in range(end, end + GAP):
        if not any(any(offset_objections(rule, partly._replace(offsets=(*before, place)))) for rule in rules):
            return place
    return None


def _size(layout: Layout, rules: Sequence[Rule], touches: Sequence[Touch], home: int) -> int:
    """The least size of one dma-buf that no rule finds too small."""
    low = max(layout.end(plane) for plane, where in enumerate(layout.dmabufs) if where == home)
    high = low + TAIL

    def fits(size: int) -> bool:
        sizes = tuple(size if each == home else 1 << 40 for each in range(len(layout.sizes)))
        return not any(any(size_objections(rule, layout._replace(sizes=sizes))) for rule in rules)

    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return _whole(low, touches)


def _planes(layout: Layout) -> tuple[Plane, ...]:
    shapes = zip(layout.offsets, layout.strides, layout.rows, layout.dmabufs, strict=True)
    return tuple(
        Plane.model_construct(offset=offset, stride=stride, size=stride * rows, dmabuf=home)
        for offset, stride, rows, home in shapes
    )


def _placement(
    asked: Asked,
    form: str | None,
    modifier: str | None,
    colour: str | None,
    coded: tuple[int, int],
    planes: tuple[Plane, ...],
    sizes: tuple[int, ...],
) -> Placement:
    value = modifier_named(modifier).value if modifier is not None else None
    return Placement.model_construct(
        pipeline=asked.pipeline,
        buffer=asked.name,
        format=form,
        modifier=modifier,
        modifier_value=None if value is None else f"{value:#x}",
        colour=colour,
        width=asked.extent.width,
        height=asked.extent.height,
        coded_width=coded[0],
        coded_height=coded[1],
        planes=planes,
        size=sum(sizes),
        sizes=sizes,
        rate=asked.buffer.rate,
    )


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
