"""Why there is no plan: an irreducible conflict, and the ways out.

The conflict is found by deletion over facts on rebuilt problems: CP-SAT's own
cores are neither minimal nor, with an objective, reliable (google/or-tools#5141).
QuickXplain (Junker 2004) finds one conflict in k·log(n/k) checks; it is run in a
few orders, and the shortest conflict found wins, then the first by names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from functools import cached_property, partial
from typing import NamedTuple

from heapwright.solver.answer.plan import Infeasible, Reason, UnknownFact
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.drops import Drops
from heapwright.solver.candidates.enumerate import Memo, Propagation
from heapwright.solver.candidates.judged import JudgedCandidates
from heapwright.solver.candidates.usage import Usage, used_by
from heapwright.solver.constraints import BUDGETS
from heapwright.solver.constraints.graph import conversion, count, missing_device
from heapwright.solver.constraints.planes import plane_buffers
from heapwright.solver.conversions.deciding import Woods, decide
from heapwright.solver.explain.facts import Relaxed, Sentences, ordered, own, policy, scarce, universe
from heapwright.solver.question.facts import Fact
from heapwright.solver.question.pins import Pin
from heapwright.solver.question.resolve import Problem, Question
from heapwright.solver.search.bounds import unassignable
from heapwright.solver.search.choose import Choice, SearchLimits

_ASK = SearchLimits(any_will_do=True)
SHARED = frozenset([missing_device.NAME, count.NAME, *(kind.NAME for kind in BUDGETS)])
"""Kinds of facts about what buffers share."""


Clash = Callable[[Sequence[Fact]], bool]


class Asked(NamedTuple):
    """A problem, and what is known of it under different dropped facts."""

    problem: Problem
    memo: Memo
    woods: Woods


class Conflict(NamedTuple):
    """Facts that cannot hold together; the buffer if they leave no place to one by itself."""

    facts: list[Fact]
    question: Question | None = None


class Prover:
    """Answers "is it still infeasible with only these facts?"."""

    def __init__(self, problem: Problem, usage: Usage) -> None:
        self.problem = problem
        self.usage = usage
        self._known: dict[tuple[frozenset[Fact], bool], bool] = {}
        self._asked: dict[tuple[frozenset[Fact], bool], Asked] = {}
        self._judged: dict[tuple[str, int], JudgedCandidates] = {}

    @cached_property
    def facts(self) -> list[Fact]:
        held = {Fact(budget.kind, budget.subject) for budget in used_by((), self.usage)}
        return ordered({*universe(self.problem), *held})

    @cached_property
    def _everything(self) -> Drops:
        return Drops(self.facts)

    def relaxed(self, kept: frozenset[Fact], *, converted: bool = True) -> Choice:
        """A choice with every fact outside `kept` dropped; without conversions if they are not `converted`."""
        dropped = self._everything.keeping(kept)
        problem, memo, woods = self._asking(kept)
        found = Propagation(problem, dropped, memo)
        return decide(problem, found, self.usage, dropped, _ASK, woods, converted=converted)

    def _asking(self, kept: frozenset[Fact]) -> Asked:
        """The problem as protected content flows in it with these facts alone."""
        flows = self.problem.flow.facts() if self.problem.flow is not None else ()
        key = frozenset(flows) - kept, self.problem.board.by_class
        if key not in self._asked:
            asked = self.problem.loosened(key[0]) if key[0] else self.problem
            self._asked[key] = Asked(asked, {}, Woods())
        return self._asked[key]

    def without(self, fact: Fact, conflict: Conflict) -> Relaxed:
        """What would be placed if just that fact were not so.

        Where other facts are in the way as well, or the fact is about what buffers share, those of `conflict`
        hold and no others; all are dropped if no choice is found in time.
        """
        alone, fewer = conflict.question, frozenset(conflict.facts) - {fact}
        every = frozenset(self.facts if alone is None else own(self.problem, alone))
        placed: Relaxed = ()
        for kept in (fewer if fact.kind in SHARED else every - {fact}, fewer, frozenset[Fact]()):
            placed = placed or (self._placed(kept) if alone is None else self._alone(every, kept, alone))
        return placed

    def _placed(self, kept: frozenset[Fact]) -> list[tuple[Question, Option]]:
        """Any choice with these facts kept, and what is inserted."""
        choice = self.relaxed(kept)
        placed = []
        for index, option in enumerate(choice.options):
            question = self._asking(kept).problem.questions[index]
            placed.append((question, option))
            for branch in choice.trees[index] if choice.trees else ():
                inserted = copy(branch.question)  # of the first of its class
                inserted.name, inserted.label = question.name, question.label
                placed.append((inserted, branch.option))
        return placed

    def _alone(
        self, facts: Iterable[Fact], kept: frozenset[Fact], question: Question
    ) -> list[tuple[Question, Option]]:
        """The best place of one buffer with these of its `facts` kept."""
        problem = self._asking(kept).problem
        asked = next(each for each in problem.questions if each.label == question.label)
        [options] = Propagation(
            problem.only(asked), Drops(fact for fact in facts if fact not in kept)
        ).options
        return [(asked, option) for option in options[:1]]

    def clash(self, kept: Sequence[Fact], *, converted: bool = True) -> bool:
        key = frozenset(kept), converted
        if key not in self._known:
            self._known[key] = self.relaxed(frozenset(kept), converted=converted).status == "infeasible"
        return self._known[key]

    def conflict(self) -> Conflict | None:
        """An irreducible conflict: the shortest of a few, then by names. None where no fact is to blame.

        First as if nothing could be converted, which is quickly told. Mostly conversions
        cannot mend that; else what keeps them from it belongs to the conflict.
        """
        found = self._unconverted()
        if not found:
            return None
        if not any(device.spec.converts for device in self.problem.board.devices.values()):
            return found[0]
        for each in found:
            if not self._mended(each):
                return each
        kept = found[0].facts
        policy = [fact for fact in self._policy(found[0].question) if fact not in kept]
        if policy:
            return Conflict(ordered(kept + policy), found[0].question)
        rest = [fact for fact in _orders(self.facts)[0] if fact not in kept]
        rest.sort(key=lambda fact: fact.kind != conversion.NAME)
        return Conflict(_reduced(kept + _explained(kept, True, rest, self.clash), self.clash))

    def unconverted(self) -> Conflict | None:
        """An irreducible conflict as if nothing could be converted; None where there is a plan, or no fact is to blame."""
        return next(iter(self._unconverted()), None)

    def _unconverted(self) -> list[Conflict]:
        """Conflicts as if nothing could be converted, the shortest first, then by names."""
        plain = partial(self.clash, converted=False)
        if found := self._told():
            return found
        if plain([]) or not plain(self.facts):
            return []
        return [Conflict(facts) for facts in shortest(self.facts, plain)]

    def _told(self) -> list[Conflict]:
        """Conflicts that need no second answer: too few devices, or a buffer that has no place by itself.

        None if nothing of the question is to blame, or if what buffers share may say it with fewer facts.
        """
        questions = self.problem.questions
        options = Propagation(self.problem).options
        stuck = {q.signature: q for q, o in zip(questions[::-1], options[::-1], strict=True) if not o}
        found = (
            [Conflict(each) for each in shortest(self._scarce, self._unseated)]
            if self._unseated(self._scarce)
            else []
        )
        for question in stuck.values():
            facts = own(self.problem, question)
            fails = partial(self._fails, question.label, facts)
            if fails([]):
                return []
            found += [Conflict(each, question) for each in shortest(facts, fails)]
        if not found or (any(question.pins for question in questions) and self.clash([])):
            return []
        found.sort(key=lambda each: (len(each.facts), each.facts))
        shared = (
            [fact for fact in self.facts if fact.kind in SHARED and "→" not in fact.subject]
            if len(found[0].facts) > 1
            else []
        )
        return [] if shared and self.clash(shared, converted=False) else found

    @cached_property
    def _scarce(self) -> list[Fact]:
        return ordered({*scarce(self.problem)})

    def _unseated(self, kept: Sequence[Fact]) -> bool:
        """Whether there are too few devices with these facts kept, whatever else is so."""
        return unassignable(self.problem, Drops(fact for fact in self._scarce if fact not in kept))

    def _policy(self, question: Question | None) -> list[Fact]:
        """That a buffer is not to be converted at all."""
        forbidden = question is not None and question.conversions == "forbid"
        return [Fact(conversion.NAME, question.label)] if question and forbidden else []

    def _mended(self, conflict: Conflict) -> bool:
        """Whether conversions make a plan where these facts alone hold."""
        question = conflict.question
        if self._unseated(conflict.facts):
            return False
        if question is None:
            return not self.clash(conflict.facts)
        facts = frozenset([*own(self.problem, question), *policy(self.problem, question)])
        for kept in (facts.difference(self._policy(question)), frozenset(conflict.facts)):
            problem = self._asking(kept).problem
            asked = next(each for each in problem.questions if each.label == question.label)
            dropped = self._everything.keeping(kept)
            found = Propagation(problem.only(asked), dropped)
            if decide(found.problem, found, self.usage, dropped, _ASK).options:
                return True
        return False

    def _fails(self, label: str, facts: Sequence[Fact], kept: Sequence[Fact]) -> bool:
        """Whether a buffer has no place with these of its `facts` alone."""
        problem = self._asking(frozenset(kept)).problem
        key = label, id(problem)
        if key not in self._judged:
            question = next(each for each in problem.questions if each.label == label)
            self._judged[key] = JudgedCandidates(Propagation(problem.only(question)), question, facts)
        return not self._judged[key].survives(kept)


def shortest(facts: Sequence[Fact], clash: Clash) -> list[list[Fact]]:
    """Irreducible conflicts, found in a few orders; the shortest first, then by names."""
    found = [_reduced(_explained([], False, order, clash), clash) for order in _orders(facts)]
    return sorted(found, key=lambda conflict: (len(conflict), conflict))


def _orders(facts: Sequence[Fact]) -> list[list[Fact]]:
    attached = [fact for fact in facts if "→" in fact.subject]
    shared = [fact for fact in facts if "→" not in fact.subject]
    return [attached + shared, shared + attached, [*facts[::-1]]]


def _explained(base: list[Fact], grown: bool, facts: list[Fact], clash: Clash) -> list[Fact]:
    """Facts that clash with each other and with `base`, none of which can be left out; the first preferred."""
    if grown and clash(base):
        return []
    if len(facts) < 2:
        return facts
    half = len(facts) // 2
    later = _explained(base + facts[:half], True, facts[half:], clash)
    earlier = _explained(base + later, bool(later), facts[:half], clash)
    return earlier + later


def _reduced(facts: list[Fact], clash: Clash) -> list[Fact]:
    """Drop what is not needed, one by one, until every fact is."""
    kept = ordered(facts)
    for fact in ordered(facts):
        fewer = [other for other in kept if other != fact]
        if clash(fewer):
            kept = fewer
    return kept


def infeasible(problem: Problem, usage: Usage, *, with_remedies: bool = True) -> Infeasible:
    """The answer that no plan exists, with its reasons."""
    from heapwright.solver.explain import remedies

    prover = Prover(problem, usage)
    conflict = prover.conflict()
    if conflict is None:
        told = [_unanswerable(problem, prover.facts)]
    else:
        sentences = Sentences(problem, usage)
        told = [sentences.reason(fact, partial(prover.without, fact, conflict)) for fact in conflict.facts]
    return Infeasible(
        platform=problem.board.name,
        pipelines=tuple(pipeline.name for pipeline in problem.pipelines),
        pinned=pinned(problem),
        conflict=tuple(told),
        remedies=remedies.remedies(problem, conflict.facts) if conflict and with_remedies else (),
    )


def pinned(problem: Problem) -> tuple[str, ...]:
    """What was fixed before solving: `frame:heap=system`."""
    return tuple(
        f"{question.label}:{pin.field}={pin.value}" for question in problem.questions for pin in question.pins
    )


def _unanswerable(problem: Problem, facts: Sequence[Fact]) -> Reason:
    """What no change of facts can mend: the question itself, or a board without heaps."""
    if not problem.board.heaps:
        source = f"platform profile {problem.board.name}"
        text = f"{problem.board.name} has no heap to allocate from"
        return Reason(kind="capacity", subject=problem.board.name, text=text, source=source)
    found = Propagation(problem, Drops(facts))
    stuck = [q for q, options in zip(problem.questions, found.options, strict=True) if not options]
    for question in stuck:
        if question.pins:
            about = found.drops.about(question.label)
            guilty = [pin for pin in question.pins if found.possible(question.without(pin), about)]
            text = _unplaceable(problem, question, guilty or question.pins)
            source = f"pipeline {question.pipeline}"
            return Reason(kind="pin", subject=question.label, text=text, source=source)
    fixed = [question for question in problem.questions if question.pins]
    if fixed and not stuck:
        text = f"no plan is as pinned: {', '.join(str(pin) for question in fixed for pin in question.pins)}"
        source = f"pipeline {fixed[0].pipeline}"
        return Reason(kind="pin", subject=fixed[0].label, text=text, source=source)
    question = (stuck or [*problem.questions])[0]
    source, about = f"pipeline {question.pipeline}", found.drops.about(question.label)
    dmabufs = question.spec.dmabufs
    if dmabufs is not None and found.possible(question.asking(dmabufs=None), about):
        text = plane_buffers.asked_sentence(question.label, dmabufs, question.spec.formats or ())
        return Reason(kind=plane_buffers.NAME, subject=question.label, text=text, source=source)
    names = ", ".join(question.spec.modifiers or ()) or "what is asked"
    text = f"the layout of {names} cannot be computed for {question.label}"
    return Reason(kind="modifier", subject=question.label, text=text, source=source)


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


def refused_as_unknown(problem: Problem, unknown: Sequence[UnknownFact]) -> Infeasible:
    """The answer of a strict question whose every plan rests on something unknown."""
    return Infeasible(
        platform=problem.board.name,
        pipelines=tuple(pipeline.name for pipeline in problem.pipelines),
        pinned=pinned(problem),
        conflict=tuple(
            Reason(
                kind="unknown-fact",
                subject=fact.subject,
                text=fact.text,
                source=f"platform profile {problem.board.name}",
            )
            for fact in unknown
        ),
        unknown_facts=tuple(unknown),
    )
