"""The question, resolved against a board: who may touch which buffer.

`Problem` turns pipelines into `Question`s (one per buffer) and `Variable`s (one
per device the pipelines leave open). Everything is put into name order here, so
that the order of input never changes an answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from copy import copy
from itertools import pairwise, product
from math import prod
from typing import Final, Literal, NamedTuple

from heapwright.platforms.errors import Diagnostic, InputError, shown
from heapwright.platforms.schema import Platform
from heapwright.platforms.words import Access
from heapwright.solver.answer.plan import Placement
from heapwright.solver.board.board import Board, HeapView
from heapwright.solver.question import protection
from heapwright.solver.question.facts import End, Fact
from heapwright.solver.question.pins import Pin
from heapwright.solver.question.pipeline import AnyOf, Attachment, Buffer, Pipeline, Selector, Use, attachment

WAYS: Final = 4096
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
        """Whether it is the seat of a converter, which no file asks for."""
        return not self.pipeline


class Party(NamedTuple):
    """An attachment and the variable (by index) that says which device it is."""

    use: Attachment
    variable: int


class Way(NamedTuple):
    """One way to attach a buffer: a choice among every `any_of`."""

    rank: int
    parties: tuple[Party, ...]


class Part(NamedTuple):
    """What is special about one placement of a buffer that is converted."""

    way: Way
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


class Question:
    """One buffer: what is asked, by whom it is touched, and how it is called."""

    __slots__ = (
        "carried", "conversions", "flow", "guard", "label", "name", "part", "pins", "pipeline", "scenes",
        "signature", "spec", "variants", "ways",
    )  # fmt: skip

    def __init__(self, pipeline: str, name: str, label: str, spec: Buffer, ways: tuple[Way, ...]) -> None:
        self.pipeline = pipeline
        self.name = name
        self.label = label
        self.spec = spec
        self.ways = ways
        self.conversions: Literal["allow", "forbid", "lossless"] = "forbid"
        self.part: Part | None = None
        """Of a placement that takes part in conversions (see heapwright.solver.conversions.conversions)."""
        self.pins: tuple[Pin, ...] = ()
        self.signature = 0
        """Equal for questions that ask the same."""
        self.guard = protection.stated(spec)
        self.carried = ""
        """What brings protected content, or an audience, into it, in words."""
        self.flow: protection.Flow | None = None
        self.scenes: tuple[protection.Scene, ...] = ()
        self.variants: tuple[Question, ...] = (self,)
        """The question once for each protection it may have (see heapwright.solver.question.protection)."""

    @property
    def protected(self) -> bool:
        return self.guard.protected

    @property
    def stated(self) -> protection.Guard:
        """What the pipeline itself says of it."""
        return protection.stated(self.spec)

    @property
    def shielded(self) -> str:
        """`canvas is protected (gpu carries frame into it)`."""
        via = "" if self.stated.protected or not self.carried else f" ({self.carried})"
        return f"{self.label} is protected{via}"

    def widens(self, use: Attachment) -> bool:
        """Whether the pipeline names somebody for it who may not see what this attachment brings in."""
        return any(
            party.use == use and protection.stage(party) in self.guard.wider
            for way in self.ways
            for party in way.parties
        )

    def unguarded(self) -> Question:
        """The question before anybody's content has flown anywhere."""
        found = self.guarded(self.stated, "", ())
        found.flow = None
        return found

    def guarded(
        self, guard: protection.Guard, carried: str, scenes: tuple[protection.Scene, ...]
    ) -> Question:
        """The question in the scenes in which it is guarded so."""
        found = copy(self)
        found.guard, found.carried, found.scenes, found.variants = guard, carried, scenes, (found,)
        return found

    def as_part(self, part: Part) -> Question:
        """The question about one placement of the buffer."""
        found = copy(self)
        found.part, found.variants = part, (found,)
        return found

    def without(self, pin: Pin) -> Question:
        """The question with one pin less."""
        found = copy(self)
        found.pins, found.variants = tuple(each for each in self.pins if each != pin), (found,)
        return found

    def settled(self, binding: Sequence[tuple[int, str | None]]) -> Question:
        """The variant that holds in the scene of an option's binding."""
        return next((v for v in self.variants if any(scene.binding in binding for scene in v.scenes)), self)


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
    ) -> None:
        self.board = Board(platform)
        self.pipelines = tuple(sorted(pipelines, key=lambda p: p.name))
        for one, other in pairwise(self.pipelines):
            if one.name == other.name:
                raise InputError(
                    [Diagnostic("pipelines", None, (), f"two pipelines are called {shown(one.name)}")]
                )
        self.live = tuple(sorted(live, key=lambda p: (p.pipeline, p.buffer)))
        self.board.standing = tuple(_standing(self.board, self.live))
        self.variables: list[Variable] = []
        self._indices: dict[tuple[str, str, str | None, str | None], int] = {}
        names = Counter(name for pipeline in self.pipelines for name in pipeline.buffers)
        self.questions = tuple(
            self._question(pipeline, name, name if names[name] == 1 else f"{pipeline.name}/{name}")
            for pipeline in self.pipelines
            for name in sorted(pipeline.buffers)
        )
        self._share_codecs()
        for question in self.questions:
            question.pins = tuple(pin for pin in pins if pin.matches(question.pipeline, question.name))
        self.flow = protection.spread(self.board, self.variables, self.questions)
        self._compare()
        self.apart = self._apart()
        self._pairs = frozenset(self.apart)
        self.linked = self._linked()

    def loosened(self, flows: frozenset[Fact]) -> Problem:
        """The same, but protected content need not flow through these attachments (facts of `protected-flow`)."""
        found = copy(self)
        found.questions = tuple(question.unguarded() for question in self.questions)
        found.flow = protection.spread(found.board, found.variables, found.questions, flows)
        found._compare()
        return found

    def _compare(self) -> None:
        """Give questions that ask the same one signature."""
        alike: dict[tuple[object, ...], int] = {}
        for question in self.questions:
            guards = tuple((variant.guard, variant.scenes) for variant in question.variants)
            asked = (question.spec, guards, question.ways, question.pins, question.conversions)
            question.signature = alike.setdefault(asked, len(alike))
            for number, variant in enumerate(question.variants):
                if variant is not question:
                    variant.signature = alike.setdefault((asked, number), len(alike))

    def _question(self, pipeline: Pipeline, name: str, label: str) -> Question:
        spec = pipeline.buffers[name]
        sides: tuple[tuple[tuple[Use | AnyOf, ...], Access], ...] = (
            (spec.written_by, "write"),
            (spec.read_by, "read"),
        )
        slots = [
            [(rank, attachment(use, access)) for rank, use in enumerate(_alternatives(party))]
            for parties, access in sides
            for party in parties
        ]
        number = prod(map(len, slots))
        if number > WAYS:
            text = f"{shown(name)} may be attached in {number} ways; at most {WAYS} are weighed"
            raise InputError([Diagnostic(pipeline.name, None, ("buffers", name), text)])
        ways = []
        for choice in product(*slots):
            parties = [Party(use, self._variable(pipeline.name, use.selector)) for _, use in choice]
            ways.append(Way(sum(rank for rank, _ in choice), tuple(sorted(parties, key=in_order))))
        question = Question(pipeline.name, name, label, spec, tuple(ways))
        question.conversions = spec.conversions or pipeline.conversions
        return question

    def converter(self, device: str) -> int:
        """The variable of a converter: no file asks for it, and it is this device."""
        key = ("", device, None, None)
        if key not in self._indices:
            self._indices[key] = len(self.variables)
            kind = self.board.devices[device].spec.kind
            self.variables.append(Variable("", kind, None, None, (device,)))
        return self._indices[key]

    def _variable(self, pipeline: str, selector: Selector) -> int:
        """One device for each label; without one, for each connector, or for the bare kind."""
        connector = selector.connector if selector.label is None else None
        key = (pipeline, selector.kind, selector.label, connector)
        if key not in self._indices:
            candidates = tuple(
                name
                for name, device in self.board.devices.items()
                if device.spec.kind == selector.kind
                and (connector is None or connector in device.spec.connectors)
            )
            self._indices[key] = len(self.variables)
            self.variables.append(Variable(*key, candidates))
        return self._indices[key]

    def _apart(self) -> tuple[tuple[int, int], ...]:
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
        linked = {variable for pair in self.apart for variable in pair}
        seen: set[int] = set()
        for question in self.questions:
            users = {party.variable for way in question.ways for party in way.parties}
            linked |= users & seen
            seen |= users
        return frozenset(linked)

    def _share_codecs(self) -> None:
        """A codec stated on one attachment of a stage holds for all of them, unless it is but an alternative."""
        codecs: dict[tuple[int, str | None], set[str]] = {}
        for question, party in self._parties():
            if party.use.codec is not None and all(party in way.parties for way in question.ways):
                codecs.setdefault(protection.stage(party), set()).add(party.use.codec)
        if not codecs:
            return
        for question in self.questions:
            question.ways = tuple(
                Way(way.rank, tuple(_with_codec(party, codecs) for party in way.parties))
                for way in question.ways
            )

    def _parties(self) -> Iterator[tuple[Question, Party]]:
        for question in self.questions:
            for way in question.ways:
                for party in way.parties:
                    yield question, party


def _standing(board: Board, live: Sequence[Placement]) -> Iterator[tuple[HeapView, tuple[int, ...], int]]:
    """Where live buffers live; of those that the board cannot have nothing (see heapwright.solver.candidates.live)."""
    for placement in live:
        heap = board.heaps.get(placement.heap)
        if heap is not None:
            devices = [board.devices.get(each.device) for each in placement.attachments]
            home = board.backing_heap(heap, [device for device in devices if device is not None])
            yield home, placement.sizes or (placement.size,), placement.count


def in_order(party: Party) -> tuple[object, ...]:
    """Writers first, then by name."""
    use = party.use
    what = use.rotate, use.crop or (), use.scale or (), use.how_often, use.codec or ""
    return use.access == "read", use.selector.kind, str(use.selector), what


def _alternatives(party: Use | AnyOf) -> tuple[Use, ...]:
    return party.any_of if isinstance(party, AnyOf) else (party,)


def _with_codec(party: Party, codecs: dict[tuple[int, str | None], set[str]]) -> Party:
    found = codecs.get(protection.stage(party), set())
    if party.use.codec is not None or len(found) != 1:
        return party
    return party._replace(use=party.use._replace(codec=next(iter(found))))
