"""audience: protected content may be asked to be seen by a closed set of devices only."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, heap, pipeline, placed, port, refusal, said


def firewalled(access: list[str], firewall: str = "static") -> Platform:
    allowed = port(protected="allowed")
    return board(
        heaps={"tz": heap("tz", cpu="none", access=access, firewall=firewall)},
        devices={
            "camera": device("camera", capture=allowed),
            "panel": device("display", connectors=["DSI-1"], scanout=allowed),
            "hdmi": device("display", connectors=["HDMI-A-1"], scanout=allowed),
            "gpu": device("gpu", sample=allowed),
        },
    )


def seen_by(*audience: str, **facts_of_buffer: Any) -> Any:
    return pipeline(frame=buffer(**{"protected": {"audience": list(audience)}, **facts_of_buffer}))


def test_everyone_whom_the_firewall_admits_is_invited() -> None:
    assert placed(firewalled(["camera", "panel"]), seen_by("camera", "display")).heap == "tz"


def test_a_static_firewall_opens_to_a_stranger() -> None:
    answer = refusal(firewalled(["camera", "panel", "gpu"]), seen_by("camera", "display"))
    assert facts(answer) == [("audience", "tz")]
    assert said(answer, "audience") == "tz opens to gpu, outside the audience of frame"


def test_a_firewall_per_buffer_opens_to_those_attached_only() -> None:
    platform = firewalled(["camera", "panel", "gpu"], "per-buffer")
    assert placed(platform, seen_by("camera", "display")).heap == "tz"
    answer = refusal(platform, seen_by("camera", "display", read_by=["display.scanout", "gpu.sample"]))
    assert facts(answer) == [("audience", "tz")]


def test_a_kind_invites_all_its_devices() -> None:
    assert placed(firewalled(["camera", "panel", "hdmi"]), seen_by("camera", "display")).heap == "tz"


def test_a_connector_invites_its_display_only() -> None:
    answer = refusal(
        firewalled(["camera", "panel", "hdmi"]),
        seen_by("camera", "display@DSI-1", read_by="display@DSI-1.scanout"),
    )
    assert said(answer, "audience") == "tz opens to hdmi, outside the audience of frame"


def test_a_label_invites_the_device_it_is_bound_to() -> None:
    platform = firewalled(["camera", "panel", "hdmi"], "per-buffer")
    assert placed(platform, seen_by("camera", "display#tv", read_by="display#tv.scanout")).heap == "tz"
    answer = refusal(
        platform, seen_by("camera", "display#tv", read_by=["display#tv.scanout", "display.scanout"])
    )
    assert facts(answer) == [("audience", "tz")]


def test_without_an_audience_the_firewall_decides_alone() -> None:
    platform = firewalled(["camera", "panel", "hdmi", "gpu"])
    assert placed(platform, pipeline(frame=buffer(protected=True))).heap == "tz"
