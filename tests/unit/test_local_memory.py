"""Memory that belongs to a device: what holds on every board, on small boards and on the real profiles.

"If the memory is attached to a device (dGPU VRAM, FPGA PCIe BAR, RDMA, camera-internal
memory) expose it as a device-specific allocator"; "for devices that don't contain memory
there is no reason to be an exporter" (the thread that asked for this tool).
"""

from __future__ import annotations

from typing import Any

import pytest

from heapwright import solve
from heapwright.allocator.judge.judge import judge
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Placement, Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import (
    Json,
    board,
    buffer,
    device,
    facts,
    heap,
    memory,
    pipeline,
    placed,
    plan,
    port,
    raw_port,
    refusal,
)
from tests.examples import board as shipped

RAW: Json = {"bytes": 1 << 20}


def solved(platform: Platform, question: Pipeline, **asked: Any) -> Plan:
    answer = solve(platform, [question], **asked)
    assert isinstance(answer, Plan), getattr(answer, "conflict", answer)
    assert judge(platform, [question], answer) == ()
    return answer


def placement_of(platform: str | Platform, pins: list[str] | None = None, **spec: Any) -> Placement:
    whole = shipped(platform) if isinstance(platform, str) else platform
    return solved(whole, pipeline(frame=buffer(**spec)), pins=pins or ()).placements[0]


def kinds(platform: str | Platform, pins: list[str] | None = None, **spec: Any) -> set[str]:
    whole = shipped(platform) if isinstance(platform, str) else platform
    answer = solve(whole, [pipeline(frame=buffer(**spec))], pins=pins or ())
    assert isinstance(answer, Infeasible), getattr(answer, "placements", answer)
    assert all(reason.source for reason in answer.conflict)
    # that the pipeline forbids conversions is part of it where a copy would help
    return {reason.kind for reason in answer.conflict} - {"conversion"}


# VRAM, with and without a window


RENDERED: Json = {"size": "1920x1080", "formats": ["XR24"], "written_by": "gpu.render"}


def test_a_desktop_card_scans_out_of_its_own_memory() -> None:
    assert placement_of("amd-dgpu-desktop", **RENDERED).heap == "amdgpu-vram"
    assert placement_of("intel-arc-dgpu", **RENDERED).heap == "i915-lmem"


def test_it_scans_out_of_nothing_else() -> None:
    assert kinds("amd-dgpu-desktop", ["frame:heap=system"], **RENDERED) & {"local-only", "importer-refuses"}


def test_an_apu_scans_out_of_system_memory_of_its_own_making() -> None:
    found = placement_of("amd-apu-laptop", **RENDERED).heap
    assert found in ("amdgpu-vram", "amdgpu-gtt-uswc")
    assert kinds("amd-apu-laptop", ["frame:heap=system"], **RENDERED) == {"importer-refuses"}


def test_what_is_scanned_out_shares_the_window_and_what_is_sampled_does_not() -> None:
    # 256 MiB of window hold 32 frames of 1920 × 1080 × 4 = 8 294 400 bytes, 2025 pages: 33 × 2025 > 65536.
    assert placement_of("amd-dgpu-desktop", **RENDERED, count=32).count == 32
    assert "local-only" in kinds("amd-dgpu-desktop", **RENDERED, count=33)
    textures: Json = {**RENDERED, "read_by": "gpu.sample", "count": 100}
    assert placement_of("amd-dgpu-desktop", ["frame:heap=amdgpu-vram"], **textures).count == 100


def test_a_card_without_a_window_is_limited_by_its_size_alone() -> None:
    external: Json = {**RENDERED, "read_by": "display@DP-1.scanout", "count": 100}
    assert placement_of("hybrid-laptop", **external).heap == "radeon-vram"


def test_a_peer_comes_through_the_window() -> None:
    # 16 MiB each: 16 of them fill the 256 MiB through which the NIC reads.
    sent: Json = {"bytes": 16 << 20, "written_by": "gpu.render", "read_by": "nic.send"}
    pins = ["frame:heap=xe-vram"]
    assert placement_of("rdma-mlx5", pins, **sent, count=16).count == 16
    assert kinds("rdma-mlx5", pins, **sent, count=17) == {"local-only", "count"}


# Migration: an exporter moves the buffer when an importer without peer-to-peer attaches


def test_the_plan_says_where_a_buffer_will_live() -> None:
    # The encoder card attaches statically: amdgpu moves the buffer to GTT.
    question = pipeline(
        frame=buffer(**{**RENDERED, "read_by": "video-encoder.frame"}),
    )
    platform = shipped("amd-dgpu-desktop-card")
    answer = solved(platform, question, pins=["frame:heap=amdgpu-vram"])
    assert answer.warnings == ("frame is allocated from amdgpu-vram and will live in amdgpu-gtt",)


