"""exporter-computes-size: a layout that only a driver knows needs an exporter that works the size out."""

from __future__ import annotations

import pytest

from heapwright.platforms.schema import Platform
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
        f"only a driver knows how large frame is in ACME_TILED, and pool ({via}) allocates by size alone"
    )


def test_a_driver_does_where_the_first_heap_of_the_same_memory_cannot() -> None:
    both = port(image(modifiers=["ACME_TILED"]))
    platform = board(
        heaps={"a": heap("dram"), "b": heap("dram", via="drm")},
        devices={"camera": device("camera", capture=both), "panel": device("display", scanout=both)},
    )
    assert placed(platform).heap == "b"


@pytest.mark.parametrize("modifier", ["LINAER", "linear"])
def test_a_slip_in_a_pinned_modifier_is_seen_by_its_name(modifier: str) -> None:
    answer = refusal(hidden("dma-heap", modifier), pins=[f"frame:modifier={modifier}"])
    assert said(answer, "exporter-computes-size").startswith(
        f"only a driver knows how large frame is in {modifier}, and pool"
    )


def test_of_several_modifiers_those_are_named_that_nobody_can_lay_out() -> None:
    platform = board(
        heaps={"pool": heap("dram")},
        devices={
            "camera": device("camera", capture=port(image(modifiers=["ACME_B", "ACME_A", "LINEAR"]))),
            "panel": device("display", scanout=port(image(modifiers=["ACME_A", "ACME_B", "ACME_C"]))),
        },
    )
    assert "is in ACME_A or ACME_B, and" in said(refusal(platform), "exporter-computes-size")


def test_a_layout_that_is_known_goes_anywhere() -> None:
    assert placed(hidden("dma-heap", "VIVANTE_TILED")).heap == "pool"
