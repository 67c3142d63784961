"""modifier: every port must know the modifier, for this format."""

from __future__ import annotations

from platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, port, refusal

TILED = "VIVANTE_TILED"
AFBC = "ARM_AFBC(16x16,SPARSE,YTR)"


def speaking(camera: list[str], panel: list[str]) -> Platform:
    return board(
        devices={
            "camera": device("camera", capture=port(image(modifiers=camera))),
            "panel": device("display", scanout=port(image(modifiers=panel))),
        }
    )


def test_linear_unless_a_rule_says_otherwise() -> None:
    placement = placed(board())
    assert (placement.modifier, placement.modifier_value) == ("LINEAR", "0x0")


def test_a_tiled_one_that_both_know() -> None:
    # drm_fourcc.h: VIVANTE vendor 6, value 1.
    placement = placed(speaking([TILED], ["LINEAR", TILED]))
    assert (placement.modifier, placement.modifier_value) == (TILED, "0x600000000000001")


def test_a_tiled_writer_and_a_linear_reader() -> None:
    answer = refusal(speaking([TILED], ["LINEAR"]))
    assert facts(answer) == [("modifier", "frame→camera"), ("modifier", "frame→panel")]
    assert [reason.text for reason in answer.conflict] == [
        "camera.capture knows VIVANTE_TILED only, for frame",
        "panel.scanout knows LINEAR only, for frame",
    ]


def test_a_modifier_of_another_format_does_not_count() -> None:
    camera = device("camera", capture=port(image("XR24", modifiers=[TILED]), image("NV12")))
    panel = device("display", scanout=port(image("XR24"), image("NV12", modifiers=[TILED])))
    answer = refusal(
        board(devices={"camera": camera, "panel": panel}), pipeline(frame=buffer(formats=["XR24"]))
    )
    assert [reason.text for reason in answer.conflict] == [
        "camera.capture knows VIVANTE_TILED only, for frame",
        "panel.scanout knows LINEAR only, for frame",
    ]


def test_one_modifier_by_its_value_and_by_its_name() -> None:
    assert placed(speaking(["0x600000000000001"], [TILED])).modifier == TILED


def test_the_pipeline_may_ask_for_one() -> None:
    platform = speaking(["LINEAR", TILED], ["LINEAR", TILED])
    for wanted in ("LINEAR", TILED):
        assert placed(platform, pipeline(frame=buffer(modifiers=[wanted]))).modifier == wanted
    answer = refusal(platform, pipeline(frame=buffer(modifiers=["I915_X_TILED"])))
    assert facts(answer) == [("modifier", "frame→camera")]


def test_a_modifier_whose_bytes_nobody_can_lay_out_gives_way_to_linear() -> None:
    assert placed(speaking([AFBC, "LINEAR"], [AFBC, "LINEAR"])).modifier == "LINEAR"
