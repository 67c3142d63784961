"""cpu-importer: udl, vivid with vmalloc and their like read through a CPU mapping."""

from __future__ import annotations

import pytest

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, heap, pipeline, placed, port, refusal, said


def usb_display(cpu: str) -> Platform:
    """A display that is fed by the CPU, and scattered memory mapped as `cpu` says."""
    return board(
        heaps={"system": heap("dram", run="4KiB", cpu=cpu)},
        devices={"panel": device("display", dma={}, by_cpu=True, scanout=port())},
    )


@pytest.mark.parametrize("cpu", ["cached", "write-combined", "uncached"])
def test_any_mapping_will_do(cpu: str) -> None:
    # 64x64 XR24 is four pages: by_cpu devices need no physical run.
    assert placed(usb_display(cpu), pipeline(frame=buffer(size="64x64"))).heap == "system"


@pytest.mark.parametrize("cpu", ["none", "unknown"])
def test_without_a_mapping_it_cannot_read(cpu: str) -> None:
    answer = refusal(usb_display(cpu))
    assert facts(answer) == [("cpu-importer", "frame→panel")]
    assert (
        said(answer, "cpu-importer") == "panel reads frame through a CPU mapping, and system cannot be mapped"
    )


def test_devices_that_do_dma_need_no_mapping() -> None:
    assert placed(board(heaps={"system": heap("dram", cpu="none")})).heap == "system"
