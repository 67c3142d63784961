"""protected-needs-firewall: protected content lives only behind a known firewall, unmapped."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, heap, pipeline, placed, port, refusal, said

SECRET = pipeline(frame=buffer(protected=True))


def behind(**facts_of_heap: Any) -> Platform:
    allowed = port(protected="allowed")
    return board(
        heaps={"tz": heap("dram", **{"via": "tee", "cpu": "none", **facts_of_heap})},
        devices={"camera": device("camera", capture=allowed), "panel": device("display", scanout=allowed)},
    )


def test_behind_a_firewall_that_admits_all() -> None:
    assert placed(behind(access=["camera", "panel"]), SECRET).heap == "tz"


@pytest.mark.parametrize("facts_of_heap", [{}, {"access": "unknown"}])
def test_without_a_known_firewall(facts_of_heap: dict[str, Any]) -> None:
    answer = refusal(behind(**facts_of_heap), SECRET)
    assert facts(answer) == [("protected-needs-firewall", "tz")]
    assert said(answer, "protected-needs-firewall") == "frame is protected, and tz has no known firewall"


@pytest.mark.parametrize("cpu", ["cached", "uncached", "write-combined"])
def test_where_the_cpu_can_map_it(cpu: str) -> None:
    answer = refusal(behind(access=["camera", "panel"], cpu=cpu), SECRET)
    assert facts(answer) == [("protected-needs-firewall", "tz")]
    assert said(answer, "protected-needs-firewall") == "frame is protected, and the CPU can map buffers of tz"


def test_what_a_stage_writes_after_reading_it_is_protected_too() -> None:
    both = device("2d", source=port(protected="allowed"), target=port(protected="allowed"))
    question = pipeline(
        film=buffer(protected=True, read_by="2d.source"),
        shown=buffer(written_by="2d.target", read_by="display.scanout"),
    )
    closed = board(
        heaps={"system": heap("dram"), "tz": heap("tz", cpu="none", access=["camera", "blitter", "panel"])},
        devices={
            "camera": device("camera", capture=port(protected="allowed")),
            "panel": device("display", scanout=port(protected="allowed")),
            "blitter": both,
        },
    )
    assert placed(closed, question, buffer="shown").heap == "tz"


def test_a_port_that_declassifies_ends_it() -> None:
    both = device("2d", source=port(protected="allowed"), target=port(declassifies=True))
    question = pipeline(
        film=buffer(protected=True, read_by="2d.source"),
        shown=buffer(written_by="2d.target", read_by="display.scanout"),
    )
    platform = board(
        heaps={"system": heap("dram"), "tz": heap("tz", cpu="none", access=["camera", "blitter"])},
        devices={"camera": device("camera", capture=port(protected="allowed")), "blitter": both},
    )
    assert placed(platform, question, buffer="shown").heap == "system"


def test_two_stages_of_one_device_are_told_apart() -> None:
    both = device("2d", source=port(protected="allowed"), target=port())
    question = pipeline(
        film=buffer(protected=True, read_by="2d:one.source"),
        other=buffer(written_by="2d:two.target", read_by="display.scanout"),
    )
    platform = board(
        heaps={"system": heap("dram"), "tz": heap("tz", cpu="none", access=["camera", "blitter"])},
        devices={"camera": device("camera", capture=port(protected="allowed")), "blitter": both},
    )
    assert placed(platform, question, buffer="other").heap == "system"
