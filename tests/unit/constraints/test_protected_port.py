"""protected-port: some ports take protected buffers only, most take none."""

from __future__ import annotations

import pytest

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, heap, pipeline, placed, port, refusal, said, ways_out

SECRET = pipeline(frame=buffer(protected=True))


def showing(protected: str) -> Platform:
    return board(
        heaps={"system": heap("dram"), "tz": heap("tz", cpu="none", access=["camera", "panel"])},
        devices={
            "camera": device("camera", capture=port(protected="allowed")),
            "panel": device("display", scanout=port(protected=protected)),
        },
    )


@pytest.mark.parametrize("protected", ["allowed", "required"])
def test_a_port_that_may(protected: str) -> None:
    assert placed(showing(protected), SECRET).heap == "tz"


@pytest.mark.parametrize(("protected", "verb"), [("refused", "refuses"), ("unknown", "is not known to take")])
def test_a_port_that_may_not(protected: str, verb: str) -> None:
    answer = refusal(showing(protected), SECRET)
    assert facts(answer) == [("protected-port", "frame→panel")]
    assert said(answer, "protected-port") == f"frame is protected, and panel.scanout {verb} protected buffers"
    assert ways_out(answer) == {"devices.panel.ports.scanout.protected": "allowed"}


def test_a_port_that_takes_nothing_else() -> None:
    answer = refusal(showing("required"))
    assert facts(answer) == [("protected-port", "frame→panel")]
    assert (
        said(answer, "protected-port")
        == "panel.scanout takes protected buffers only, and frame is not protected"
    )


@pytest.mark.parametrize("protected", ["allowed", "refused", "unknown"])
def test_ordinary_content_goes_anywhere_else(protected: str) -> None:
    assert placed(showing(protected)).heap == "system"
