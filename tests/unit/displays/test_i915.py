"""i915 planes: solver, judge and the driver's own checks say the same of formats, tiles, angles and sizes."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from heapwright.solver.question.pipeline import Pipeline
from tests.builders import facts, placed, refusal
from tests.unit.displays.asking import ANGLES, judged, painted, question, solved
from tests.unit.displays.by_source import CPP, I915_MODIFIERS, Shown, i915_takes

BOARDS = {12: "intel-laptop", 13: "intel-arc-dgpu", 14: "intel-laptop-mtl"}
EDGES = (8, 10, 15, 16, 18, 20, 21, 800, 801, 802, 1080, 1280, 1922, 4094, 4096, 4098, 4320, 4322, 5120, 5122)


def shown_by(version: int) -> st.SearchStrategy[Shown]:
    return st.builds(
        Shown,
        st.sampled_from(sorted(CPP)),
        st.sampled_from(sorted(I915_MODIFIERS[version])),
        st.sampled_from(EDGES),
        st.sampled_from(EDGES),
        st.sampled_from(ANGLES),
        st.booleans(),
    )


def agreed(version: int, shown: Shown) -> None:
    """Solver, judge and source agree; what could be shown but not scaled, below the scaler's least size, is left out."""
    least = 16 if len(CPP[shown.fourcc]) == 2 else 8
    expected = i915_takes(version, shown) and min(shown.width, shown.height) >= least
    board = BOARDS[version]
    assert (solved(board, shown), judged(board, shown)) == (expected, expected)


@settings(max_examples=120, deadline=None)
@given(shown_by(12))
@example(Shown("XR24", "I915_Y_TILED", 4320, 5120, 90))
@example(Shown("NV12", "I915_Y_TILED", 1920, 1080, 270))
@example(Shown("NV12", "I915_Y_TILED", 1080, 1922, 270))
@example(Shown("RG16", "I915_Y_TILED", 801, 800, 90))
@example(Shown("Y210", "I915_Y_TILED", 800, 800, 270))
@example(Shown("XR24", "I915_Y_TILED_GEN12_RC_CCS", 1280, 800, 180))
def test_display_12_takes_what_its_planes_check_lets_by(shown: Shown) -> None:
    agreed(12, shown)


@settings(max_examples=60, deadline=None)
@given(shown_by(13))
def test_display_13_takes_what_its_planes_check_lets_by(shown: Shown) -> None:
    agreed(13, shown)


@settings(max_examples=80, deadline=None)
@given(shown_by(14))
@example(Shown("XR24", "I915_4_TILED", 5120, 1080, 0, True))
@example(Shown("XR24", "I915_4_TILED", 5120, 1080, 0, False))
def test_display_14_takes_what_its_planes_check_lets_by(shown: Shown) -> None:
    agreed(14, shown)


def rotated(angle: int, **more: object) -> Pipeline:
    screen = {
        "size": "1280x800", "rate": 60, "formats": ["XR24"], "written_by": "gpu.render",
        "read_by": [{"port": "display.scanout", "rotate": angle}], **more,
    }  # fmt: skip
    return Pipeline.model_validate(
        {"schema": "heapwright/pipeline/1", "name": "portrait-panel", "buffers": {"frame": screen}}
    )


@pytest.mark.parametrize("angle", [90, 270])
def test_a_panel_mounted_sideways_gets_y_tiles_and_no_compression(angle: int) -> None:
    # 1280 x 4 bytes are 40 tiles of 128; the 800 rows are 25 tiles of 32.
    frame = placed(painted("intel-laptop"), rotated(angle))
    assert (frame.modifier, [plane.stride for plane in frame.planes]) == ("I915_Y_TILED", [5120])


def test_a_panel_upside_down_keeps_its_compression() -> None:
    assert placed(painted("intel-laptop"), rotated(180)).modifier == "I915_Y_TILED_GEN12_RC_CCS"


@pytest.mark.parametrize("board", ["intel-laptop-mtl", "intel-arc-dgpu"])
def test_later_displays_do_not_turn_by_a_quarter(board: str) -> None:
    assert ("modifier-side-condition", "frame→display") in facts(
        refusal(painted(board), rotated(90, conversions="forbid"))
    )


def test_an_importer_of_one_plane_asks_for_tiles_without_compression() -> None:
    # A compressed frame has two planes, and whoever hands on the first alone loses the other.
    whole = placed(painted("intel-laptop"), rotated(0))
    assert [(plane.offset, plane.stride) for plane in whole.planes] == [(0, 5120), (4096 * 1000, 640)]
    alone = placed(painted("intel-laptop"), rotated(0, modifiers=["I915_Y_TILED", "I915_X_TILED", "LINEAR"]))
    assert (alone.modifier, len(alone.planes)) == ("I915_Y_TILED", 1)


@pytest.mark.parametrize("fourcc", ["YUYV", "UYVY", "YVYU", "VYUY"])
def test_packed_yuv_of_a_webcam_goes_straight_to_a_plane(fourcc: str) -> None:
    shown = Shown(fourcc, "LINEAR", 1280, 720)
    frame = placed(painted("intel-laptop"), question(shown))
    assert frame.planes[0].stride == 2560
