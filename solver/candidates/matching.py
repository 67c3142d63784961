"""Bipartite matching: each gets one of its choices, and nobody gets another's (augmenting paths)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

Chosen = TypeVar("Chosen", bound=Hashable)


def matched(choices: Sequence[Sequence[Chosen]]) -> list[Chosen | None]:
    """For each list of choices the one it gets, in a largest matching; None where there is none for it."""
    taken: dict[Chosen, int] = {}

    def place(index: int, tried: set[Chosen]) -> bool:
        for choice in choices[index]:
            if choice not in tried:
                tried.add(choice)
                if choice not in taken or place(taken[choice], tried):
                    taken[choice] = index
                    return True
        return False

    for index in range(len(choices)):
        place(index, set())
    given = {index: choice for choice, index in taken.items()}
    return [given.get(index) for index in range(len(choices))]