def test_what_moved_is_no_longer_scanned_out() -> None:
    both: Json = {**RENDERED, "read_by": ["display.scanout", "video-encoder.frame"]}
    assert "pinned-elsewhere" in kinds("amd-dgpu-desktop-card", ["frame:heap=amdgpu-vram"], **both)


def test_a_buffer_that_moves_takes_room_where_it_goes() -> None:
    # Two pages of GTT: the third buffer does not fit there, however much VRAM there is.
    def card(number: int) -> dict[str, Any]:
        platform = board(
            memory={"gart": memory("8KiB", inside="dram"), "vram": memory("1GiB", local=["camera"])},
            heaps={"gtt": heap("gart"), "vram": heap("vram", moves_to="gtt")},
        )
        return {
            "platform": platform,
            "pins": ["frame:heap=vram"],
            "size": "32x32",
            "count": number,
        }

    assert placement_of(**card(2)).count == 2
    assert kinds(**card(3)) == {"capacity", "count"}


@pytest.mark.parametrize("p2p", ["static", "dynamic"])
def test_an_importer_with_peer_to_peer_leaves_it_where_it_is(p2p: str) -> None:
    platform = board(
        memory={"vram": memory("1GiB", local=["camera"], reached_by=["panel"])},
        heaps={"gtt": heap("dram"), "vram": heap("vram", moves_to="gtt")},
        devices={"panel": device("display", dma={"mmu": True, "p2p": p2p}, scanout=port())},
    )
    answer = plan(platform, pins=["frame:heap=vram"])
    assert answer.warnings == ()


# FPGA BARs


TEXTURE: Json = {
    "size": "1920x1080",
    "formats": ["XR24"],
    "written_by": "fpga.write",
    "read_by": "gpu.sample",
}


def test_a_bar_is_read_by_peers_with_a_path_and_by_nobody_else() -> None:
    pins = ["frame:heap=vfio-bar"]
    assert placement_of("fpga-pcie-card", pins, **TEXTURE).heap == "vfio-bar"
    assert kinds("fpga-pcie-card-apart", pins, **TEXTURE) == {"unreachable-memory"}
    assert placement_of("fpga-pcie-card-apart", **TEXTURE).heap == "system"


def test_the_cpu_maps_no_bar_that_vfio_exports() -> None:
    read: Json = {**RAW, "written_by": "cpu.write", "read_by": "fpga.read"}
    assert kinds("fpga-pcie-card", ["frame:heap=vfio-bar"], **read) == {"cpu-access"}
    assert placement_of("fpga-pcie-card", **read).heap == "system"


# RDMA


def test_a_nic_reaches_vram_on_a_white_listed_host_only() -> None:
    sent: Json = {"bytes": 16 << 20, "written_by": "gpu.render", "read_by": "nic.send"}
    pins = ["frame:heap=amdgpu-vram"]
    kept = solved(shipped("amd-dgpu-desktop-rdma"), pipeline(frame=buffer(**sent)), pins=pins)
    assert kept.warnings == ()
    moved = solved(shipped("amd-dgpu-desktop-rdma-intel"), pipeline(frame=buffer(**sent)), pins=pins)
    assert moved.warnings == ("frame is allocated from amdgpu-vram and will live in amdgpu-gtt",)


def test_an_exporter_that_does_not_move_is_refused_to_an_importer_without_peer_to_peer() -> None:
    played: Json = {**RAW, "written_by": "gpu.render", "read_by": "dac.play"}
    assert kinds("rdma-mlx5", ["frame:heap=xe-vram"], **played) == {"unreachable-memory"}
    assert placement_of("rdma-mlx5", **played).heap == "system"


# Peer-to-peer, both ways and not


@pytest.mark.parametrize(
    ("edges", "there", "back"),
    [
        ({}, False, False),
        ({"left": ["right-card"]}, True, False),
        ({"right": ["left-card"]}, False, True),
        ({"left": ["right-card"], "right": ["left-card"]}, True, True),
    ],
)
def test_peer_to_peer_is_directed(edges: dict[str, list[str]], there: bool, back: bool) -> None:
    def card(kind: str, **ports: Any) -> dict[str, Any]:
        return device(kind, dma={"mmu": True, "p2p": "dynamic"}, **ports)

    platform = board(
        memory={
            side: memory("64MiB", local=f"{side}-card", reached_by=edges.get(side, []))
            for side in ("left", "right")
        },
        heaps={"left": heap("left"), "right": heap("right")},
        devices={
            "left-card": card("fpga", read=raw_port(), write=raw_port()),
            "right-card": card("npu", input=raw_port(), output=raw_port()),
        },
    )
    question = pipeline(frame=buffer(**RAW, written_by="fpga.write", read_by="npu.input"))
    for side, works in (("left", there), ("right", back)):
        answer = solve(platform, [question], pins=[f"frame:heap={side}"])
        assert isinstance(answer, Plan) == works
        if isinstance(answer, Infeasible):
            assert facts(answer)[0][0] == "unreachable-memory"


