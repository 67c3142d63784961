"""alternatives: other plans in order of cost, and what a wanted one would have cost or clashed with."""

from __future__ import annotations

import heapwright
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Plan
from tests.builders import board, buffer, device, facts, heap, image, memory, pipeline, port

BOTH = port(image("XR24", "NV12", modifiers=["LINEAR", "VIVANTE_TILED"]))


def choices() -> Platform:
    return board(
        memory={"cma": memory("64MiB", inside="dram", base="512MiB")},
        heaps={"system": heap("dram", run="4KiB"), "cma": heap("cma")},
        devices={"camera": device("camera", capture=BOTH), "panel": device("display", scanout=BOTH)},
    )


def test_the_best_comes_first_and_the_rest_cost_more() -> None:
    found = heapwright.alternatives(choices(), [pipeline()], 5)
    assert found[0] == heapwright.solve(choices(), [pipeline()])
    costs = [tuple(level.value for level in plan.levels) for plan in found]
    assert costs == sorted(costs)
    shapes = [(p.heap, p.format, p.modifier) for plan in found for p in plan.placements]
    assert len(set(shapes)) == len(shapes) == 5


def test_each_is_the_best_with_its_difference() -> None:
    found = heapwright.alternatives(choices(), [pipeline()], 3)
    assert [(p.heap, p.format, p.modifier) for plan in found for p in plan.placements] == [
        ("system", "NV12", "LINEAR"),
        ("system", "NV12", "VIVANTE_TILED"),
        ("system", "XR24", "LINEAR"),
    ]


def test_a_question_with_one_answer_has_no_rivals() -> None:
    assert len(heapwright.alternatives(board(), [pipeline()], 4)) == 1


def test_one_plan_is_one_plan() -> None:
    assert len(heapwright.alternatives(choices(), [pipeline()], 1)) == 1


def test_a_question_without_answer_has_none() -> None:
    assert heapwright.alternatives(board(), [pipeline(frame=buffer(read_by="gpu.sample"))], 3) == ()


def test_a_buffer_that_no_device_touches_in_images_has_rivals_by_heap() -> None:
    found = heapwright.alternatives(choices(), [pipeline(frame=buffer(bytes=4096))], 4)
    assert [p.heap for plan in found for p in plan.placements] == ["system", "cma"]


def test_why_not_names_the_facts_in_the_way() -> None:
    platform = board(
        memory={"cma": memory("64MiB", inside="dram")},
        heaps={"system": heap("dram", run="4KiB"), "cma": heap("cma")},
        devices={"panel": device("display", dma={}, scanout=port())},
    )
    answer = heapwright.why_not(platform, [pipeline(frame=buffer(size="64x64"))], "frame:system")
    assert isinstance(answer, Infeasible)
    assert facts(answer) == [("contiguous-memory", "frame→panel")]


def test_why_not_shows_what_it_would_cost() -> None:
    answer = heapwright.why_not(choices(), [pipeline()], "frame:cma")
    assert isinstance(answer, Plan)
    best = heapwright.solve(choices(), [pipeline()])
    assert isinstance(best, Plan)
    assert [level.value for level in answer.levels] > [level.value for level in best.levels]


def test_why_not_another_format_modifier_or_stride() -> None:
    aligned = board(devices={"panel": device("display", scanout=port(image(stride={"multiple": 64})))})
    for question, kind, text in (
        ("frame:RG16", "format", "camera.capture writes frame as XR24 only"),
        ("frame:I915_X_TILED", "modifier", "camera.capture knows LINEAR only, for frame"),
        (
            "frame:100",
            "stride-multiple",
            "panel.scanout needs a stride that is a multiple of 64 bytes in frame",
        ),
    ):
        answer = heapwright.why_not(aligned, [pipeline()], question)
        assert isinstance(answer, Infeasible)
        assert [(reason.kind, reason.text) for reason in answer.conflict] == [(kind, text)]


def test_rivals_keep_what_is_pinned() -> None:
    found = heapwright.alternatives(choices(), [pipeline()], 9, pins=["frame:heap=cma"])
    assert len(found) > 1
    assert {p.heap for plan in found for p in plan.placements} == {"cma"}


def test_why_not_is_asked_on_top_of_what_is_pinned() -> None:
    answer = heapwright.why_not(choices(), [pipeline()], "frame:system", pins=["frame:heap=cma"])
    assert isinstance(answer, Infeasible)
    assert answer.conflict[0].text == "frame is pinned to more than one heap: cma, system"


def test_alternatives_of_a_plan_with_conversions_move_the_buffer_itself() -> None:
    ports = {end: port(image("NV12", "XR24")) for end in ("source", "target")}
    edge = {"from": "source", "to": "target", "may_change": ["format", "memory", "stride"]}
    platform = board(
        heaps={"coarse": heap("dram", align="64KiB"), "system": heap("dram")},
        devices={
            "camera": device("camera", capture=port(image("NV12"))),
            "rga": device("2d", converts=[edge], **ports),
        },
    )
    found = heapwright.alternatives(platform, [pipeline(frame=buffer(conversions="allow"))], 2)
    assert [[p.heap for p in plan.placements if p.buffer == "frame"] for plan in found] == [
        ["system"],
        ["coarse"],
    ]
    assert [len(plan.conversions) for plan in found] == [1, 1]
