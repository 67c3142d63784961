"""modifier-side-condition: a rule may hold only for some codecs, rotations, crops or scalings."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, plan, port, refusal, said


def conditional(**when: Any) -> Platform:
    """A panel whose only rule holds `when` these are so, and a decoder."""
    return board(devices={"panel": device("display", scanout=port(image(when=when)))})


def used(**how: Any) -> Any:
    return pipeline(frame=buffer(read_by={"port": "display.scanout", **how}))


@pytest.mark.parametrize(
    ("when", "how"),
    [
        ({"rotate": [0, 180]}, {}),
        ({"rotate": [0, 180]}, {"rotate": 180}),
        ({"crop": False}, {}),
        ({"crop": True}, {"crop": "8x8+4+4"}),
        ({"scale": False}, {}),
        ({"scale": True}, {"scale": "64x64"}),
        ({"crop": False, "scale": True}, {"scale": "64x64"}),
        ({"codec": ["h264"]}, {"codec": "h264"}),
    ],
)
def test_the_rule_holds_for_such_uses(when: dict[str, Any], how: dict[str, Any]) -> None:
    assert placed(conditional(**when), used(**how)).heap == "system"


@pytest.mark.parametrize(
    ("when", "how", "words"),
    [
        ({"rotate": [0, 180]}, {"rotate": 90}, "rotated by 90"),
        ({"crop": False}, {"crop": "8x8+4+4"}, "cropped"),
        ({"crop": True}, {}, "used like this"),
        ({"scale": False}, {"scale": "64x64"}, "scaled"),
        ({"scale": True}, {}, "used like this"),
        ({"codec": ["h264"]}, {"codec": "hevc"}, "as hevc"),
        ({"codec": ["h264"]}, {}, "used like this"),
        (
            {"crop": False},
            {"crop": "8x8+4+4", "scale": "64x64", "rotate": 90},
            "rotated by 90, cropped, scaled",
        ),
    ],
)
def test_and_for_no_others(when: dict[str, Any], how: dict[str, Any], words: str) -> None:
    answer = refusal(conditional(**when), used(**how))
    assert facts(answer) == [("modifier-side-condition", "frame→panel")]
    assert said(answer, "modifier-side-condition") == f"panel.scanout has no rule for frame {words}"


@pytest.mark.parametrize(
    ("of_port", "of_rule", "taken"),
    [
        (None, None, [0]),  # silence: upright only
        ([0, 180], None, [0, 180]),
        ([90], None, [90]),
        (None, [0, 90], [0, 90]),
        ([0, 90, 180, 270], [0], [0]),  # the rule's own word counts
        ([0], [270], [270]),
    ],
)
def test_a_picture_is_turned_only_where_that_is_stated(
    of_port: list[int] | None, of_rule: list[int] | None, taken: list[int]
) -> None:
    rule = image() if of_rule is None else image(when={"rotate": of_rule})
    scanout = port(rule) if of_port is None else port(rule, rotate=of_port)
    panel = board(devices={"panel": device("display", scanout=scanout)})
    for angle in (0, 90, 180, 270):
        question = used(rotate=angle)
        if angle in taken:
            assert placed(panel, question).heap == "system"
        else:
            words = f"rotated by {angle}" if angle else "used like this"
            answer = refusal(panel, question)
            assert facts(answer) == [("modifier-side-condition", "frame→panel")]
            assert said(answer, "modifier-side-condition") == f"panel.scanout has no rule for frame {words}"


def test_whoever_writes_turns_only_what_it_says_too() -> None:
    # A camera is no different from a panel: `camera.capture` states no rotation.
    question = pipeline(frame=buffer(written_by={"port": "camera.capture", "rotate": 180}))
    answer = refusal(board(), question)
    assert facts(answer) == [("modifier-side-condition", "frame→camera")]


def test_another_condition_does_not_make_a_rule_turn() -> None:
    for condition in ({"crop": False}, {"scale": False}, {"codec": ["h264"]}):
        how = {"rotate": 90} | ({"codec": "h264"} if "codec" in condition else {})
        assert facts(refusal(conditional(**condition), used(**how))) == [
            ("modifier-side-condition", "frame→panel")
        ]


def test_a_tiled_buffer_says_that_rotation_is_why() -> None:
    # Scanned out sideways only in tiles: linux-7.3.4:drivers/gpu/drm/i915/display/skl_universal_plane.c.
    both = ["LINEAR", "VIVANTE_TILED"]
    turning = image(modifiers=["VIVANTE_TILED"], when={"rotate": [0, 90]})
    platform = board(
        devices={
            "camera": device("camera", capture=port(image(modifiers=both))),
            "panel": device("display", scanout=port(image(), turning)),
        }
    )
    found = placed(platform, used(rotate=90))
    assert found.modifier == "VIVANTE_TILED"
    assert "panel.scanout has no rule for frame in LINEAR rotated by 90" in [r.text for r in found.reasons]


def test_a_conversion_says_that_rotation_made_it_necessary() -> None:
    turning = image("XR24", modifiers=["VIVANTE_TILED"], when={"rotate": [90]})
    rga = device(
        "2d",
        source=port(),
        target=port(image(modifiers=["VIVANTE_TILED"])),
        converts=[{"from": "source", "to": "target", "may_change": ["modifier", "stride"], "lossless": True}],
    )
    platform = board(devices={"panel": device("display", scanout=port(image(), turning)), "rga": rga})
    question = used(rotate=90).model_copy(update={"conversions": "allow"})
    (conversion,) = plan(platform, question).conversions
    assert conversion.text == (
        "panel.scanout has no rule for XR24 in LINEAR rotated by 90: "
        "rga turns LINEAR into VIVANTE_TILED (lossless)"
    )


def test_another_rule_takes_over() -> None:
    # Tiled without rotation, linear with it: linux-7.2.13:drivers/gpu/drm/rockchip/rockchip_drm_vop.c.
    tiled = image(modifiers=["VIVANTE_TILED"], when={"rotate": [0]})
    both = image(modifiers=["LINEAR", "VIVANTE_TILED"])
    platform = board(
        devices={
            "camera": device("camera", capture=port(both)),
            "panel": device("display", scanout=port(tiled, image(when={"rotate": [90]}))),
        }
    )
    assert placed(platform, used()).modifier == "VIVANTE_TILED"
    assert placed(platform, used(rotate=90)).modifier == "LINEAR"


def test_a_codec_stated_once_holds_for_the_whole_stage() -> None:
    # The bitstream says hevc; the frame of the same stage is then written by the hevc rule.
    decoder = device(
        "video-decoder",
        bitstream=port() | {"images": []},
        frame=port(
            image(stride={"multiple": 16}, when={"codec": ["h264"]}),
            image(stride={"multiple": 128}, when={"codec": ["hevc"]}),
        ),
    )
    question = pipeline(
        stream=buffer(
            bytes=4096, written_by="cpu.write", read_by={"port": "video-decoder.bitstream", "codec": "hevc"}
        ),
        frame=buffer(written_by="video-decoder.frame"),
    )
    platform = board(devices={"decoder": decoder, "cpu": device("cpu", write=port() | {"images": []})})
    assert placed(platform, question).planes[0].stride == 128
