"""What `discover` reads on a machine whose devices are known, and what is solved from it."""

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from heapwright import solve
from heapwright.allocator.linux.discover import machine
from heapwright.api.cli.app import heapwright_app, run
from heapwright.platforms.catalog import load_platform, platform_from
from heapwright.platforms.importers.assemble import profile
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.question.load import load_pipelines

KINDS = ("probed: ", "device-tree: ", "driver-knowledge: ")
ROOT = Path(__file__).parents[4]
SERVED = {"stock": ("cpu-paints",), "truth": ("cpu-paints", "camera-record")}
"""Portable examples that these machines can serve: they have no GPU, NPU, JPEG codec or h264."""


@cache
def data() -> dict[str, Any]:
    return profile(machine(), "here")


@cache
def platform() -> Platform:
    return platform_from(data(), "here")


def sources(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [inner] if key == "source" and isinstance(inner, str) else sources(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from sources(inner)


def heapwright(*words: str) -> int:
    return run(heapwright_app(), "heapwright", words)


def node_of(device: str) -> str:
    return platform().devices[device].node or ""


def test_the_file_it_writes_is_sound(tmp_path: Path) -> None:
    file = tmp_path / "here.yaml"
    assert heapwright("discover", "-o", str(file), "--name", "here") == 0
    assert heapwright("platforms", "check", str(file)) == 0
    assert load_platform(file).model_dump() == platform().model_dump()


def test_every_fact_says_where_it_is_from() -> None:
    assert all(text.startswith(KINDS) for text in sources(data()))
    assert {text.split(": ")[0] for text in sources(data())} == {"probed", "driver-knowledge"}


def test_nothing_is_left_open_or_allocated() -> None:
    before = os.listdir("/proc/self/fd")
    buffers = Path("/sys/kernel/debug/dma_buf/bufinfo").read_text()
    machine()
    assert os.listdir("/proc/self/fd") == before
    assert Path("/sys/kernel/debug/dma_buf/bufinfo").read_text() == buffers


def test_the_system_heap_promises_pages() -> None:
    heap = platform().heaps["system"]
    assert (heap.names, heap.run, heap.cpu, heap.memory) == (("system",), 4096, "cached", ("dram",))


def test_udmabuf_has_the_limit_of_its_driver() -> None:
    limit = int(Path("/sys/module/udmabuf/parameters/size_limit_mb").read_text()) << 20
    assert platform().heaps["udmabuf"].largest == limit
    assert platform().heaps["udmabuf-huge"].run == 2 << 20
    assert platform().memory["hugepages"].size == 200 << 20


def test_vivid_takes_any_stride_and_six_sizes() -> None:
    # vivid_try_fmt_vid_cap(): bytesperline is kept from the row up to 16384 pixels; webcam sizes are a list.
    camera = platform().devices["vivid-000-vid-cap"]
    assert (camera.kind, camera.driver, camera.by_cpu) == ("camera", "vivid", True)
    rules = [rule for rule in camera.ports["capture"].images if "YUYV" in rule.formats]
    assert {rule.stride.multiple for rule in rules} == {1}
    assert {rule.stride.max for rule in rules} == {32768}
    assert {rule.extent.min for rule in rules} >= {
        (320, 180),
        (640, 480),
        (1280, 720),
        (1920, 1080),
        (3840, 2160),
    }
    assert all(rule.extent.min == rule.extent.max for rule in rules)


def test_vivid_without_user_pointers_needs_contiguous_memory_within_32_bits() -> None:
    camera = platform().devices["vivid-001-vid-cap"]
    assert not camera.by_cpu
    assert (camera.dma.bits, camera.dma.mmu, camera.dma.iommu) == (32, False, None)
    assert platform().heaps["vivid-001-vid-cap-mmap"].run == "whole"
    assert platform().heaps["vivid-000-vid-cap-mmap"].run == 4096


def test_virtio_gpu_without_blob_shows_its_own_buffers_alone() -> None:
    card = platform().devices["virtio_gpu"]
    assert card.imports == "none"
    assert card.ports["scanout"].images[0].formats == ("XR24",)


def test_bochs_scans_out_xr24_at_any_stride() -> None:
    rule = platform().devices["bochs-drm"].ports["scanout"].images[0]
    assert "XR24" in rule.formats and rule.modifiers == ("LINEAR",)
    assert rule.stride.multiple is None


def test_nodes_are_those_of_this_machine() -> None:
    for device in platform().devices.values():
        assert device.node is None or Path(device.node).exists()
    assert node_of("vgem").startswith("/dev/dri/card")
    assert node_of("vivid-000-vid-cap").startswith("/dev/video")


@pytest.mark.parametrize("example", SERVED[os.environ.get("HEAPWRIGHT_VM", "stock")])
def test_portable_examples_are_served(example: str) -> None:
    pipelines = load_pipelines([str(ROOT / "examples" / f"{example}.yaml")])
    assert isinstance(solve(platform(), pipelines), Plan)


def test_solve_without_a_platform_is_about_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert heapwright("solve", str(ROOT / "examples" / "cpu-paints.yaml"), "--json") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["platform"] == "this-machine"
    assert "no platform was given, so this machine was looked at" in told.err


def test_an_ordinary_user_is_told_what_could_not_be_read() -> None:
    platform()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgid(65534)
            os.setuid(65534)
            found = machine()
            said = " ".join(found.notes)
            sound = platform_from(profile(found, "here"), "here")
            fine = (
                "heaps that this user may not open: " in said
                and "/proc/iomem shows no addresses" in said
                and "/dev/dri/card0 could not be read" in said
                and 'SUBSYSTEM=="dma_heap"' in (sound.heaps["system"].permission or "")
                and sound.memory["dram"].base == "unknown"
                and not found.cards
            )
            code = 0 if fine else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
