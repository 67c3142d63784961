"""The question, resolved against a board: who may touch which buffer.

`Problem` turns pipelines into `Question`s (one per buffer) and `Variable`s (one
per device the pipelines leave open). Everything is put into name order here, so
that the order of input never changes an answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from itertools import pairwise, product
from math import prod
from typing import Final, Literal, NamedTuple

from heapwright.platforms.errors import Diagnostic, InputError, shown
from heapwright.platforms.schema import Platform
from heapwright.platforms.words import Access
from heapwright.solver.answer.plan import Placement
from heapwright.solver.board.board import Board, HeapView
from heapwright.solver.board.interchangeable import alike, first_of
from heapwright.solver.question import protection
from heapwright.solver.question.content import ImageContent, contents
from heapwright.solver.question.facts import End, Fact
from heapwright.solver.question.limits import NO_LIMITS, Limits
from heapwright.solver.question.pins import Pin
from heapwright.solver.question.pipeline import (
    AnyOf,
    Attachment,
    Buffer,
    Pipeline,
    Selector,
    Use,
    attachment_from,
)

MAX_CHOICES: Final = 4096
"""Ways to attach one buffer that are weighed: choices of `any_of`, of devices, of image rules."""


class Variable(NamedTuple):
    """A device that a selector leaves open, chosen once per file."""

    pipeline: str
    kind: str
    label: str | None
    connector: str | None
    candidates: tuple[str, ...]

    @property
    def converts(self) -> bool:
        """Whether it is the device of a converter, which no file asks for."""
        return not self.pipeline


class User(NamedTuple):
    """An attachment and the variable (by index) that says which device it is."""

    use: Attachment
    variable: int


class AttachmentSet(NamedTuple):
    """One way to attach a buffer: a choice among every `any_of`."""

    rank: int
    users: tuple[User, ...]


class Part(NamedTuple):
    """What is special about one placement of a buffer that is converted."""

    attachment_set: AttachmentSet
    """The way in which the whole buffer is taken."""
    ends: tuple[End, ...]
    ties: frozenset[int]
    """Variables that attach to several placements."""
    kept: frozenset[str]
    """What conversions hand on unchanged, so that options that differ in it are told apart."""
    colours: tuple[str, ...] = ()
    """All that may be meant where nobody states one."""
    strides: tuple[int, ...] | None = None
    """Of the first plane, if only some can be shared along conversions."""


@dataclass(slots=True, eq=False)
class Question:
    """One buffer: what is asked, by whom it is touched, and how it is called."""

    pipeline: str
    name: str
    label: str
    spec: Buffer
    attachment_sets: tuple[AttachmentSet, ...]
    domain: protection.ProtectionDomain
    conversions: Literal["allow", "forbid", "lossless"] = "forbid"
    pins: tuple[Pin, ...] = ()
    content: ImageContent | None = None
    """What there is to show, as far as it is known."""
    part: Part | None = None
    """Of a placement that takes part in conversions (see heapwright.solver.conversions.trees)."""
    signature: int = 0
    """Equal for questions that ask the same."""
    carried: str = ""
    """What brings protected content, or an audience, into it, in words."""
    flow: protection.Flow | None = None
    scenarios: tuple[protection.ProtectionScenario, ...] = ()
    split: tuple[Question, ...] = field(default=(), init=False)
    """The question once for each protection it may have, if several (see heapwright.solver.question.protection)."""

    @property
    def variants(self) -> tuple[Question, ...]:
        """The question once for each protection it may have."""
        return self.split or (self,)

    @property
    def users(self) -> Iterator[User]:
        """Everybody who may touch the buffer, however it is attached."""
        return (user for attachment_set in self.attachment_sets for user in attachment_set.users)

    def always(self, user: User) -> bool:
        """Whether somebody touches the buffer however it is attached."""
        return all(user in attachment_set.users for attachment_set in self.attachment_sets)

    @property
    def protected(self) -> bool:
        return self.domain.protected

    @property
    def stated(self) -> protection.ProtectionDomain:
        """What the pipeline itself says of it."""
        return protection.stated(self.spec)

    @property
    def shielded(self) -> str:
        """`canvas is protected (gpu carries frame into it)`."""
        via = "" if self.stated.protected or not self.carried else f" ({self.carried})"
        return f"{self.label} is protected{via}"

    def widens(self, use: Attachment) -> bool:
        """Whether the pipeline names somebody for it who may not see what this attachment brings in."""
        return any(user.use == use and protection.stage(user) in self.domain.wider for user in self.users)

    def without(self, pin: Pin) -> Question:
        """The question with one pin less."""
        return replace(self, pins=tuple(each for each in self.pins if each != pin))

    def settled(self, assignment: Sequence[tuple[int, str | None]]) -> Question:
        """The variant that holds in the scenario of an option's device assignment."""
        return next(
            (v for v in self.variants if any(scenario.assignment in assignment for scenario in v.scenarios)),
            self,
        )


