"""column-height: ports agree on the rows of a SAND column."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, port, refusal, said

SAND = "BROADCOM_SAND128"
FULL_HD = pipeline(frame=buffer(size="1920x1080"))


def columns(camera: Any = None, panel: Any = None) -> Platform:
    def rule(height: Any) -> Any:
        return image("NV12", modifiers=[SAND], **({} if height is None else {"column_height": height}))

    return board(
        devices={
            "camera": device("camera", capture=port(rule(camera))),
            "panel": device("display", scanout=port(rule(panel))),
        }
    )


def modifier(platform: Platform) -> str | None:
    return placed(platform, FULL_HD).modifier


def test_columns_hold_all_rows_and_no_more() -> None:
    assert modifier(columns()) == f"{SAND}_COL_HEIGHT(1620)"


def test_the_smallest_height_that_both_take() -> None:
    decoder = {"times_height": {"min": "3/2", "max": 3}}
    assert modifier(columns(decoder, {"max": 65535})) == f"{SAND}_COL_HEIGHT(1620)"
    assert modifier(columns(decoder, {"min": 2000})) == f"{SAND}_COL_HEIGHT(2000)"
    assert modifier(columns({"times_height": {"min": "8/5", "max": 2}})) == f"{SAND}_COL_HEIGHT(1728)"


def test_a_height_just_allowed_and_one_too_low() -> None:
    assert modifier(columns({"max": 1620})) == f"{SAND}_COL_HEIGHT(1620)"
    answer = refusal(columns({"max": 1619}), FULL_HD)
    assert facts(answer) == [("modifier", "frame→camera"), ("column-height", "frame→camera")]
    assert said(answer, "column-height") == "camera.capture takes frame in columns of at most 1619 rows"


def test_two_ports_that_never_meet() -> None:
    answer = refusal(columns({"times_height": {"min": "3/2", "max": "3/2"}}, {"min": 1700}), FULL_HD)
    assert facts(answer)[1:] == [("column-height", "frame→camera"), ("column-height", "frame→panel")]
    assert [reason.text for reason in answer.conflict[1:]] == [
        "camera.capture takes frame in columns of exactly 3/2 times its height",
        "panel.scanout takes frame in columns of at least 1700 rows",
    ]
