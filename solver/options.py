"""Propagation: for each buffer, every way it could be placed that no single-buffer
constraint forbids.

An `Option` is a heap, a format, a modifier, a layout, the devices bound and a
count. Strides, offsets and sizes have closed forms (`solver.layout`), so options
are few; those that another option beats in every respect are dropped. Buffers
that ask the same question share one list, which makes them one class in the model.

Facts can be `dropped`: the question is then answered as if they were not so. That
is how conflicts are found (`solver.explain`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from math import prod
from types import ModuleType

from platforms.errors import InputError
from platforms.errors import Problem as Fault
from platforms.modifiers import parse_modifier
from platforms.schema import ImageRule, When
from platforms.values import Extent
from solver import layout as layouts
from solver import modifiers
from solver.board import HeapView
from solver.constraint import Case, Placed, Touch, lives_in
from solver.constraints import (
    ATTACHMENT,
    HEAP,
    LAYOUT,
    REACH,
    ROOM,
    RUN,
    colour_space,
    count,
    missing_device,
    modifier_side_condition,
    plane_buffers,
)
from solver.constraints import format as format_kind
from solver.constraints import modifier as modifier_kind
from solver.drops import NOTHING, About, Drops
from solver.option import Binding, Image, Option, beats, option, undominated
from solver.pipeline import Attachment, Wish
from solver.problem import WAYS, Problem, Question, Way

Memo = dict[tuple[int, About | None], tuple[Option, ...]]
"""What was propagated before: (question signature, facts dropped about it) → options."""


class Propagation:
    """The options of every question of a problem, shared where questions are alike.

    `memo` may be shared by propagations of one problem under different dropped facts.
    Options that are `excluded` are none, whatever they would have beaten.
    """

    def __init__(
        self,
        problem: Problem,
        dropped: Drops = NOTHING,
        memo: Memo | None = None,
        excluded: Callable[[Option], bool] | None = None,
    ) -> None:
        self.problem = problem
        self.excluded = excluded
        self.board = problem.board
        self.drops = dropped
        self._memo: Memo = {} if memo is None else memo
        self._reach: dict[tuple[object, ...], bool] = {}
        self._demands: dict[tuple[object, ...], tuple[ModuleType, ...]] = {}
        self.options = tuple(self._of(question) for question in problem.questions)

    def _of(self, question: Question) -> tuple[Option, ...]:
        about = self.drops.about(question.label)
        key = (question.signature, about)
        if key not in self._memo:
            found = _Search(self, question, about).options()
            self._memo[key] = undominated([o for o in found if not (self.excluded and self.excluded(o))])
        return self._memo[key]

    def reaches(
        self,
        question: Question,
        touches: tuple[Touch, ...],
        touch: Touch,
        heap: HeapView,
        home: HeapView,
        about: About | None,
    ) -> bool:
        """Whether no fact that still stands keeps the touch's device from the heap."""
        device = touch.device.name
        key = (device, touch.name, heap.name, home.name, question.protected)
        holds = self._reach.get(key) if about is None else None
        if holds is None:
            case = Case(self.board, question, touches, heap, home, touch)
            holds = True
            for kind in REACH:
                if kind.broken(case) and not (about and about.drops(kind.NAME, device)):
                    holds = False
                    break
            if about is None:
                self._reach[key] = holds
        return holds

    def demands(self, touch: Touch) -> tuple[ModuleType, ...]:
        """The layout kinds about which the touch's rule states something."""
        key = (touch.device.name, touch.name, id(touch.rule))
        found = self._demands.get(key)
        if found is None:
            found = self._demands[key] = tuple(kind for kind in LAYOUT if kind.states(touch))
        return found


