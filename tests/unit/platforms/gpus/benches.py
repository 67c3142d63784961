"""A bench for each GPU driver: somebody who writes any image anywhere, and the GPU that samples it."""

from __future__ import annotations

from functools import cache
from typing import Any

from heapwright.platforms.catalog import platform_from
from heapwright.platforms.fourcc.formats import pixel_formats
from heapwright.platforms.schema import Platform
from tests.builders import SOURCE, board, device, image, pipeline, port

MAKER = device(
    "fpga", write=port(image(*(f for f, form in pixel_formats().items() if form.linear), dmabufs=[1, 2, 3]))
)
PROFILES = {"nvidia-desktop": "gr"}
"""GPUs whose rules stand in a board's profile."""


@cache
def bench(name: str) -> Platform:
    """A board with this GPU, and with a maker of pictures that is easy to please."""
    if name in PROFILES:
        return platform_from(
            {
                "schema": "heapwright/platform/1",
                "name": "bench",
                "extends": name,
                "devices": {"maker": MAKER},
            }
        )
    return board(devices={"maker": MAKER, "gpu0": {"kind": "gpu", "rules": name, "source": SOURCE}})


def gpu(name: str) -> Any:
    return bench(name).devices[PROFILES.get(name, "gpu0")]


def asked(fourcc: str, size: str, **facts: Any) -> Any:
    """A picture from the maker to the GPU, without conversions."""
    facts = {"written_by": "fpga.write", "read_by": "gpu.sample", **facts}
    return pipeline(frame={"size": size, "formats": [fourcc], "modifiers": ["LINEAR"], **facts})


def linear(name: str, port_name: str = "sample") -> dict[str, set[int]]:
    """Formats that the port takes when they are linear, and in how many dma-bufs."""
    found: dict[str, set[int]] = {}
    for rule in gpu(name).ports[port_name].images:
        if "LINEAR" in rule.modifiers:
            for fourcc in rule.formats:
                found.setdefault(fourcc, set()).update(rule.dmabufs)
    return found
