"""What the table of conversions promises: a lower bound, nothing left out, and a size known beforehand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from heapwright import solve
from heapwright.platforms.errors import InputError
from heapwright.platforms.fourcc.formats import pixel_formats
from heapwright.platforms.schema import Platform
from heapwright.platforms.values import Extent
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.enumerate import Allowed, Propagation
from heapwright.solver.candidates.relaxation import DroppedFacts
from heapwright.solver.conversions.converted_buffer import ConvertedBuffer
from heapwright.solver.conversions.edges import UNLIMITED, least_bytes
from heapwright.solver.conversions.trees import Trees
from heapwright.solver.layout import layout as layouts
from heapwright.solver.layout import modifiers
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem, Question
from tests.builders import (
    board,
    buffer,
    device,
    facts,
    heap,
    image,
    memory,
    pipeline,
    port,
    raw_port,
    refusal,
)
from tests.property.conversion_questions import question
from tests.unit.solver.test_conversions import edge

SEEDS = range(60)


def trees_of(platform: Platform, pipelines: tuple[Pipeline, ...]) -> Iterator[Trees]:
    problem = Problem(platform, pipelines)
    found = Propagation(problem)
    for asked, options in zip(problem.questions, found.options, strict=True):
        yield from ConvertedBuffer(found, asked, options, {}).trees


def drawn() -> Iterator[Trees]:
    for seed in SEEDS:
        instance = question(seed)
        yield from trees_of(instance.platform, instance.pipelines)


def test_no_tree_costs_less_than_the_table_says() -> None:
    compared = 0
    for trees in drawn():
        least = trees.table.least(trees.root)
        assert least <= trees.cheapest
        compared += trees.cheapest < UNLIMITED
    assert compared > 10


def test_what_is_found_within_a_price_is_all_there_is() -> None:
    """The cheapest trees are among those that no price limits."""
    for trees in drawn():
        every = trees.within(UNLIMITED - 1)
        assert trees.table.excess is None
        assert bool(every) == (trees.cheapest < UNLIMITED)
        within = (
            {(step.state, step.own, step.feeds) for step in trees.within(trees.cheapest)} if every else set()
        )
        assert within <= {(step.state, step.own, step.feeds) for step in every}


def test_natural_bytes_are_the_least_whatever_is_asked() -> None:
    asked = (
        {"multiple": 256}, {"rows": 32}, {"block": Extent(64, 32)}, {"minimum": 3000},
        {"power_of_two": True}, {"equal": True}, {"equal": True, "rows": 32}, {"equal": True, "multiple": 64}, {"metadata": 4096}, {"offset": 4096}, {"groups": ((12, 32),)}, {"minimum_rows": (200,)},
    )  # fmt: skip
    names = (
        "LINEAR", "BROADCOM_SAND128", "BROADCOM_UIF", "I915_Y_TILED", "SAMSUNG_64_32_TILE", "ARM_AFBC(16x16,SPARSE)",
        "ARM_AFRC(P0=24)", "QCOM_COMPRESSED", "I915_Y_TILED_CCS",
    )  # fmt: skip
    compared = 0
    for fourcc in sorted(pixel_formats()):
        for name in names:
            form = modifiers.shape(fourcc, name)
            extent = Extent(130, 70)
            for need in asked if form is not None else ():
                for dmabufs in form.dmabufs if form is not None else ():
                    laid = layouts.solve(layouts.Demand(extent, **need), form, dmabufs)
                    compared += laid is not None
                    assert laid is None or laid.size >= least_bytes(fourcc, name, extent), (
                        fourcc,
                        name,
                        need,
                    )
    assert compared > 1000


def counted(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The placements that are propagated from now on."""
    propagated: list[object] = []
    of = Propagation.of

    def counting(self: Propagation, part: Question, about: DroppedFacts | None) -> tuple[Option, ...]:
        propagated.extend([part] if part.part is not None else [])
        return of(self, part, about)

    monkeypatch.setattr(Propagation, "of", counting)
    return propagated


def test_too_many_ways_are_refused_before_placements_are_propagated(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = (
        ("format", "modifier", "memory", "stride"),
        ("format", "modifier", "stride"),
        ("format", "memory", "stride"),
        ("format", "stride"),
    )
    formats = image("NV12", "XR24")
    converter = device(
        "2d",
        source=port(image("YUYV", "NV12", "XR24")),
        target=port(formats),
        converts=[edge("source", "target", *each) for each in changes],
    )
    platform = board(
        memory={"dram": memory("1GiB")},
        devices={
            "camera": device("camera", capture=port(image("YUYV"))),
            "encoder": device("video-encoder", frame=port(image("NV12"))),
            **{f"converter-{number}": converter for number in range(60)},
        },
    )
    asked = pipeline(frame=buffer(read_by=["display.scanout", "video-encoder.frame"], conversions="allow"))
    propagated = counted(monkeypatch)
    with pytest.raises(InputError, match="more than 8192 ways for its 2 readers; forbid it"):
        solve(platform, [asked])
    assert len(propagated) < 1000  # 57,600 pairs of edges serve the two readers


def test_no_copy_is_looked_for_where_a_reader_takes_no_images(monkeypatch: pytest.MonkeyPatch) -> None:
    # Also without any fact but that one: then modifiers that others do not list count as listed.
    both = port(image("NV12", "XR24", modifiers=["LINEAR", "I915_X_TILED"]))
    blitter = device(
        "2d", source=both, target=both, converts=[edge("source", "target", "format", "modifier")]
    )
    platform = board(
        devices={
            "camera": device("camera", capture=both),
            "npu0": device("npu", input=raw_port()),
            **{f"blitter-{number}": blitter for number in range(4)},
        }
    )
    asked = pipeline(frame=buffer(read_by=["display.scanout", "npu.input"], conversions="allow"))
    propagated = counted(monkeypatch)
    assert facts(refusal(platform, asked)) == [("format", "frame→npu0")]
    assert propagated == []


def test_no_table_is_filled_where_a_reader_may_not_touch_the_buffer_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Devices outside of its audience may open a heap to others, so heaps are not judged one by one.
    both = port(image("NV12", "XR24", modifiers=["LINEAR", "I915_X_TILED"]), protected="allowed")
    blitter = device(
        "2d", source=both, target=both, converts=[edge("source", "target", "format", "modifier")]
    )
    platform = board(
        devices={"camera": device("camera", capture=both), "blitter": blitter},
        heaps={"system": heap("tz", cpu="none", access=["camera", "blitter", "panel"])},
    )
    asked = pipeline(frame=buffer(protected={"audience": ["camera", "2d", "display"]}, conversions="allow"))
    listed: list[Question] = []
    allowed = Propagation.allowed

    def counting(self: Propagation, part: Question, about: DroppedFacts | None, *, in_heaps: bool) -> Allowed:
        listed.append(part)
        return allowed(self, part, about, in_heaps=in_heaps)

    monkeypatch.setattr(Propagation, "allowed", counting)
    assert facts(refusal(platform, asked)) == [("protected-port", "frame→panel")]
    assert listed
    assert not [part for part in listed if part.part is not None and part.part.ends], (
        "no side of a conversion"
    )
