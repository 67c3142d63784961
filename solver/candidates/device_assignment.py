"""Which devices attach: every choice of devices for what a question leaves open."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import product

from heapwright.platforms.errors import Diagnostic, InputError
from heapwright.solver.board.board import Board, remembered
from heapwright.solver.candidates.candidate import DeviceAssignment
from heapwright.solver.candidates.matching import matched
from heapwright.solver.candidates.relaxation import DroppedFacts, is_dropped
from heapwright.solver.constraints.cases import BoundAttachment
from heapwright.solver.constraints.graph import conversion, missing_device
from heapwright.solver.question.pipeline import Attachment
from heapwright.solver.question.resolve import MAX_CHOICES, AttachmentSet, Problem, Question, User


def too_many(question: Question, number: str, what: str) -> InputError:
    """A question that would take hours to spell out is refused."""
    text = f"{number} choices of {what} for {question.label}; at most {MAX_CHOICES} are weighed"
    return InputError([Diagnostic(question.pipeline, None, ("buffers", question.name), text)])


class DeviceAssignments:
    """The choices of devices for one question, under the facts dropped about it."""

    def __init__(self, problem: Problem, question: Question, about: DroppedFacts | None) -> None:
        self.problem = problem
        self.board = problem.board
        self.question = question
        self.about = about
        part = question.part
        self.linked = problem.linked if part is None else problem.linked | part.ties
        self.pinned_devices = {pin.value for pin in question.pins if pin.field == "device"}

    def of(
        self, attachment_set: AttachmentSet
    ) -> Iterator[tuple[DeviceAssignment, tuple[BoundAttachment, ...]]]:
        """Every choice of devices, and the ports touched under it."""
        return ((assignment, attachments) for assignment, attachments, _ in self.choices(attachment_set))

    def choices(
        self, attachment_set: AttachmentSet
    ) -> Iterator[tuple[DeviceAssignment, tuple[BoundAttachment, ...], frozenset[str]]]:
        """Every choice of devices, the ports touched under it, and those that are missing and dropped."""
        variables = sorted({user.variable for user in attachment_set.users})
        domains = []
        for variable in variables:
            uses = [user.use for user in attachment_set.users if user.variable == variable]
            fits = [n for n in self.problem.candidates(variable) if self._fits(n, uses)]
            missing = all(self._ignorable(use) for use in uses)
            domains.append([*fits, *([None] if missing else [])])
        users = [user for user in attachment_set.users if not self._unbound(user)]
        pinned = self.pinned_devices
        if self.question.part is not None:  # who is pinned may be at another placement of the buffer
            pinned = pinned.intersection(*[{d for domain in domains for d in domain}])
        for choice in self._differing(variables, domains):
            if not pinned <= set(choice):
                continue
            device = dict(zip(variables, choice, strict=True))
            pairs = [(device[user.variable], user.use) for user in users]
            bound = [_bound(self.board, name, use) if name is not None else None for name, use in pairs]
            attachments = tuple([attachment for attachment in bound if attachment is not None])
            assignment = tuple([pair for pair in device.items() if pair[0] in self.linked])
            lacking = frozenset([asked(p.use) for p, t in zip(users, bound, strict=True) if t is None])
            for scenario in self._scenarios(attachment_set, device):
                yield (*assignment, *scenario), attachments, lacking

    def _unbound(self, user: User) -> bool:
        """Whether it is a converter's, and what its device could not do is taken out of the question."""
        variable = self.problem.variables[user.variable]
        return variable.converts and is_dropped(self.about, conversion.KIND, variable.candidates[0])

    def _scenarios(
        self, attachment_set: AttachmentSet, device: dict[int, str | None]
    ) -> list[DeviceAssignment]:
        """The scenarios in which protected content flows as it does through these devices."""
        if self.question.flow is None:
            return [()]
        whole = attachment_set if self.question.part is None else self.question.part.attachment_set
        taken = self.question.flow.taken(self.question, whole, device)
        return [(scenario.assignment,) for scenario in self.question.scenarios if taken & scenario.takes]

    def _differing(
        self, variables: list[int], domains: list[list[str | None]]
    ) -> Iterator[tuple[str | None, ...]]:
        """Choices of devices in which what must be different is different."""
        if not self.problem.must_differ:
            yield from self._any(domains)
            return
        differ = self.problem.differ
        others = [
            [i for i, earlier in enumerate(variables[:n]) if differ(earlier, variable)]
            for n, variable in enumerate(variables)
        ]
        crowd = [n for n, variable in enumerate(variables) if any(differ(variable, v) for v in variables)]
        fitting = {device for n in crowd for device in domains[n]}
        # Connectors of one label may be one device.
        labels = {self.problem.variables[variables[n]][:3] for n in crowd}
        if None not in fitting and len(fitting) < len(labels):
            return
        stack: list[tuple[str | None, ...]] = [()]
        seen = 0
        while stack:
            chosen = stack.pop()
            seen += 1
            self._weigh(seen)
            if len(chosen) == len(variables):
                yield chosen
                continue
            taken = {chosen[i] for i in others[len(chosen)]} - {None}
            stack.extend((*chosen, d) for d in reversed(domains[len(chosen)]) if d not in taken)

    def _any(self, domains: list[list[str | None]]) -> Iterator[tuple[str | None, ...]]:
        """Choices of devices where nothing must be different."""
        for seen, choice in enumerate(product(*domains), 1):
            self._weigh(seen)
            yield choice

    def _weigh(self, seen: int) -> None:
        if seen > MAX_CHOICES * 8:
            raise too_many(self.question, f"{seen} or more", "devices")

    def _ignorable(self, use: Attachment) -> bool:
        if self.about is None:
            return False
        return self.about.drops(missing_device.KIND.name, asked(use))

    def _fits(self, name: str, uses: list[Attachment]) -> bool:
        for use in uses:
            if not use.fits(self.board.devices[name].spec) and not self._ignorable(use):
                return False
        return True


