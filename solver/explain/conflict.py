"""Why there is no plan: an irreducible conflict, and the ways out.

Where one buffer has no place by itself, that is read from what its candidates break
(`heapwright.solver.explain.alone`). What buffers share, and what conversions may mend, is asked
again with facts dropped: CP-SAT's own cores are neither minimal nor, with an objective,
reliable (google/or-tools#5141).
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property, partial
from itertools import islice
from typing import NamedTuple

from heapwright.solver.answer.plan import Infeasible, Reason
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.enumerate import Memo, Propagation
from heapwright.solver.candidates.relaxation import Relaxation
from heapwright.solver.candidates.usage import Usage, used_by
from heapwright.solver.constraints import BUDGETS, HEAP
from heapwright.solver.constraints.graph import conversion, count, missing_device
from heapwright.solver.constraints.planes import plane_buffers
from heapwright.solver.conversions.converted_buffer import KnownConversions
from heapwright.solver.conversions.deciding import are_too_many, decide
from heapwright.solver.explain.alone import Alone
from heapwright.solver.explain.facts import PlacedWithout, Sentences, ordered, scarce, universe
from heapwright.solver.question.facts import Fact, FactSets
from heapwright.solver.question.limits import LimitReached
from heapwright.solver.question.pins import Pin
from heapwright.solver.question.resolve import Problem, Question
from heapwright.solver.search.bounds import unassignable
from heapwright.solver.search.choose import Choice
from heapwright.solver.search.quickxplain import grown, orders, reduced, shortest
from heapwright.solver.search.selection import SearchLimits

_ASK = SearchLimits(any_will_do=True)
_BUDGETS = frozenset(kind.name for kind in BUDGETS)
SHARED = _BUDGETS | {missing_device.KIND.name, count.KIND.name}
"""Kinds of facts about what buffers share."""
_OF_HEAPS = frozenset(kind.name for kind in HEAP)
"""Kinds that judge a heap by what is protected, whoever touches it."""


RelaxedProblem = tuple[Problem, Memo, KnownConversions]
"""A problem, and what is known of it under different dropped facts."""


class Conflict(NamedTuple):
    """Facts that cannot hold together; the buffer if they leave no place to one by itself."""

    facts: list[Fact]
    alone: Alone | None = None
    irreducible: bool = True
    """Whether it is known that none can be left out."""


class Prover:
    """Finds out which facts there is no plan with."""

    def __init__(self, problem: Problem, usage: Usage, found: Propagation | None = None) -> None:
        self.problem = problem
        self.usage = usage
        self._found = found or Propagation(problem)
        self._known: dict[tuple[int, bool], bool] = {}
        self._asked: dict[tuple[frozenset[Fact], bool], RelaxedProblem] = {}
        self._clash_unconverted = partial(self.clash, converted=False)
        self._flows = frozenset(problem.flow.facts() if problem.flow is not None else ())
        self._fewest: int | None = None
        """The fewest facts of which it is known that there is no plan with them."""
        self._unsure = False
        """Whether any question about fewer facts was left open."""

    @cached_property
    def sets(self) -> FactSets:
        """All facts of the question."""
        held = {Fact(budget.kind, budget.subject) for budget in used_by((), self.usage)}
        return FactSets(ordered({*universe(self.problem), *held}))

    @cached_property
    def _scarce(self) -> FactSets:
        return FactSets(ordered({*scarce(self.problem)}))

    def relaxed(self, kept: int, *, converted: bool = True) -> Choice:
        """A choice with every fact outside `kept` dropped; without conversions if they are not `converted`."""
        self.problem.limits.ask()
        dropped = Relaxation(self.sets.named(self.sets.all & ~kept))
        problem, memo, conversions = self._asking(kept)
        found = Propagation(problem, dropped, memo)
        choice = decide(problem, found, self.usage, dropped, _ASK, conversions, converted=converted)
        return self._decided(choice)

    def _decided(self, choice: Choice) -> Choice:
        """A choice that no limit of the whole question left open.

        Raises:
            LimitReached: one did.
        """
        if choice.status == "undecided":
            self.problem.limits.check()
            self._unsure = True
        return choice

    def _asking(self, kept: int) -> RelaxedProblem:
        """The problem as protected content flows with these facts alone."""
        return self._loosened(self._flows.difference(self.sets.named(kept)))

    def _loosened(self, flows: frozenset[Fact]) -> RelaxedProblem:
        """The problem where protected content need not flow through these attachments."""
        key = flows, self.problem.board.by_class
        if key not in self._asked:
            self._asked[key] = self.problem.loosened(flows) if flows else self.problem, {}, {}
        return self._asked[key]

    def without(self, fact: Fact, conflict: Conflict) -> PlacedWithout:
        """What would be placed if just that fact were not so.

        Where other facts are in the way as well, or the fact is about what buffers share, those of `conflict`
        hold and no others; all are dropped if no choice is found in time.
        """
        alone, sets = conflict.alone, self.sets if conflict.alone is None else conflict.alone.facts
        fewer, bit = sets.of(conflict.facts), sets.of([fact])
        placed: PlacedWithout = ()
        for kept in (fewer if fact.kind in SHARED else sets.all, fewer, 0):
            left = kept & ~bit
            placed = placed or (self._placed(left) if alone is None else alone.placed(left))
        return placed

    def reasons(self, conflict: Conflict) -> list[Reason]:
        """A conflict in sentences."""
        sentences = Sentences(self.problem, self.usage)
        return [
            sentences.reason(fact, partial(self._told_without, fact, conflict)) for fact in conflict.facts
        ]

    def _told_without(self, fact: Fact, conflict: Conflict) -> PlacedWithout:
        """What would be placed without a fact, if there is time to find out."""
        try:
            self.problem.limits.check()
            return self.without(fact, conflict)
        except LimitReached:
            return ()

    def _placed(self, kept: int) -> list[tuple[Question, Option]]:
        """Any choice with these facts kept, and what is inserted."""
        choice = self.relaxed(kept)
        placed = []
        questions = self._asking(kept)[0].questions
        for index, (question, option) in enumerate(zip(questions, choice.options, strict=False)):
            placed.append((question, option))
            for branch in choice.trees[index] if choice.trees else ():
                inserted = copy(branch.question)  # of the first of its class
                inserted.name, inserted.label = question.name, question.label
                placed.append((inserted, branch.option))
        return placed

    def clash(self, kept: int, *, converted: bool = True) -> bool:
        """Whether there is no plan with these facts alone."""
        key = kept, converted
        if key not in self._known:
            self._known[key] = self.relaxed(kept, converted=converted).status == "infeasible"
            if self._known[key] and (converted or not self._converts):
                fewest = self.sets.all if self._fewest is None else self._fewest
                self._fewest = min(fewest, kept, key=int.bit_count)
        return self._known[key]

    def so_far(self) -> Conflict:
        """The fewest facts that are known to clash; none if that is known of all together only."""
        return Conflict(self.sets.named(self._fewest or 0), irreducible=False)

    def conflict(self) -> Conflict | None:
        """An irreducible conflict: the shortest of a few, then by names. None where no fact is to blame.

        First as if nothing could be converted, which is quickly told. Mostly conversions
        cannot mend that; else what keeps them from it belongs to the conflict.
        """
        found = self.unconverted()
        if not found or not self._converts:
            return found[0] if found else None
        least = len(found[0].facts)
        whole = list(islice((each for each in found if not self._mended(each)), 1))
        if not whole or len(whole[0].facts) > least + 1:
            whole.append(self._unmended(found[0]))
        more = len(whole[-1].facts)
        if found[0].alone is not None and more > least:
            asked_again = self._shared(
                more if more == least + 1 else None
            )  # many facts leave room for any other
            whole += [each for each in asked_again if not self._mended(each)]
        return min(whole, key=_by_length)

    def told(self) -> Conflict | None:
        """The same, or as much as is known of it when a limit comes."""
        try:
            conflict = self.conflict()
        except LimitReached:
            return self.so_far()
        return conflict and conflict._replace(irreducible=not self._unsure)

    @property
    def _converts(self) -> bool:
        """Whether anything can be converted at all."""
        return any(device.spec.converts for device in self.problem.board.devices.values())

    def _unmended(self, conflict: Conflict) -> Conflict:
        """A conflict that conversions mend, with what keeps them from it."""
        facts, alone, _ = conflict
        if alone is not None and alone.question.conversions == "forbid":
            return Conflict(ordered([*facts, Fact(conversion.KIND.name, alone.question.label)]), alone)
        kept = self.sets.of(facts)
        of_converters = self.sets.of_kinds({conversion.KIND.name})
        rest = sorted(orders(self.sets, ~kept)[0], key=lambda bit: not bit & of_converters)
        if not self.are_too_many(self.sets.all):
            return Conflict(self.sets.named(grown(kept, rest, self.clash)))
        return Conflict(self.sets.named(reduced(grown(kept, rest, self.are_too_many), self.clash)))

    def are_too_many(self, kept: int) -> bool:
        """Whether it is plain that there is no plan with these facts alone: some memory is too small for the least of all."""
        self.problem.limits.ask()
        dropped = Relaxation(self.sets.named(self.sets.all & ~kept))
        problem, memo, conversions = self._asking(kept)
        return are_too_many(Propagation(problem, dropped, memo), self.usage, dropped, conversions)

    def unconverted(self) -> list[Conflict]:
        """Irreducible conflicts as if nothing could be converted, the shortest first, then by names.

        None where there is a plan, or no fact is to blame. A single missing device comes before all others;
        buffers that have no place by themselves before what they share, unless that takes fewer facts.
        """
        specs = [question.spec for question in self.problem.questions]
        demanding = any(spec.modifiers is not None or spec.dmabufs is not None for spec in specs)
        pinned = any(question.pins for question in self.problem.questions)
        if (demanding or pinned or not self.problem.board.heaps) and self.clash(0):
            return []
        if self._unassignable(self._scarce.all):
            missing = shortest(self._scarce, self._unassignable)[0]
            if len(missing) == 1:
                return [Conflict(missing)]
        found = []
        for question in self._stuck():
            alone = Alone(self.problem, question, lambda flows: self._loosened(flows)[0])
            if alone.fails(0):
                return []
            found += [Conflict(facts, alone) for facts in alone.conflicts()]
        least = min((len(each.facts) for each in found), default=None)
        found += self._shared(least)
        if least is not None and least > 2:
            found += self._mixed(least)
        return sorted(found, key=_by_length)

    def _shared(self, than: int | None) -> list[Conflict]:
        """Conflicts of what buffers share that may have fewer facts `than` so many, asked again and again.

        A single fact is one of devices or a budget; few are about all buffers that a heap may hold.
        """
        among = self.sets.all
        if than == 2:
            among = self.sets.of_kinds(SHARED)
        elif than is not None:
            among = self.sets.of(fact for fact in self.sets.facts if "→" not in fact.subject)
        if than == 1 or not self._clash_unconverted(among) or self._clash_unconverted(0):
            return []
        return [Conflict(facts) for facts in shortest(self.sets, self._clash_unconverted, among)]

    def _mixed(self, than: int) -> Iterator[Conflict]:
        """Conflicts of fewer facts `than` so many, of what one buffer asks and of budgets."""
        budgets = self.sets.named(self.sets.of_kinds(_BUDGETS))
        for question in {each.signature: each for each in self.problem.questions[::-1]}.values():
            alone = Alone(self.problem, question, lambda flows: self._loosened(flows)[0], self.usage, budgets)
            for facts in alone.conflicts() if alone.fails(alone.facts.all) else ():
                if len(facts) < than and not {fact.kind for fact in facts}.isdisjoint(_BUDGETS):
                    left = reduced(self.sets.of(facts), self._clash_unconverted)
                    yield Conflict(self.sets.named(left))

    def _stuck(self) -> Iterable[Question]:
        """Buffers that have no place; of those that ask the same the first."""
        known = zip(self.problem.questions[::-1], self._found.options[::-1], strict=True)
        return {question.signature: question for question, options in known if not options}.values()

    def _unassignable(self, kept: int) -> bool:
        """Whether there are too few devices with these facts kept, whatever else is so."""
        return unassignable(self.problem, Relaxation(self._scarce.named(self._scarce.all & ~kept)))

    def _mended(self, conflict: Conflict) -> bool:
        """Whether conversions make a plan where these facts alone hold."""
        facts, alone, _ = conflict
        if self._unassignable(self._scarce.of(facts)):
            return False
        if alone is None:
            return not self.clash(self.sets.of(facts))
        if {fact.kind for fact in facts} <= _OF_HEAPS and not alone.question.stated.audiences:
            return False  # no heap may hold it, nor any copy of it
        dropped = Relaxation(fact for fact in self.sets.facts if fact not in facts)
        found = Propagation(alone.asked(alone.facts.of(facts)), dropped)
        self.problem.limits.ask()
        choice = self._decided(decide(found.problem, found, self.usage, dropped, _ASK))
        return choice.status != "infeasible"


def _by_length(conflict: Conflict) -> tuple[int, list[Fact]]:
    return len(conflict.facts), conflict.facts


def infeasible(
    problem: Problem, found: Propagation, usage: Usage, *, with_remedies: bool = True
) -> Infeasible:
    """The answer that no plan exists, with its reasons."""
    from heapwright.solver.explain import remedies

    prover = Prover(problem, usage, found)
    conflict = prover.told()
    if conflict is None or not conflict.facts:
        told = _to_blame(problem, prover.sets.facts)
    else:
        told = prover.reasons(conflict)
    ways, untried = remedies.remedies(problem, conflict.facts) if conflict and with_remedies else ((), ())
    return Infeasible(
        platform=problem.board.name,
        pipelines=tuple(pipeline.name for pipeline in problem.pipelines),
        limited_by=problem.limits.reached,
        pinned=problem.pinned,
        conflict=tuple(told),
        irreducible=conflict is None or conflict.irreducible,
        remedies=ways,
        untried=untried,
    )


def _to_blame(problem: Problem, facts: Sequence[Fact]) -> list[Reason]:
    """What no change of facts can mend, or that there was no time to find out what is to blame."""
    try:
        problem.limits.check()
        return [_unanswerable(problem, facts)]
    except LimitReached:
        board, text = problem.board.name, "there is no plan; no time was left to find out which facts clash"
        return [Reason(kind="question", subject=board, text=text, source=f"platform profile {board}")]


def _unanswerable(problem: Problem, facts: Sequence[Fact]) -> Reason:
    """What no change of facts can mend: the question itself, or a board without heaps."""
    board = problem.board.name
    if not problem.board.heaps:
        text, source = f"{board} has no heap to allocate from", f"platform profile {board}"
        return Reason(kind="capacity", subject=board, text=text, source=source)
    found = Propagation(problem, Relaxation(facts))
    stuck = [q for q, options in zip(problem.questions, found.options, strict=True) if not options]
    fixed = [question for question in problem.questions if question.pins]
    for question in (question for question in stuck if question.pins):
        about = found.drops.about(question.label)
        guilty = [pin for pin in question.pins if found.of(question.without(pin), about)]
        return _asked("pin", question, _unplaceable(problem, question, guilty or question.pins))
    if fixed and not stuck:
        named = ", ".join(str(pin) for question in fixed for pin in question.pins)
        return _asked("pin", fixed[0], f"no plan is as pinned: {named}")
    question = (stuck or [*problem.questions])[0]
    dmabufs, freely = question.spec.dmabufs, question.spec.model_copy(update={"dmabufs": None})
    if dmabufs is not None and found.of(replace(question, spec=freely), found.drops.about(question.label)):
        text = plane_buffers.asked_sentence(question.label, dmabufs, question.spec.formats or ())
        return _asked(plane_buffers.KIND.name, question, text)
    names = ", ".join(question.spec.modifiers or ()) or "what is asked"
    return _asked("modifier", question, f"the layout of {names} cannot be computed for {question.label}")


def _asked(kind: str, question: Question, text: str) -> Reason:
    """What the question itself is the reason for."""
    return Reason(kind=kind, subject=question.label, text=text, source=f"pipeline {question.pipeline}")


def _unplaceable(problem: Problem, question: Question, pins: Sequence[Pin]) -> str:
    """Why no fact of the board matters to a buffer pinned so; without any one of `pins` it could be placed."""
    label, spec = question.label, question.spec
    for pin in pins:
        others = [str(each.value) for each in question.pins if each.field == pin.field]
        if len(others) > 1 and pin.field != "device":
            return f"{label} is pinned to more than one {pin.field}: {', '.join(others)}"
        if spec.bytes is not None and pin.field in ("format", "modifier", "stride"):
            return f"{label} is raw data, which has no {pin.field}"
        lists = {"format": spec.formats, "modifier": spec.modifiers}.get(pin.field)
        if lists is not None and pin.value not in lists:
            return f"{label} is to have the {pin.field} {' or '.join(lists)}, not {pin.value}"
        if pin.field == "heap" and pin.value not in problem.board.heaps:
            return f"there is no {pin.value} on kernel {problem.board.platform.kernel}"
        if pin.field == "device":
            return f"{pin.value} does not touch {label}"
        if pin.field == "stride":
            return f"no layout of {label} has a stride of {pin.value} bytes: its rows are longer, or no whole number of pixels"
    named = ", ".join(map(str, question.pins))
    return f"no placement of {label} is as pinned: {named}"
