"""Memory above 4 GiB and a device of 32 bits: what was measured in a machine of 5 GiB.

Two GiB lie below 4 GiB and three above, and buffers are taken from above. A bounce
makes the call succeed; `execute` refuses it all the same, as the frame gets lost.
"""

from __future__ import annotations

from contextlib import suppress
from errno import EFAULT, EINVAL
from typing import Any

import pytest

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.platforms.schema import Platform
from tests.builders import GIB, KIB, MIB, board, device, heap, memory, port
from tests.unit.allocator.plans_by_hand import CAMERA
from tests.unit.allocator.test_board import of_size

SIZES = {"64K": 64 * KIB, "1M": MIB, "1.5M": 1536 * KIB, "8M": 8 * MIB, "32M": 32 * MIB}
ABOVE, BELOW = 5 * GIB, GIB


def machine(cma_at: int, **camera: Any) -> Platform:
    """vivid's contiguous capture queue, and the heaps of the table."""
    ram = ["high", "dram"]
    return board(
        memory={
            "dram": memory("2GiB", base=0),
            "high": memory("3GiB", base=4 * GIB),
            "cma": memory("96MiB", inside="high" if cma_at >= 4 * GIB else "dram", base=cma_at),
        },
        heaps={
            "system": heap(*ram, run="4KiB"),
            "udmabuf": heap(*ram, run="4KiB", via="udmabuf"),
            "cma": heap("cma", align={"by_size_up_to": "1MiB"}),
        },
        devices={"camera": device("camera", capture=port(), **{"dma": {"bits": 32}, **camera})},
    )


def outcome(platform: Platform, name: str, size: str, **board_facts: Any) -> str | int:
    """`ok`, `bounced` or an errno."""
    pretended = SimulatedBoard(platform, contiguity=0.0, **board_facts)
    made = pretended.allocate(of_size(SIZES[size], heap=name))
    try:
        seen = pretended.attach(made, CAMERA)
    except KernelRefused as refused:
        return refused.errno
    return "bounced" if seen.bounced else "ok"


@pytest.mark.parametrize(
    ("name", "row"),
    [
        # A chunk of 1 MiB cannot bounce: one mapping has 256 KiB at most (IO_TLB_SEGSIZE).
        ("system", {"64K": "bounced", "1M": EINVAL, "1.5M": EINVAL, "8M": EINVAL, "32M": EINVAL}),
        # Single pages bounce into slots side by side, up to the end of an area: contiguous by accident.
        (
            "udmabuf",
            {"64K": "bounced", "1M": "bounced", "1.5M": "bounced", "8M": "bounced", "32M": EFAULT},
        ),
        ("cma", {"64K": "bounced", "1M": EINVAL, "1.5M": EINVAL, "8M": EINVAL, "32M": EINVAL}),
    ],
)
def test_with_bounce_buffers(name: str, row: dict[str, str | int]) -> None:
    assert {size: outcome(machine(ABOVE), name, size) for size in SIZES} == row


@pytest.mark.parametrize("name", ["system", "udmabuf", "cma"])
def test_without_bounce_buffers_every_size_is_out_of_reach(name: str) -> None:
    for size in SIZES:
        assert outcome(machine(ABOVE), name, size, swiotlb=False) == EINVAL


@pytest.mark.parametrize("swiotlb", [True, False])
def test_a_pool_below_4_gib_needs_no_bounce(swiotlb: bool) -> None:
    assert {outcome(machine(BELOW), "cma", size, swiotlb=swiotlb) for size in SIZES} == {"ok"}


def test_a_driver_of_the_processor_has_no_mask() -> None:
    for name in ("system", "udmabuf", "cma"):
        assert outcome(machine(ABOVE, by_cpu=True), name, "8M", swiotlb=False) == "ok"


@pytest.mark.parametrize("size", ["32M", "8M"])
def test_slots_come_back_when_the_buffer_goes_or_is_refused(size: str) -> None:
    platform = machine(ABOVE)
    pretended = SimulatedBoard(platform, contiguity=0.0)
    before = pretended.bus.bounce_free
    made = pretended.allocate(of_size(SIZES[size], heap="udmabuf"))
    with suppress(KernelRefused):
        pretended.attach(made, CAMERA)
        assert pretended.bus.bounce_free == before - SIZES[size]
    pretended.release(made)
    assert pretended.bus.bounce_free == before
