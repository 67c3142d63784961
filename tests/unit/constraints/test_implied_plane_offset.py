"""implied-plane-offset: where an API carries no offsets, chroma lies where each driver expects it."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, port, refusal


def implying(camera: int | None, panel: int | None, fourcc: str = "NV12", **rule: Any) -> Platform:
    def of(multiple: int | None) -> dict[str, Any]:
        return image(
            fourcc,
            **rule,
            **({} if multiple is None else {"implied_offset": {"rows": {"multiple": multiple}}}),
        )

    return board(
        devices={
            "camera": device("camera", capture=port(of(camera))),
            "panel": device("display", scanout=port(of(panel))),
        }
    )


def offsets(platform: Platform, size: str) -> list[int]:
    return [plane.offset for plane in placed(platform, pipeline(frame=buffer(size=size))).planes]


def test_a_driver_that_rounds_its_height_leaves_a_gap() -> None:
    # 1080 rows to 16 is 1088: chroma at 1920 × 1088, while the image ends at 1920 × 1080.
    assert offsets(implying(16, None), "1920x1080") == [0, 1920 * 1088]


def test_three_planes_follow_tightly() -> None:
    # YU12 16x10 to 4 rows: luma 16 × 12, chroma 8 × 6 each.
    assert offsets(implying(4, None, "YU12"), "16x10") == [0, 192, 192 + 48]


def test_two_drivers_that_round_alike_agree() -> None:
    assert offsets(implying(16, 8), "1920x1088") == [0, 1920 * 1088]


def test_two_drivers_that_round_differently_are_a_green_bar() -> None:
    answer = refusal(implying(16, 1), pipeline(frame=buffer(size="1920x1080")))
    # With its planes in dma-bufs of their own, nothing would be implied: that is the third fact.
    assert facts(answer) == [
        ("implied-plane-offset", "frame→camera"),
        ("implied-plane-offset", "frame→panel"),
        ("plane-buffers", "frame→camera"),
    ]
    assert [reason.text for reason in answer.conflict[:2]] == [
        "camera.capture is told no plane offsets: it looks for chroma of frame after its height rounded up to 16 rows",
        "panel.scanout is told no plane offsets: it looks for chroma of frame after its height rounded up to 1 rows",
    ]


def test_chroma_cannot_lie_inside_padded_luma() -> None:
    # The camera touches 1088 rows; the panel looks for chroma after 1080.
    camera = device("camera", capture=port(image("NV12", rows={"multiple": 16})))
    panel = device("display", scanout=port(image("NV12", implied_offset={"rows": {"multiple": 1}})))
    answer = refusal(
        board(devices={"camera": camera, "panel": panel}), pipeline(frame=buffer(size="1920x1080"))
    )
    assert facts(answer)[:2] == [("rows", "frame→camera"), ("implied-plane-offset", "frame→panel")]


def test_nothing_is_implied_about_planes_in_dmabufs_of_their_own() -> None:
    assert offsets(implying(16, 1, dmabufs=[2]), "1920x1080") == [0, 0]


def test_a_tail_between_the_planes_wants_a_wider_stride() -> None:
    # 64 bytes after 10 rows must end before row 16: 6 × stride ≥ 64, so 11; without the tail 4 is enough.
    def tailed(size: int) -> Platform:
        camera = device("camera", capture=port(image("NV12", tail={"bytes": size, "per_plane": True})))
        panel = device("display", scanout=port(image("NV12", implied_offset={"rows": {"multiple": 16}})))
        return board(devices={"camera": camera, "panel": panel})

    question = pipeline(frame=buffer(size="4x10"))
    assert [p.stride for p in placed(tailed(64), question).planes] == [11, 11]
    assert [p.offset for p in placed(tailed(64), question).planes] == [0, 176]
    assert [p.stride for p in placed(tailed(24), question).planes] == [4, 4]


def test_one_plane_has_nothing_to_imply() -> None:
    assert offsets(implying(16, 1, "XR24"), "16x10") == [0]
