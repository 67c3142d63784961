"""Propagation: for each buffer, every way it could be placed that no single-buffer
constraint forbids.

An `Option` is a heap, a format, a modifier, a layout, the devices bound and a
count: which devices attach is said by `heapwright.solver.candidates.device_assignment`, which images fit by
`heapwright.solver.candidates.images`. Options that another beats in every respect are dropped. Buffers
that ask the same question share one list, which makes them one class in the model.

Facts can be `dropped`: the question is then answered as if they were not so. That
is how conflicts are found (`heapwright.solver.explain.conflict`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType

from heapwright.solver.board.board import HeapView
from heapwright.solver.candidates.candidate import Binding, Option, Rivals, priced, undominated
from heapwright.solver.candidates.device_assignment import Seats
from heapwright.solver.candidates.drops import NOTHING, About, Drops, is_dropped
from heapwright.solver.candidates.images import Images, Laid, Rules, holds
from heapwright.solver.constraints import ATTACHMENT, HEAP, LAYOUT, REACH, ROOM, RUN
from heapwright.solver.constraints.graph import conversion, count
from heapwright.solver.constraints.kind import Case, Placed, Touch, lives_in
from heapwright.solver.constraints.protection import audience
from heapwright.solver.layout.layout import Demand, Form
from heapwright.solver.question.pipeline import Wish
from heapwright.solver.question.protection import Guard
from heapwright.solver.question.resolve import Problem, Question, Way

Memo = dict[tuple[int, About | None, bool], tuple[Option, ...]]
"""What was propagated before: (question signature, facts dropped about it, `Board.by_class`) → options."""


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
        self._reached: dict[tuple[str, str, bool], dict[HeapView, bool]] = {}
        self._concerning: dict[tuple[str, str], tuple[ModuleType, ...]] = {}
        self._unlocked: dict[tuple[Guard, About | None], list[HeapView]] = {}
        self._strict: dict[tuple[str, str], tuple[ModuleType, ...]] = {}
        self.laid: Laid = {}
        self._rules: dict[tuple[object, ...], Rules] = {}
        self._demands: dict[tuple[object, ...], tuple[ModuleType, ...]] = {}
        self.options = tuple(self._of(question) for question in problem.questions)

    def _of(self, question: Question) -> tuple[Option, ...]:
        about = self.drops.about(question.label)
        key = (question.signature, about, self.board.by_class)
        if key not in self._memo:
            found = (o for variant in question.variants for o in _Search(self, variant, about).options())
            self._memo[key] = undominated([o for o in found if not (self.excluded and self.excluded(o))])
        return self._memo[key]

    def again(self) -> Propagation:
        """The same, as the board counts by now."""
        return Propagation(self.problem, self.drops, self._memo, self.excluded)

    def of_part(self, question: Question, about: About | None) -> tuple[Option, ...]:
        """The options of one placement of a buffer that is converted (see heapwright.solver.conversions.conversions)."""
        assert question.part is not None  # else `options` has them
        found = _Search(self, question, about).options()
        kept = [o for o in found if not (self.excluded and self.excluded(o))]
        return undominated(kept, question.part.kept)

    def possible(self, question: Question, about: About | None) -> bool:
        """Whether a placement has any option."""
        search = _Search(self, question, about)
        if self.excluded is None:
            return search.possible()
        return any(not self.excluded(option) for option in search.options())

    def forms(self, question: Question) -> Iterator[tuple[Demand, Form, int]]:
        """Everything that may be laid out in one placement, wherever it lives."""
        about = self.drops.about(question.label)
        seats = Seats(self.problem, question, about)
        images = Images(question, about, self.demands, self.rules, self.laid)
        for way in question.ways:
            for _, touches in seats.bindings(way):
                yield from images.forms(touches)

    def unlocked(
        self, question: Question, about: About | None, touches: tuple[Touch, ...] = ()
    ) -> list[HeapView]:
        """Heaps that may hold what is guarded so, whoever touches it (or, behind per-buffer firewalls, these)."""
        key = question.guard, about
        found = None if touches else self._unlocked.get(key)
        if found is None:
            found = []
            for heap in self.board.heaps.values():
                case = Case(self.board, question, touches, heap, heap)
                broken = [kind for kind in HEAP if kind.broken(case)]
                if all(is_dropped(about, kind, heap.name) for kind in broken):
                    found.append(heap)
            if not touches:
                self._unlocked[key] = found
        return found

    def reached(self, touch: Touch, protected: bool) -> dict[HeapView, bool]:
        """What is known of which heaps, where they do not move buffers, the touch's device reaches."""
        key = (touch.device.name, touch.name, protected)
        found = self._reached.get(key)
        if found is None:
            found = self._reached[key] = {}
        return found

    def concerning(self, touch: Touch) -> tuple[ModuleType, ...]:
        """The kinds that may keep the touch's device from a heap."""
        key = (touch.device.name, touch.name)
        found = self._concerning.get(key)
        if found is None:
            found = self._concerning[key] = tuple(
                [kind for kind in REACH if kind.concerns(self.board, touch)]
            )
        return found

    def strict(self, touch: Touch) -> tuple[ModuleType, ...]:
        """The kinds that may keep the touch's device from a buffer of some size in a heap."""
        key = (touch.device.name, touch.name)
        found = self._strict.get(key)
        if found is None:
            found = self._strict[key] = tuple([kind for kind in RUN if kind.concerns(self.board, touch)])
        return found

    def rules(self, touch: Touch) -> Rules:
        """The rules of the touch's port that hold for its use."""
        use = touch.use
        used = use.rotate, use.codec, use.crop is None, use.scale is None
        key = (touch.device.name, touch.name, used)
        found = self._rules.get(key)
        if found is None:
            rules = [rule for rule in touch.port.images if holds(rule, touch.port, use)]
            found = self._rules[key] = Rules(rules)
        return found

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
        self.part = question.part
        self.kept = question.part.kept if question.part is not None else frozenset()
        ends = question.part.ends if question.part is not None else ()
        self.ends = tuple([end for end in ends if not is_dropped(about, conversion, end.device.name)])
        self.pins = {pin.field: pin.value for pin in question.pins}
        self.seats = Seats(whole.problem, question, about)
        self.images = Images(question, about, whole.demands, whole.rules, whole.laid)
        self._open = None if question.guard.audiences else whole.unlocked(question, about)

    def options(self) -> Iterator[Option]:
        if any(self.pins[pin.field] != pin.value for pin in self.question.pins if pin.field != "device"):
            return
        for way in self.question.ways:
            for binding, touches in self.seats.bindings(way):
                heaps = self._heaps(touches)
                if heaps:
                    yield from self._placed(way, binding, touches, heaps)

    def possible(self) -> bool:
        """Whether there is any option; nothing is priced for that."""
        for way in self.question.ways:
            for _, touches in self.seats.bindings(way):
                heaps = self._heaps(touches) if self._counts(touches) else []
                strict = self._strict(touches)
                for image in self.images.fitting(touches) if heaps else ():
                    for heap, home in heaps:
                        case = Case(self.board, self.question, image.touches, heap, home, None, image.layout)
                        if self._holds(case, strict):
                            return True
        return False

    def _heaps(self, touches: tuple[Touch, ...]) -> list[tuple[HeapView, HeapView]]:
        """Heaps that nothing but sizes can still forbid, with where buffers really live."""
        if not self._admitted(touches):
            return []
        found = []
        seen: set[object] = set()
        plain = self.about is None and self.whole.excluded is None and "memory" not in self.kept
        # Who is invited, and who else is attached, matters to firewalls with an audience.
        whole, question, about = self.whole, self.question, self.about
        shared = about is None and not question.guard.audiences
        known = [whole.reached(touch, question.protected) if shared else {} for touch in touches]
        pinned = self.pins.get("heap")
        for heap in self._open if self._open is not None else whole.unlocked(question, about, touches):
            if pinned not in (None, heap.name):
                continue
            if plain and heap.twin in seen:
                continue  # the one seen comes first by name and is as good in all else
            home = heap if heap.spec.moves_to is None else lives_in(self.board, heap, touches)
            for touch, of_touch in zip(touches, known, strict=True):
                reaches = of_touch.get(heap) if home is heap else None
                if reaches is None:
                    reaches = self._reaches(Case(self.board, question, touches, heap, home, touch))
                    if home is heap:
                        of_touch[heap] = reaches
                if not reaches:
                    break
            else:
                found.append((heap, home))
                seen.add(heap.twin)
        return found

    def _reaches(self, case: Case) -> bool:
        """Whether no fact that still stands keeps the touch's device from the heap."""
        touch = case.touch
        assert touch is not None  # a case of scope `reach`
        for kind in self.whole.concerning(touch):
            if kind.broken(case) and not is_dropped(self.about, kind, touch.device.name):
                return False
        return True

    def _admitted(self, touches: tuple[Touch, ...]) -> bool:
        """Whether every attachment is possible at all, whatever the heap."""
        for touch in touches:
            heap = next(iter(self.board.heaps.values()), None)
            if heap is None:
                return False
            case = Case(self.board, self.question, touches, heap, heap, touch)
            for kind in ATTACHMENT:
                if kind.broken(case) and not is_dropped(self.about, kind, touch.device.name):
                    return False
            if audience.widened(case) and not is_dropped(self.about, audience, touch.device.name):
                return False
        return True

    def _placed(
        self, way: Way, binding: Binding, touches: tuple[Touch, ...], heaps: list[tuple[HeapView, HeapView]]
    ) -> Iterator[Option]:
        counts = self._counts(touches)
        images = list(self.images.fitting(touches)) if counts else []
        rivals = Rivals(images, self.kept) if self.whole.excluded is None else None
        strict = self._strict(touches)
        mapped = any(touch.device.by_cpu for touch in touches)
        board, question, rate = self.board, self.question, self.question.spec.rate
        alike: dict[object, list[int]] = {}
        for heap, home in heaps:
            price = (
                home.price, heap.spec.buffers is not None and heap.name, mapped and heap.cpu,
                "memory" in self.kept and heap.name,
            )  # fmt: skip
            others = alike.setdefault(price, [])
            for index, image in enumerate(images):
                if others and rivals is not None and rivals.beaten(index, others):
                    continue  # in this heap, or in one that costs the same and comes first by name
                layout = image.layout
                case = Case(board, question, image.touches, heap, home, None, layout)
                if not self._holds(case, strict):
                    continue
                others.append(index)
                placed = Placed(
                    board, question.label, heap, home, layout.sizes, rate, image.touches, self.ends, layout.moved
                )  # fmt: skip
                yield from priced(placed, image, way.rank, binding, counts)

    def _strict(self, touches: tuple[Touch, ...]) -> list[tuple[ModuleType, int]]:
        """The kinds that may mind sizes and runs in a heap, by touch."""
        return [(kind, i) for i, touch in enumerate(touches) for kind in self.whole.strict(touch)]

    def _holds(self, case: Case, strict: list[tuple[ModuleType, int]]) -> bool:
        """Whether sizes, runs and alignments suit the heap; `strict` are the kinds that may mind, by touch."""
        for kind in ROOM:
            if kind.broken(case) and not is_dropped(self.about, kind, case.heap.name):
                return False
        for kind, index in strict:
            touch = case.touches[index]
            of_touch = Case(case.board, case.question, case.touches, case.heap, case.home, touch, case.layout)
            if kind.broken(of_touch) and not is_dropped(self.about, kind, touch.device.name):
                return False
        return True

    def _counts(self, touches: tuple[Touch, ...]) -> list[tuple[int, int]]:
        """Lawful counts with the wishes each drops."""
        asked, pinned = self.question.spec.count, self.pins.get("count")
        if is_dropped(self.about, count, ""):
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
