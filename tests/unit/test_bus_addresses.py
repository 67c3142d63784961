"""What fits behind an IOMMU, from the question to the pretended kernel (docs/bus-addresses.md)."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

import heapwright
from heapwright.allocator.backend import AllocationFailed
from heapwright.allocator.execute import execute
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import (
    KIB,
    board,
    buffer,
    device,
    iommu,
    pipeline,
    plan,
    port,
    refusal,
    said,
    ways_out,
)
from tests.examples import board as shipped

MIB = 1 << 20


@pytest.mark.parametrize(
    ("size", "fourcc", "most"),
    # Frames of 47.5, 126.6, 11.9 and 7.9 MiB start on multiples of 64, 128, 16 and 8 MiB, none of them on 0.
    [
        ("7680x4320", "NV12", 63),
        ("7680x4320", "XR24", 31),
        ("3840x2160", "NV12", 255),
        ("1920x1080", "XR24", 511),
    ],
)
def test_as_many_frames_as_rga3_maps(size: str, fourcc: str, most: int) -> None:
    rga3 = shipped("rk3588-8g-rga3")

    def asked(number: int) -> Pipeline:
        return pipeline(
            frame=buffer(
                size=size,
                formats=[fourcc],
                rate=30,
                count=number,
                written_by="2d.target",
                read_by="gpu.sample",
            )
        )

    quickly = heapwright.Options(explain=False)
    assert isinstance(heapwright.solve(rga3, [asked(most)], options=quickly), Plan)
    answer = heapwright.solve(rga3, [asked(most + 1)])
    assert isinstance(answer, Infeasible)
    assert ways_out(answer)["buffers.frame.count"] == most
    assert {fact.kind for fact in answer.conflict} == {"iova-aperture", "count"}


def panel(way: Any, size: Any, **others: Any) -> Platform:
    """A panel behind an IOMMU with so many bytes of addresses."""
    return board(
        iommus={"mmu0": iommu(iova=way, aperture={"base": 0, "size": size})},
        devices={
            "panel": device("display", dma={"iommu": "mmu0"}, scanout=port()),
            "nic": device("nic", dma={"bits": 64, "mmu": True}, receive=port(), send=port()),
            **others,
        },
    )


def shown(**sizes: tuple[int, int]) -> Pipeline:
    return pipeline(
        **{
            name: buffer(bytes=size, count=number, written_by="nic.receive")
            for name, (size, number) in sizes.items()
        }
    )


def test_it_says_how_mappings_are_aligned() -> None:
    answer = refusal(panel("dma-iommu", 32 * MIB), shown(frame=(5 * MIB, 4)))
    assert said(answer, "iova-aperture") == (
        "4 × frame need 4 blocks of 8 MiB of bus addresses behind mmu0, which aligns a mapping to its size "
        "rounded up to a power of two; its aperture has 3"
    )
    assert ways_out(answer)["buffers.frame.count"] == 3
    assert ways_out(answer)["iommus.mmu0.aperture.size"] == 40 * MIB


def test_what_is_left_behind_large_mappings_is_not_lost() -> None:
    # 3 × 5 MiB on multiples of 8 MiB leave 3 × 3 MiB, in each of which 2 MiB and 1 MiB find room; and
    # below 8 MiB there are 4 + 2 + 1 MiB more: 6 multiples of 2 MiB in all.
    platform = panel("dma-iommu", 32 * MIB)
    assert plan(platform, shown(large=(5 * MIB, 3), small=(2 * MIB, 6)))
    assert isinstance(heapwright.solve(platform, [shown(large=(5 * MIB, 3), small=(2 * MIB, 7))]), Infeasible)


@pytest.mark.parametrize(
    ("way", "most"), [("dma-iommu", 3), ("drm-mm", 6), (None, 3), ({"by_size_up_to": "1MiB"}, 6)]
)
def test_the_pretended_kernel_maps_what_is_promised_and_no_more(way: Any, most: int) -> None:
    # 32 MiB: on multiples of 8 MiB but 0, on pages, or on multiples of 1 MiB.
    platform = panel(way, 32 * MIB)
    fitting = plan(platform, shown(frame=(5 * MIB, most)))
    with execute(platform, [shown(frame=(5 * MIB, most))], fitting, SimulatedBoard(platform)):
        pass
    assert isinstance(heapwright.solve(platform, [shown(frame=(5 * MIB, most + 1))]), Infeasible)
    placement = fitting.placements[0].model_copy(update={"count": most + 1})
    more = fitting.model_copy(update={"placements": (placement,)})
    with pytest.raises(AllocationFailed, match="no 5242880 bytes of IO virtual addresses left"):
        execute(platform, [shown(frame=(5 * MIB, most + 1))], more, SimulatedBoard(platform))


def test_the_largest_are_mapped_first_whatever_their_names() -> None:
    # Small ones first, as names have it, would stand in all blocks of 16 MiB but one.
    platform = panel("dma-iommu", 64 * MIB)
    asked = shown(a=(MIB, 12), b=(16 * MIB, 3))
    with execute(platform, [asked], plan(platform, asked), SimulatedBoard(platform)):
        pass


def test_buffers_that_exist_may_stand_in_every_block() -> None:
    # Of five blocks of 16 MiB (the first is none) two pages may spoil two.
    platform = panel("dma-iommu", 96 * MIB)
    live = plan(platform, shown(old=(4 * KIB, 2))).placements
    assert plan(platform, shown(new=(16 * MIB, 3)), live=live)
    answer = refusal(platform, shown(new=(16 * MIB, 4)), live=live)
    assert said(answer, "iova-aperture").startswith("4 × new, live buffers need 6 blocks of 16 MiB")
    assert ways_out(answer)["buffers.new.count"] == 3


def test_buffers_that_exist_forbid_nothing_that_is_smaller_than_they_are_far_apart() -> None:
    # Three pages may spoil all blocks of 16 MiB, and hardly any of 1 MiB.
    platform = panel("dma-iommu", 64 * MIB)
    live = plan(platform, shown(old=(4 * KIB, 3))).placements
    assert plan(platform, shown(new=(MIB, 40)), live=live)


def test_what_a_device_sees_that_sees_less_is_not_promised_to_others() -> None:
    # The camera sees the lower 16 of 64 MiB, and may fill them.
    camera = device("camera", dma={"iommu": "mmu0", "bits": 24}, capture=port())
    platform = panel("dma-iommu", 64 * MIB, camera=camera)
    both = pipeline(
        seen=buffer(bytes=4 * MIB, count=3, written_by="camera.capture", read_by="nic.send"),
        shown=buffer(bytes=16 * MIB, count=3, written_by="nic.receive"),
    )
    with execute(platform, [both], plan(platform, both), SimulatedBoard(platform)):
        pass
    answer = refusal(platform, shown(frame=(16 * MIB, 4)))
    assert said(answer, "iova-aperture").endswith("its aperture has 50331648")
    assert ways_out(answer)["buffers.frame.count"] == 3


@pytest.mark.parametrize("seed", range(60))
def test_plans_of_devices_that_see_different_parts_are_carried_out(seed: int) -> None:
    random = Random(seed)
    camera = device("camera", dma={"iommu": "mmu0", "bits": random.choice((16, 17, 18))}, capture=port())
    platform = panel(
        random.choice(("dma-iommu", "drm-mm", {"by_size_up_to": "64KiB"})), 512 * KIB, camera=camera
    )
    made, live = SimulatedBoard(platform), []
    for number in range(4):
        buffers = {
            f"b{each}": buffer(
                bytes=random.randint(1, 24) * 4 * KIB,
                count=random.randint(1, 4),
                written_by=random.choice(("nic.receive", "camera.capture")),
                read_by=random.choice(("nic.send", "display.scanout")),
            )
            for each in range(random.randint(1, 3))
        }
        asked = pipeline(f"p{number}", **buffers)
        answer = heapwright.solve(
            platform,
            [asked],
            live=[p for allocation in live for p in allocation.plan.placements],
            options=heapwright.Options(explain=False),
        )
        if isinstance(answer, Plan):
            live.append(execute(platform, [asked], answer, made))
        if live and random.random() < 0.4:
            live.pop(random.randrange(len(live))).release()
