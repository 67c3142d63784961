"""conflict and facts: the shortest conflict, in sentences that name what decides."""

from __future__ import annotations

from typing import Any

import pytest

import heapwright
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.explain.facts import Sentences
from heapwright.solver.question.facts import Fact
from heapwright.solver.question.resolve import Problem
from heapwright.solver.search.choose import choose
from tests.builders import (
    board,
    buffer,
    device,
    facts,
    heap,
    image,
    memory,
    pipeline,
    placed,
    port,
    raw_port,
    refusal,
    said,
    ways_out,
)


def test_of_two_conflicts_the_shorter_is_told() -> None:
    # Capacity and count are two facts; the unknown format is one.
    platform = board(
        memory={"cma": memory("8KiB", inside="dram")},
        heaps={"cma": heap("cma")},
        devices={"panel": device("display", scanout=port(image("NV12")))},
    )
    question = pipeline(many=buffer(size="32x32", count=5, read_by=[]), film=buffer(formats=["XR24"]))
    assert facts(refusal(platform, question)) == [("format", "film→panel")]


def split(small: str) -> Platform:
    """Three heaps, each of which another device cannot use; two of them draw from a memory of this size."""
    return board(
        memory={"small": memory(small, inside="dram"), "vram": memory("1GiB", local="panel")},
        heaps={
            "scattered": heap("small", run="4KiB"),
            "hidden": heap("small", cpu="none"),
            "vram": heap("vram", via="drm", exporter="panel"),
        },
        devices={
            "enc": device("video-encoder", dma={}, frame=port(memory=["dram", "small"])),
            "cpu0": device("cpu", read=port(memory=["dram", "small"])),
        },
    )


def test_a_budget_with_few_facts_of_a_buffer_is_told_before_more_of_its_facts() -> None:
    readers = ["display.scanout", "video-encoder.frame", "cpu.read"]
    question = pipeline(frame=buffer(size="64x64", read_by=readers))
    roomy, tight = (facts(refusal(split(size), question)) for size in ("1MiB", "8KiB"))
    assert roomy == [
        ("contiguous-memory", "frame→enc"),
        ("local-only", "frame→cpu0"),
        ("cpu-access", "frame→cpu0"),
    ]
    # 64 × 64 × 4 = 16 KiB: too large for both heaps at once.
    assert tight == [("local-only", "frame→cpu0"), ("capacity", "small")]


def test_of_two_equally_short_conflicts_the_first_by_name_is_told() -> None:
    answer = refusal(board(), pipeline(a=buffer(formats=["NV12"]), b=buffer(formats=["NV12"])))
    assert facts(answer) == [("format", "a→camera")]


def test_facts_are_told_in_the_order_of_the_catalogue() -> None:
    platform = board(
        memory={"cma": memory("8KiB", inside="dram")},
        heaps={"cma": heap("cma"), "system": heap("dram", run="4KiB")},
        devices={"panel": device("display", dma={}, scanout=port())},
    )
    answer = refusal(platform, pipeline(frame=buffer(size="32x64", count=2)))
    assert facts(answer) == [("contiguous-memory", "frame→panel"), ("capacity", "cma"), ("count", "frame")]


def test_every_sentence_has_a_source() -> None:
    platform = board(
        memory={"cma": memory("8KiB", inside="dram", source="device tree")},
        heaps={"cma": heap("cma"), "system": heap("dram", run="4KiB")},
        devices={"panel": device("display", dma={}, scanout=port(), source="data sheet")},
    )
    answer = refusal(platform, pipeline(frame=buffer(size="32x64", count=2)))
    assert [reason.source for reason in answer.conflict] == ["data sheet", "device tree", "pipeline test"]


def test_a_rule_with_a_source_of_its_own_is_cited() -> None:
    rule = image(stride={"max": 32}, source="driver.c check_pitch()")
    answer = refusal(board(devices={"panel": device("display", scanout=port(rule))}))
    assert [reason.source for reason in answer.conflict] == ["driver.c check_pitch()"]


def test_the_rule_for_the_format_at_hand_is_cited() -> None:
    rules = [image("NV12", stride={"max": 16}), image("XR24", stride={"max": 32})]
    panel = device("display", scanout=port(*rules))
    answer = refusal(board(devices={"panel": panel}), pipeline(frame=buffer(formats=["XR24"])))
    assert said(answer, "stride-range") == "panel.scanout takes strides of at most 32 bytes in frame"


def test_more_than_six_who_share_are_counted() -> None:
    platform = board(memory={"cma": memory("4KiB", inside="dram")}, heaps={"cma": heap("cma")})
    question = pipeline(**{f"b{n}": buffer(count=1, read_by=[], size="32x32") for n in range(9)})
    answer = refusal(platform, question)
    text = said(answer, "capacity")
    assert text == "b0, b1, b2, b3, b4, b5 and 3 more need 36 KiB of cma, which has 4 KiB free"