@remembered
def _bound(board: Board, name: str, use: Attachment) -> BoundAttachment | None:
    """The device's port if it fits, one and the same for all buffers and choices."""
    device, port = board.devices[name], use.selector.port or ""
    return BoundAttachment(device, port, device.spec.ports[port], use) if use.fits(device.spec) else None


def asked(use: Attachment) -> str:
    """The port that an attachment needs of some device: `gpu.render`."""
    return f"{use.selector.kind}.{use.selector.port}"


def attachments_of(problem: Problem, question: Question) -> Iterator[BoundAttachment]:
    """Every port of every device that may touch the buffer, as the pipeline asks."""
    for user in question.users:
        for name in problem.candidates(user.variable):
            attachment = _bound(problem.board, name, user.use)
            if attachment is not None:
                yield attachment


def needed(problem: Problem) -> dict[int, set[Attachment]]:
    """What is needed of the device that a variable stands for, whatever alternative is taken."""
    found: dict[int, set[Attachment]] = {}
    for question in problem.questions:
        for user in question.attachment_sets[0].users:
            if question.always(user):
                found.setdefault(user.variable, set()).add(user.use)
    return found


def fitting(problem: Problem, variable: int, uses: Iterable[Attachment]) -> set[str]:
    """The devices that a variable may stand for and that fit all these uses."""
    found = {*problem.candidates(variable)}
    for use in uses:
        found = {name for name in found if use.fits(problem.board.devices[name].spec)}
    return found


def can_differ(problem: Problem, variable: int, fits: Mapping[int, set[str]], among: Container[int]) -> bool:
    """Whether a variable can have a device of its own beside those `among` which it must differ from, one a label."""
    variables, pairs = problem.variables, (pair for pair in problem.must_differ if variable in pair)
    competing = {variables[v].label: v for pair in pairs for v in pair if v in among}
    group = {**competing, variables[variable].label: variable}.values()
    return None not in matched([sorted(fits[each]) for each in group])
