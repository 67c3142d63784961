"""format: every port must know the pixel format."""

from __future__ import annotations

from heapwright.platforms.schema import Platform
from tests.builders import (
    board,
    buffer,
    device,
    facts,
    image,
    pipeline,
    placed,
    port,
    raw_port,
    refusal,
    said,
)


def speaking(camera: str, panel: str) -> Platform:
    """A camera that writes some formats and a panel that reads some."""
    return board(
        devices={
            "camera": device("camera", capture=port(image(*camera.split()))),
            "panel": device("display", scanout=port(image(*panel.split()))),
        }
    )


def test_what_all_ports_share_is_taken() -> None:
    assert placed(speaking("NV12 RG16", "XR24 RG16")).format == "RG16"


def test_ports_that_share_nothing() -> None:
    answer = refusal(speaking("NV12", "XR24 AR24"))
    assert facts(answer) == [("format", "frame→camera"), ("format", "frame→panel")]
    assert [reason.text for reason in answer.conflict] == [
        "camera.capture writes frame as NV12 only",
        "panel.scanout reads frame as AR24, XR24 only",
    ]


def test_a_wanted_format_that_one_port_does_not_know() -> None:
    answer = refusal(speaking("NV12 XR24", "XR24"), pipeline(frame=buffer(formats=["NV12"])))
    assert facts(answer) == [("format", "frame→panel")]
    assert said(answer, "format") == "panel.scanout reads frame as XR24 only"


def test_the_order_of_the_pipeline_decides_among_shared_ones() -> None:
    platform = speaking("NV12 XR24", "XR24 NV12")
    assert placed(platform, pipeline(frame=buffer(formats=["NV12", "XR24"]))).format == "NV12"
    assert placed(platform, pipeline(frame=buffer(formats=["XR24", "NV12"]))).format == "XR24"


def test_a_second_rule_of_a_port_counts() -> None:
    two_rules = device("display", scanout=port(image("XR24"), image("NV12")))
    platform = board(devices={"camera": device("camera", capture=port(image("NV12"))), "panel": two_rules})
    assert placed(platform).format == "NV12"


def test_a_raw_port_takes_no_images() -> None:
    answer = refusal(board(devices={"panel": device("display", scanout=raw_port())}))
    assert facts(answer) == [("format", "frame→panel")]
    assert said(answer, "format") == "panel.scanout takes raw data only, and frame is an image"


def test_raw_data_is_taken_by_any_port() -> None:
    assert placed(board(), pipeline(frame=buffer(bytes=4096))).format is None
