"""iova-aperture: all live mappings behind an IOMMU share its bus addresses.

A frame of 32x32 XR24 is one page of 4 KiB; two holders make two buffers of it. The first page
of an aperture at 0 is not given out: linux-7.3.4:drivers/iommu/dma-iommu.c iommu_dma_init_domain().
"""

from __future__ import annotations

from typing import Any

from heapwright.platforms.schema import Platform
from tests.builders import (
    board,
    buffer,
    device,
    facts,
    heap,
    iommu,
    pipeline,
    placed,
    port,
    refusal,
    said,
    ways_out,
)

PAGE = pipeline(frame=buffer(size="32x32", count=2))


def behind(iommu_facts: dict[str, Any], *kinds: str, **dma: Any) -> Platform:
    """A board whose panel (and camera, if named) are behind `mmu0`."""
    whole = {"panel": device("display", dma={"iommu": "mmu0", **dma}, scanout=port())}
    if "camera" in kinds:
        whole["camera"] = device("camera", dma={"iommu": "mmu0", **dma}, capture=port())
    return board(iommus={"mmu0": iommu(**iommu_facts)}, devices=whole)


def test_without_an_aperture_nothing_is_counted() -> None:
    assert placed(behind({}), PAGE).count == 2


def test_every_buffer_of_a_ring_is_mapped() -> None:
    assert placed(behind({"aperture": {"size": "12KiB"}}), PAGE).count == 2
    answer = refusal(behind({"aperture": {"size": "8KiB"}}), PAGE)
    assert facts(answer) == [("iova-aperture", "mmu0"), ("count", "frame")]
    assert said(answer, "iova-aperture") == (
        "2 × frame need 8192 bytes of bus addresses behind mmu0; its aperture has 4096"
    )
    assert ways_out(answer)["iommus.mmu0.aperture.size"] == 12288


def test_two_devices_map_a_buffer_twice() -> None:
    assert placed(behind({"aperture": {"size": "20KiB"}}, "camera"), PAGE).count == 2
    answer = refusal(behind({"aperture": {"size": "16KiB"}}, "camera"), PAGE)
    assert facts(answer) == [("iova-aperture", "mmu0"), ("count", "frame")]


def test_one_device_that_attaches_twice_maps_once() -> None:
    gpu = device("gpu", dma={"iommu": "mmu0"}, render=port(), sample=port())
    platform = board(iommus={"mmu0": iommu(aperture={"size": "12KiB"})}, devices={"gpu": gpu})
    question = pipeline(frame=buffer(size="32x32", count=2, written_by="gpu.render", read_by="gpu.sample"))
    assert placed(platform, question).count == 2


def test_buffers_are_mapped_in_pages_of_the_iommu() -> None:
    # Whole pages of 64 KiB, in a heap that has such.
    def paged(size: str) -> Platform:
        return board(
            heaps={"system": heap("dram", run="64KiB", align="64KiB", granule="64KiB")},
            iommus={"mmu0": iommu(page="64KiB", aperture={"size": size})},
            devices={"panel": device("display", dma={"iommu": "mmu0"}, scanout=port())},
        )

    assert placed(paged("192KiB"), PAGE).count == 2
    answer = refusal(paged("188KiB"), PAGE)
    assert said(answer, "iova-aperture").startswith("2 × frame need 131072 bytes")


def test_a_narrow_device_sees_the_start_of_the_aperture_only() -> None:
    # 16 bits end at 64 KiB; the aperture starts at 56 KiB: 8 KiB are left to this device.
    aperture = {"base": "56KiB", "size": "1GiB"}
    assert placed(behind({"aperture": aperture}, bits=16), PAGE).count == 2
    answer = refusal(behind({"aperture": {**aperture, "base": "60KiB"}}, bits=16), PAGE)
    assert facts(answer) == [("iova-aperture", "panel"), ("count", "frame")]
    assert said(answer, "iova-aperture") == (
        "2 × frame need 8192 bytes of bus addresses behind panel; its aperture has 4096"
    )


def test_an_aperture_beyond_the_device_maps_nothing() -> None:
    answer = refusal(behind({"aperture": {"base": "64KiB", "size": "1GiB"}}, bits=16), PAGE)
    assert facts(answer) == [("iova-aperture", "panel")]


def test_a_width_alone_bounds_what_is_mapped() -> None:
    assert placed(behind({}, bits=14), PAGE).count == 2
    assert facts(refusal(behind({}, bits=13), PAGE)) == [("iova-aperture", "panel"), ("count", "frame")]


def test_a_device_may_have_an_aperture_of_its_own() -> None:
    # RGA3 maps 4 GiB at once, whatever its neighbours do (rockchip-linux/mpp#560).
    own = {"aperture": {"size": "12KiB"}}
    assert placed(behind({}, "camera", **own), PAGE).count == 2
    answer = refusal(behind({}, aperture={"size": "8KiB"}), PAGE)
    assert facts(answer) == [("iova-aperture", "panel"), ("count", "frame")]


def test_page_tables_of_its_own_have_an_aperture_too() -> None:
    def tables(size: str) -> Platform:
        return board(
            devices={
                "panel": device("display", dma={"mmu": True, "aperture": {"size": size}}, scanout=port())
            }
        )

    assert placed(tables("12KiB"), PAGE).count == 2
    assert facts(refusal(tables("8KiB"), PAGE)) == [("iova-aperture", "panel"), ("count", "frame")]


def test_files_solved_together_share_it() -> None:
    platform = behind({"aperture": {"size": "16KiB"}})
    question = pipeline(frame=buffer(size="32x32", count=2))
    other = pipeline("other", frame=buffer(size="32x32", count=2))
    answer = refusal(platform, question, other)
    assert facts(answer) == [("iova-aperture", "mmu0"), ("count", "other/frame"), ("count", "test/frame")]
    assert said(answer, "iova-aperture") == (
        "2 × other/frame, 2 × test/frame need 16384 bytes of bus addresses behind mmu0; its aperture has 12288"
    )