class _Search:
    """All options of one question."""

    def __init__(self, whole: Propagation, question: Question, about: About | None) -> None:
        self.whole = whole
        self.board = whole.board
        self.question = question
        self.about = about
        self.pins = {pin.field: pin.value for pin in question.pins}
        self.pinned_devices = {pin.value for pin in question.pins if pin.field == "device"}
        self.image = question.spec.size or Extent(0, 0)
        self._open = self._unlocked(()) if question.audience is None else None

    def _drops(self, kind: ModuleType, subject: str) -> bool:
        """Whether this fact is taken out of the question."""
        return self.about is not None and self.about.drops(kind.NAME, subject)

    def options(self) -> Iterator[Option]:
        if any(self.pins[pin.field] != pin.value for pin in self.question.pins if pin.field != "device"):
            return
        for way in self.question.ways:
            for binding, touches in self._bindings(way):
                heaps = self._heaps(touches)
                if heaps:
                    yield from self._placed(way, binding, touches, heaps)

    def _bindings(self, way: Way) -> Iterator[tuple[Binding, tuple[Touch, ...]]]:
        """Every choice of devices, and the ports touched under it."""
        variables = sorted({party.variable for party in way.parties})
        domains = []
        for variable in variables:
            uses = [party.use for party in way.parties if party.variable == variable]
            fits = [n for n in self.whole.problem.variables[variable].candidates if self._fits(n, uses)]
            missing = all(self._ignorable(use) for use in uses)
            domains.append([*fits, *([None] if missing else [])])
        for choice in self._apart(variables, domains):
            device = dict(zip(variables, choice, strict=True))
            if not self.pinned_devices <= set(choice):
                continue
            touches = [self._touch(device[party.variable], party.use) for party in way.parties]
            binding = tuple(pair for pair in device.items() if pair[0] in self.whole.problem.linked)
            yield binding, tuple(touch for touch in touches if touch is not None)

    def _apart(
        self, variables: list[int], domains: list[list[str | None]]
    ) -> Iterator[tuple[str | None, ...]]:
        """Choices of devices in which what must be different is different."""
        differ = self.whole.problem.differ
        others = [
            [i for i, earlier in enumerate(variables[:n]) if differ(earlier, variable)]
            for n, variable in enumerate(variables)
        ]
        crowd = [n for n, variable in enumerate(variables) if any(differ(variable, v) for v in variables)]
        seats = {device for n in crowd for device in domains[n]}
        if None not in seats and len(seats) < len(crowd):
            return
        stack: list[tuple[str | None, ...]] = [()]
        seen = 0
        while stack:
            chosen = stack.pop()
            seen += 1
            if seen > WAYS * 8:
                raise self._too_many(f"{seen} or more", "devices")
            if len(chosen) == len(variables):
                yield chosen
                continue
            taken = {chosen[i] for i in others[len(chosen)]} - {None}
            stack.extend((*chosen, d) for d in reversed(domains[len(chosen)]) if d not in taken)

    def _bounded(self, choices: Iterable[int], what: str) -> None:
        """Refuse a question that would take hours to spell out."""
        number = prod(choices)
        if number > WAYS:
            raise self._too_many(str(number), what)

    def _too_many(self, number: str, what: str) -> InputError:
        text = f"{number} choices of {what} for {self.question.label}; at most {WAYS} are weighed"
        return InputError([Fault(self.question.pipeline, None, ("buffers", self.question.name), text)])

    def _ignorable(self, use: Attachment) -> bool:
        subject = f"{use.selector.kind}.{use.selector.port}"
        return self._drops(missing_device, subject)

    def _fits(self, name: str, uses: list[Attachment]) -> bool:
        return all(self._ignorable(use) or missing_device.fits(self.board, name, use) for use in uses)

    def _touch(self, name: str | None, use: Attachment) -> Touch | None:
        if name is None or not missing_device.fits(self.board, name, use):
            return None
        device = self.board.devices[name]
        port = use.selector.port or ""
        return Touch(device, port, device.spec.ports[port], use)

    def _heaps(self, touches: tuple[Touch, ...]) -> list[tuple[HeapView, HeapView]]:
        """Heaps that nothing but sizes can still forbid, with where buffers really live."""
        if not self._admitted(touches):
            return []
        found = []
        seen: set[object] = set()
        plain = self.about is None and self.whole.excluded is None
        for heap in self._open if self._open is not None else self._unlocked(touches):
            if plain and heap.twin in seen:
                continue  # the one seen comes first by name and is as good in all else
            home = lives_in(self.board, heap, touches)
            if all(self.whole.reaches(self.question, touches, t, heap, home, self.about) for t in touches):
                found.append((heap, home))
                seen.add(heap.twin)
        return found

    def _admitted(self, touches: tuple[Touch, ...]) -> bool:
        """Whether every attachment is possible at all, whatever the heap."""
        for touch in touches:
            heap = next(iter(self.board.heaps.values()), None)
            if heap is None:
                return False
            case = Case(self.board, self.question, touches, heap, heap, touch)
            for kind in ATTACHMENT:
                if kind.broken(case) and not self._drops(kind, touch.device.name):
                    return False
        return True

    def _unlocked(self, touches: tuple[Touch, ...]) -> list[HeapView]:
        """Heaps that may hold this buffer, whoever touches it (or, behind per-buffer firewalls, these)."""
        found = []
        for heap in self.board.heaps.values():
            if self.pins.get("heap", heap.name) != heap.name:
                continue
            case = Case(self.board, self.question, touches, heap, heap)
            if not any(kind.broken(case) and not self._drops(kind, heap.name) for kind in HEAP):
                found.append(heap)
        return found

    def _placed(
        self, way: Way, binding: Binding, touches: tuple[Touch, ...], heaps: list[tuple[HeapView, HeapView]]
    ) -> Iterator[Option]:
        counts = self._counts(touches)
        images = list(self._images(touches))
        strict = [(kind, i) for kind in RUN for i, touch in enumerate(touches) if kind.concerns(touch)]
        for heap, home in heaps:
            kept: list[Image] = []
            for image in images:
                if self.whole.excluded is None and any(beats(better, image) for better in kept):
                    continue
                case = Case(self.board, self.question, image.touches, heap, home, None, image.layout)
                if not self._holds(case, strict):
                    continue
                kept.append(image)
                for number, dropped in counts:
                    placed = Placed(
                        self.board,
                        self.question.label,
                        heap,
                        home,
                        image.layout.sizes,
                        number,
                        self.question.spec.rate,
                        image.touches,
                    )
                    yield option(placed, image, way.rank, binding, dropped)

    def _holds(self, case: Case, strict: list[tuple[ModuleType, int]]) -> bool:
        """Whether sizes, runs and alignments suit the heap; `strict` are the kinds that may mind, by touch."""
        for kind in ROOM:
            if kind.broken(case) and not self._drops(kind, case.heap.name):
                return False
        for kind, index in strict:
            touch = case.touches[index]
            of_touch = Case(*case[:5], touch, case.layout)
            if kind.broken(of_touch) and not self._drops(kind, touch.device.name):
                return False
        return True

    def _counts(self, touches: tuple[Touch, ...]) -> list[tuple[int, int]]:
        """Lawful counts with the wishes each drops."""
        asked, pinned = self.question.spec.count, self.pins.get("count")
        if self._drops(count, ""):
            return [(pinned if isinstance(pinned, int) else 1, 0)]
        least, most = count.bounds(touches)
        if isinstance(asked, int):
            lawful = [(asked, 0)] if least <= asked and (most is None or asked <= most) else []
        elif isinstance(asked, Wish):
            low = max(least, asked.min)
            high = max(low, asked.wish if most is None else min(asked.wish, most))
            lawful = [
                (n, max(0, asked.wish - n)) for n in range(high, low - 1, -1) if most is None or n <= most
            ]
        else:
            lawful = [(least, 0)] if most is None or least <= most else []
        return [(n, lost) for n, lost in lawful if pinned in (None, n)]

    def _images(self, touches: tuple[Touch, ...]) -> Iterator[Image]:
        """Every format, modifier and choice of rules with the layout that fits them, by rank."""
        spec = self.question.spec
        if spec.bytes is not None:
            raw = layouts.raw(spec.bytes, self._need(touches))
            if raw is not None:
                yield Image(0, None, None, None, touches, raw)
            return
        usable = [self._usable(touch) for touch in touches]
        for rank, fourcc in enumerate(self._fourccs(usable)):
            of_format = [self._of_format(t, rules, fourcc) for t, rules in zip(touches, usable, strict=True)]
            if not all(of_format):
                continue
            for modifier in self._modifiers(of_format):
                shape = modifiers.shape(fourcc, modifier)
                if shape is None:
                    continue
                for ruled, colour in self._rulings(touches, of_format, modifier):
                    for layout in self._layouts(ruled, shape):
                        yield Image(rank if spec.formats else 0, fourcc, modifier, colour, ruled, layout)

    def _usable(self, touch: Touch) -> list[ImageRule | None]:
        """The port's rules that hold for this use."""
        if self._drops(modifier_side_condition, touch.device.name):
            return list(touch.port.images)
        return [rule for rule in touch.port.images if holds(rule.when, touch.use)]

    def _fourccs(self, usable: list[list[ImageRule | None]]) -> Sequence[str]:
        spec, pinned = self.question.spec, self.pins.get("format")
        found: Sequence[str] = spec.formats or ([str(pinned)] if pinned is not None else ())
        if not found:
            sets = [frozenset(f for rule in rules if rule for f in rule.formats) for rules in usable if rules]
            if (
                self.about is not None and any(kind == format_kind.NAME for kind, _ in self.about.own)
            ) or len(sets) != len(usable):
                found = sorted(frozenset().union(*sets)) or ["XR24"]
            else:
                found = sorted(frozenset.intersection(*sets)) if sets else ["XR24"]
        return [fourcc if pinned in (None, fourcc) else "" for fourcc in found]

    def _of_format(self, touch: Touch, rules: list[ImageRule | None], fourcc: str) -> list[ImageRule | None]:
        found = [rule for rule in rules if rule is not None and fourcc in rule.formats]
        if not found and fourcc and self._drops(format_kind, touch.device.name):
            known = any(fourcc in rule.formats for rule in touch.port.images)
            return [] if known else [None]
        return [*found]

    def _modifiers(self, of_format: list[list[ImageRule | None]]) -> list[str]:
        pinned, asked = self.pins.get("modifier"), self.question.spec.modifiers
        if asked is not None:
            found = list(dict.fromkeys(parse_modifier(text).name for text in asked))
        else:
            known = {m for rules in of_format for rule in rules if rule for m in canonical(rule)}
            found = sorted(known | {"LINEAR"} if pinned is None else {str(pinned)})
        return [name for name in found if pinned in (None, name)]

    def _rulings(
        self, touches: tuple[Touch, ...], of_format: list[list[ImageRule | None]], modifier: str
    ) -> Iterator[tuple[tuple[Touch, ...], str | None]]:
        """Every way to give each attachment one rule, with the colour space they share."""
        choices = []
        for touch, rules in zip(touches, of_format, strict=True):
            fits = [rule for rule in rules if rule is None or modifier in canonical(rule)]
            if not fits and self._drops(modifier_kind, touch.device.name):
                fits = rules
            choices.append(fits)
        self._bounded(map(len, choices), "image rules")
        for choice in product(*choices):
            ruled = tuple(t._replace(rule=rule) for t, rule in zip(touches, choice, strict=True))
            agreed, colour = self._colour(ruled)
            if agreed:
                yield ruled, colour

    def _colour(self, ruled: tuple[Touch, ...]) -> tuple[bool, str | None]:
        wanted = self.question.spec.colours
        shared: set[str] | None = set(wanted) if wanted is not None else None
        for touch in ruled:
            if touch.rule is None or touch.rule.colours is None:
                continue
            if not self._drops(colour_space, touch.device.name):
                shared = set(touch.rule.colours) if shared is None else shared & set(touch.rule.colours)
        if shared is None:
            return True, None
        if not shared:
            return False, None
        return True, next((c for c in wanted if c in shared), None) if wanted else min(shared)

    def _layouts(self, ruled: tuple[Touch, ...], shape: layouts.Shape) -> Iterator[layouts.Layout]:
        asked = self.question.spec.dmabufs
        allowed = {1, len(shape.planes)}
        if asked is not None:
            allowed &= {asked} if isinstance(asked, int) else set(asked)
        for touch in ruled:
            if touch.rule is not None and not self._drops(plane_buffers, touch.device.name):
                allowed &= set(touch.rule.dmabufs)
        if not allowed:
            return
        need = self._need(ruled)
        for dmabufs in sorted(allowed):
            found = layouts.solve(need, self.image, shape, dmabufs)
            if found is not None:
                yield found

    def _need(self, ruled: tuple[Touch, ...]) -> layouts.Demand:
        need = layouts.Demand()
        for touch in ruled:
            for kind in self.whole.demands(touch):
                if not self._drops(kind, touch.device.name):
                    kind.demand(touch, need, self.image)
        pinned = self.pins.get("stride")
        need.pinned = pinned if isinstance(pinned, int) else None
        return need


def holds(when: When | None, use: Attachment) -> bool:
    """Whether a rule's `when` holds for an attachment."""
    if when is None:
        return True
    if when.codec is not None and use.codec not in when.codec:
        return False
    if when.rotate is not None and use.rotate not in when.rotate:
        return False
    if when.crop is not None and when.crop != (use.crop is not None):
        return False
    return when.scale is None or when.scale == (use.scale is not None)


def canonical(rule: ImageRule) -> frozenset[str]:
    """The rule's modifiers; the schema has given them their canonical names."""
    return frozenset(rule.modifiers)
