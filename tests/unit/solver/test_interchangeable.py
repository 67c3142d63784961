"""interchangeable: of devices that are alike as few are looked at as suffice, and the plan is as good."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from heapwright.platforms.catalog import board_names, load_platform
from heapwright.platforms.schema import Platform
from heapwright.solver.board.interchangeable import alike, first_of
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.conversions.deciding import decide
from heapwright.solver.question.resolve import Problem
from heapwright.solver.search.choose import Choice
from tests.builders import board, buffer, device, heap, memory, pipeline, plan, port, refusal
from tests.property import conversion_questions
from tests.property.strategies import instance


def cards(number: int, **facts: Any) -> dict[str, Any]:
    return {f"gpu{n:02}": device("gpu", render=port(), sample=port(), **facts) for n in range(number)}


def test_equal_devices_are_alike_and_others_are_not() -> None:
    slow = device("gpu", render=port(), sample=port(), dma={"bits": 32})
    assert alike(board(devices={**cards(3), "other": slow})) == (("gpu00", "gpu01", "gpu02"),)


@pytest.mark.parametrize(
    "named",
    [
        {"heaps": {"system": heap("dram"), "own": heap("dram", via="drm", exporter="gpu00")}},
        {"memory": {"dram": memory(), "vram": memory(local="gpu00", base="0x200000000")}},
    ],
)
def test_a_device_that_the_profile_names_alone_is_none_of_them(named: Any) -> None:
    assert alike(board(devices=cards(3), **named)) == (("gpu01", "gpu02"),)


def test_devices_that_are_named_in_one_list_are_alike() -> None:
    both = {"memory": {"dram": memory(), "vram": memory(local=["gpu00", "gpu02"], base="0x200000000")}}
    assert alike(board(devices=cards(4), **both)) == (("gpu00", "gpu02"), ("gpu01", "gpu03"))


def test_whoever_comes_later_may_be_one_device_more() -> None:
    groups = (("a", "b", "c", "d"),)
    every = ("a", "b", "c", "d", "x")
    assert first_of(groups, [every, ("x",), every, every], {"b"}) == [
        ("a", "b", "x"),
        ("x",),
        ("a", "b", "c", "x"),
        every,
    ]


def test_a_ring_of_labels_takes_no_longer_for_more_equal_devices() -> None:
    names = [f"gpu#l{n}" for n in range(32)]
    ring = {
        f"b{n:02}": buffer(written_by=f"{one}.render", read_by=f"{other}.sample")
        for n, (one, other) in enumerate(zip(names, [*names[1:], names[0]], strict=True))
    }
    problem = Problem(board(devices=cards(64)), [pipeline(**ring)])
    narrowed = problem.narrowed()
    assert {len(narrowed.candidates(n)) for n in range(32)} == {1}
    assert {len(problem.candidates(n)) for n in range(32)} == {64}
    found = plan(board(devices=cards(64)), pipeline(**ring))
    assert len({each.device for placement in found.placements for each in placement.attachments}) == 32


def test_a_device_that_is_pinned_or_in_use_is_looked_at() -> None:
    platform, asked = board(devices=cards(3)), pipeline(frame=buffer(written_by="gpu.render", read_by=[]))
    pinned = plan(platform, asked, pins=["frame:device=gpu02"])
    assert pinned.placements[0].attachments[0].device == "gpu02"
    beside = Problem(platform, [pipeline("more", frame=buffer(written_by="gpu.render"))], pinned.placements)
    assert beside.narrowed().candidates(0) == ("gpu00", "gpu02")


def test_a_conflict_names_all_that_are_alike() -> None:
    platform = board(
        memory={"dram": memory(base="0x200000000")}, devices=cards(2, dma={"bits": 32, "mmu": True})
    )
    found = refusal(platform, pipeline(frame=buffer(written_by="gpu.render", read_by=[])))
    assert {fact.subject for fact in found.conflict} == {"frame→gpu00", "frame→gpu01"}


def doubled(platform: Platform) -> Platform:
    """With every device three times, where nothing names it."""
    devices = {f"{name}{twin}": each for name, each in platform.devices.items() for twin in ("", "-b", "-c")}
    return platform.model_copy(update={"devices": devices})


def decided(problem: Problem) -> tuple[str, list[int]]:
    used = existing_usage(problem.board, problem.live)
    choice: Choice = decide(problem, Propagation(problem), used)
    return choice.status, [level.value for level in choice.levels]


@pytest.mark.parametrize("start", range(0, 600, 200))
def test_with_fewer_devices_the_best_plan_is_as_good(start: int) -> None:
    fewer, plans = 0, 0
    for seed in range(start, start + 200):
        drawn = instance(seed) if seed % 3 else conversion_questions.question(seed)
        problem = Problem(doubled(drawn.platform), list(drawn.pipelines))
        narrowed = problem.narrowed()
        fewer += sum(
            len(narrowed.candidates(n)) < len(problem.candidates(n)) for n in range(len(problem.variables))
        )
        found = decided(narrowed)
        assert found == decided(problem), seed
        plans += found[0] == "optimal"
    assert fewer > 200 and plans > 50


def test_no_device_of_a_profile_names_another() -> None:
    """Else it would tell them apart: whoever adds such a field says so in `interchangeable`."""
    for name in board_names():
        platform = load_platform(name)
        stated = platform.model_dump(exclude={"devices": {"__all__": FREE_TEXT}})["devices"]
        for own, facts in stated.items():
            others = {*platform.devices} - {own, *platform.heaps, *platform.iommus, *platform.resources}
            others -= {*platform.memory, *platform.links}
            assert not others & {*words(facts)}, (name, own)


FREE_TEXT = {"source", "driver", "node", "kind"}


def words(value: Any) -> Iterator[str]:
    """All values that are words."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from words(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from words(each)
