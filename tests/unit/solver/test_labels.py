"""Labels: as many different devices as a file names, and no buffer is placed where there are too few."""

from __future__ import annotations

import pytest

from heapwright.platforms.schema import Platform
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.conversions.deciding import decide
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem
from tests.builders import board, buffer, device, pipeline, plan, port


def gpus(number: int) -> Platform:
    cards = {f"gpu{n:02}": device("gpu", render=port()) for n in range(number)}
    return board(devices={**cards, "panel": device("display", scanout=port())})


def labelled(number: int) -> Pipeline:
    return pipeline(**{f"b{n:02}": buffer(written_by=f"gpu#g{n}.render") for n in range(number)})


def test_one_label_too_many_is_told_before_any_buffer_is_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem(gpus(16), [labelled(17)])
    found = Propagation(problem)
    monkeypatch.setattr(Propagation, "of", lambda *about: pytest.fail("a buffer was placed"))
    assert decide(problem, found, existing_usage(problem.board, ())).status == "infeasible"


def test_as_many_labels_as_devices_get_one_each() -> None:
    answer = plan(gpus(8), labelled(8))
    assert len({a.device for p in answer.placements for a in p.attachments if a.port == "render"}) == 8
