"""Pipelines and live placements from files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heapwright.platforms.errors import InputError
from heapwright.platforms.reading.yaml_source import read_text
from heapwright.solver.question.load import live_from, load_live, load_pipelines, pipelines_from
from heapwright.solver.question.pipeline import AnyOf, Use
from tests.hostile import PIPELINE


def said(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        pipelines_from([read_text(text, "pipeline.yaml")])
    return [str(problem) for problem in caught.value.problems]


def changed(*changes: tuple[str, str]) -> str:
    text = PIPELINE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def test_a_pipeline_is_read() -> None:
    (pipeline,) = pipelines_from([read_text(PIPELINE, "q")])
    frame = pipeline.buffers["frame"]
    assert (pipeline.name, frame.size, frame.formats, frame.count) == (
        "preview",
        (1366, 768),
        ("XR24", "NV12"),
        4,
    )
    assert [str(party.port) for party in frame.read_by if isinstance(party, Use)] == [
        "display.scanout",
        "video-encoder.frame",
    ]


@pytest.mark.parametrize("number", ["0x34325258", "875713112", "'0x34325258'"])
def test_a_format_may_be_given_as_its_number(number: str) -> None:
    text = changed(("[XR24, NV12]", f"[{number}, NV12]"))
    (pipeline,) = pipelines_from([read_text(text, "q")])
    assert pipeline.buffers["frame"].formats == ("XR24", "NV12")


def test_a_format_given_by_name_and_number_is_given_twice() -> None:
    (problem,) = said(changed(("[XR24, NV12]", "[XR24, 0x34325258]")))
    assert problem.endswith("'XR24' is named twice")


def test_alternatives_and_mappings_are_read() -> None:
    text = changed(("display.scanout", "{any_of: [display.scanout, {port: gpu.sample, rotate: 90}]}"))
    (pipeline,) = pipelines_from([read_text(text, "q")])
    first = pipeline.buffers["frame"].read_by[0]
    assert isinstance(first, AnyOf)
    assert [use.rotate for use in first.any_of] == [0, 90]


def test_an_unknown_kind_names_the_buffer_and_the_line() -> None:
    (problem,) = said(changed(("display.scanout", "toaster")))
    assert problem.startswith(
        "pipeline.yaml:10: buffer 'frame': no kind 'toaster'; kinds are 2d, adc, camera, cpu,"
    )


def test_all_problems_are_told_at_once() -> None:
    text = changed(
        ("rate: 60", "rate: often"),
        ("gpu.render", "gpu.sample"),
        ("[display.scanout,", "[display,"),
        ("count: 4", "count: {min: 3, wish: 2}"),
    )
    assert said(text) == [
        "pipeline.yaml:6: buffer 'frame': rate: expected a whole number, got 'often'",
        "pipeline.yaml:8: buffer 'frame': count: expected wish ≥ min, got min 3, wish 2",
    ]
    # The attachments of a buffer are judged once its own fields are sound.
    text = changed(
        ("gpu.render", "gpu.sample"), ("[display.scanout,", "[display,"), ("name: preview", "name: p q")
    )
    assert said(text) == [
        "pipeline.yaml:2: name: expected a name of at most 64 letters, digits and _ . , + -, got 'p q'",
        "pipeline.yaml:9: buffer 'frame': gpu.sample does not write buffers; it belongs in read_by",
        "pipeline.yaml:10: buffer 'frame': 'display' names no port, and display has ports that read: scanout, cursor",
    ]


def test_the_port_may_be_left_out_where_there_is_one() -> None:
    pipelines_from([read_text(changed(("video-encoder.frame", "video-encoder")), "q")])


def test_a_crop_may_touch_the_edge() -> None:
    pipelines_from(
        [read_text(changed(("display.scanout", "{port: display.scanout, crop: 366x768+1000+0}")), "q")]
    )
    (problem,) = said(changed(("display.scanout", "{port: display.scanout, crop: 367x768+1000+0}")))
    assert problem.endswith("the crop 367x768+1000+0 lies outside the image of 1366x768")


def test_raw_data_is_not_turned() -> None:
    text = changed(
        ("size: 1366x768", "bytes: 4MiB"),
        ("    formats: [XR24, NV12]\n", ""),
        ("display.scanout", "{port: dac, rotate: 90}"),
    )
    assert said(text) == ["pipeline.yaml:9: buffer 'frame': raw data (bytes) has no rotate"]


def test_raw_data_lies_in_one_dma_buf() -> None:
    text = changed(("size: 1366x768", "bytes: 4MiB"), ("formats: [XR24, NV12]", "dmabufs: 2"))
    (problem,) = said(text)
    assert problem.endswith("raw data (bytes) has no dmabufs")


def test_two_jobs_of_one_decoder_may_have_two_codecs() -> None:
    jobs = "written_by: [{port: 'video-decoder:a.frame', codec: h264}, {port: 'video-decoder:b.frame', codec: vp9}]"
    pipelines_from([read_text(changed(("written_by: gpu.render", jobs)), "q")])
    (problem,) = said(changed(("written_by: gpu.render", jobs.replace(":b", ":a"))))
    assert problem.endswith(
        "stage 'video-decoder:a' has codec h264 elsewhere; two jobs are told apart by :name"
    )


def test_files_are_read_in_order_and_by_different_names(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(PIPELINE)
    two.write_text(changed(("name: preview", "name: record")))
    assert [pipeline.name for pipeline in load_pipelines([two, one])] == ["record", "preview"]
    with pytest.raises(InputError) as caught:
        load_pipelines([one, two, one])
    assert str(caught.value) == f"{one}:2: name: two pipelines are called 'preview' (the first in {one}:2)"


def test_problems_of_all_files_are_told(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(changed(("count: 4", "count: 0")))
    two.write_text("[")
    with pytest.raises(InputError) as caught:
        load_pipelines([one, two, tmp_path / "three.yaml"])
    assert [Path(problem.file).name for problem in caught.value.problems] == [
        "one.yaml",
        "three.yaml",
        "two.yaml",
    ]


def test_data_of_python_needs_no_file() -> None:
    data = {
        "schema": "heapwright/pipeline/1",
        "name": "x",
        "buffers": {"b": {"bytes": 1, "written_by": "cpu", "read_by": "nic"}},
    }
    assert pipelines_from([data])[0].name == "x"
    data["name"] = ""
    with pytest.raises(InputError, match=r"^pipelines\[0\]: name: expected a name"):
        pipelines_from([data])


# The answer of design §4, word for word.
PLACEMENT: dict[str, Any] = {
    "buffer": "frame", "heap": "cma", "names": ["default_cma_region", "linux,cma", "reserved"],
    "format": "XR24", "modifier": "LINEAR", "modifier_value": "0x0", "width": 1366, "height": 768,
    "coded_width": 1366, "coded_height": 768, "planes": [{"offset": 0, "stride": 5632, "size": 4325376, "dmabuf": 0}],
    "size": 4325376, "allocated": 5242880, "count": 4,
    "attachments": [{"device": "gpu0", "port": "render", "access": "write"}],
    "reasons": [{"decides": "heap", "kind": "contiguous-memory", "subject": "frame→encoder", "text": "…", "source": "…"}],
    "rejected": [{"heap": "system", "reasons": []}],
}  # fmt: skip
ANSWER: dict[str, Any] = {
    "schema": "heapwright/answer/1", "status": "optimal", "platform": "acme-one", "pipelines": ["record-and-preview"],
    "placements": [PLACEMENT], "conversions": [],
}  # fmt: skip


def test_an_earlier_answer_gives_live_placements(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(ANSWER))
    (placement,) = load_live(file)
    assert (placement.pipeline, placement.buffer, placement.allocated) == (
        "record-and-preview",
        "frame",
        5242880,
    )
    assert placement.sizes == (4325376,)
    assert placement.reasons == ()


def test_an_answer_of_a_later_version_may_say_more() -> None:
    more = {**PLACEMENT, "novelty": 1, "planes": [{**PLACEMENT["planes"][0], "novelty": 1}]}
    assert live_from({**ANSWER, "placements": [more]})[0].buffer == "frame"


def test_a_list_of_placements_will_do() -> None:
    assert live_from([{**PLACEMENT, "pipeline": "p"}])[0].pipeline == "p"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"schema": "heapwright/answer/1"}, "live: placements: expected the placements of an earlier answer"),
        ({"schema": "heapwright/answer/2", "placements": []}, "this file is for a newer heapwright"),
        ({**ANSWER, "placements": [1]}, "live: placements[0]: expected a placement, got '1'"),
        ({**ANSWER, "placements": [{**PLACEMENT, "count": -1}]}, "live: placements[0].count: expected at least 0, got '-1'"),
        ({**ANSWER, "placements": [{**PLACEMENT, "planes": [{"offset": 0}]}]}, "live: placements[0].planes[0]: 'stride', 'size' are missing"),
        ({**ANSWER, "placements": [{**PLACEMENT, "format": "ZZZZ"}]}, "live: placements[0].format: no DRM fourcc 'ZZZZ'"),
        ({**ANSWER, "placements": [PLACEMENT, PLACEMENT]}, "live: placements[1]: buffer 'frame' of record-and-preview is placed twice"),
        ({**ANSWER, "placements": [], "odd": float("inf")}, "live: odd: expected a number, got inf"),
        ("text", "live: expected the placements of an earlier answer"),
        ([PLACEMENT], "live: [0]: 'pipeline' is missing"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(data: Any, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        live_from(data)
    assert sentence in str(caught.value)
