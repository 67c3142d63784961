"""The boards on which trouble threads are asked again."""

from __future__ import annotations

from typing import Any, Final

from platforms.schema import Platform
from solver.pipeline import Pipeline
from tests.builders import board, buffer, device, heap, image, memory, pipeline, port

SYSTEM: Final = heap("dram", run="4KiB", names=["system"])
CMA: Final = heap(
    "cma", align={"by_size_up_to": "1MiB"}, names=["default_cma_region", "linux,cma", "reserved"]
)
BOTH: Final = {"system": SYSTEM, "cma": CMA}


def with_cma(size: str = "64MiB", heaps: dict[str, Any] | None = None, **devices: Any) -> Platform:
    """A board of scattered system memory and CMA."""
    return board(
        memory={"cma": memory(size, inside="dram", base="512MiB")},
        heaps=BOTH if heaps is None else heaps,
        devices=devices,
    )


def chain(fourcc: str, camera: dict[str, Any], panel: dict[str, Any], **panel_port: Any) -> Platform:
    """A writer's rule and a reader's rule for one format."""
    return board(
        devices={
            "camera": device("camera", capture=port(image(fourcc, **camera))),
            "panel": device("display", scanout=port(image(fourcc, **panel), **panel_port)),
        }
    )


def frame(size: str, **facts_of_buffer: Any) -> Pipeline:
    """A question about one image."""
    return pipeline(frame=buffer(size=size, **facts_of_buffer))
