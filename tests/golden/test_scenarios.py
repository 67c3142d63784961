"""Eight scenarios on boards that have what they need, each argued in docs/decisions/0010-eight-scenarios.md."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from syrupy.assertion import SnapshotAssertion

import heapwright
from heapwright.allocator.judge.cost import cost
from heapwright.allocator.judge.judge import judge
from heapwright.solver.answer.plan import Plan
from heapwright.solver.answer.render import text
from heapwright.solver.question.load import load_pipelines
from tests.examples import ROOT, board

FOLDER: Final = Path(__file__).parent / "scenarios"
RECORD: Final = ROOT / "docs" / "decisions" / "0010-eight-scenarios.md"
ASKED: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "desktop": dict.fromkeys(("amd-dgpu-desktop", "intel-laptop", "rpi5-bcm2712", "mt8195"), ()),
    "kiosk": dict.fromkeys(("rk3588", "rpi4-bcm2711", "sc8280xp-x13s-iris"), ()),
    "transcode": dict.fromkeys(("am62a7-sk", "amd-dgpu-desktop", "rpi4-bcm2711", "mt8195"), ()),
    "cast": dict.fromkeys(("mt8195-svp", "sc8280xp-x13s-secure"), ()),
    "prime": {"hybrid-laptop": ("game:device=dgpu",)},
    "preview": dict.fromkeys(("am62a7-sk", "rk3588", "rk3399", "intel-laptop"), ()),
    "npu": dict.fromkeys(("imx8mp-evk",), ()),
    "still": dict.fromkeys(("am62a7-sk", "rk3399", "rk3588"), ()),
}
"""By scenario: boards, with what is pinned on each."""


@pytest.mark.parametrize(
    ("name", "on", "pins"),
    [(name, on, pins) for name, boards in ASKED.items() for on, pins in boards.items()],
)
def test_scenario(name: str, on: str, pins: tuple[str, ...], snapshot: SnapshotAssertion) -> None:
    platform, pipelines = board(on), load_pipelines([FOLDER / f"{name}.yaml"])
    answer = heapwright.solve(platform, pipelines, pins=pins)
    assert isinstance(answer, Plan)
    assert answer.status == "optimal"
    assert judge(platform, pipelines, answer) == ()
    assert cost(platform, pipelines, answer) == tuple(level.value for level in answer.levels)
    assert text(answer) == snapshot


def test_every_scenario_is_asked_and_argued() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == ASKED.keys()
    record = RECORD.read_text("utf-8")
    for name, boards in ASKED.items():
        assert f"`{name}`" in record
        assert [each for each in boards if f"`{each}`" not in record] == []
