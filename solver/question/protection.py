"""Which buffers are protected, in every way in which a file's alternatives may be taken.

Protection flows: a stage that reads protected content carries it, and what it writes is
protected too, unless the port of the device chosen declassifies (design §5, 37). Only what
is chosen counts: if the display scans a protected frame out, the GPU that might have
composed it carries nothing, and its canvas stays plain.

So one buffer's protection may hang on what another buffer takes. The ways in which
they can be taken together are spelled out as *scenarios*: in a scenario everybody's protection
is settled. A scenario is bound like a device is: each option says in which scenario it holds,
and all options of a plan hold in one. Scenes that settle the same are merged, and a file
without alternatives has one scenario, of which nothing is seen outside this module.

    frame   protected, read by any of: display.scanout, gpu.sample
    canvas  written by gpu.render

    scenario 0   frame is scanned out     canvas plain
    scenario 1   the gpu samples frame    canvas protected

Protection is the least that follows from what the pipeline marks: a stage that reads what
it writes does not protect it by itself.

Audiences flow the same way, into marked buffers too: who sees what is made of a film must be
in the audience of the film, whatever the canvas says of itself. A canvas that names somebody
else is *wider* than what comes into it, which is refused (see constraints.audience).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from heapwright.platforms.errors import Diagnostic, InputError
from heapwright.solver.board.board import Board
from heapwright.solver.question.facts import Fact, protected_flow, stated_audience
from heapwright.solver.question.pipeline import Audience, Buffer, Selector

if TYPE_CHECKING:
    from heapwright.solver.question.resolve import AttachmentSet, Question, User, Variable

MAX_SCENARIOS: Final = 4096
"""Joint choices of linked buffers that are weighed."""
LOOSE: Final = 8
"""Attachments through which content flows between linked buffers, if they are to count as facts; more are
taken as part of the question, since each may double the scenarios."""

Stage = tuple[int, str | None]
"""A variable (by index) and the name that tells two jobs of one selector apart."""
Members = tuple[Selector, ...]
"""An audience as a pipeline states it."""


class ProtectionDomain(NamedTuple):
    """Who must be kept away from one buffer."""

    protected: bool
    audiences: frozenset[Members] = frozenset()
    """Whoever sees it must be in every one of these."""
    wider: frozenset[Stage] = frozenset()
    """Stages that write what somebody may not see whom the pipeline names for this buffer."""


class FlowChoice(NamedTuple):
    """One way to take a buffer, as far as protection flows through it."""

    reads: frozenset[Stage]
    """Stages that carry on what is in the buffer."""
    writes: frozenset[Stage]
    """Stages whose content comes into it, still protected if it was."""


class ProtectionScenario(NamedTuple):
    """A scenario as one buffer sees it: how devices are assigned, and the ways to take the buffer in it."""

    assignment: tuple[int, str]
    takes: frozenset[FlowChoice]


def stated(spec: Buffer) -> ProtectionDomain:
    """What the pipeline itself says about a buffer."""
    if isinstance(spec.protected, Audience):
        return ProtectionDomain(True, frozenset([spec.protected.audience]))
    return ProtectionDomain(bool(spec.protected))


def foreign(members: Members, audience: Members) -> list[Selector]:
    """Those of some members whom an audience does not admit for sure: a kind admits all its connectors and labels."""
    return [
        each
        for each in members
        if not any(
            each.kind == other.kind
            and other.connector in (None, each.connector)
            and other.label in (None, each.label)
            for other in audience
        )
    ]


def stage(user: User) -> Stage:
    return user.variable, user.use.selector.stage


def spread(
    board: Board,
    variables: Sequence[Variable],
    questions: Sequence[Question],
    loose: frozenset[Fact] = frozenset(),
) -> Flow | None:
    """Settle the protection of every question, or give it variants bound to scenarios.

    At attachments whose fact of `protected-flow` is among the `loose` it flows or not, as suits the
    plan: a fact taken out of the question must not make anything harder.

    Raises:
        InputError: more joint choices than can be weighed.
    """
    if not any(question.domain.protected for question in questions):
        return None
    flow = Flow(board, variables, questions, loose)
    for number, group in enumerate(flow.groups()):
        _settle(flow, group, -1 - number)
    return flow


class Flow:
    """Where protected content of one problem may come to."""

    def __init__(
        self,
        board: Board,
        variables: Sequence[Variable],
        questions: Sequence[Question],
        loose: frozenset[Fact],
    ) -> None:
        self.board = board
        self.variables = variables
        self.questions = questions
        self.loose = loose
        self.carriers: frozenset[Stage] = frozenset()
        self.inviting: frozenset[Stage] = frozenset()
        """Stages that may read a buffer that has an audience."""
        self.reached = {i for i, question in enumerate(questions) if question.domain.protected}
        """Buffers that may be protected, whatever is chosen."""
        self.closed = {i for i, question in enumerate(questions) if question.domain.audiences}
        """Buffers that may have an audience: what is written of no others leaves a marked buffer as it is."""
        self._reach()
        self.takes = {i: self._takes(questions[i]) for i in sorted(self.reached)}

    def _reach(self) -> None:
        """Follow protection, and audiences, to every buffer they may come into."""
        before = -1
        while before != (before := len(self.reached) + len(self.closed)):
            found: set[Stage] = set()
            tainted, invited = self._reading(self.reached), self._reading(self.closed)
            for i, question in enumerate(self.questions):
                marked = stated(question.spec).protected
                written = self._carrying(question)
                into = written & (invited if marked else tainted)
                found |= into
                self.reached |= {i} if into else set()
                self.closed |= {i} if written & invited else set()
            self.carriers, self.inviting = frozenset(found), frozenset(invited)

    def _reading(self, buffers: set[int]) -> set[Stage]:
        """The stages that may read any of some buffers."""
        return {stage(user) for i in buffers for user in self.questions[i].users if user.use.access == "read"}

    def _carrying(self, question: Question) -> set[Stage]:
        """The stages that may write a buffer through a port that does not end protection."""
        return {
            stage(user)
            for user in question.users
            if user.use.access == "write" and False in self._declassifying(question, user)
        }

    def facts(self) -> Iterator[Fact]:
        """Attachments through which protected content, or an audience, comes into a buffer."""
        for group in self.groups():
            through = {i: set(self._through(self.questions[i])) for i in group}
            found = {protected_flow(self.questions[i].label, name) for i in group for name in through[i]}
            yield from found if len(found) <= LOOSE else ()
            for i in group:
                if stated(self.questions[i].spec).audiences:
                    yield from (stated_audience(self.questions[i].label, name) for name in through[i])

    def _through(self, question: Question) -> Iterator[str]:
        """The devices through which something comes into a buffer."""
        for attachment_set in question.attachment_sets:
            for user in self._writers(question, attachment_set):
                yield from (n for n in self._fitting(user) if False in self._ends_at(question, user, n))

    def sources(self, user: User, *, closed: bool = False) -> list[str]:
        """The buffers from which a stage may carry protected content; only those that may have an audience."""
        return [
            self.questions[i].label
            for i in sorted(self.closed if closed else self.reached)
            if any(stage(user) in take.reads for take in self.takes[i])
        ]

    def _fitting(self, user: User) -> list[str]:
        candidates = self.variables[user.variable].candidates
        return [name for name in candidates if user.use.fits(self.board.devices[name].spec)]

    def _ends_at(self, question: Question, user: User, name: str) -> set[bool]:
        """Whether protection ends where this device writes the buffer, or may."""
        port = self.board.port(name, user.use.selector.port or "")
        loose = protected_flow(question.label, name) in self.loose
        return {port.declassifies, True} if loose else {port.declassifies}

    def _declassifying(self, question: Question, user: User) -> set[bool]:
        """Whether protection ends at the devices that may be this user."""
        ends = (self._ends_at(question, user, name) for name in self._fitting(user))
        return set[bool]().union(*ends) or {False}

    def _takes(self, question: Question) -> tuple[FlowChoice, ...]:
        """Every way to take the buffer, devices that declassify told apart, in a fixed order."""
        found = frozenset[FlowChoice]().union(
            *(self.taken(question, attachment_set, {}) for attachment_set in question.attachment_sets)
        )
        return tuple(sorted(found, key=lambda take: (_ordered(take.reads), _ordered(take.writes))))

    def taken(
        self, question: Question, attachment_set: AttachmentSet, devices: Mapping[int, str | None]
    ) -> frozenset[FlowChoice]:
        """How the buffer may be taken by these devices (by variable), and by any where none is named."""
        reads, writers = self._reads(attachment_set), self._writers(question, attachment_set)
        ends = [sorted(self._ends(question, user, devices.get(user.variable))) for user in writers]
        return frozenset(
            FlowChoice(
                reads, frozenset(stage(user) for user, end in zip(writers, choice, strict=True) if not end)
            )
            for choice in product(*ends)
        )

    def _ends(self, question: Question, user: User, name: str | None) -> set[bool]:
        """Whether protection ends where this device writes; what may be if nobody or another device is named."""
        if name is None or not user.use.fits(self.board.devices[name].spec):
            return self._declassifying(question, user)
        return self._ends_at(question, user, name)

    def _reads(self, attachment_set: AttachmentSet) -> frozenset[Stage]:
        return frozenset(stage(p) for p in attachment_set.users if p.use.access == "read") & self.carriers

    def _writers(self, question: Question, attachment_set: AttachmentSet) -> list[User]:
        """Those who may carry into the buffer what changes its protection domain: into a marked one, audiences only."""
        carriers = self.carriers
        if stated(question.spec).protected:
            carriers &= self.inviting
        return [p for p in attachment_set.users if p.use.access == "write" and stage(p) in carriers]

    def groups(self) -> Iterator[list[int]]:
        """Buffers that may be protected, together with those whose content they share."""
        left = sorted(self.reached)
        while left:
            group, found = [left[0]], set(self._touched(left[0]))
            rest = left[1:]
            while more := [i for i in rest if self._touched(i) & found]:
                group += more
                rest = [i for i in rest if i not in more]
                found.update(*(self._touched(i) for i in more))
            left = rest
            yield sorted(group)

    def _touched(self, index: int) -> frozenset[Stage]:
        return frozenset().union(*(take.reads | take.writes for take in self.takes[index]))


def _ordered(stages: frozenset[Stage]) -> list[tuple[int, str]]:
    return sorted((variable, name or "") for variable, name in stages)


LinkedChoices = tuple[tuple[frozenset[FlowChoice], ...], tuple[ProtectionDomain, ...]]
"""How each buffer of a group may be taken in a scenario, and what that makes of each."""


def _settle(flow: Flow, group: list[int], variable: int) -> None:
    """Give the questions of a group their protection domains, by scenario where there are several."""
    blocks = _scenarios(flow, group)
    for place, index in enumerate(group):
        question = flow.questions[index]
        words = [_carried(flow, group, block, place) for block in blocks]
        if len(blocks) == 1:
            question.domain, question.carried = blocks[0][1][place], words[0]
            continue
        scenarios: dict[ProtectionDomain, list[ProtectionScenario]] = {}
        said: dict[ProtectionDomain, str] = {}
        for number, (takes, domains) in enumerate(blocks):
            said.setdefault(domains[place], words[number])
            scenarios.setdefault(domains[place], []).append(
                ProtectionScenario((variable, str(number)), takes[place])
            )
        question.flow = flow
        question.split = tuple(
            replace(question, domain=domain, carried=said[domain], scenarios=tuple(found))
            for domain, found in scenarios.items()
        )


def _carried(flow: Flow, group: list[int], block: LinkedChoices, place: int) -> str:
    """Who carries which buffer into the one at `place`: a protected one, or one with an audience if there is any."""
    takes, domains = block
    if not domains[place].protected:
        return ""
    writes = frozenset[Stage]().union(*(take.writes for take in takes[place]))
    sources = [i for i, domain in enumerate(domains) if domain.protected and i != place]
    for source in [i for i in sources if domains[i].audiences] or sources:
        reads = frozenset[Stage]().union(*(take.reads for take in takes[source]))
        for variable, name in _ordered(writes & reads):
            who = flow.variables[variable]
            selector = Selector(who.kind, who.label, who.connector, name or None, None)
            return f"{selector} carries {flow.questions[group[source]].label} into it"
    return ""


def _scenarios(flow: Flow, group: list[int]) -> list[LinkedChoices]:
    """Everything that may be settled for a group, each with the choices that settle it so."""
    choices = [flow.takes[index] for index in group]
    number = prod(map(len, choices))
    if number > MAX_SCENARIOS:
        question = flow.questions[group[0]]
        text = f"protected content may flow in {number} ways from {question.label}; at most {MAX_SCENARIOS} are weighed"
        raise InputError([Diagnostic(question.pipeline, None, ("buffers", question.name), text)])
    own = [stated(flow.questions[index].spec) for index in group]
    blocks: list[LinkedChoices] = [
        (tuple(frozenset([take]) for take in choice), _outcome(own, choice)) for choice in product(*choices)
    ]
    for place in range(len(group)):
        merged: dict[object, LinkedChoices] = {}
        for takes, domains in blocks:
            key = (takes[:place], takes[place + 1 :], domains)
            known = merged.get(key)
            ways = takes[place] | known[0][place] if known else takes[place]
            merged[key] = ((*takes[:place], ways, *takes[place + 1 :]), domains)
        blocks = list(merged.values())
    return blocks


def _outcome(own: Sequence[ProtectionDomain], taken: Sequence[FlowChoice]) -> tuple[ProtectionDomain, ...]:
    """The least protection that follows if everybody is taken so."""
    domains = list(own)
    while True:
        carried: dict[Stage, frozenset[Members]] = {}
        for domain, take in zip(domains, taken, strict=True):
            if domain.protected:
                for reader in take.reads:
                    carried[reader] = carried.get(reader, frozenset()) | domain.audiences
        before = list(domains)
        for place, take in enumerate(taken):
            sources = {writer: carried[writer] for writer in take.writes if writer in carried}
            if sources:
                audiences = own[place].audiences.union(*sources.values())
                domains[place] = ProtectionDomain(True, audiences, _wider(own[place], sources))
        if domains == before:
            return tuple(domains)


def _wider(own: ProtectionDomain, sources: Mapping[Stage, frozenset[Members]]) -> frozenset[Stage]:
    """The stages that bring in what not everybody may see whom the pipeline names."""
    return frozenset(
        writer
        for writer, audiences in sources.items()
        if any(foreign(members, each) for members in own.audiences for each in audiences)
    )
