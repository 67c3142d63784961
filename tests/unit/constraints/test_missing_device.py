"""missing-device: the board has no device or port of that kind, or none for that codec."""

from __future__ import annotations

from tests.builders import board, buffer, device, facts, pipeline, placed, port, refusal, said

DECODER = device("video-decoder", codecs=["h264"], frame=port())


def test_a_board_with_the_device_has_a_plan() -> None:
    assert {a.device for a in placed(board()).attachments} == {"camera", "panel"}


def test_a_kind_the_board_lacks() -> None:
    answer = refusal(board(), pipeline(frame=buffer(read_by="gpu.sample")))
    assert facts(answer) == [("missing-device", "gpu.sample")]
    assert said(answer, "missing-device") == "bench has no gpu.sample, which frame needs"


def test_a_port_that_no_device_of_the_kind_has() -> None:
    gpu = device("gpu", render=port())
    answer = refusal(board(devices={"gpu": gpu}), pipeline(frame=buffer(read_by="gpu.sample")))
    assert said(answer, "missing-device") == (
        "bench has no gpu.sample (1 of kind gpu without it), which frame needs"
    )


def test_a_codec_that_no_decoder_has() -> None:
    writes = {"port": "video-decoder.frame", "codec": "hevc"}
    answer = refusal(board(devices={"decoder": DECODER}), pipeline(frame=buffer(written_by=writes)))
    assert facts(answer) == [("missing-device", "video-decoder.frame")]
    assert said(answer, "missing-device") == (
        "bench has no video-decoder.frame for hevc (1 of kind video-decoder without it), which frame needs"
    )


def test_the_codec_picks_the_decoder() -> None:
    other = device("video-decoder", codecs=["hevc", "vp9"], frame=port())
    platform = board(devices={"a-decoder": DECODER, "b-decoder": other})
    writes = {"port": "video-decoder.frame", "codec": "hevc"}
    assert placed(platform, pipeline(frame=buffer(written_by=writes))).attachments[0].device == "b-decoder"


def test_a_decoder_that_lists_no_codecs_knows_any() -> None:
    platform = board(devices={"decoder": device("video-decoder", frame=port())})
    writes = {"port": "video-decoder.frame", "codec": "hevc"}
    assert placed(platform, pipeline(frame=buffer(written_by=writes))).attachments[0].device == "decoder"


def test_a_connector_that_no_display_has() -> None:
    answer = refusal(board(), pipeline(frame=buffer(read_by="display@HDMI-A-1.scanout")))
    assert said(answer, "missing-device") == (
        "bench has no display.scanout with connector HDMI-A-1 (1 of kind display without it), which frame needs"
    )


def test_the_connector_picks_the_display() -> None:
    other = device("display", connectors=["HDMI-A-1"], scanout=port())
    question = pipeline(frame=buffer(read_by="display@HDMI-A-1.scanout"))
    assert (
        placed(board(devices={"a-panel": device("display", scanout=port()), "hdmi": other}), question)
        .attachments[1]
        .device
        == "hdmi"
    )


def test_two_labels_need_two_devices() -> None:
    answer = refusal(board(), pipeline(frame=buffer(read_by=["display.scanout", "display#2.scanout"])))
    assert facts(answer) == [("missing-device", "display.scanout")]
    assert said(answer, "missing-device") == (
        "bench has no display.scanout, or not as many different ones as asked for, which frame needs"
    )


def test_two_labels_find_two_devices() -> None:
    question = pipeline(frame=buffer(read_by=["display.scanout", "display#2.scanout"]))
    placement = placed(board(devices={"hdmi": device("display", scanout=port())}), question)
    assert sorted(a.device for a in placement.attachments) == ["camera", "hdmi", "panel"]


def test_one_device_serves_two_connectors() -> None:
    panel = device("display", connectors=["A", "B"], scanout=port())
    question = pipeline(frame=buffer(read_by=["display@A.scanout", "display@B.scanout"]))
    placement = placed(board(devices={"panel": panel}), question)
    assert [a.device for a in placement.attachments] == ["camera", "panel", "panel"]
