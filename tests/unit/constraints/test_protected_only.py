"""protected-only: a heap behind a firewall holds protected buffers and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.schema import Platform
from tests.builders import board, facts, heap, placed, refusal, said


def behind(access: Any) -> Platform:
    return board(heaps={"tz": heap("tz", cpu="none", access=access)})


def test_an_open_heap_takes_anything() -> None:
    assert placed(board()).heap == "system"


@pytest.mark.parametrize("access", [["camera", "panel"], "unknown", []])
def test_ordinary_content_stays_outside(access: Any) -> None:
    answer = refusal(behind(access))
    assert facts(answer) == [("protected-only", "tz")]
    assert said(answer, "protected-only") == "tz holds protected buffers only, and frame is not protected"


def test_however_much_room_there_is() -> None:
    heaps = {"a-tz": heap("tz", cpu="none", access=["camera", "panel"]), "system": heap("dram")}
    assert placed(board(heaps=heaps)).heap == "system"
