"""When one image or one heap is as good as another: by what cost terms, budgets and kinds read.

Nobody's fields are listed here. A value that a term or a budget `grows` with may be smaller; all
others that anybody reads must be equal; what nobody reads may be anything.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from heapwright.solver.candidates.candidate import LaidOutImage, pricing, seen_by
from heapwright.solver.constraints import KINDS
from heapwright.solver.constraints.kind import HEAPS, Budgeting, ConstraintKind
from heapwright.solver.constraints.reads import Together, Values, reader, valued
from heapwright.solver.objective import TERMS
from heapwright.solver.objective.term import CostTerm

_OF_IMAGE: Final = {
    "sizes": "layout.sizes",
    "moves": "layout.moved",
    "rank": "rank",
    "loss": "loss",
    "preferred": "preferred",
}
"""What a placement has of its image, and where an image has it."""
_ALIKE: Final = frozenset({"board", "label", "rate", "ends", "existing", "number", "dropped"})
"""What is the same for all placements of one buffer under one choice of devices."""
_OF_ATTACHMENT: Final = frozenset({"#", "device", "name", "port", "use", "title"})
"""What hangs on the choice of devices alone."""


class Dominance:
    """What counts of images and of heaps, as the catalogue stands."""

    def __init__(self, kinds: Sequence[ConstraintKind], terms: Sequence[CostTerm]) -> None:
        exact: dict[str, None] = {}
        growing: dict[str, None] = {}
        of_heap: dict[str, None] = {}
        self.comparable = True
        """Whether all that is read is known to be an image's, a heap's, or neither's."""
        for path, grows in _read(kinds, terms):
            root, *steps = path.split(".")
            if root in HEAPS or root == "mapping":
                of_heap[path] = None
            elif root in _OF_IMAGE:
                (growing if grows else exact)[_OF_IMAGE[root]] = None
            elif root == "attachments":
                if not _OF_ATTACHMENT & {*steps[:2]}:
                    exact[path] = None
            elif root not in _ALIKE and not (root == "shares" and grows):
                self.comparable = False
        judged = (path for kind in kinds for path in kind.reads if path.partition(".")[0] in HEAPS)
        every = tuple(dict.fromkeys([*of_heap, *judged]))
        self.of_heap = Together(
            [every, tuple(of_heap), *(rules.read for rules in (pricing().of_sizes, pricing().others))]
        )
        """What anybody, what terms and budgets, and what those for each part of a price read of a heap."""
        self.exact: Callable[[LaidOutImage], Hashable] = valued(exact)
        """Equal of images, one of which may be as good as another."""
        self.growing: Callable[[object], Values] = reader(tuple(growing))
        """What must not be larger."""


def _read(kinds: Sequence[ConstraintKind], terms: Sequence[CostTerm]) -> Iterator[tuple[str, bool]]:
    """What terms and budgets read of placements, and whether they grow with it."""
    readers: list[CostTerm | Budgeting] = [*terms]
    readers += [kind.budget for kind in kinds if kind.budget is not None]
    for each in readers:
        yield from ((path.removeprefix("placed."), path in each.grows) for path in each.reads)


@lru_cache(maxsize=16)
def _counting(kinds: tuple[ConstraintKind, ...], terms: tuple[CostTerm, ...]) -> Dominance:
    return Dominance(kinds, terms)


def counting() -> Dominance:
    """What counts by the catalogue of kinds and terms."""
    return _counting(KINDS, TERMS)


class Rivals:
    """Which of these images need no place where another, never worse, has one at the same price.

    Images that conversions tell apart by what they hand on (`kept`) do not compete.
    """

    def __init__(self, images: Sequence[LaidOutImage], kept: frozenset[str], counts: Dominance) -> None:
        self._images = images
        self._kept = kept
        self._counts = counts
        self._seen: list[tuple[Hashable, Values] | None] = [None] * len(images)
        self._known: list[dict[int, bool]] = [{} for _ in images]

    def beaten(self, index: int, placed: Iterable[int]) -> bool:
        """Whether one of those that have a place is never worse."""
        known = self._known[index]
        for other in placed:
            beats = known.get(other)
            if beats is None:
                beats = known[other] = self._beats(other, index)
            if beats:
                return True
        return False

    def _beats(self, one: int, other: int) -> bool:
        mine, theirs = self._of(one), self._of(other)
        return mine[0] == theirs[0] and not any(map(_larger, mine[1], theirs[1]))

    def _of(self, index: int) -> tuple[Hashable, Values]:
        """What counts of an image: what must be equal, and what must not be larger."""
        found = self._seen[index]
        if found is None:
            image = self._images[index]
            alike = self._counts.exact(image), self._kept and seen_by(self._kept, image)
            found = self._seen[index] = alike, self._counts.growing(image)
        return found


def _larger(one: Any, other: Any) -> bool:
    """Whether a value, or a part of it, is above another."""
    if isinstance(one, tuple):
        return len(one) != len(other) or any(map(_larger, one, other))
    return bool(one > other)
