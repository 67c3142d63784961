"""modifier-side-condition: a rule may hold only for some codecs, rotations, crops or scalings."""

from __future__ import annotations

from typing import Any

import pytest

from platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, port, refusal, said


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
