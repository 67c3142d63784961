"""outside-firewall: every device attached to a protected buffer stands inside its firewall."""

from __future__ import annotations

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, heap, pipeline, placed, port, refusal, said, ways_out

SECRET = pipeline(frame=buffer(protected=True))


def admitting(*access: str) -> Platform:
    allowed = port(protected="allowed")
    return board(
        heaps={"tz": heap("tz", cpu="none", access=list(access))},
        devices={"camera": device("camera", capture=allowed), "panel": device("display", scanout=allowed)},
    )


def test_all_inside() -> None:
    assert placed(admitting("camera", "panel"), SECRET).heap == "tz"


def test_one_stranger_is_enough() -> None:
    answer = refusal(admitting("camera"), SECRET)
    assert facts(answer) == [("outside-firewall", "frame→panel")]
    assert (
        said(answer, "outside-firewall")
        == "panel stands outside the firewall of tz around frame, which admits camera"
    )
    assert ways_out(answer) == {"heaps.tz.access": ["camera", "panel"]}


def test_a_firewall_that_admits_nobody() -> None:
    answer = refusal(admitting(), SECRET)
    assert facts(answer) == [("outside-firewall", "frame→camera")]
    assert said(answer, "outside-firewall").endswith(
        "stands outside the firewall of tz around frame, which admits nobody"
    )
