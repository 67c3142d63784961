"""Which call says no, and with which errno: by the framework through which a device takes buffers."""

from __future__ import annotations

import os
from errno import EFAULT, EINVAL, EMFILE, ENODEV, ENOMEM, ENOSYS
from typing import Any

import pytest

from heapwright.allocator.backend import AllocatedBuffer, KernelRefused
from heapwright.allocator.execute import merged
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.allocator.kernel.calls import heap_call_refusal
from heapwright.solver.answer.plan import AttachedPort, Plane
from tests.builders import KIB, MIB, board, device, heap, memory, port
from tests.unit.allocator.plans_by_hand import CAMERA, PANEL
from tests.unit.allocator.test_board import of_size, refused


def errno_of(pretended: SimulatedBoard, size: int, way: AttachedPort, **changes: Any) -> int:
    return refused(pretended, of_size(size, **changes), way).errno


@pytest.mark.parametrize(
    ("facts", "errno"),
    [
        ({}, EFAULT),
        ({"node": "/dev/video0"}, EFAULT),
        ({"node": "/dev/dri/card0"}, EINVAL),
    ],
)
def test_a_node_tells_more_than_a_kind(facts: dict[str, Any], errno: int) -> None:
    heaps = {"system": heap("dram", run="4KiB")}
    devices = {"camera": device("camera", dma={}, capture=port(), **facts)}
    pretended = SimulatedBoard(board(heaps=heaps, devices=devices), mode="judge")
    assert errno_of(pretended, 8 * KIB, CAMERA) == errno


@pytest.mark.parametrize(("kind", "way", "errno"), [("camera", CAMERA, EFAULT), ("display", PANEL, None)])
def test_drivers_that_work_by_the_cpu_map_at_once_or_when_they_show(
    kind: str, way: AttachedPort, errno: int | None
) -> None:
    # vb2_vmalloc_map_dmabuf() maps at QBUF; vkms_prepare_fb() long after PRIME_FD_TO_HANDLE and ADDFB2.
    heaps = {"system": heap("dram", cpu="none")}
    devices = {way.device: device(kind, by_cpu=True, **{way.port: port()})}
    pretended = SimulatedBoard(board(heaps=heaps, devices=devices))
    if errno is None:
        pretended.attach(pretended.allocate(of_size(4 * KIB)), way)
    else:
        assert errno_of(pretended, 4 * KIB, way) == errno


@pytest.mark.parametrize(
    ("facts", "errno"),
    [({}, ENOSYS), ({"imports": "none"}, EINVAL), ({"imports": "none", "refuses": "ENODEV"}, ENOSYS)],
)
def test_an_exporter_without_pages_is_refused_after_the_framework_and_before_the_driver(
    facts: dict[str, Any], errno: int
) -> None:
    # drm_gem_prime_import_dev(): no import (EINVAL), then attach (ENOSYS), then the driver's own answer.
    platform = board(
        memory={"vram": memory("1MiB", local="camera")},
        heaps={"dumb": heap("vram", via="drm", exporter="camera")},
        devices={"panel": device("display", scanout=port(), **facts)},
    )
    assert errno_of(SimulatedBoard(platform), 4 * KIB, PANEL, heap="dumb") == errno


@pytest.mark.parametrize(("way", "errno"), [(CAMERA, EINVAL), (PANEL, ENODEV)])
def test_a_buffer_shorter_than_its_image_is_found_before_attaching_or_after(
    way: AttachedPort, errno: int
) -> None:
    # The camera's QBUF compares lengths first; the panel's import fails before there is a framebuffer.
    devices = {"panel": device("display", scanout=port(), imports="none", refuses="ENODEV")}
    pretended = SimulatedBoard(board(devices=devices))
    long = (Plane(offset=0, stride=0, size=8 * KIB),)
    assert errno_of(pretended, 4 * KIB, way, planes=long) == errno
    with_panel = SimulatedBoard(board())
    assert errno_of(with_panel, 4 * KIB, PANEL, planes=long) == EINVAL


@pytest.mark.parametrize(("via", "errno"), [("udmabuf", EINVAL), ("dma-heap", ENOMEM)])
def test_beyond_what_a_heap_makes(via: str, errno: int) -> None:
    pretended = SimulatedBoard(board(heaps={"system": heap("dram", via=via, largest="8KiB")}))
    assert refused(pretended, of_size(12 * KIB)).errno == errno


def test_descriptors_run_out_before_memory_and_come_back() -> None:
    pretended = SimulatedBoard(board(), descriptors=2)
    made: list[AllocatedBuffer] = [pretended.allocate(of_size(4 * KIB)) for _ in range(2)]
    assert refused(pretended, of_size(4 * KIB)).errno == EMFILE
    pretended.release(made[0])
    pretended.allocate(of_size(4 * KIB))


def longest(via: str, size: int, luck: float | None, run: str = "4KiB", seed: int = 0) -> int:
    """The first run of a buffer of a scattered heap."""
    pretended = SimulatedBoard(
        board(heaps={"system": heap("dram", via=via, run=run)}), contiguity=luck, seed=seed
    )
    return merged(pretended.allocate(of_size(size)).dmabufs[0].segments or ())[0].length


