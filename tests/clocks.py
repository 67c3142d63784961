"""Clocks that tests put in the place of the real one: a limit comes at a given look at it."""

from __future__ import annotations


class SuddenClock:
    """Stands still for so many looks, and is far ahead from then on."""

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.seen = 0

    def __call__(self) -> float:
        self.seen += 1
        return 0.0 if self.seen <= self.looks else 1e6
