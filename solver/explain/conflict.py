"""Why there is no plan: an irreducible conflict, and the ways out.

The conflict is found by deletion over facts on rebuilt problems: CP-SAT's own
cores are neither minimal nor, with an objective, reliable (google/or-tools#5141).
QuickXplain (Junker 2004) finds one conflict in k·log(n/k) checks; it is run in a
few orders, and the shortest conflict found wins, then the first by names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from typing import NamedTuple

from heapwright.solver.answer.plan import Infeasible, Reason, UnknownFact
from heapwright.solver.candidates.drops import Drops
from heapwright.solver.candidates.enumerate import Memo, Propagation
from heapwright.solver.candidates.usage import Usage, used_by
from heapwright.solver.constraints.graph import conversion
from heapwright.solver.constraints.protection import protected_flow
from heapwright.solver.conversions.deciding import Woods, decide
from heapwright.solver.explain.facts import Relaxed, Sentences, ordered, universe
from heapwright.solver.question.facts import Fact
from heapwright.solver.question.pins import Pin
from heapwright.solver.question.resolve import Problem, Question
from heapwright.solver.search.choose import Choice, SearchLimits

_ASK = SearchLimits(any_will_do=True)


class Asked(NamedTuple):
    """A problem, and what is known of it under different dropped facts."""

    problem: Problem
    memo: Memo
    woods: Woods


class Prover:
    """Answers "is it still infeasible with only these facts?"."""

    def __init__(self, problem: Problem, usage: Usage) -> None:
        self.problem = problem
        self.usage = usage
        held = {Fact(budget.kind, budget.subject) for budget in used_by((), usage)}
        self.facts = ordered({*universe(problem), *held})
        self._convertible = any(device.spec.converts for device in problem.board.devices.values())
        self._flows = frozenset(fact for fact in self.facts if fact.kind == protected_flow.NAME)
        self._known: dict[tuple[frozenset[Fact], bool], bool] = {}
        self._asked: dict[tuple[frozenset[Fact], bool], Asked] = {}
        self._everything = Drops(self.facts)

    def relaxed(self, kept: frozenset[Fact], *, converted: bool = True) -> Choice:
        """A choice with every fact outside `kept` dropped; without conversions if they are not `converted`."""
        dropped = self._everything.keeping(kept)
        problem, memo, woods = self._asking(kept)
        found = Propagation(problem, dropped, memo)
        return decide(problem, found, self.usage, dropped, _ASK, woods, converted=converted)

    def _asking(self, kept: frozenset[Fact]) -> Asked:
        """The problem as protected content flows in it with these facts alone."""
        key = self._flows - kept, self.problem.board.by_class
        if key not in self._asked:
            asked = self.problem.loosened(key[0]) if key[0] else self.problem
            self._asked[key] = Asked(asked, {}, Woods())
        return self._asked[key]

    def without(self, fact: Fact, conflict: Sequence[Fact]) -> Relaxed:
        """A choice that breaks `fact` and nothing else of `conflict`; one that breaks all if none is found in time."""
        kept = frozenset(conflict) - {fact}
        choice = self.relaxed(kept)
        if not choice.options:
            kept = frozenset()
            choice = self.relaxed(kept)
        placed = []
        for index, question in enumerate(self._asking(kept).problem.questions):
            placed.append((question, choice.options[index]))
            if choice.trees:
                for branch in choice.trees[index]:
                    inserted = copy(branch.question)  # of the first of its class
                    inserted.name, inserted.label = question.name, question.label
                    placed.append((inserted, branch.option))
        return placed

    def clash(self, kept: Sequence[Fact], *, converted: bool = True) -> bool:
        key = frozenset(kept), converted
        if key not in self._known:
            self._known[key] = self.relaxed(frozenset(kept), converted=converted).status == "infeasible"
        return self._known[key]

    def conflict(self) -> list[Fact]:
        """An irreducible conflict: the shortest of a few, then by names.

        First as if nothing could be converted, which is quickly told. Mostly conversions
        cannot mend that; else what keeps them from it belongs to the conflict.
        """
        plain = partial(self.clash, converted=False)
        found = [_reduced(_explained([], False, order, plain), plain) for order in self._orders()]
        found.sort(key=lambda facts: (len(facts), facts))
        if not self._convertible:
            return found[0]
        for facts in found:
            if self.clash(facts):
                return facts
        kept = found[0]
        rest = [fact for fact in self._orders()[0] if fact not in kept]
        rest.sort(key=lambda fact: fact.kind != conversion.NAME)
        return _reduced(kept + _explained(kept, True, rest, self.clash), self.clash)

    def _orders(self) -> list[list[Fact]]:
        attached = [fact for fact in self.facts if "→" in fact.subject]
        shared = [fact for fact in self.facts if "→" not in fact.subject]
        return [attached + shared, shared + attached, self.facts[::-1]]


Clash = Callable[[Sequence[Fact]], bool]


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
    names = tuple(pipeline.name for pipeline in problem.pipelines)
    if prover.clash([]):
        return Infeasible(
            platform=problem.board.name,
            pipelines=names,
            pinned=pinned(problem),
            conflict=(_unanswerable(problem, prover.facts),),
        )
    conflict = prover.conflict()
    sentences = Sentences(problem, usage)
    told = [sentences.reason(fact, prover.without(fact, conflict)) for fact in conflict]
    found = remedies.remedies(problem, conflict) if with_remedies else ()
    return Infeasible(
        platform=problem.board.name,
        pipelines=names,
        pinned=pinned(problem),
        conflict=tuple(told),
        remedies=found,
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
    labelled = [q for q in problem.questions if q.spec.modifiers is not None]
    question = labelled[0] if labelled else problem.questions[0]
    names = ", ".join(question.spec.modifiers or ()) or "what is asked"
    text = f"the layout of {names} cannot be computed for {question.label}"
    return Reason(kind="modifier", subject=question.label, text=text, source=f"pipeline {question.pipeline}")


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
