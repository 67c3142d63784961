"""A frame through the pretended board: bytes that do not come back, firewalls that fault, a service that lives on."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.allocator.execute import execute
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.allocator.kernel.frames import run_frame
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plane
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import KIB, board, buffer, device, heap, image, iommu, memory, pipeline, port
from tests.unit.allocator import plans_by_hand
from tests.unit.allocator.plans_by_hand import CAMERA, kinds, placement, plan


def frame(platform: Platform, *placements: Placement, asked: Pipeline | None = None, **mode: Any) -> set[str]:
    """What a frame runs into, twice: the board survives the first."""
    pretended, pipelines = SimulatedBoard(platform, **mode), [asked or pipeline()]
    with execute(platform, pipelines, plan(*placements), pretended) as allocation:
        faults = run_frame(pretended, pipelines, allocation)
        assert run_frame(pretended, pipelines, allocation) == faults
        assert pretended.faults == [*faults, *faults]
    return kinds(faults)


def with_panel(**rule: Any) -> Platform:
    return board(devices={"panel": device("display", scanout=port(image(**rule)))})


@pytest.mark.parametrize("mode", ["board", "judge"])
def test_a_good_plan_comes_back_as_written(mode: str) -> None:
    assert frame(board(), mode=mode) == set()


def test_stride_mismatch_is_read_back_corrupt() -> None:
    assert frame(with_panel(stride={"multiple": 96})) == {"corrupt-read-back"}


@pytest.mark.parametrize(
    "stride",
    [
        {"min": 128},
        {"max": 32},
        {"max_pixels": 8},
        {"set": [32, 128]},
        {"set": [32]},
        {"pixels": {"group": 4, "bytes": 80}},
        {"beyond": {"bytes": 32, "multiple": 80}},
        {"exact": {"width_multiple": 32}},
    ],
)
def test_devices_follow_their_own_stride(stride: dict[str, Any]) -> None:
    assert "corrupt-read-back" in frame(with_panel(stride=stride))


def test_a_power_of_two_device_reads_a_power_of_two() -> None:
    assert frame(with_panel(stride={"power_of_two": True}), placement(**plans_by_hand.image(stride=96))) == {
        "corrupt-read-back"
    }


def _nv12(**rule: Any) -> Platform:
    devices = {
        "camera": device("camera", capture=port(image("NV12"))),
        "panel": device("display", scanout=port(image("NV12", **rule))),
    }
    return board(devices=devices)


@pytest.mark.parametrize(
    "rule",
    [
        {"implied_offset": {"rows": {"multiple": 32}}},
        {"offset": {"multiple": 512}},
        {"stride": {"planes": "halved"}},
    ],
)
def test_devices_look_for_chroma_in_their_own_place(rule: dict[str, Any]) -> None:
    assert frame(_nv12(**rule), placement(**plans_by_hand.nv12())) == {"corrupt-read-back"}


def test_unequal_planes_for_a_device_that_knows_one_stride() -> None:
    assert frame(_nv12(stride={"planes": "equal"}), placement(**plans_by_hand.nv12(chroma=32))) == {
        "corrupt-read-back"
    }


def test_the_slack_of_a_page_hides_a_small_tail() -> None:
    assert frame(with_panel(tail={"bytes": 3072})) == set()
    assert frame(with_panel(tail={"bytes": 3073})) == {"tail"}


def test_an_access_past_a_translated_buffer_is_a_page_fault() -> None:
    # Rows of 512 bytes instead of 64: row 15 starts at 7680 of a buffer of 4096.
    panel = device("display", dma={"iommu": "mmu"}, scanout=port(image(stride={"multiple": 512})))
    camera = device("camera", dma={"iommu": "mmu"}, capture=port(image(stride={"multiple": 512})))
    platform = board(devices={"panel": panel, "camera": camera}, iommus={"mmu": iommu()})
    assert frame(platform) == {"tail"}


def test_an_unprotected_buffer_at_a_protected_port_faults() -> None:
    assert frame(board(devices={"panel": device("display", scanout=port(protected="required"))})) == {
        "protected-port"
    }


def test_a_device_outside_the_firewall_faults_and_sees_nothing() -> None:
    platform = board(heaps={"system": heap("dram", access=["camera"])})
    assert frame(platform) == {"outside-firewall"}
    blind = board(heaps={"system": heap("dram", access=["panel"])})
    assert frame(blind) == {"outside-firewall", "corrupt-read-back"}


def test_bounced_frames_do_not_arrive() -> None:
    # execute refuses a bounce; a caller that goes on regardless gets the empty frame of the real thing.
    platform = board(
        memory={"dram": memory(base=1 << 32)},
        devices={"panel": device("display", dma={"bits": 32}, scanout=port())},
    )
    pretended = SimulatedBoard(platform)
    reachable = board(memory={"dram": memory(base=1 << 32)})
    with execute(reachable, [pipeline()], plan(), SimulatedBoard(reachable)) as allocation:
        allocation.buffers.clear()
    made = pretended.allocate(placement())
    for attached in made.placement.attachments:
        made.imports.append(pretended.attach(made, attached))
    allocation.buffers.append(made)
    assert kinds(run_frame(pretended, [pipeline()], allocation)) == {"corrupt-read-back"}


def test_raw_data_comes_back() -> None:
    size = 68 * KIB
    raw: dict[str, Any] = {"format": None, "modifier": None, "modifier_value": None, "width": 0, "height": 0}
    raw |= {
        "planes": (Plane(offset=0, stride=0, size=size),),
        "size": size,
        "sizes": (size,),
        "allocated": size,
    }
    heaps = {"system": heap("dram", run="4KiB")}
    asked = pipeline(frame=buffer(bytes=size))
    assert frame(board(heaps=heaps), placement(**raw), asked=asked, fragmented=True) == set()


def test_what_nobody_can_read_is_said() -> None:
    assert frame(
        board(), placement(format="NV12", **{k: v for k, v in plans_by_hand.nv12().items() if k != "format"})
    ) == {"format"}
    assert frame(board(), placement(modifier="ARM_AFBC(16x16)")) == {"metadata-planes"}
    assert frame(board(), placement(format="R8", modifier="QCOM_COMPRESSED")) == {"modifier"}
    assert frame(board(), placement(attachments=(CAMERA,))) == {"missing-device"}
    codec = pipeline(frame=buffer(read_by={"port": "display.scanout", "codec": "h264"}))
    platform = board(devices={"panel": device("display", scanout=port(), codecs=["hevc"])})
    assert frame(platform, asked=codec) == {"missing-device"}


@pytest.mark.parametrize("mode", ["board", "judge"])
def test_a_display_that_copies_by_the_cpu_finds_out_when_it_shows(mode: str) -> None:
    # Importing succeeds (vkms maps in vkms_prepare_fb(), long after PRIME_FD_TO_HANDLE).
    platform = board(
        heaps={"system": heap("dram", cpu="none")},
        devices={"panel": device("display", by_cpu=True, scanout=port())},
    )
    assert frame(platform, mode=mode) == {"cpu-importer"}
