"""exporter-computes-size: a layout that only a driver knows needs an exporter that works the size out."""

from __future__ import annotations

import pytest

from platforms.schema import Platform
from tests.builders import board, device, facts, heap, image, placed, port, refusal, said


def hidden(via: str, modifier: str = "ACME_TILED") -> Platform:
    return board(
        heaps={"pool": heap("dram", via=via)},
        devices={
            "camera": device("camera", capture=port(image(modifiers=[modifier]))),
            "panel": device("display", scanout=port(image(modifiers=[modifier]))),
        },
    )


@pytest.mark.parametrize("via", ["drm", "v4l2", "vendor"])
def test_a_driver_works_the_size_out(via: str) -> None:
    assert placed(hidden(via)).heap == "pool"


@pytest.mark.parametrize("via", ["dma-heap", "udmabuf"])
def test_who_allocates_by_size_alone_cannot(via: str) -> None:
    answer = refusal(hidden(via))
    assert ("exporter-computes-size", "pool") in facts(answer)
    assert said(answer, "exporter-computes-size") == (
        f"only a driver knows how large frame is in that modifier, and pool ({via}) allocates by size alone"
    )


def test_a_layout_that_is_known_goes_anywhere() -> None:
    assert placed(hidden("dma-heap", "VIVANTE_TILED")).heap == "pool"
