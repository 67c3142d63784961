"""What the rooms above share of a question: its conversions, as edges between two uses of a device; its options."""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from heapwright.platforms.schema import ConversionEdge, Port
from heapwright.solver.answer.plan import Change
from heapwright.solver.board.board import Board, DeviceView
from heapwright.solver.question.facts import End
from heapwright.solver.question.pipeline import Attachment, Selector

ASPECTS: Final[tuple[Change, ...]] = ("format", "modifier", "memory", "stride")
"""What an edge may change, in the order in which an answer lists it."""


EngineOrder = Literal["all", "cpsat"]
"""Whom to ask: all engines, or CP-SAT alone, the reference."""


class Options(NamedTuple):
    """How to solve: `strict` refuses plans that rest on unknown facts, `gap` is the relative gap that is good enough.

    `time_limit` is seconds by the clock, for all of an answer; when it comes, the best plan so far is given, and
    the next time that may be another. `work_limit` is deterministic work of the search (about seconds): the same
    plan every time. Without any limit a search ends after 10 of these, and an explanation is never cut short.
    """

    strict: bool = False
    time_limit: float | None = None
    work_limit: float | None = None
    gap: float = 0.0
    explain: bool = True
    engine: EngineOrder = "all"


class Edge(NamedTuple):
    """One edge of one device. Edges sort by device and number."""

    device: DeviceView
    number: int
    spec: ConversionEdge
    kept: frozenset[str]
    """What it hands on unchanged; colours go with the format, the picture always."""

    @property
    def name(self) -> tuple[str, int]:
        return self.device.name, self.number

    @property
    def ports(self) -> tuple[Port, Port]:
        known = self.device.spec.ports
        return known[self.spec.from_], known[self.spec.to]

    @property
    def reading(self) -> End:
        return End(self.device, self.number, self.spec, "read")

    @property
    def writing(self) -> End:
        return End(self.device, self.number, self.spec, "write")

    @property
    def lossy(self) -> bool:
        return self.spec.lossless is not True


def edges(board: Board, *, lossless: bool = False) -> Iterator[Edge]:
    """All edges of a board, in name order; `lossless` only those known to be."""
    for device in board.devices.values():
        for number, spec in enumerate(device.spec.converts):
            if spec.lossless is True or not lossless:
                kept = frozenset(ASPECTS) - frozenset(spec.may_change) | {"picture"}
                yield Edge(device, number, spec, kept)


def attachment_of(end: End) -> Attachment:
    """A plain use of the port, as often as the buffer's rate says."""
    selector = Selector(end.device.spec.kind, None, None, None, end.port)
    return Attachment(selector, end.access, 0, None, None, "often", None)