def test_without_remedies_the_conflict_is_the_same() -> None:
    platform = board(memory={"cma": memory("4KiB", inside="dram")}, heaps={"cma": heap("cma")})
    question = pipeline(frame=buffer(size="32x32"))
    bare = heapwright.solve(platform, [question], options=heapwright.Options(explain=False))
    assert isinstance(bare, Infeasible)
    assert bare.conflict == refusal(platform, question).conflict
    assert bare.remedies == ()


def test_a_layout_that_cannot_be_computed_and_was_not_asked_for() -> None:
    afbc = port(image(modifiers=["ARM_AFBC(32x8_64x4)"]))
    platform = board(
        devices={"camera": device("camera", capture=afbc), "panel": device("display", scanout=afbc)}
    )
    answer = refusal(platform)
    assert facts(answer) == [("modifier", "frame→camera"), ("modifier", "frame→panel")] or facts(answer) == [
        ("modifier", "frame→camera")
    ]


def test_the_question_of_the_thread_that_asked_for_this_tool() -> None:
    # "The display can support scatter-gather, the GPU needs bigger stride, the encoder can not support SG."
    def thread(cma: str) -> Platform:
        return board(
            memory={"cma": memory(cma, inside="dram")},
            heaps={"system": heap("dram", run="4KiB"), "cma": heap("cma")},
            devices={
                "gpu": device("gpu", render=port(image(stride={"multiple": 256}))),
                "encoder": device("video-encoder", dma={"bits": 32}, frame=port()),
            },
        )

    question = pipeline(
        frame=buffer(
            size="30x30", written_by="gpu.render", read_by=["display.scanout", "video-encoder.frame"], count=3
        )
    )
    answer = refusal(thread("20KiB"), question)
    # 30 × 4 = 120, to 256; × 30 = 7680, two pages: 24 KiB.
    assert said(answer, "capacity") == "3 × frame need 24 KiB of cma, which has 20 KiB free"
    assert ("contiguous-memory", "frame→encoder") in facts(answer)
    # Unpadded, 120 × 30 = 3600 bytes would be one page: the GPU's stride is a fact of the conflict too.
    assert ("stride-multiple", "frame→gpu") in facts(answer)


def test_a_pin_narrows_and_is_no_fact() -> None:
    heaps = {"system": heap("dram", run="4KiB"), "cma": heap("dram")}
    platform = board(heaps=heaps, devices={"panel": device("display", dma={}, scanout=port())})
    answer = refusal(platform, pipeline(frame=buffer(size="64x64")), pins=["frame:heap=system"])
    assert facts(answer) == [("contiguous-memory", "frame→panel")]


def told(platform: Platform, **buffers: Any) -> list[str]:
    return [reason.text for reason in refusal(platform, pipeline(**buffers)).conflict]


def test_what_a_device_lacks_is_told_for_each_port_that_needs_it() -> None:
    platform = board(devices={"decoder": device("video-decoder", bitstream=raw_port())})
    assert told(platform, frame=buffer(written_by="video-decoder.frame")) == [
        "bench has no video-decoder.frame (1 of kind video-decoder without it), which frame needs"
    ]


def test_a_fact_is_put_into_words_even_where_the_plan_at_hand_does_not_break_it() -> None:
    # So it is when a search for the plan without the fact was cut short.
    heaps = {"system": heap("dram"), "tz": heap("tz", cpu="none", access=["panel"])}
    problem = Problem(board(heaps=heaps), [pipeline()])
    used = existing_usage(problem.board, ())
    options = choose(problem, Propagation(problem), used).options
    at_hand = list(zip(problem.questions, options, strict=True))
    sentences = Sentences(problem, used)
    of_heap = sentences.reason(Fact("protected-only", "tz"), lambda: at_hand)
    assert of_heap.text == "tz holds protected buffers only, and frame is not protected"
    of_attachment = sentences.reason(Fact("coherency", "frame→panel"), lambda: at_hand)
    assert of_attachment.text == (
        "panel does not snoop CPU caches; frame is cached in system, which does no cache maintenance"
    )


def test_a_wish_that_does_not_fit_is_told_by_its_least() -> None:
    platform = board(memory={"cma": memory("8KiB", inside="dram")}, heaps={"cma": heap("cma")})
    answer = refusal(platform, pipeline(frame=buffer(size="32x32", count={"min": 3, "wish": 9})))
    assert said(answer, "count").startswith("frame has at least 3 buffers; at least 2 are needed")


def test_a_budget_of_a_heap_shares_its_name_with_a_memory() -> None:
    # The block of the pool `cma` and the memory `cma` are told apart in words.
    platform = board(
        memory={"cma": memory("64KiB", inside="dram")},
        heaps={"cma": heap("cma", locks={"from": "cma", "size": "16KiB"})},
    )
    answer = refusal(platform, pipeline(frame=buffer(size="32x32", count=5)))
    assert said(answer, "capacity") == "5 × frame need 20 KiB of the 16 KiB that cma locks"


