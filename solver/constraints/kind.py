"""What a constraint kind is: a rule that says what it reads, and how it is put into words.

A kind has a name (public, stable), a scope that says what it judges, and a sentence. Its rule is
a function of the values at the paths that it `reads`, in their order, and sees nothing else:

    scope        paths begin with                                           and the rule says
    attachment   board, question, attachments, attachment                            whether it is violated
    heap         board, question, attachments, heap                             the same
    reach        board, question, attachments, attachment, heap, backing, moved         the same
    run          the same, and layout                                       the same
    room         the same, without attachment                                    the same
    permit       as reach                                                   why a heap is fine after all
    layout       device, name, port, use, rule                              whether something is stated
    choice       (in candidates/images) which image rules may be combined
    question     (in question/) what no choice can mend
    budget       nothing; what it `charges` says all

`moved` is whether attaching moves the buffer out of its heap, so that it lives elsewhere (`backing`).
What is read of image rules or the layout is known to `run` and `room` alone.

A kind may say by fewer values whom it `concerns`: what does not concern it never violates it, in
whatever heap. A rule builds no text: it is asked about every candidate. A `sentence` names the
device, the buffer and the numbers that decide, and offers no remedy.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from math import lcm
from typing import Any, Final, Literal

from heapwright.platforms.schema import BytesMultiple, ExtentMultiple, RowsMultiple
from heapwright.solver.board.board import Board
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.constraints.cases import BoundAttachment, Case
from heapwright.solver.constraints.reads import Values, reader
from heapwright.solver.layout.layout import Demand

Scope = Literal[
    "attachment", "heap", "reach", "run", "room", "layout", "budget", "permit", "choice", "question"
]
_OF_ATTACHMENT: Final = {"board", "question", "attachments", "attachment", "device"}
_SHOWN: Final[dict[Scope, set[str]]] = {
    "attachment": _OF_ATTACHMENT,
    "heap": {"board", "question", "attachments", "heap"},
    "reach": _OF_ATTACHMENT | {"heap", "backing", "moved"},
    "permit": _OF_ATTACHMENT | {"heap", "backing", "moved"},
    "run": _OF_ATTACHMENT | {"heap", "backing", "moved", "layout"},
    "room": {"board", "question", "attachments", "heap", "backing", "moved", "layout"},
    "layout": {"device", "name", "port", "use", "rule", "uses", "writes"},
    "budget": set(),
    "choice": set(),
    "question": set(),
}
HEAPS: Final = frozenset({"heap", "backing", "moved"})
"""Where paths begin that speak of heaps."""
_RULED: Final = ("run", "room", "layout")
"""Scopes that see image rules."""


def shows(scope: Scope, path: str) -> bool:
    """Whether what stands at a path is known to what judges at a scope."""
    steps = path.split(".")
    return steps[0] in _SHOWN[scope] and (scope in _RULED or "rule" not in steps[:3])


def stated(*values: object) -> bool:
    """Whether anything is said: the rule of kinds that state no other."""
    return any(value is not None and value is not False for value in values)


def clauses(*known: tuple[object, str]) -> list[str]:
    """The clauses of a sentence, each about a value that is stated."""
    return [clause.format(value) for value, clause in known if value is not None]


def of_device(case: Case) -> str:
    return case.device.spec.source


def of_heap(case: Case) -> str:
    return case.heap.source


def of_port(case: Case) -> str:
    return case.attached.port.source


def of_iommu(case: Case) -> str:
    iommu = case.device.iommu
    return iommu.source if iommu is not None else case.device.spec.source


@dataclass(frozen=True, eq=False, kw_only=True)
class Budgeting:
    """What placements are charged for, by the values at paths of a `Placed`: budgets that name the kind, and no other's."""

    reads: tuple[str, ...]
    charges: Callable[..., Iterable[Charge]]
    grows: frozenset[str] = frozenset()
    """Those of its paths whose values may grow without anything being charged less."""
    exceeded: Callable[[Budget, int, str], str]
    """That more is used than there is; the last argument ends with a verb: `frame needs`."""
    source: Callable[[Board, Budget], str]
    reserved: Callable[..., Iterable[tuple[Budget, int]]] | None = None
    """What the first buffer in its heap takes, once; of the same values."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ConstraintKind:
    """One constraint kind."""

    name: str
    scope: Scope
    words: Callable[..., str] = lambda *about: ""
    """The sentence: of a `Case`; at scope `layout` of the buffer, the port and the values that the rule reads."""
    source: Callable[[Case], str] = of_port
    reads: tuple[str, ...] = ()
    rule: Callable[..., bool] = stated
    concerned_by: tuple[str, ...] = ()
    concern: Callable[..., bool] = lambda *values: True
    asks: Callable[..., None] = lambda need, *values: None
    """At scope `layout`: pours what is stated into a `Demand`."""
    budget: Budgeting | None = None
    helped: Callable[[Board], bool] = lambda board: False
    """Whether on a board one more attachment may mend it: by a larger buffer, or one laid out otherwise."""

    def __post_init__(self) -> None:
        for path in (*self.reads, *self.concerned_by):
            if not shows(self.scope, path):
                raise ValueError(f"{self.name}: {path} is not known to what judges at scope {self.scope}")

    @cached_property
    def given(self) -> Callable[[object], Values]:
        """The values that the rule reads."""
        return reader(self.reads)

    @cached_property
    def _by(self) -> Callable[[object], Values]:
        return reader(self.concerned_by)

    def concerns(self, case: Case) -> bool:
        """Whether it can be violated by what touches the buffer here, in some heap."""
        return self.concern(*self._by(case))

    def subject(self, case: Case) -> str:
        """The subject of the fact that a case violates it."""
        of_attachment = self.scope in ("reach", "run", "attachment", "permit")
        return f"{case.label}→{case.device.name}" if of_attachment else case.heap.name

    def violates(self, case: Case) -> bool:
        return self.rule(*self.given(case))

    permits = violates

    def states(self, attachment: BoundAttachment) -> bool:
        """At scope `layout`: whether the attachment's port or image rule states something."""
        return self.rule(*self.given(attachment))

    def demand(self, attachment: BoundAttachment, need: Demand) -> None:
        """Pour what it states into `need`."""
        self.asks(need, *self.given(attachment))

    def sentence(self, *about: Any) -> str:
        """In words: of a case; of a label and an attachment, where image rules are judged."""
        if self.scope != "layout":
            return self.words(*about)
        label, attachment = about
        return self.words(label, attachment.title, *self.given(attachment))


def of_multiple(rule: RowsMultiple | BytesMultiple | ExtentMultiple | None) -> bool:
    """Whether a multiple is asked for, and known."""
    return rule is not None and rule.multiple is not None


def common_multiple(
    name: str, path: str, asked: str, words: Callable[[str, str, Any], str]
) -> ConstraintKind:
    """A kind by which ports ask for multiples (at `path`): of several, a `Demand` has their least common one."""

    def asks(need: Demand, rule: RowsMultiple | BytesMultiple) -> None:
        setattr(need, asked, lcm(getattr(need, asked), int(rule.multiple)))

    return ConstraintKind(name=name, scope="layout", reads=(path,), rule=of_multiple, asks=asks, words=words)
