"""Garbage is collected again after an answer, whoever asked and however it ended."""

import gc

import pytest

from heapwright.solver.collecting import not_collecting


def test_collecting_goes_on_when_the_question_fails() -> None:
    with pytest.raises(ValueError, match="collecting: False"):
        fail()
    assert gc.isenabled()


@not_collecting()
def fail() -> None:
    raise ValueError(f"collecting: {gc.isenabled()}")


def test_a_question_within_a_question_leaves_it_to_the_outer_one() -> None:
    with not_collecting():
        with not_collecting():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_who_turned_it_off_for_good_keeps_it_off() -> None:
    gc.disable()
    try:
        with not_collecting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