def test_a_resource_that_only_another_choice_of_devices_needs_is_a_fact() -> None:
    # e0 wants widths in steps of 16, e1 two of the one resource: either would do.
    encoders = {
        "e0": device("video-encoder", frame=port(image(extent={"multiple": "16x1"}))),
        "e1": device("video-encoder", frame=port(uses={"channel": 2})),
    }
    platform = board(devices=encoders, resources={"channel": 1})
    question = pipeline(frame=buffer(size="20x16", read_by="video-encoder.frame"))
    answer = refusal(platform, question)
    assert facts(answer) == [("extent", "frame→e0"), ("resource", "channel")]
    assert ways_out(answer) == {"buffers.frame.size": "32x16", "resources.channel": 2}
    assert placed(board(devices=encoders, resources={"channel": 2}), question).attachments[1].device == "e1"


def test_how_many_ports_a_device_has_is_a_fact() -> None:
    encoders = {
        "e0": device("video-encoder", frame=port(image(extent={"multiple": "16x1"}))),
        "e1": device("video-encoder", frame=port(how_many=1)),
    }
    twice = ["video-encoder:live.frame", "video-encoder:archive.frame"]
    question = pipeline(frame=buffer(size="20x16", read_by=twice))
    answer = refusal(board(devices=encoders), question)
    assert facts(answer) == [("extent", "frame→e0"), ("resource", "e1.frame")]


def test_the_aperture_of_one_device_is_a_fact() -> None:
    encoders = {
        "e0": device("video-encoder", frame=port(image(extent={"multiple": "16x1"}))),
        "e1": device(
            "video-encoder", dma={"mmu": True, "aperture": {"base": 0, "size": "4KiB"}}, frame=port()
        ),
    }
    question = pipeline(frame=buffer(size="20x16", count=2, read_by="video-encoder.frame"))
    answer = refusal(board(devices=encoders), question)
    assert facts(answer) == [("iova-aperture", "e1"), ("extent", "frame→e0")]


def test_of_two_ports_of_a_device_the_one_that_binds_is_told() -> None:
    npu = device("npu", output=port(image(stride={"max": 4096})), input=port(image(stride={"max": 60})))
    question = pipeline(frame=buffer(size="100x60", written_by="npu.output", read_by="npu.input"))
    answer = refusal(board(devices={"npu": npu}), question)
    assert said(answer, "stride-range") == "npu.input takes strides of at most 60 bytes in frame"


def test_of_two_ports_of_a_device_the_one_without_the_format_is_told() -> None:
    npu = device("npu", output=port(image("NV12", "XR24")), input=port(image("XR24")))
    question = pipeline(frame=buffer(formats=["NV12"], written_by="npu.output", read_by="npu.input"))
    assert (
        said(refusal(board(devices={"npu": npu}), question), "format") == "npu.input reads frame as XR24 only"
    )


def test_of_two_heaps_the_one_that_nothing_else_forbids_is_told() -> None:
    # Neither is within 28 bits; were system so, its pages would still be scattered.
    platform = board(
        memory={
            "dram": memory("2GiB", base=0x40000000),
            "cma": memory("64MiB", inside="dram", base=0x50000000),
        },
        heaps={"system": heap("dram", run="4KiB"), "cma": heap("cma")},
        devices={"panel": device("display", dma={"bits": 28}, scanout=port())},
    )
    answer = refusal(platform, pipeline(frame=buffer(size="64x64")))
    assert said(answer, "address-reach") == (
        "panel addresses 28 bits; cma takes frame from cma, which may reach 0x54000000"
    )


def test_who_asks_for_more_dmabufs_than_planes_is_blamed() -> None:
    question = pipeline(fine=buffer(), odd=buffer(formats=["XR24"], dmabufs=2))
    answer = refusal(board(), question)
    assert facts(answer) == [("plane-buffers", "odd")]
    assert said(answer, "plane-buffers") == "odd is to lie in 2 dma-bufs; XR24 has 1 plane"


def test_who_must_be_another_device_for_other_buffers_does_not_count() -> None:
    # The GPU is one for the file, and what is sampled can only be d1's: what d0 does not take is idle.
    d0 = device("gpu", render=port(image("NV12")))
    d1 = device("gpu", render=port(image("NV12")), sample=port())
    question = pipeline(
        canvas=buffer(formats=["XR24"], written_by="gpu.render", read_by=[]),
        texture=buffer(written_by="camera.capture", read_by="gpu.sample"),
    )
    answer = refusal(board(devices={"d0": d0, "d1": d1}), question)
    assert facts(answer) == [("format", "canvas→d1")]


@pytest.mark.parametrize("port", ["camera.capture", "gpu.render"])
def test_a_board_without_heaps_is_said_to_have_none(port: str) -> None:
    # No gpu either: without that fact nobody is attached at all.
    question = pipeline(frame=buffer(written_by=port, read_by=[]))
    assert said(refusal(board(heaps={}), question), "capacity") == "bench has no heap to allocate from"
