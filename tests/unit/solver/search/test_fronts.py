"""fronts: what a walk keeps, what it may leave out, and what it says when it has to stop."""

from __future__ import annotations

import pytest

from heapwright.solver.search import fronts
from heapwright.solver.search.selection import Column, CostLevel, SearchLimits, Selection, SharedBlock
from tests.unit.solver.search.selections import asked, brute, column, drawn

SUM, LARGEST = CostLevel(), CostLevel(largest=True)


def _taken(question: Selection) -> tuple[int, ...] | None:
    said = fronts.best(question, SearchLimits())
    assert said is not None
    return said.counts if said.status == "optimal" else None


def test_the_cheaper_column_goes_to_whom_it_saves_more() -> None:
    # One buffer may have the 2 that are left; it saves the first group 5, the second 3.
    one = [column(0, values=(0,), charges=((0, 2),)), column(1, values=(5,))]
    other = [column(0, values=(0,), charges=((0, 2),)), column(1, values=(3,))]
    assert _taken(asked((1, one), (1, other), rooms=(2,), levels=(SUM,))) == (1, 0, 0, 1)


def test_the_largest_share_is_made_small_before_what_comes_later() -> None:
    # Both in the first memory cost nothing later, and make it 8; one in each makes it 4.
    both = [column(0, values=(0, 0), shares=((0, 4),)), column(1, values=(0, 9), shares=((1, 4),))]
    question = asked((2, both), held=(0, 0), levels=(LARGEST, SUM))
    assert _taken(question) == (1, 1)
    assert question.values((1, 1)) == [4, 9]


def test_what_makes_no_whole_step_is_left_to_later_levels() -> None:
    # 7 or 9 are two steps of 5 both; the second level decides.
    both = [column(0, values=(7, 1)), column(1, values=(9, 0))]
    assert _taken(asked((1, both), levels=(CostLevel(step=5), SUM))) == (0, 1)


def test_a_block_is_charged_once() -> None:
    locks = column(0, values=(0,), charges=((0, 1),), blocks=(0,))
    dear = column(1, values=(1,))
    block = SharedBlock((0,), ((0, 5),), ())
    question = asked((2, [locks, dear]), rooms=(7,), blocks=(block,), levels=(SUM,))
    assert _taken(question) == (2, 0)
    assert _taken(question._replace(rooms=(6,))) == (1, 1)
    assert _taken(question._replace(rooms=(5,))) == (0, 2)


def test_buffers_that_must_differ_take_different_devices() -> None:
    def of(variable: int) -> tuple[int, list[Column]]:
        return 1, [column(n, values=(0,), devices=((variable, name),)) for n, name in enumerate("ab")]

    question = asked(of(0), of(1), levels=(SUM,), must_differ=((0, 1),))
    assert _taken(question) == (1, 0, 0, 1)


def test_of_equal_choices_the_earlier_group_has_the_earlier_name() -> None:
    both = [column(0, values=(0,), charges=((0, 1),)), column(1, values=(0,))]
    assert _taken(asked((1, both), (1, both), rooms=(1,), levels=(SUM,))) == (1, 0, 0, 1)


def test_a_walk_that_has_to_stop_says_what_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fronts, "BEAM", 1)
    monkeypatch.setattr(fronts, "LABELS", 1)
    stopped = 0
    for seed in range(200):
        question = drawn(seed)
        said, best = fronts.best(question, SearchLimits()), brute(question)
        if said is None or not said.counts:
            assert said is None or best is None
            continue
        assert best is not None
        assert question.allows(said.counts)
        assert list(said.bounds) == question.values(best)[: len(said.bounds)]
        stopped += said.status == "feasible"
    assert stopped


def test_the_same_question_has_the_same_answer_however_few_labels_are_kept_at_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for seed in range(200):
        question = drawn(seed)
        monkeypatch.setattr(fronts, "BEAM", 48)
        wide = fronts.best(question, SearchLimits())
        monkeypatch.setattr(fronts, "BEAM", 2)
        assert not question.levels or fronts.best(question, SearchLimits()) == wide


def test_one_front_answers_every_capacity() -> None:
    tried = 0
    for seed in range(60):
        question = drawn(seed)
        if not question.rooms:
            continue
        question = question._replace(levels=question.levels[: question.separate])
        most = 2 * max(*question.rooms, 1)
        wide = question._replace(rooms=(most, *question.rooms[1:]))
        front = fronts.front(wide)
        assert front is not None
        fits = []
        for room in range(0, most + 1, -(-most // 20)):
            sweep = question._replace(rooms=(room, *question.rooms[1:]))
            best, said = brute(sweep), front.best(sweep.rooms)
            assert said == (None if best is None else tuple(sweep.values(best)))
            fits += [room] if best else []
        smallest = front.smallest(0, wide.rooms)
        assert smallest is not None or not fits
        if smallest is not None:
            assert brute(question._replace(rooms=(smallest, *question.rooms[1:]))) is not None
            assert brute(question._replace(rooms=(smallest - 1, *question.rooms[1:]))) is None
            tried += 1
    assert tried > 10
