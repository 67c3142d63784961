"""Which kinds refuse a case, remembered by what they read.

Whoever reads the same is told the same: a verdict is looked up by the values that the kinds which
concern a case read of all but its heap, and by the heaps. Nothing here says what these are.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache

from heapwright.solver.constraints.cases import Case, Home
from heapwright.solver.constraints.kind import HEAPS, ConstraintKind
from heapwright.solver.constraints.reads import Values, in_order, keyed, reader, together

_APART = HEAPS | {"board"}
"""What keys leave out: heaps are asked about one by one, and there is one board."""


Judging = tuple[ConstraintKind, Callable[..., bool], Callable[[Values], Values]]
"""A kind, its rule, and what picks the values that it reads."""


class _HomeValues(dict[Home, Values]):
    """What some kinds read of heaps."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self._read = reader(paths)

    def __missing__(self, home: Home) -> Values:
        found = self[home] = self._read(home)
        return found


class Verdicts(dict[Home, tuple[ConstraintKind, ...]]):
    """What some kinds say of one case: those that are violated in a heap whose buffers live in another."""

    def __init__(self, group: KindGroup, case: Case, *, alone: bool) -> None:
        self.kinds = group.kinds
        self.alone = alone
        """Whether they say so whoever else touches the buffer, and however it is laid out."""
        self._rules = group.rules
        self._homes = group.homes
        self._given = group.given(case)

    def __missing__(self, home: Home) -> tuple[ConstraintKind, ...]:
        given = self._given + self._homes[home]
        found = self[home] = tuple([kind for kind, rule, order in self._rules if rule(*order(given))])
        return found


class Refusals:
    """The verdicts of the kinds of a scope. What was asked about is kept, so that its identity stands for it."""

    def __init__(self, kinds: Sequence[ConstraintKind]) -> None:
        self._kinds = kinds
        concerned_by = tuple(path for kind in kinds for path in kind.concerned_by)
        self._key = keyed(concerned_by, _APART)
        self._concerned_by = together(tuple(kind.concerned_by for kind in kinds))
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
        key = self._key(case) if self._choosy else ()
        found = self._groups.get(key)
        if found is None:
            asked = zip(self._kinds, self._concerned_by(case), strict=True)
            kinds = tuple([kind for kind, values in asked if kind.concern(*values)])
            group = self._alike.get(kinds) or self._alike.setdefault(kinds, KindGroup(kinds))
            found = self._groups[key] = group, case
        return found[0]


class KindGroup:
    """Kinds that concern the same cases."""

    def __init__(self, kinds: tuple[ConstraintKind, ...]) -> None:
        self.kinds = kinds
        rest, of_home, self.rules = _split(kinds)
        self.given = reader(rest)
        """What they read of a case, its heap aside."""
        self.homes = _HomeValues(of_home)
        self._key = keyed(rest, _APART)
        self._alone = _alone(rest)
        self._known: dict[Hashable, tuple[Verdicts, Case]] = {}

    def of(self, case: Case) -> Verdicts:
        """What they say of a case."""
        key = self._key(case)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Verdicts(self, case, alone=self._alone), case
        return found[0]


@lru_cache(maxsize=256)
def _split(kinds: tuple[ConstraintKind, ...]) -> tuple[tuple[str, ...], tuple[str, ...], list[Judging]]:
    """What kinds read of a case, its heap aside; of a heap; and what each picks of both."""
    reads = dict.fromkeys(path for kind in kinds for path in kind.reads)
    of_home = tuple(path for path in reads if path.partition(".")[0] in HEAPS)
    rest = tuple(path for path in reads if path not in of_home)
    return rest, of_home, [(kind, kind.rule, in_order((*rest, *of_home), kind.reads)) for kind in kinds]


def _alone(paths: Sequence[str]) -> bool:
    """Whether what stands there is the same for one attachment of one buffer."""
    return not any(path.partition(".")[0] in ("attachments", "layout") for path in paths)
