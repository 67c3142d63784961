"""plane-buffers: planes lie in one dma-buf or each in its own, and ports must agree."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, port, refusal


def spread(camera: list[int], panel: list[int], fourcc: str = "NV12") -> Platform:
    return board(
        devices={
            "camera": device("camera", capture=port(image(fourcc, dmabufs=camera))),
            "panel": device("display", scanout=port(image(fourcc, dmabufs=panel))),
        }
    )


def dmabufs(platform: Platform, **facts_of_buffer: Any) -> list[int]:
    return [plane.dmabuf for plane in placed(platform, pipeline(frame=buffer(**facts_of_buffer))).planes]


def test_one_dmabuf_unless_a_rule_says_otherwise() -> None:
    assert dmabufs(spread([1], [1])) == [0, 0]


def test_each_plane_in_its_own() -> None:
    # 16x16 NV12: 256 + 128 bytes, each a page of its own.
    placement = placed(spread([2], [1, 2]))
    assert [(p.dmabuf, p.offset, p.size) for p in placement.planes] == [(0, 0, 256), (1, 0, 128)]
    assert (placement.sizes, placement.size, placement.allocated) == ((256, 128), 384, 8192)


def test_three_planes_in_three() -> None:
    assert dmabufs(spread([3], [1, 3], "YU12")) == [0, 1, 2]


def test_ports_that_disagree() -> None:
    answer = refusal(spread([2], [1]))
    assert facts(answer) == [("plane-buffers", "frame→camera"), ("plane-buffers", "frame→panel")]
    assert [reason.text for reason in answer.conflict] == [
        "camera.capture takes frame in 2 dma-buf(s) only",
        "panel.scanout takes frame in 1 dma-buf(s) only",
    ]


def test_a_number_that_is_neither_one_nor_that_of_the_planes_never_matches() -> None:
    assert facts(refusal(spread([2], [2], "YU12"))) == [("plane-buffers", "frame→camera")]


def test_the_pipeline_may_ask_for_a_number() -> None:
    both = spread([1, 2], [1, 2])
    assert dmabufs(both, dmabufs=1) == [0, 0]
    assert dmabufs(both, dmabufs=2) == [0, 1]
    assert dmabufs(both, dmabufs=[2, 3]) == [0, 1]
    assert facts(refusal(spread([1], [1, 2]), pipeline(frame=buffer(dmabufs=2)))) == [
        ("plane-buffers", "frame→camera")
    ]
