"""modifier: every port must know the modifier, for this format."""

from __future__ import annotations

from heapwright.platforms.schema import Platform
from tests.builders import (
    Json,
    board,
    buffer,
    device,
    facts,
    image,
    pipeline,
    placed,
    plan,
    port,
    refusal,
)

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


def test_of_two_layouts_the_one_that_moves_fewer_bytes() -> None:
    # 640x480 XR24: 1 228 800 bytes linear; AFBC has 40 × 30 superblocks, 19 200 bytes of header and as many pixels.
    placement = placed(speaking([AFBC, "LINEAR"], [AFBC, "LINEAR"]), pipeline(frame=buffer(size="640x480")))
    assert (placement.modifier, placement.size) == (AFBC, 19200 + 1228800)
    assert placement.planes[0].metadata == 19200


def drivers(modifier: str, camera: str | None, panel: str | None, via: str = "drm") -> Platform:
    named = [{} if name is None else {"driver": name} for name in (camera, panel)]
    return board(
        heaps={
            "dumb": {"via": via, "memory": ["dram"], "run": "whole", "cpu": "cached", "source": "made up"}
        },
        devices={
            "camera": device("camera", capture=port(image(modifiers=[modifier])), **named[0]),
            "panel": device("display", scanout=port(image(modifiers=[modifier])), **named[1]),
        },
    )


def test_an_implicit_layout_stays_within_one_driver() -> None:
    assert placed(drivers("INVALID", "one", "one")).modifier == "INVALID"
    assert {kind for kind, _ in facts(refusal(drivers("INVALID", "one", "other")))} == {"modifier"}
    assert {kind for kind, _ in facts(refusal(drivers("INVALID", None, None)))} == {"modifier"}


def test_an_implicit_layout_is_never_linear() -> None:
    answer = refusal(speaking(["INVALID"], ["LINEAR"]))
    assert {kind for kind, _ in facts(answer)} == {"modifier"}


def test_an_unknown_modifier_matches_and_its_exporter_knows_the_size() -> None:
    answer = plan(drivers("ACME_TILED", None, None), pipeline(frame=buffer(size="64x32")))
    placement = answer.placements[0]
    assert (placement.modifier, placement.modifier_value, placement.planes) == ("ACME_TILED", None, ())
    assert placement.size == 64 * 32 * 4
    assert ("frame", "size") in {(fact.subject, fact.field) for fact in answer.unknown_facts}
    assert any("comes from the exporter, dumb" in text for text in answer.warnings)


def test_a_parameter_is_made_for_the_buffer() -> None:
    # NV12 1920x1080 in columns of 128 bytes: 1080 + 540 rows.
    sand = "BROADCOM_SAND128"
    of = image("NV12", modifiers=[sand])
    fixed = image("NV12", modifiers=[f"{sand}_COL_HEIGHT(1632)"])
    wanted = pipeline(frame=buffer(size="1920x1080"))

    def between(camera: Json, panel: Json) -> Platform:
        return board(
            devices={
                "camera": device("camera", capture=port(camera)),
                "panel": device("display", scanout=port(panel)),
            }
        )

    placement = placed(between(of, of), wanted)
    assert (placement.modifier, placement.modifier_value) == (f"{sand}_COL_HEIGHT(1620)", "0x700000000065404")
    assert placement.size == 15 * 128 * 1620
    assert placed(between(of, fixed), wanted).modifier == f"{sand}_COL_HEIGHT(1632)"
    asked = pipeline(frame=buffer(size="1920x1080", modifiers=[sand]))
    assert placed(between(fixed, of), asked).modifier == f"{sand}_COL_HEIGHT(1632)"
