"""Which kinds refuse a case, remembered by what they read.

Whoever reads the same is told the same: a verdict is looked up by the values that the kinds which
concern a case read of all but its heap, and by the heaps. Nothing here says what these are.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from heapwright.solver.board.board import HeapView
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import HEAPS, ConstraintKind
from heapwright.solver.constraints.reads import Together, keyed, together

_APART = HEAPS | {"board"}
"""What keys leave out: heaps are asked about one by one, and there is one board."""


class Verdicts(dict[tuple[HeapView, HeapView], tuple[ConstraintKind, ...]]):
    """What some kinds say of one case: those that are violated in a heap whose buffers live in another."""

    def __init__(
        self, kinds: tuple[ConstraintKind, ...], given: Together, case: Case, *, alone: bool
    ) -> None:
        self.kinds = kinds
        self._given = given
        self.alone = alone
        """Whether they say so whoever else touches the buffer, and however it is laid out."""
        self._case = case

    def __missing__(self, home: tuple[HeapView, HeapView]) -> tuple[ConstraintKind, ...]:
        board, question, attachments, _, _, attachment, layout = self._case
        case = Case(board, question, attachments, *home, attachment, layout)
        pairs = zip(self.kinds, self._given(case), strict=True)
        found = self[home] = tuple([kind for kind, values in pairs if kind.rule(*values)])
        return found


class Refusals:
    """The verdicts of the kinds of a scope. What was asked about is kept, so that its identity stands for it."""

    def __init__(self, kinds: Sequence[ConstraintKind]) -> None:
        self._kinds = kinds
        concerned_by = tuple(path for kind in kinds for path in kind.concerned_by)
        self._concern = keyed(concerned_by, _APART)
        self._choosy = bool(concerned_by)
        self.alone = _alone(concerned_by)
        """Whether it depends on an attachment alone whom it concerns."""
        self._groups: dict[Hashable, tuple[KindGroup, Case]] = {}
        self._alike: dict[tuple[ConstraintKind, ...], KindGroup] = {}

    def of(self, case: Case) -> Verdicts:
        """What is known of a case, whatever its heap."""
        return self.concerning(case).of(case)

    def concerning(self, case: Case) -> KindGroup:
        """The kinds that concern a case."""
        key = self._concern(case) if self._choosy else ()
        found = self._groups.get(key)
        if found is None:
            kinds = tuple([kind for kind in self._kinds if kind.concerns(case)])
            group = self._alike.get(kinds) or self._alike.setdefault(kinds, KindGroup(kinds))
            found = self._groups[key] = group, case
        return found[0]


class KindGroup:
    """Kinds that concern the same cases."""

    def __init__(self, kinds: tuple[ConstraintKind, ...]) -> None:
        self.kinds = kinds
        reads = tuple(path for kind in kinds for path in kind.reads)
        self._key = keyed(reads, _APART)
        self._given = together(tuple(kind.reads for kind in kinds))
        self._alone = _alone(reads)
        self._known: dict[Hashable, Verdicts] = {}

    def of(self, case: Case) -> Verdicts:
        """What they say of a case."""
        key = self._key(case)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Verdicts(self.kinds, self._given, case, alone=self._alone)
        return found


def _alone(paths: Sequence[str]) -> bool:
    """Whether what stands there is the same for one attachment of one buffer."""
    return not any(path.partition(".")[0] in ("attachments", "layout") for path in paths)
