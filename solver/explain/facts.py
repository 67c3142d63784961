"""All facts that a question rests on, and what each says in a sentence.

A fact is a (kind, subject) pair (design §2). Extents, rates and attachments are
the question, not facts.
"""

from collections.abc import Callable, Iterator, Sequence

from heapwright.solver.answer.plan import Reason
from heapwright.solver.board.board import Board, HeapView
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option, price
from heapwright.solver.candidates.device_assignment import asked, attachments_of, can_differ, fitting, needed
from heapwright.solver.candidates.images import CHOICE, laid_out, suits
from heapwright.solver.candidates.usage import Usage, used_by
from heapwright.solver.constraints import ATTACHMENT, BY_NAME, HEAP, KINDS, LAYOUT, REACH, ROOM, RUN
from heapwright.solver.constraints.cases import BoundAttachment, Case, Placed, lives_in
from heapwright.solver.constraints.graph import conversion, count, missing_device
from heapwright.solver.constraints.image import modifier
from heapwright.solver.constraints.kind import ConstraintKind
from heapwright.solver.constraints.memory import capacity, heap_limits
from heapwright.solver.constraints.planes import plane_buffers
from heapwright.solver.constraints.protection import audience, protected_flow
from heapwright.solver.conversions.inserted import case_of, objections
from heapwright.solver.question.facts import End, Fact
from heapwright.solver.question.pipeline import Attachment
from heapwright.solver.question.protection import foreign
from heapwright.solver.question.resolve import Problem, Question, User
from heapwright.solver.question.terms import attachment_of, edges

_ORDER = {kind.name: number for number, kind in enumerate(KINDS)}


def ordered(facts: Sequence[Fact] | set[Fact]) -> list[Fact]:
    """Facts in the order of the catalogue, then by subject."""
    return sorted(facts, key=lambda fact: (_ORDER[fact.kind], fact.subject))


def universe(problem: Problem) -> list[Fact]:
    """Every fact that may restrict the question."""
    found = {fact for question in problem.questions for fact in own(problem, question)}
    found |= {fact for question in problem.questions for fact in policy(problem, question)}
    return ordered(found | {Fact(budget.kind, budget.subject) for budget in _budgets(problem)})


def own(problem: Problem, question: Question) -> list[Fact]:
    """Every fact that may keep one buffer, by itself and unconverted, from having a place."""
    found = {Fact(count.KIND.name, question.label), *scarce(problem)}
    for attachment in {(a.device.name, a.name): a for a in attachments_of(problem, question)}.values():
        ruled = [attachment._replace(rule=rule) for rule in attachment.port.images or (None,)]
        stated = (kind for kind in LAYOUT if any(map(kind.states, ruled)))
        subject = f"{question.label}→{attachment.device.name}"
        found.update(Fact(kind.name, subject) for kind in (*ATTACHMENT, *REACH, *RUN, *CHOICE, *stated))
    if problem.flow is not None:
        found.update(problem.flow.facts())
    for heap in problem.board.heaps:
        found.update(Fact(kind.name, heap) for kind in (*HEAP, *ROOM))
    return ordered(found)


def policy(problem: Problem, question: Question) -> Iterator[Fact]:
    """What the pipeline says against converting a buffer, and what converters cannot do with it."""
    known = list(edges(problem.board))
    if question.conversions != "allow" and any(question.conversions == "forbid" or e.lossy for e in known):
        yield Fact(conversion.KIND.name, question.label)
    for device in dict.fromkeys(edge.device.name for edge in known):
        yield Fact(conversion.KIND.name, f"{question.label}→{device}")


def _budgets(problem: Problem) -> set[Budget]:
    """Everything that anybody who may touch a buffer, converters included, may be charged for."""
    board, found = problem.board, set[Budget]()
    sides = list(ends_of(board))
    touching = [
        attachment for question in problem.questions for attachment in attachments_of(problem, question)
    ]
    touching += [attachment for attachment, _ in sides]
    ruled = tuple(
        attachment._replace(rule=rule) for attachment in touching for rule in (None, *attachment.port.images)
    )
    for heap in board.heaps.values():
        placed = Placed(board, "", heap, heap, (1,), 1, ruled, tuple(end for _, end in sides))
        taken = price(placed)
        found |= {charge[0] for charge in taken.charges} | {budget for budget, _ in taken.reserved}
    return found


