"""plane-offset: planes within a buffer start on multiples of some bytes."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, plan, port, refusal, said


def aligned(camera: Any = None, **panel: Any) -> Platform:
    rule = image("NV12", **({} if camera is None else {"offset": {"multiple": camera}}))
    return board(
        devices={
            "camera": device("camera", capture=port(rule)),
            "panel": device("display", scanout=port(image("NV12", **panel))),
        }
    )


def chroma(platform: Platform, size: str) -> int:
    return placed(platform, pipeline(frame=buffer(size=size))).planes[1].offset


def test_planes_follow_each_other() -> None:
    assert chroma(aligned(), "16x6") == 96


def test_chroma_starts_on_the_next_multiple() -> None:
    # panfrost: 64 bytes (mesa:src/panfrost/lib/pan_layout.c).
    assert chroma(aligned(64), "16x6") == 128
    assert chroma(aligned(64), "16x8") == 128


def test_two_multiples_meet_at_their_least_common_one() -> None:
    assert chroma(aligned(48, offset={"multiple": 64}), "16x6") == 192


def test_a_plane_in_a_dmabuf_of_its_own_starts_at_0() -> None:
    platform = board(
        devices={
            "camera": device("camera", capture=port(image("NV12", offset={"multiple": 64}, dmabufs=[2]))),
            "panel": device("display", scanout=port(image("NV12", dmabufs=[2]))),
        }
    )
    planes = placed(platform, pipeline(frame=buffer(size="16x6"))).planes
    assert [(p.dmabuf, p.offset) for p in planes] == [(0, 0), (1, 0)]


def test_a_wider_stride_brings_chroma_where_a_reader_looks() -> None:
    # The panel looks at stride × 6: 16 × 6 = 96 is no multiple of 64, 32 × 6 = 192 is.
    platform = aligned(64, implied_offset={"rows": {"multiple": 1}})
    planes = placed(platform, pipeline(frame=buffer(size="16x6"))).planes
    assert [(p.offset, p.stride) for p in planes] == [(0, 32), (192, 32)]


def test_a_reader_that_looks_elsewhere() -> None:
    # The panel pads nothing and looks at 16 × 6 = 96; the camera needs a multiple of 64.
    strict = {"implied_offset": {"rows": {"multiple": 1}}, "stride": {"max": 16}}
    answer = refusal(aligned(64, **strict), pipeline(frame=buffer(size="16x6")))
    assert facts(answer) == [
        ("stride-range", "frame→panel"),
        ("plane-offset", "frame→camera"),
        ("implied-plane-offset", "frame→panel"),
        ("plane-buffers", "frame→camera"),
    ]
    assert said(answer, "plane-offset") == "camera.capture needs the planes of frame on multiples of 64 bytes"


def test_a_multiple_nobody_knows_is_not_imposed_and_listed() -> None:
    answer = plan(aligned("unknown"))
    assert [(fact.subject, fact.field) for fact in answer.unknown_facts] == [
        ("camera.capture", "offset.multiple")
    ]