class Problem:
    """Pipelines and live placements on a board.

    Raises:
        InputError: two pipelines have one name.
    """

    def __init__(
        self,
        platform: Platform,
        pipelines: Sequence[Pipeline],
        live: Sequence[Placement] = (),
        pins: Sequence[Pin] = (),
        limits: Limits = NO_LIMITS,
    ) -> None:
        self.board = Board(platform)
        self.limits = limits
        self.pipelines = tuple(sorted(pipelines, key=lambda p: p.name))
        for one, other in pairwise(self.pipelines):
            if one.name == other.name:
                raise InputError(
                    [Diagnostic("pipelines", None, (), f"two pipelines are called {shown(one.name)}")]
                )
        self.live = tuple(sorted(live, key=lambda p: (p.pipeline, p.buffer)))
        self.board.existing = tuple(_existing(self.board, self.live))
        self.variables: list[Variable] = []
        self._left: dict[int, tuple[str, ...]] = {}
        self._indices: dict[tuple[str, str, str | None, str | None], int] = {}
        names = Counter(name for pipeline in self.pipelines for name in pipeline.buffers)
        self.questions = tuple(
            self._question(pipeline, name, name if names[name] == 1 else f"{pipeline.name}/{name}", pins, has)
            for pipeline in self.pipelines
            for name, has in sorted(contents(pipeline).items())
        )
        self._share_codecs()
        self.flow = protection.spread(self.board, self.variables, self.questions)
        self._compare()
        self.must_differ = self._must_differ()
        self._pairs = frozenset(self.must_differ)
        self.linked = self._linked()

    def listed(self) -> list[int]:
        """Numbers of buffers in the order of their files, in which an answer lists them; nothing else depends on it."""
        index = {(question.pipeline, question.name): i for i, question in enumerate(self.questions)}
        return [index[pipeline.name, name] for pipeline in self.pipelines for name in pipeline.buffers]

    @property
    def pinned(self) -> tuple[str, ...]:
        """What was fixed before solving: `frame:heap=system`."""
        return tuple(f"{q.label}:{pin.field}={pin.value}" for q in self.questions for pin in q.pins)

    def loosened(self, flows: frozenset[Fact]) -> Problem:
        """The same, but protected content need not flow through these attachments (facts of `protected-flow`)."""
        found = copy(self)
        found.questions = tuple(
            replace(each, domain=each.stated, carried="", scenarios=(), flow=None) for each in self.questions
        )
        found.flow = protection.spread(found.board, found.variables, found.questions, flows)
        found._compare()
        return found

    def narrowed(self) -> Problem:
        """The same without devices that are alike to others: there is a plan if this has one, and none is better.

        It does not name all facts that are in the way.
        """
        groups = alike(self.board.platform)
        pinned = {pin.value for question in self.questions for pin in question.pins if pin.field == "device"}
        used = {each.device for placement in self.live for each in placement.attachments}
        order = [number for number, each in enumerate(self.variables) if not each.converts]
        order.sort(key=lambda number: (not self._competes(number), number))
        if not groups:
            return self
        kept = first_of(groups, [self.variables[n].candidates for n in order], {*map(str, pinned), *used})
        candidates = dict(zip(order, kept, strict=True))
        for place, number in enumerate(order):
            rivals = [n for n in order[:place] if self.differ(n, number) and len(candidates[n]) == 1]
            taken = {candidates[n][0] for n in rivals}
            candidates[number] = tuple([name for name in kept[place] if name not in taken]) or kept[place]
        found = copy(self)
        found._left = candidates
        return found

    def candidates(self, variable: int) -> tuple[str, ...]:
        """The devices that a variable may stand for, as far as they are looked at."""
        return self._left.get(variable, self.variables[variable].candidates)

    def _competes(self, variable: int) -> bool:
        """Whether it must differ from another."""
        return any(variable in pair for pair in self.must_differ)

    def only(self, question: Question) -> Problem:
        """The same about one buffer of it."""
        found = copy(self)
        found.questions = (question,)
        return found

    def _compare(self) -> None:
        """Give questions that ask the same one signature."""
        alike: dict[tuple[object, ...], int] = {}
        for question in self.questions:
            domains = tuple((variant.domain, variant.scenarios) for variant in question.variants)
            asked = (
                question.spec,
                domains,
                question.attachment_sets,
                question.pins,
                question.conversions,
                question.content,
            )
            question.signature = alike.setdefault(asked, len(alike))
            for number, variant in enumerate(question.variants):
                if variant is not question:
                    variant.signature = alike.setdefault((asked, number), len(alike))

    def _question(
        self, pipeline: Pipeline, name: str, label: str, pins: Sequence[Pin], has: ImageContent | None
    ) -> Question:
        spec = pipeline.buffers[name]
        slots = [*_slots(spec.written_by, "write"), *_slots(spec.read_by, "read")]
        number = prod(map(len, slots))
        if number > MAX_CHOICES:
            text = f"{shown(name)} may be attached in {number} ways; at most {MAX_CHOICES} are weighed"
            raise InputError([Diagnostic(pipeline.name, None, ("buffers", name), text)])
        attachment_sets = []
        for choice in product(*slots):
            users = [User(use, self._variable(pipeline.name, use.selector)) for _, use in choice]
            attachment_sets.append(
                AttachmentSet(sum(rank for rank, _ in choice), tuple(sorted(users, key=in_order)))
            )
        return Question(
            pipeline.name,
            name,
            label,
            spec,
            tuple(attachment_sets),
            protection.stated(spec),
            spec.conversions or pipeline.conversions,
            tuple(pin for pin in pins if pin.matches(pipeline.name, name)),
            has,
        )

    def converter(self, device: str) -> int:
        """The variable of a converter: no file asks for it, and it is this device."""
        kind = self.board.devices[device].spec.kind
        return self._index(("", device, None, None), Variable("", kind, None, None, (device,)))

    def _variable(self, pipeline: str, selector: Selector) -> int:
        """One device for each label; without one, for each connector, or for the bare kind."""
        connector = selector.connector if selector.label is None else None
        candidates = tuple(
            name
            for name, device in self.board.devices.items()
            if device.spec.kind == selector.kind
            and (connector is None or connector in device.spec.connectors)
        )
        key = (pipeline, selector.kind, selector.label, connector)
        return self._index(key, Variable(*key, candidates))

    def _index(self, key: tuple[str, str, str | None, str | None], variable: Variable) -> int:
        """The index of a variable, which is new or known by its key."""
        if key not in self._indices:
            self._indices[key] = len(self.variables)
            self.variables.append(variable)
        return self._indices[key]

    def _must_differ(self) -> tuple[tuple[int, int], ...]:
        """Pairs of variables that must be different devices: labels of one kind in a file."""
        return tuple(
            (one, other)
            for one, a in enumerate(self.variables)
            for other, b in enumerate(self.variables[:one])
            if a[:2] == b[:2] and a.label != b.label
        )

    def differ(self, one: int, other: int) -> bool:
        """Whether two variables must be different devices."""
        return (one, other) in self._pairs or (other, one) in self._pairs

    def _linked(self) -> frozenset[int]:
        """Variables that more than one buffer depends on: the others bind nobody else."""
        linked = {variable for pair in self.must_differ for variable in pair}
        seen: set[int] = set()
        for question in self.questions:
            users = {user.variable for user in question.users}
            linked |= users & seen
            seen |= users
        return frozenset(linked)

    def _share_codecs(self) -> None:
        """A codec stated on one attachment of a stage holds for all of them, unless it is but an alternative."""
        codecs: dict[protection.Stage, set[str]] = {}
        for question in self.questions:
            for user in question.users:
                if user.use.codec is not None and question.always(user):
                    codecs.setdefault(protection.stage(user), set()).add(user.use.codec)
        for question in self.questions if codecs else ():
            question.attachment_sets = tuple(
                AttachmentSet(
                    attachment_set.rank, tuple(_with_codec(user, codecs) for user in attachment_set.users)
                )
                for attachment_set in question.attachment_sets
            )