@pytest.mark.parametrize(
    ("via", "unlucky", "lucky"),
    # The system heap has a chunk of 1 MiB and eight of 64 KiB, which join where all come from one block; shared
    # memory has pages, and no streak of them is longer than the page allocator's largest block.
    [("dma-heap", MIB, 1536 * KIB), ("udmabuf", 4 * KIB, 1536 * KIB), ("drm", 4 * KIB, 1536 * KIB)],
)
def test_runs_between_no_luck_and_all_luck(via: str, unlucky: int, lucky: int) -> None:
    assert longest(via, 1536 * KIB, 0.0) == unlucky
    assert longest(via, 1536 * KIB, 1.0) == lucky
    assert all(unlucky <= longest(via, 1536 * KIB, None, seed=seed) <= lucky for seed in range(20))


def test_chunks_of_different_orders_join_only_where_luck_is_asked_for() -> None:
    # Measured: 0 of 84 buffers of 64 KiB and a page were one run.
    assert all(longest("dma-heap", 68 * KIB, None, seed=seed) == 64 * KIB for seed in range(84))
    assert longest("dma-heap", 68 * KIB, 1.0) == 68 * KIB


def test_no_streak_of_pages_is_longer_than_a_block_of_the_page_allocator() -> None:
    assert longest("udmabuf", 8 * MIB, 1.0) == 4 * MIB


def test_huge_pages_are_whole_whatever_the_luck() -> None:
    assert longest("udmabuf", 8 * MIB, 0.0, run="2MiB") == 2 * MIB
    assert longest("udmabuf", 8 * MIB, 1.0, run="2MiB") == 8 * MIB


def test_pages_of_shared_memory_are_on_a_streak_as_often_as_measured() -> None:
    # Measured for 64 KiB to 2 MiB: 25 of 240 buffers of udmabuf were one run.
    whole = sum(longest("udmabuf", 256 * KIB, None, seed=seed) == 256 * KIB for seed in range(200))
    assert 5 <= whole <= 45


def test_a_length_that_wraps_is_no_length() -> None:
    with pytest.raises(KernelRefused) as caught:
        SimulatedBoard(board()).allocate(of_size(4 * KIB).model_copy(update={"sizes": ((1 << 64) - 1,)}))
    assert caught.value.errno == EINVAL


@pytest.mark.parametrize(
    ("arguments", "errno"),
    # Measured on both kernels: lengths are rounded up to pages, and 2^64 - 1 to none.
    [
        ({}, None),
        ({"length": 0}, EINVAL),
        ({"length": 1}, None),
        ({"length": (1 << 64) - 1}, EINVAL),
        ({"length": (1 << 64) - 4096}, None),
        ({"fd": 1}, EINVAL),
        ({"heap_flags": 1}, EINVAL),
        ({"fd_flags": os.O_RDONLY}, None),
        ({"fd_flags": os.O_RDWR | os.O_NONBLOCK}, EINVAL),
    ],
)
def test_arguments_that_no_heap_is_asked_about(arguments: dict[str, int], errno: int | None) -> None:
    usual = {"length": 4096, "fd": 0, "fd_flags": os.O_RDWR | os.O_CLOEXEC, "heap_flags": 0, "page": 4096}
    assert heap_call_refusal(**usual | arguments) == errno


@pytest.mark.parametrize("via", ["dma-heap", "udmabuf"])
def test_scattered_buffers_use_holes_and_leave_nothing_behind_when_these_do_not_do(via: str) -> None:
    # 8 buffers of 8 KiB fill 64 KiB; every second freed leaves four holes of two pages.
    pretended = SimulatedBoard(
        board(memory={"dram": memory("64KiB")}, heaps={"system": heap("dram", via=via, run="4KiB")})
    )
    made = [pretended.allocate(of_size(8 * KIB)) for _ in range(8)]
    for each in made[::2]:
        pretended.release(each)
    pages = pretended.allocate(of_size(32 * KIB)).dmabufs[0].segments
    assert pages is not None and sum(each.length for each in pages) == 32 * KIB
    assert refused(pretended, of_size(4 * KIB)).errno == ENOMEM


def test_runs_longer_than_any_hole_are_not_made_of_holes() -> None:
    # 32 KiB are free, in holes of 8 KiB; runs of 16 KiB are promised.
    heaps = {"system": heap("dram", run="16KiB"), "whole": heap("dram")}
    pretended = SimulatedBoard(board(memory={"dram": memory("64KiB")}, heaps=heaps))
    made = [pretended.allocate(of_size(8 * KIB, heap="whole")) for _ in range(8)]
    for each in made[::2]:
        pretended.release(each)
    assert refused(pretended, of_size(32 * KIB)).errno == ENOMEM
    assert pretended.allocate(of_size(8 * KIB, heap="whole")).dmabufs[0].size == 8 * KIB
