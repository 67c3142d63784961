"""colour-space: ports that declare colour spaces must share one."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, port, refusal


def coloured(camera: list[str] | None, panel: list[str] | None) -> Platform:
    def rule(colours: list[str] | None) -> dict[str, Any]:
        return image(**({} if colours is None else {"colours": colours}))

    return board(
        devices={
            "camera": device("camera", capture=port(rule(camera))),
            "panel": device("display", scanout=port(rule(panel))),
        }
    )


def test_ports_that_declare_none_agree_on_none() -> None:
    assert placed(coloured(None, None)).colour is None


def test_a_port_that_declares_one_decides_alone() -> None:
    assert placed(coloured(["bt709"], None)).colour == "bt709"


def test_a_shared_one_is_taken() -> None:
    assert placed(coloured(["bt601", "bt709"], ["bt2020", "bt709"])).colour == "bt709"


def test_ports_that_share_none() -> None:
    answer = refusal(coloured(["bt601"], ["bt709", "bt2020"]))
    assert facts(answer) == [("colour-space", "frame→camera"), ("colour-space", "frame→panel")]
    assert [reason.text for reason in answer.conflict] == [
        "camera.capture knows the colour spaces bt601 only, for frame",
        "panel.scanout knows the colour spaces bt2020, bt709 only, for frame",
    ]


def test_the_pipeline_may_ask_for_one() -> None:
    platform = coloured(["bt601", "bt709"], None)
    assert placed(platform, pipeline(frame=buffer(colours=["bt709", "bt601"]))).colour == "bt709"
    assert facts(refusal(platform, pipeline(frame=buffer(colours=["bt2020"])))) == [
        ("colour-space", "frame→camera")
    ]
