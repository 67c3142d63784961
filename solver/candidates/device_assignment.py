"""Which devices attach: every choice of devices for what a question leaves open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from heapwright.platforms.errors import Diagnostic, InputError
from heapwright.solver.candidates.candidate import Binding
from heapwright.solver.candidates.drops import About, is_dropped
from heapwright.solver.constraints.graph import conversion, missing_device
from heapwright.solver.constraints.kind import Touch
from heapwright.solver.question.pipeline import Attachment
from heapwright.solver.question.resolve import WAYS, Party, Problem, Question, Way


def too_many(question: Question, number: str, what: str) -> InputError:
    """A question that would take hours to spell out is refused."""
    text = f"{number} choices of {what} for {question.label}; at most {WAYS} are weighed"
    return InputError([Diagnostic(question.pipeline, None, ("buffers", question.name), text)])


class Seats:
    """The choices of devices for one question, under the facts dropped about it."""

    def __init__(self, problem: Problem, question: Question, about: About | None) -> None:
        self.problem = problem
        self.board = problem.board
        self.question = question
        self.about = about
        part = question.part
        self.linked = problem.linked if part is None else problem.linked | part.ties
        self.pinned_devices = {pin.value for pin in question.pins if pin.field == "device"}

    def bindings(self, way: Way) -> Iterator[tuple[Binding, tuple[Touch, ...]]]:
        """Every choice of devices, and the ports touched under it."""
        variables = sorted({party.variable for party in way.parties})
        domains = []
        for variable in variables:
            uses = [party.use for party in way.parties if party.variable == variable]
            fits = [n for n in self.problem.variables[variable].candidates if self._fits(n, uses)]
            missing = all(self._ignorable(use) for use in uses)
            domains.append([*fits, *([None] if missing else [])])
        parties = [party for party in way.parties if not self._unbound(party)]
        pinned = self.pinned_devices
        if self.question.part is not None:  # who is pinned may be at another placement of the buffer
            pinned = pinned.intersection(*[{d for domain in domains for d in domain}])
        for choice in self._apart(variables, domains):
            if not pinned <= set(choice):
                continue
            device = dict(zip(variables, choice, strict=True))
            seats = [self._touch(device[party.variable], party.use) for party in parties]
            touches = tuple([touch for touch in seats if touch is not None])
            binding = tuple([pair for pair in device.items() if pair[0] in self.linked])
            for scene in self._scenes(way, device):
                yield (*binding, *scene), touches

    def _unbound(self, party: Party) -> bool:
        """Whether it is a converter's, and what its device could not do is taken out of the question."""
        variable = self.problem.variables[party.variable]
        return variable.converts and is_dropped(self.about, conversion, variable.candidates[0])

    def _scenes(self, way: Way, device: dict[int, str | None]) -> list[Binding]:
        """The scenes in which protected content flows as it does through these devices."""
        if self.question.flow is None:
            return [()]
        whole = way if self.question.part is None else self.question.part.way
        taken = self.question.flow.taken(self.question, whole, device)
        return [(scene.binding,) for scene in self.question.scenes if taken & scene.takes]

    def _apart(
        self, variables: list[int], domains: list[list[str | None]]
    ) -> Iterator[tuple[str | None, ...]]:
        """Choices of devices in which what must be different is different."""
        if not self.problem.apart:
            yield from self._any(domains)
            return
        differ = self.problem.differ
        others = [
            [i for i, earlier in enumerate(variables[:n]) if differ(earlier, variable)]
            for n, variable in enumerate(variables)
        ]
        crowd = [n for n, variable in enumerate(variables) if any(differ(variable, v) for v in variables)]
        seats = {device for n in crowd for device in domains[n]}
        # Connectors of one label may be one device.
        labels = {self.problem.variables[variables[n]][:3] for n in crowd}
        if None not in seats and len(seats) < len(labels):
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
        if seen > WAYS * 8:
            raise too_many(self.question, f"{seen} or more", "devices")

    def _ignorable(self, use: Attachment) -> bool:
        if self.about is None:
            return False
        return self.about.drops(missing_device.NAME, f"{use.selector.kind}.{use.selector.port}")

    def _fits(self, name: str, uses: list[Attachment]) -> bool:
        for use in uses:
            if not use.fits(self.board.devices[name].spec) and not self._ignorable(use):
                return False
        return True

    def _touch(self, name: str | None, use: Attachment) -> Touch | None:
        if name is None or not use.fits(self.board.devices[name].spec):
            return None
        device = self.board.devices[name]
        port = use.selector.port or ""
        return Touch(device, port, device.spec.ports[port], use)


def seated(group: Sequence[int], fits: Mapping[int, set[str]]) -> bool:
    """Whether every variable of `group` can have a device of its own that fits (a matching)."""
    taken: dict[str, int] = {}

    def place(variable: int, tried: set[str]) -> bool:
        for name in sorted(fits[variable] - tried):
            tried.add(name)
            if name not in taken or place(taken[name], tried):
                taken[name] = variable
                return True
        return False

    return all(place(variable, set()) for variable in group)