def _existing(board: Board, live: Sequence[Placement]) -> Iterator[tuple[HeapView, tuple[int, ...], int]]:
    """Where live buffers live; of those that the board cannot have nothing (see heapwright.solver.candidates.live)."""
    for placement in live:
        heap = board.heaps.get(placement.heap)
        if heap is not None:
            devices = [board.devices.get(each.device) for each in placement.attachments]
            backing = board.backing_heap(heap, [device for device in devices if device is not None])
            yield backing, placement.sizes or (placement.size,), placement.count


def in_order(user: User) -> tuple[object, ...]:
    """Writers first, then by name."""
    use = user.use
    what = use.rotate, use.crop or (), use.scale or (), use.how_often, use.codec or ""
    return use.access == "read", use.selector.kind, str(use.selector), what


def _slots(users: tuple[Use | AnyOf, ...], access: Access) -> Iterator[list[tuple[int, Attachment]]]:
    """For each user its alternatives, with their ranks."""
    for user in users:
        alternatives = user.any_of if isinstance(user, AnyOf) else (user,)
        yield [(rank, attachment_from(use, access)) for rank, use in enumerate(alternatives)]


def _with_codec(user: User, codecs: dict[protection.Stage, set[str]]) -> User:
    found = codecs.get(protection.stage(user), set())
    if user.use.codec is not None or len(found) != 1:
        return user
    return user._replace(use=user.use._replace(codec=next(iter(found))))
