"""What a constraint kind is, and the cases it judges.

A kind is a module of `solver/constraints/`. It has a NAME (public, stable), a
docstring (what, why, source), a SCOPE that says what it judges, and a sentence.
The scopes, and what a module of that scope provides:

    attachment   broken(case)           one attachment, whatever the heap
    heap         broken(case)           one heap for buffers of the protection domain of this one
    reach        concerns(board, attachment), broken(case)    one attachment in one heap
    run          concerns(board, attachment), broken(case)    the same, given sizes
    room         broken(case)           one heap, given sizes
    choice       (in options)           which image rules may be combined
    layout       states(attachment), demand(attachment, need)      how the bytes lie
    budget       charges(placed)        what many buffers share: (budget, each, once)
    question     (in problem)           what no choice can mend
    permit       permits(case)          never breaks; explains why a heap is fine

What does not `concern` an attachment is never broken for it, in whatever heap.
`broken` must not build text: it runs for every candidate. `sentence` names the
device, the buffer and the numbers that decide, and offers no remedy.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Final, NamedTuple

from heapwright.platforms.schema import ImageRule, Port
from heapwright.solver.board.board import Board, DeviceView, HeapView
from heapwright.solver.layout.layout import Layout
from heapwright.solver.question.facts import End
from heapwright.solver.question.pipeline import Attachment

if TYPE_CHECKING:
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
    def uses(self) -> dict[str, int]:
        """Of each resource: what the port takes, and its rule on top."""
        found = dict(self.port.uses)
        for name, number in (self.rule.uses if self.rule is not None else {}).items():
            found[name] = found.get(name, 0) + number
        return found

    def moved(self, size: int) -> int:
        """Bytes moved a frame: those used `rarely` count a sixteenth."""
        return size if self.use.how_often == "often" else -(-size // RARELY)

    def about(self, fourcc: str | None) -> BoundAttachment:
        """The same attachment with the port's rules for one format only, where it has any."""
        rules = tuple(rule for rule in self.port.images if fourcc in rule.formats)
        return self._replace(port=self.port.model_copy(update={"images": rules})) if rules else self


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
    def device(self) -> DeviceView:
        assert self.attachment is not None  # scopes with an attachment only
        return self.attachment.device

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
        return self.backing.costs(self.sizes)


def subject(kind: ModuleType, case: Case) -> str:
    """The subject of the fact that `kind` finds broken in `case`."""
    if kind.SCOPE in ("reach", "run", "attachment", "permit"):
        return f"{case.label}→{case.device.name}"
    return case.heap.name


def lives_in(board: Board, heap: HeapView, attachments: tuple[BoundAttachment, ...]) -> HeapView:
    """The heap whose memory a buffer of `heap` occupies once `attachments` are attached."""
    if heap.spec.moves_to is None:
        return heap
    return board.backing_heap(heap, [attachment.device for attachment in attachments])
