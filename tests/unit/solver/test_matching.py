"""Bipartite matching against all ways to choose."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from heapwright.solver.candidates.matching import matched


def largest(choices: list[list[int]]) -> int:
    """By trying everything, nobody included."""
    ways = product(*[[*each, None] for each in choices])
    lawful = [[c for c in way if c is not None] for way in ways]
    return max(len(way) for way in lawful if len(set(way)) == len(way))


@given(st.lists(st.lists(st.integers(0, 4), unique=True, max_size=4), max_size=5))
def test_as_many_as_possible_get_one_of_their_choices_and_none_gets_anothers(
    choices: list[list[int]],
) -> None:
    found = matched(choices)
    given_away = [choice for choice in found if choice is not None]
    assert len(set(given_away)) == len(given_away) == largest(choices)
    assert all(choice is None or choice in mine for choice, mine in zip(found, choices, strict=True))


def test_the_first_choice_is_taken_where_nothing_speaks_against_it() -> None:
    assert matched([["gpu0", "gpu1"], ["npu"]]) == ["gpu0", "npu"]
