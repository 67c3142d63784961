"""The question that started it all, to the byte (design §4).

"The display can support scatter-gather, the GPU needs bigger stride for this
particular format and the video encoder can not support SG. Which set of
constraints and which buffer size should [one] select?"

A row is 1366 × 4 = 5464 bytes, to 256 for the GPU: 5632. 768 rows are 4 325 376
bytes, and a slot of CMA is 5 MiB: 4 buffers take 20 of the 64 MiB.
"""

from __future__ import annotations

from pathlib import Path

import heapwright
from heapwright.platforms.catalog import load_platform
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Parts, Plan
from heapwright.solver.question.load import load_pipelines
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import MIB, changed, facts, load, refusal, ways_out

FILE = Path(__file__).parents[2] / "examples" / "record-and-preview.yaml"
SHRUNK = 16 * MIB


def board(cma: int = 64 * MIB) -> Platform:
    return changed(load_platform("acme-one"), "memory.cma.size", cma)


def question(count: int = 4) -> Pipeline:
    [pipeline] = load_pipelines([FILE])
    return changed(pipeline, "buffers.frame.count", count)


def answer() -> Plan:
    found = heapwright.solve(board(), [question()])
    assert isinstance(found, Plan)
    return found


def test_the_answer_of_the_design_to_the_byte() -> None:
    # The JSON of design §9, less reasons and rejections.
    [placement] = answer().model_dump(mode="json", by_alias=True)["placements"]
    stated = {
        "buffer": "frame",
        "heap": "cma",
        "names": ["default_cma_region", "linux,cma", "reserved"],
        "format": "XR24",
        "modifier": "LINEAR",
        "modifier_value": "0x0",
        "width": 1366,
        "height": 768,
        "coded_width": 1366,
        "coded_height": 768,
        "planes": [{"offset": 0, "stride": 5632, "size": 4325376, "dmabuf": 0}],
        "size": 4325376,
        "allocated": 5242880,
        "count": 4,
        "attachments": [
            {"device": "gpu0", "port": "render", "access": "write"},
            {"device": "panel", "port": "scanout", "access": "read"},
            {"device": "encoder", "port": "frame", "access": "read"},
        ],
    }
    assert {key: placement[key] for key in stated} == stated


def test_it_is_proven_and_nothing_is_left_to_luck() -> None:
    found = answer()
    assert (found.status, found.platform, found.pipelines) == ("optimal", "acme-one", ("record-and-preview",))
    assert (found.conversions, found.dropped, found.warnings, found.unknown_facts) == ((), (), (), ())
    # 60 frames of 4 325 376 bytes, touched by three.
    assert load(found) == Parts(
        traffic=3 * -(-60 * 4_325_376 * 10**6 // 8_960_000_000), largest_share=312_500, sum_of_shares=312_500
    )
    assert {level.term: level.value for level in found.levels} == {
        "lossy-conversions": 0,
        "converted-picture": 0,
        "conversion-bytes": 0,
        "preference": 0,
        "picture": 0,
        "avoided-heaps": 0,
        "dropped-wishes": 0,
        "load": 712_000,  # 8.69 % of 8.96 GB/s, and twice 20 of 64 MiB
        "bytes": 20_971_520,
        "moved-buffers": 0,
        "exporter": 1,  # a plain heap
        "driver-formats": 0,
        "driver-modifiers": 0,
        "fine-load": 400_000,  # 8.69 %, and 20 of 64 MiB: three digits
    }


def test_the_encoder_is_the_reason_for_cma() -> None:
    [reason] = [r for r in answer().placements[0].reasons if r.kind == "contiguous-memory"]
    assert (reason.decides, reason.subject) == ("heap", "frame→encoder")
    assert reason.text == (
        "encoder has no IOMMU, so frame must be one physical run; system guarantees runs of 4 KiB; "
        "gpu0 and panel alone would have allowed system"
    )


def test_the_gpu_is_the_reason_for_the_stride() -> None:
    [reason] = [r for r in answer().placements[0].reasons if r.decides == "stride"]
    assert (reason.kind, reason.subject) == ("stride-multiple", "frame→gpu0")
    assert "256 bytes" in reason.text


def test_the_other_heaps_are_rejected_with_their_reasons() -> None:
    assert {r.heap: [reason.kind for reason in r.reasons] for r in answer().placements[0].rejected} == {
        "system": ["contiguous-memory"],
        "video-protected": ["protected-only"],
    }


def test_with_16_mib_of_cma_five_facts_clash() -> None:
    found = refusal(board(SHRUNK), question())
    assert facts(found) == [
        ("contiguous-memory", "frame→encoder"),
        ("format", "frame→gpu0"),
        ("capacity", "cma"),
        ("count", "frame"),
        ("protected-only", "video-protected"),
    ]
    assert [reason.text for reason in found.conflict] == [
        "encoder has no IOMMU, so frame must be one physical run; system guarantees runs of 4 KiB",
        "gpu0.render writes frame as XR24 only",
        "4 × frame need 20 MiB of cma, which has 16 MiB free",
        "frame has 4 buffers; at least 3 are needed (held: gpu0.render 1, panel.scanout 1, encoder.frame 1)",
        "video-protected holds protected buffers only, and frame is not protected",
    ]
    assert all(reason.source for reason in found.conflict)


def test_the_ways_out_are_exact_and_the_cheapest_comes_first() -> None:
    found = refusal(board(SHRUNK), question())
    assert ways_out(found) == {
        "memory.cma.size": 20_971_520,
        "buffers.frame.count": 3,
        "devices.encoder.dma.mmu": True,
    }
    assert [remedy.text for remedy in found.remedies[:2]] == [
        "enlarge cma to 20 MiB (memory.cma.size, now 16 MiB)",
        "use 3 buffers for frame (buffers.frame.count, now 4)",
    ]


def test_each_way_out_leads_to_a_plan() -> None:
    assert isinstance(heapwright.solve(board(20_971_520), [question()]), Plan)
    assert isinstance(heapwright.solve(board(SHRUNK), [question(3)]), Plan)
    behind_mmu = changed(board(SHRUNK), "devices.encoder.dma.mmu", True)
    assert isinstance(heapwright.solve(behind_mmu, [question()]), Plan)


def test_one_page_less_or_one_buffer_more_and_there_is_none() -> None:
    assert isinstance(heapwright.solve(board(20_971_520 - 4096), [question()]), Infeasible)
    assert isinstance(heapwright.solve(board(20_971_520), [question(5)]), Infeasible)
    assert isinstance(heapwright.solve(board(SHRUNK - MIB - 4096), [question(3)]), Infeasible)


def test_the_same_question_gives_the_same_bytes() -> None:
    assert answer().model_dump_json() == answer().model_dump_json()
    shrunk = [refusal(board(SHRUNK), question()).model_dump_json() for _ in range(2)]
    assert shrunk[0] == shrunk[1]


def test_why_not_system_names_the_encoder() -> None:
    found = heapwright.why_not(board(), [question()], "frame:system")
    assert isinstance(found, Infeasible)
    assert facts(found) == [("contiguous-memory", "frame→encoder")]