# Memory inside a camera


def camera_with_sram(**isp_facts: Any) -> Platform:
    """A camera that exports its own SRAM; an ISP of the same block reads there, the display does not."""
    return board(
        memory={"sram": memory("64KiB", local=["camera", "isp"])},
        heaps={
            "system": heap("dram", run="4KiB"),
            "camera-sram": heap("sram", via="v4l2", exporter="camera", cpu="none"),
        },
        devices={"isp": device("isp", input=port(), output=port(), **isp_facts)},
    )


def test_a_camera_s_memory_serves_its_own_block() -> None:
    inner = buffer(size="64x64", read_by="isp.input", count=2)
    pins = ["frame:heap=camera-sram"]
    assert placed(camera_with_sram(), pipeline(frame=inner), pins=pins).heap == "camera-sram"
    # 64 × 64 × 4 = 16 KiB: four frames fill it.
    answer = refusal(camera_with_sram(), pipeline(frame={**inner, "count": 5}), pins=pins)
    assert facts(answer) == [("capacity", "sram"), ("count", "frame")]


def test_a_camera_s_memory_is_nothing_to_the_display() -> None:
    answer = refusal(camera_with_sram(), pipeline(frame=buffer()), pins=["frame:heap=camera-sram"])
    assert facts(answer) == [("unreachable-memory", "frame→panel")]
    assert placed(camera_with_sram(), pipeline(frame=buffer())).heap == "system"


def test_a_camera_that_writes_its_own_memory_only() -> None:
    # Then the frame goes through the ISP, which reads there and writes anywhere.
    platform = board(
        memory={"sram": memory("64KiB", local=["camera", "isp"])},
        heaps={"system": heap("dram"), "camera-sram": heap("sram", exporter="camera", cpu="none")},
        devices={
            "camera": device("camera", capture=port(memory=["sram"], takes_from=["camera-sram"])),
            "isp": device("isp", input=port(), output=port()),
        },
    )
    question = pipeline(raw=buffer(read_by="isp.input"), shown=buffer(written_by="isp.output"))
    assert {p.buffer: p.heap for p in solved(platform, question).placements} == {
        "raw": "camera-sram",
        "shown": "system",
    }
    assert {kind for kind, _ in facts(refusal(platform, pipeline(frame=buffer())))} & {
        "unreachable-memory",
        "local-only",
        "importer-refuses",
    }


# Devices without memory only import


def test_an_importer_without_memory_takes_what_others_export() -> None:
    samples: Json = {**RAW, "written_by": "adc.capture"}
    assert placement_of("iio-dmabuf", **samples, read_by="cpu.read").heap == "system"
    # The programmable logic takes one run, so the ADC imports from CMA.
    assert placement_of("iio-dmabuf", **samples, read_by="fpga.read").heap == "cma"
    assert kinds("iio-dmabuf-card", ["frame:heap=vfio-bar"], **samples, read_by="fpga.read") == {
        "importer-refuses"
    }


def test_a_display_that_reads_by_cpu_imports_what_can_be_mapped() -> None:
    # udl: cached system memory, never VRAM while there is a choice.
    assert placement_of("simple-displays", **{**RENDERED, "size": "1280x720"}).heap in (
        "system",
        "udmabuf",
        "amdgpu-gtt",
    )


# Hybrid laptops


def test_one_gpu_renders_and_the_other_s_panel_scans_out() -> None:
    shared: Json = {**RENDERED, "read_by": "display@eDP-1.scanout"}
    found = placement_of("hybrid-laptop", ["frame:device=dgpu"], **shared)
    assert found.heap != "radeon-vram"
    assert found.modifier == "LINEAR"


def test_each_gpu_drives_its_own_connector() -> None:
    question = pipeline(
        inner=buffer(**{**RENDERED, "written_by": "gpu#a.render", "read_by": "display@eDP-1.scanout"}),
        outer=buffer(**{**RENDERED, "written_by": "gpu#b.render", "read_by": "display@DP-1.scanout"}),
    )
    answer = solved(shipped("hybrid-laptop"), question)
    heaps = {p.buffer: p.heap for p in answer.placements}
    assert heaps["outer"] == "radeon-vram"
    assert heaps["inner"] != "radeon-vram"


def test_the_other_gpu_s_connector_is_out_of_reach_for_a_shared_frame() -> None:
    both: Json = {**RENDERED, "read_by": ["display#a@eDP-1.scanout", "display#b@DP-1.scanout"]}
    assert kinds("hybrid-laptop", **both) & {"pinned-elsewhere", "local-only", "importer-refuses"}
