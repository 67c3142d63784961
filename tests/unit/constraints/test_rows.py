"""rows: a device may touch more rows than the image has."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, plan, port, refusal, said


def padded(fourcc: str, camera: Any = None, panel: Any = None, **panel_port: Any) -> Platform:
    def rule(multiple: Any) -> dict[str, Any]:
        return image(fourcc, **({} if multiple is None else {"rows": {"multiple": multiple}}))

    return board(
        devices={
            "camera": device("camera", capture=port(rule(camera))),
            "panel": device("display", scanout=port(rule(panel), **panel_port)),
        }
    )


def sizes(platform: Platform, size: str) -> list[int]:
    return [plane.size for plane in placed(platform, pipeline(frame=buffer(size=size))).planes]


def test_whole_groups_of_rows() -> None:
    # wave5: 16 rows; 16 × 4 bytes × 16 or 32 rows.
    assert sizes(padded("XR24", 16), "16x16") == [1024]
    assert sizes(padded("XR24", 16), "16x17") == [2048]


def test_the_coded_height_stays() -> None:
    placement = placed(padded("XR24", 16), pipeline(frame=buffer(size="16x17")))
    assert (placement.height, placement.coded_height) == (17, 17)


def test_two_ports_meet_at_the_least_common_multiple() -> None:
    assert sizes(padded("XR24", 6, 4), "16x7") == [64 * 12]


def test_chroma_has_half_of_the_padded_rows() -> None:
    # 17 rows to 32; NV12 chroma 16 rows of 16 bytes.
    assert sizes(padded("NV12", 16), "16x17") == [512, 256]


def test_padding_that_a_port_has_no_room_for() -> None:
    answer = refusal(padded("XR24", 16, bytes={"max": 1536}), pipeline(frame=buffer(size="16x17")))
    assert facts(answer) == [("extent", "frame→panel"), ("rows", "frame→camera")]
    assert said(answer, "rows") == "camera.capture touches whole groups of 16 rows of frame"


def test_a_multiple_nobody_knows_is_not_imposed_and_listed() -> None:
    answer = plan(padded("XR24", "unknown"))
    assert [(fact.subject, fact.field) for fact in answer.unknown_facts] == [
        ("camera.capture", "rows.multiple")
    ]