def scarce(problem: Problem) -> Iterator[Fact]:
    """Ports for which the board has no device, or too few different ones."""
    uses: dict[int, set[Attachment]] = {}
    for question in problem.questions:
        for user in question.users:
            uses.setdefault(user.variable, set()).add(user.use)
    always = needed(problem)
    fits = {variable: fitting(problem, variable, always.get(variable, set())) for variable in uses}
    for variable, of_it in uses.items():
        assignable = can_differ(problem, variable, fits, always)
        for use in of_it:
            if not assignable or not fits[variable] & fitting(problem, variable, {use}):
                yield Fact(missing_device.KIND.name, asked(use))


def ends_of(board: Board) -> Iterator[tuple[BoundAttachment, End]]:
    """Both sides of every edge of the board."""
    for edge in edges(board):
        for end, port in zip((edge.reading, edge.writing), edge.ports, strict=True):
            yield BoundAttachment(edge.device, end.port, port, attachment_of(end)), end


PlacedWithout = Sequence[tuple[Question, Option]]
"""Placements that would be possible without a fact: each buffer, and what is inserted behind it."""


class Sentences:
    """Puts facts into words, by the plan that would exist without them."""

    def __init__(self, problem: Problem, usage: Usage) -> None:
        self.problem = problem
        self.board = problem.board
        self.usage = usage
        self.questions = {question.label: question for question in problem.questions}

    def reason(self, fact: Fact, without: Callable[[], PlacedWithout]) -> Reason:
        """`fact` as a Reason; `without` gives a choice that breaks it and nothing else that counts, if one is known."""
        text, source = self._of_question(fact) or self._words(fact, without()) or self._named(fact)
        return Reason(kind=fact.kind, subject=fact.subject, text=text, source=source)

    def _of_question(self, fact: Fact) -> tuple[str, str] | None:
        """What the question itself says, whatever could be placed."""
        if fact.kind == missing_device.KIND.name:
            return self._missing(fact)
        if fact.kind == conversion.KIND.name and fact.subject in self.questions:
            question = self.questions[fact.subject]
            text = conversion.policy_sentence(question.label, question.conversions)
            return text, f"pipeline {question.pipeline}"
        label, _, device = fact.subject.partition("→")
        return self._of_flow(self.questions[label], device) if fact.kind == protected_flow.KIND.name else None

    def _named(self, fact: Fact) -> tuple[str, str]:
        """The name of a fact that there was no time to put in words."""
        return f"{fact.subject}: no time was left to say more", f"platform profile {self.board.name}"

    def _words(self, fact: Fact, relaxed: PlacedWithout) -> tuple[str, str] | None:
        if not relaxed:
            return None
        kind = BY_NAME[fact.kind]
        label, arrow, device = fact.subject.partition("→")
        if arrow:
            return self._of_attachment(fact, self.questions[label], device, relaxed)
        if fact.kind == count.KIND.name:
            return self._count(self.questions[fact.subject], relaxed)
        budget = self._budget(fact, relaxed)
        if budget is not None:
            return self._of_budget(budget, relaxed)
        heap = self.board.heaps[fact.subject]
        cases = [case_of(self.board, *each) for each in relaxed if each[1].placed.heap is heap]
        return _violated(kind, cases, case_of(self.board, *relaxed[0])._replace(heap=heap, backing=heap))

    def _of_attachment(
        self, fact: Fact, question: Question, device: str, relaxed: PlacedWithout
    ) -> tuple[str, str]:
        kind = BY_NAME[fact.kind]
        if kind is conversion.KIND:
            return self._of_converter(question, device, relaxed)
        if kind is audience.KIND:
            return self._of_audience(question, device, relaxed)
        kin = [(q, o) for q, o in relaxed if q.label == question.label]
        placed = [(q, o, [t for t in o.placed.attachments if t.device.name == device]) for q, o in kin]
        touching = [t for t in attachments_of(self.problem, question) if t.device.name == device]
        placed = [each for each in placed if each[2]] or [(*kin[0], touching)]
        if kind in LAYOUT or kind in CHOICE:
            stated = [(_stating(kind, self._binding(kind, q, o, ts), o.fourcc, q), o) for q, o, ts in placed]
            attachment, option = next(
                (each for each in stated if kind in CHOICE or kind.states(each[0])), stated[0]
            )
            if kind in (modifier.KIND, plane_buffers.KIND):
                attachment = attachment.about(option.fourcc)
            source = (attachment.rule.source if attachment.rule else None) or attachment.port.source
            return kind.sentence(question.label, attachment), source
        cases = [
            case_of(self.board, q, o)._replace(attachment=attachment)
            for q, o, ts in placed
            for attachment in ts
        ]
        elsewhere = [self._in(heap, case) for case in cases for heap in self.board.heaps.values()]
        return _violated(kind, [*cases, *elsewhere], cases[0])

    def _in(self, heap: HeapView, case: Case) -> Case:
        """The same in another heap, and touched by the attachment that it is about."""
        further = [] if case.attached in case.attachments else [case.attached]
        attachments = (*case.attachments, *further)
        backing = lives_in(self.board, heap, attachments)
        return case._replace(heap=heap, backing=backing, attachments=attachments)

    def _binding(
        self, kind: ConstraintKind, question: Question, option: Option, attachments: Sequence[BoundAttachment]
    ) -> Sequence[BoundAttachment]:
        """Those attachments of a device that a placement does not suit; all where that cannot be told."""
        if kind in CHOICE:
            return [
                attachment for attachment in attachments if not suits(kind, attachment, option)
            ] or attachments
        others = [
            (attachment, each) for attachment in option.placed.attachments for each in LAYOUT
            if each.states(attachment) and (each is not kind or attachment not in attachments)
        ]  # fmt: skip
        stating = [
            attachment
            for attachment in attachments
            if attachment in option.placed.attachments and kind.states(attachment)
        ]
        plain = laid_out(question, option, others, {})
        return [
            t for t in stating if laid_out(question, option, [*others, (t, kind)], {}) != plain
        ] or attachments

    def _of_flow(self, question: Question, device: str) -> tuple[str, str]:
        """Who carries what into a buffer."""
        user, sources = self._source(question, device)
        name = user.use.selector.port or ""
        stage = str(user.use.selector._replace(port=None))
        say = protected_flow.audience_sentence if question.stated.protected else protected_flow.sentence
        text = say(question.label, f"{device}.{name}", stage, sources)
        return text, self.board.devices[device].spec.ports[name].source

    def _source(self, question: Question, device: str) -> tuple[User, list[str]]:
        """The attachment through which a device writes what it carries into a buffer, and the buffers that is from."""
        flow, marked = self.problem.flow, question.stated.protected
        assert flow is not None  # else nothing is carried
        for user in question.users:
            fits = device in self.problem.variables[user.variable].candidates
            if fits and user.use.access == "write" and (sources := flow.sources(user, closed=marked)):
                return user, sources
        raise AssertionError(device)

    def _of_audience(self, question: Question, device: str, relaxed: PlacedWithout) -> tuple[str, str]:
        """Whom a buffer is stated for who may not see what comes into it."""
        user, _ = self._source(question, device)
        option = next(option for each, option in relaxed if each.label == question.label)
        domain = question.settled(option.assignment).domain
        [members] = question.stated.audiences
        narrower = {each: foreign(members, each) for each in domain.audiences}
        outsiders = [each for each in members if any(each in named for named in narrower.values())]
        sources = [
            (other.label, ", ".join(map(str, each)))
            for other in self.problem.questions
            for each in other.stated.audiences
            if other.pipeline == question.pipeline and narrower.get(each)
        ]
        stage = str(user.use.selector._replace(port=None))
        text = audience.stated_sentence(question.label, list(map(str, outsiders)), stage, sources)
        return text, f"pipeline {question.pipeline}"

    def _of_converter(self, question: Question, device: str, relaxed: PlacedWithout) -> tuple[str, str]:
        """What keeps a converter from a buffer; if the plan at hand does not use it, that it takes and gives."""
        kin = [(q, o) for q, o in relaxed if q.label == question.label]
        objecting = (
            (text, attachment.port.source)
            for attachment, end in ends_of(self.board)
            for part, option in kin
            if end.device.name == device and part.part is not None and end in part.part.ends
            for text in objections(case_of(self.board, part, option), option, attachment)
        )
        known = [edge for edge in edges(self.board) if edge.device.name == device]
        text = conversion.attachment_sentence(question.label, device, [edge.spec for edge in known])
        return next(objecting, (text, known[0].spec.source or known[0].device.spec.source))

    def _missing(self, fact: Fact) -> tuple[str, str]:
        asking = [
            (question.label, user.use)
            for question in self.problem.questions
            for user in question.users
            if asked(user.use) == fact.subject
        ]
        alone = [each for each in asking if not missing_device.possible(self.board, each[1])]
        label, use = (alone or asking)[0]
        return missing_device.sentence(self.board, label, use), f"platform profile {self.board.name}"

    def _count(self, question: Question, relaxed: PlacedWithout) -> tuple[str, str]:
        attachments = next(o for q, o in relaxed if q.label == question.label).placed.attachments
        asked, source = question.spec.count, f"pipeline {question.pipeline}"
        pinned = [int(pin.value) for pin in question.pins if pin.field == "count"]
        wanted = count.bounds(attachments)[0] if asked is None else asked
        if pinned and not count.allows(wanted, pinned[0]):
            return count.pinned_sentence(question.label, pinned[0], asked, attachments), source
        has, number = "as many buffers as its ports need", pinned[0] if pinned else asked
        if isinstance(number, int):
            has = count.buffers(number)
        elif number is not None:
            has = f"at least {count.buffers(number.min)}"
        return count.sentence(question.label, has, attachments), source

    def _budget(self, fact: Fact, relaxed: PlacedWithout) -> Budget | None:
        used = used_by([option for _, option in relaxed], self.usage)
        mine = [b for b in used if (b.kind, b.subject) == fact]
        worst = max(mine, key=lambda b: _plainest(b, used[b]), default=None)
        fits = worst is not None and used[worst] <= worst.limit
        return None if fits and fact.kind == heap_limits.KIND.name else worst

    def _of_budget(self, budget: Budget, relaxed: PlacedWithout) -> tuple[str, str]:
        used = used_by([option for _, option in relaxed], self.usage)[budget]
        users = [
            f"{option.number} × {name}" if option.number > 1 else name
            for name, option in _named(relaxed)
            if dict(option.charges).get(budget) or budget in dict(option.reserved)
        ]
        if self.usage.used(budget):
            users.append("live buffers")
        who = ", ".join(users[:6]) + (f" and {len(users) - 6} more" if len(users) > 6 else "")
        who += " need" if len(users) > 1 or "×" in who or who == "live buffers" else " needs"
        return exceeded(self.board, budget, used, who)


