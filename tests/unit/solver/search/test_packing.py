"""packing: what is a packing, and where it stops."""

from __future__ import annotations

import pytest

from heapwright.solver.search import packing
from heapwright.solver.search.selection import Column, SearchLimits
from tests.unit.solver.search.selections import asked, column

LIMITS = SearchLimits()
PAGE = 4096


def _items(*sizes: int, pools: int = 2) -> list[tuple[int, list[Column]]]:
    return [(1, [column(n, charges=((n, size * PAGE),)) for n in range(pools)]) for size in sizes]


def test_a_perfect_packing_is_found() -> None:
    # 7 + 5 + 4 = 16 = 9 + 4 + 3.
    question = asked(*_items(7, 5, 4, 9, 4, 3), rooms=(16 * PAGE, 16 * PAGE))
    said = packing.best(question, LIMITS)
    assert said is not None
    assert said.status == "optimal"
    assert question.allows(said.counts)


def test_there_is_room_for_all_together_but_no_way_to_place_them() -> None:
    # Three of 5 are 15, and so are two pools of 7 and 8, neither of which holds two.
    question = asked(*_items(5, 5, 5), rooms=(7 * PAGE, 8 * PAGE))
    said = packing.best(question, LIMITS)
    assert said is not None
    assert said.status == "infeasible"


def test_a_room_that_is_no_whole_page_holds_whole_pages() -> None:
    question = asked(*_items(3, 3, pools=2), rooms=(4 * PAGE - 1, 3 * PAGE))
    said = packing.best(question, LIMITS)
    assert said is not None
    assert said.status == "optimal"


def test_who_needs_no_room_is_no_matter() -> None:
    free = (1, [column(0), column(1, charges=((0, PAGE),))])
    said = packing.best(asked(free, *_items(2), rooms=(2 * PAGE, PAGE)), LIMITS)
    assert said is not None
    assert said.counts[:2] == (1, 0)


@pytest.mark.parametrize(
    "other",
    [column(charges=((0, PAGE), (1, PAGE))), column(devices=((0, "a"),)), column(blocks=(0,))],
    ids=["charges two budgets", "binds a device", "locks a block"],
)
def test_what_is_more_than_a_packing_is_left_to_others(other: Column) -> None:
    question = asked((1, [other]), *_items(1), rooms=(2 * PAGE, PAGE))
    assert packing.best(question, LIMITS) is None


def test_pools_of_too_many_units_are_left_to_others() -> None:
    odd = [(1, [column(charges=((0, size),))]) for size in ((1 << 30) + 1, 1 << 30)]
    assert packing.best(asked(*odd, rooms=(1 << 31,)), LIMITS) is None


def test_it_stops_after_so_many_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "SETS", 3)
    question = asked(*_items(7, 5, 4, 9, 4, 3), rooms=(16 * PAGE, 16 * PAGE))
    assert packing.best(question, LIMITS) is None
