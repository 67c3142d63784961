"""resolve: pipelines resolved against a board: labels, variables, stages, and the order of everything."""

from __future__ import annotations

import pytest

from heapwright import solve
from heapwright.platforms.errors import InputError
from heapwright.solver.question.resolve import Problem
from tests.builders import board, buffer, device, pipeline, placed, plan, port, raw_port, refusal, said

TWO_PANELS = board(devices={"panel2": device("display", scanout=port())})


def test_buffers_are_asked_about_in_the_order_of_their_names() -> None:
    problem = Problem(board(), [pipeline("b", y=buffer(), x=buffer()), pipeline("a", z=buffer())])
    assert [question.label for question in problem.questions] == ["z", "x", "y"]


def test_one_name_in_two_files_is_told_apart() -> None:
    problem = Problem(board(), [pipeline("b", frame=buffer()), pipeline("a", frame=buffer(), other=buffer())])
    assert [question.label for question in problem.questions] == ["a/frame", "other", "b/frame"]


def test_a_bare_kind_is_one_device_in_a_file() -> None:
    placements = plan(TWO_PANELS, pipeline(a=buffer(), b=buffer())).placements
    assert len({a.device for p in placements for a in p.attachments if a.port == "scanout"}) == 1


def test_files_choose_independently() -> None:
    # With one plane each, two files take two displays.
    one = port(how_many=1)
    platform = board(
        devices={"panel": device("display", scanout=one), "panel2": device("display", scanout=one)}
    )
    placements = plan(platform, pipeline("a", frame=buffer()), pipeline("b", frame=buffer())).placements
    assert {a.device for p in placements for a in p.attachments if a.port == "scanout"} == {"panel", "panel2"}


def test_labels_of_one_kind_are_different_devices() -> None:
    question = pipeline(a=buffer(), b=buffer(read_by="display#2.scanout"))
    devices = [p.attachments[1].device for p in plan(TWO_PANELS, question).placements]
    assert sorted(devices) == ["panel", "panel2"]


def test_two_files_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="two pipelines are called 'test'"):
        solve(board(), [pipeline(), pipeline()])


def test_writers_come_first_in_an_answer() -> None:
    question = pipeline(
        frame=buffer(written_by="gpu.render", read_by=["camera.capture", "display.scanout"][1:])
    )
    platform = board(devices={"a-gpu": device("gpu", render=port())})
    assert [a.access for a in placed(platform, question).attachments] == ["write", "read"]


def test_buffers_that_ask_the_same_share_one_signature() -> None:
    problem = Problem(board(), [pipeline(a=buffer(), b=buffer(), c=buffer(count=3))])
    one, other, third = (question.signature for question in problem.questions)
    assert one == other != third


def test_of_alternatives_the_first_is_preferred() -> None:
    either = {"any_of": ["display.scanout", "gpu.sample"]}
    gpu = {"gpu": device("gpu", sample=port())}
    assert (
        placed(board(devices=gpu), pipeline(frame=buffer(read_by=[either]))).attachments[1].device == "panel"
    )


def test_of_alternatives_the_second_takes_over() -> None:
    # The panel takes no more than 8x8; compositing it is.
    either = {"any_of": ["display.scanout", "gpu.sample"]}
    small = port({"formats": ["XR24"], "extent": {"max": "8x8"}})
    platform = board(devices={"gpu": device("gpu", sample=port()), "panel": device("display", scanout=small)})
    answer = plan(platform, pipeline(frame=buffer(read_by=[either])))
    assert answer.placements[0].attachments[1].device == "gpu"
    assert next(level.value for level in answer.levels if level.term == "preference") == 1


def test_a_kind_that_no_alternative_finds() -> None:
    either = {"any_of": ["gpu.sample", "npu.input"]}
    answer = refusal(board(), pipeline(frame=buffer(read_by=[either])))
    assert [(r.kind, r.subject) for r in answer.conflict] == [
        ("missing-device", "gpu.sample"),
        ("missing-device", "npu.input"),
    ]


def test_a_codec_holds_for_its_stage_only() -> None:
    # Two jobs of one decoder: `:a` decodes h264, `:b` says nothing.
    decoder = device("video-decoder", codecs=["hevc"], bitstream=raw_port(), frame=port())
    platform = board(devices={"decoder": decoder})
    stream = {"port": "video-decoder:a.bitstream", "codec": "h264"}
    same = pipeline(
        stream=buffer(bytes=4096, read_by=stream), frame=buffer(written_by="video-decoder:a.frame")
    )
    assert said(refusal(platform, same), "missing-device").startswith("bench has no video-decoder.")
    other = pipeline(frame=buffer(written_by="video-decoder:b.frame"))
    assert placed(platform, other).heap == "system"


def test_more_ways_than_can_be_spelled_out_are_refused() -> None:
    # Two choices at each of 13 places are 8192 ways.
    either = {"any_of": ["display.scanout", "gpu.sample"]}
    with pytest.raises(InputError, match="'frame' may be attached in 8192 ways; at most 4096 are weighed"):
        solve(board(), [pipeline(frame=buffer(read_by=[either] * 13))])


def test_more_seatings_of_devices_than_can_be_spelled_out_are_refused() -> None:
    # 8 readers may be 8 panels in 40320 ways, no two of which are alike.
    displays = {f"panel{n}": device("display", scanout=port(), dma={"bits": 40 + n}) for n in range(8)}
    readers = [f"display#{n}.scanout" for n in range(8)]
    with pytest.raises(InputError, match="or more choices of devices for frame; at most 4096 are weighed"):
        solve(board(devices=displays), [pipeline(frame=buffer(read_by=readers))])


def test_more_choices_of_rules_than_can_be_spelled_out_are_refused() -> None:
    many = port(*({"formats": ["XR24"], "rows": {"multiple": n + 1}} for n in range(17)))
    platform = board(
        devices={"camera": device("camera", capture=many), "panel": device("display", scanout=many)}
    )
    with pytest.raises(InputError, match=r"4913 choices of .* for frame; at most 4096 are weighed"):
        solve(platform, [pipeline(frame=buffer(read_by=["display.scanout", "display.scanout"]))])
