"""What is worked out once of something that others hold, as long as they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import ref

Derived = TypeVar("Derived")
Whole = TypeVar("Whole")


class OnceForEach(Generic[Whole, Derived]):
    """What is worked out of something stated, once for each as long as it lives; it must not hold on to it."""

    def __init__(self, work: Callable[[Whole], Derived]) -> None:
        self._work = work
        self._known: dict[int, tuple[ref[Whole], Derived]] = {}

    def __call__(self, stated: Whole) -> Derived:
        key = id(stated)
        known = self._known.get(key)
        if known is None:
            gone = ref(stated, lambda _: self._known.pop(key, None))
            known = self._known[key] = gone, self._work(stated)
        return known[1]