def _violated(kind: ConstraintKind, cases: Sequence[Case], otherwise: Case) -> tuple[str, str]:
    """What a kind says of the first case that violates it, and its source."""
    case = next(filter(kind.violates, cases), otherwise)
    return kind.sentence(case), kind.source(case)


def _plainest(budget: Budget, used: int) -> tuple[bool, int]:
    """Of budgets that are exceeded, a plain sum says more than runs do; of those alike, the one exceeded most."""
    return used > budget.limit and not capacity.of_runs(budget), used - budget.limit


def exceeded(board: Board, budget: Budget, used: int, who: str) -> tuple[str, str]:
    """That so much is more than there is, and the source of the limit; `who` ends with a verb: `frame needs`."""
    of_kind = BY_NAME[budget.kind].budget
    assert of_kind is not None  # it has one of its budgets
    return of_kind.exceeded(budget, used, who), of_kind.source(board, budget)


def _named(relaxed: PlacedWithout) -> Iterator[tuple[str, Option]]:
    """Placements as an answer would call them: a buffer, and what is inserted behind it."""
    seen: dict[str, int] = {}
    for question, option in relaxed:
        number = seen[question.label] = seen.get(question.label, -1) + 1
        yield f"{question.label}>{number}" if number else question.label, option


def _stating(
    kind: ConstraintKind, attachments: Sequence[BoundAttachment], fourcc: str | None, question: Question
) -> BoundAttachment:
    """The attachment with the rule that says it: one for the format at hand, if any."""
    wanted = [fourcc, *(question.spec.formats or ())]
    ruled = [
        attachment._replace(rule=rule) for attachment in attachments for rule in attachment.port.images
    ] or list(attachments)
    if kind in LAYOUT:
        ruled = [attachment for attachment in ruled if kind.states(attachment)] or ruled
    for name in wanted:
        for attachment in ruled:
            if attachment.rule is not None and name in attachment.rule.formats:
                return attachment
    return ruled[0]
