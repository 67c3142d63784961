"""Trouble threads of docs/threads.md: which are examples, and those that a question and its one answer do not express.

A row is a file `examples/threads/sNN-….expected.yaml`, which tests/test_board_cases.py holds the solver to, or a test here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import heapwright
from heapwright.solver.question.load import load_pipelines
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import (
    KIB,
    board,
    buffer,
    device,
    heap,
    image,
    memory,
    pipeline,
    plan,
    port,
    refusal,
    said,
)
from tests.examples import ROOT, THREADS, pipeline_of, platforms_of

FOLDER: Final = ROOT / "examples" / "threads"
ROWS: Final = ROOT / "docs" / "threads.md"
AFBC: Final = "ARM_AFBC(16x16,SPARSE)"


def test_every_answered_row_is_an_example_or_a_test_here() -> None:
    answered = ROWS.read_text("utf-8").partition("## Not answered by a plan")[0]
    rows = {number.lower() for number in re.findall(r"^\| (S\d\d) \|", answered, re.MULTILINE)}
    tests = set(re.findall(r"^def test_(s\d\d)_", Path(__file__).read_text("utf-8"), re.MULTILINE))
    examples = {path.name[:3] for path in THREADS}
    assert rows == tests | examples
    assert not tests & examples


def test_every_file_of_an_example_has_an_expected_answer() -> None:
    pipelines = {pipeline_of(path) for path in THREADS}
    boards = {Path(name) for path in THREADS for name in platforms_of(path)}
    assert {*pipelines, *boards, *THREADS} == set(FOLDER.glob("s*.yaml"))
    for path in pipelines:
        assert load_pipelines([path])[0].name == path.stem


def test_s45_scan_out_and_faster_rendering_are_both_offered() -> None:
    # The display knows linear only, the GPU compresses: the pipeline's order decides, the rest is listed.
    gpu = device("gpu", render=port(image(modifiers=["LINEAR", AFBC])), sample=port(image(modifiers=[AFBC])))
    platform = board(devices={"gpu": gpu})

    def window(*readers: str) -> Pipeline:
        either = {"any_of": [*readers]}
        return pipeline(frame=buffer(size="640x480", written_by="gpu.render", read_by=[either]))

    def shown(answer: Any) -> list[tuple[str | None, str]]:
        return [(p.modifier, p.attachments[1].port) for each in answer for p in each.placements]

    direct = heapwright.alternatives(platform, [window("display.scanout", "gpu.sample")], 2)
    assert shown(direct) == [("LINEAR", "scanout"), (AFBC, "sample")]
    composed = heapwright.alternatives(platform, [window("gpu.sample", "display.scanout")], 2)
    assert shown(composed) == [(AFBC, "sample"), ("LINEAR", "scanout")]


def test_s57_who_did_not_fit_and_who_holds_the_pool() -> None:
    # 765 pages of NV12 1920x1088, then 192 more, in a pool that 765 pages and a few fill.
    platform = board(
        memory={"cma": memory(960 * 4 * KIB, inside="dram", held=32 * KIB)},
        heaps={"cma": heap("cma", run="whole")},
    )
    raw = pipeline("decode", raw=buffer(bytes=765 * 4096, count=1, read_by=[]))
    live = plan(platform, raw).placements
    answer = refusal(
        platform, pipeline("encode", coded=buffer(bytes=192 * 4096, count=1, read_by=[])), live=live
    )
    assert said(answer, "capacity") == "coded, live buffers need 3828 KiB of cma, which has 3808 KiB free"
