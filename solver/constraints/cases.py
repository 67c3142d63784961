"""What kinds and cost terms judge: attachments, cases, placements and budgets."""

from __future__ import annotations

from typing import Final, NamedTuple

from heapwright.platforms.schema import ImageRule, Port
from heapwright.solver.board.board import Board, DeviceView, HeapView
from heapwright.solver.layout.layout import Layout
from heapwright.solver.question.facts import End
from heapwright.solver.question.pipeline import Attachment
from heapwright.solver.question.resolve import Question

RARELY: Final = 16


class BoundAttachment(NamedTuple):
    """An attachment bound to a device's port, under one of the port's image rules."""

    device: DeviceView
    name: str
    """The port's name."""
    port: Port
    use: Attachment
    rule: ImageRule | None = None

    @property
    def writes(self) -> bool:
        return self.use.access == "write"

    @property
    def title(self) -> str:
        return f"{self.device.name}.{self.name}"

    @property
    def uses(self) -> tuple[tuple[str, int], ...]:
        """Of each resource: what the port takes, and its rule on top."""
        if not self.port.uses and (self.rule is None or not self.rule.uses):
            return ()
        found = dict(self.port.uses)
        for name, number in (self.rule.uses if self.rule is not None else {}).items():
            found[name] = found.get(name, 0) + number
        return tuple(found.items())

    def about(self, fourcc: str | None) -> BoundAttachment:
        """The same attachment with the port's rules for one format only, where it has any."""
        rules = tuple(rule for rule in self.port.images if fourcc in rule.formats)
        return self._replace(port=self.port.model_copy(update={"images": rules})) if rules else self


class Home(NamedTuple):
    """A heap, and the one in whose memory its buffers live: itself, unless attaching moves them."""

    heap: HeapView
    backing: HeapView

    @property
    def moved(self) -> bool:
        return self.backing is not self.heap


def moved(size: int, how_often: str) -> int:
    """Bytes that an attachment moves a frame: those used `rarely` count a sixteenth."""
    return size if how_often == "often" else -(-size // RARELY)


class Case(NamedTuple):
    """One judgement: may `question`'s buffer live in `heap`, touched by `attachment`?

    `backing` is the heap whose memory the buffer really lives in: another one
    where an importer without peer-to-peer makes it move (design §4 `moves_to`).
    """

    board: Board
    question: Question
    attachments: tuple[BoundAttachment, ...]
    heap: HeapView
    backing: HeapView
    attachment: BoundAttachment | None = None
    layout: Layout | None = None

    @property
    def attached(self) -> BoundAttachment:
        assert self.attachment is not None  # scopes with an attachment only
        return self.attachment

    @property
    def device(self) -> DeviceView:
        return self.attached.device

    @property
    def moved(self) -> bool:
        """Whether attaching makes the buffer leave its heap."""
        return self.backing is not self.heap

    @property
    def label(self) -> str:
        return self.question.label


class Placed(NamedTuple):
    """Where buffers of one kind are put, however many they are: an option's, or a live placement's."""

    board: Board
    label: str
    heap: HeapView
    backing: HeapView
    sizes: tuple[int, ...]
    """Of each dma-buf of one buffer."""
    rate: int
    attachments: tuple[BoundAttachment, ...]
    ends: tuple[End, ...] = ()
    """Of the conversions that read or write it; their ports are among the attachments."""
    moves: int | None = None
    """Bytes that one attachment moves, where they are not all (compression); else the buffer's."""
    existing: bool = False
    """Whether the buffers exist already, wherever they were put."""

    @property
    def allocated(self) -> int:
        """Bytes that one buffer costs its memory."""
        return self.backing.promise.costs(self.sizes)

    @property
    def moved(self) -> bool:
        """Whether it lives elsewhere than in its heap."""
        return self.backing is not self.heap

    @property
    def mapping(self) -> tuple[bool, bool] | None:
        """If the CPU maps it: whether through its caches, and whether in memory that is local to a device."""
        for attachment in self.attachments:
            if attachment.device.by_cpu:
                return self.heap.cpu == "cached", bool(self.backing.local)
        return None


def lives_in(board: Board, heap: HeapView, attachments: tuple[BoundAttachment, ...]) -> HeapView:
    """The heap whose memory a buffer of `heap` occupies once `attachments` are attached."""
    if heap.spec.moves_to is None:
        return heap
    return board.backing_heap(heap, [attachment.device for attachment in attachments])
