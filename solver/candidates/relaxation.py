"""Facts taken out of a question: it is then answered as if they were not so.

That is how conflicts are found (`heapwright.solver.explain.conflict`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from heapwright.solver.constraints import of_scope
from heapwright.solver.constraints.graph import conversion, count
from heapwright.solver.constraints.kind import ConstraintKind
from heapwright.solver.question.facts import Fact

_BUDGETS: Final = frozenset(kind.name for kind in of_scope("budget"))


class DroppedFacts(NamedTuple):
    """What is dropped for one buffer: (kind, device) pairs of its own, and what all share."""

    own: frozenset[tuple[str, str]]
    shared: frozenset[tuple[str, str]]

    def drops(self, kind: str, subject: str) -> bool:
        return (kind, subject) in self.own or (kind, subject) in self.shared


class Relaxation:
    """Facts taken out of the question, looked up by what they are about."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        own: dict[str, set[tuple[str, str]]] = {}
        shared: set[tuple[str, str]] = set()
        for fact in facts:
            label, arrow, device = fact.subject.partition("→")
            if (
                arrow
                or fact.kind == count.KIND.name
                or (fact.kind == conversion.KIND.name and ">" not in label)
            ):
                own.setdefault(label, set()).add((fact.kind, device))
            else:
                shared.add(fact)
        self._own = {label: frozenset(pairs) for label, pairs in own.items()}
        self._shared = frozenset(shared)
        self._single = frozenset([fact for fact in shared if fact[0] not in _BUDGETS])
        """Those that a buffer by itself minds: budgets are the choice's business."""
        self.budgets = self._shared - self._single
        """Budgets that are not imposed."""

    def __contains__(self, fact: object) -> bool:
        return fact in self._shared

    def about(self, label: str) -> DroppedFacts | None:
        """What is dropped for one buffer; None if nothing is."""
        own = self._own.get(label, frozenset())
        return DroppedFacts(own, self._single) if own or self._single else None


NOTHING: Final = Relaxation()


def is_dropped(about: DroppedFacts | None, kind: ConstraintKind, subject: str) -> bool:
    """Whether this fact is taken out of the question."""
    return about is not None and about.drops(kind.name, subject)
