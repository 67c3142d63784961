"""What a kernel refuses becomes a fact, and the plan is made again: pretended refusals, real solving."""

from __future__ import annotations

from errno import EACCES, EFAULT, EINVAL, ENOENT, ENOMEM

import pytest

import heapwright
from heapwright.allocator.backend import AllocationFailed, KernelRefused
from heapwright.allocator.linux.control import Absent, Full, NotPermitted
from heapwright.allocator.linux.importers.ports import NotImported
from heapwright.api.allocate.nogoods import Nogood, corrected, nogood
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plan
from tests.builders import MIB, board, buffer, device, heap, memory, pipeline, port

FRAME = pipeline(
    frame=buffer(size="1024x256", written_by="camera.capture", read_by="display.scanout", count=2)
)
"""1024 x 256 x 4 bytes = 1 MiB, one buffer for each side."""


def two_heaps() -> Platform:
    return board(
        memory={"dram": memory("1GiB"), "pool": memory("64MiB", inside="dram")},
        heaps={"system": heap("dram"), "pool": heap("pool")},
        devices={"camera": device("camera", capture=port()), "panel": device("display", scanout=port())},
    )


def planned(platform: Platform) -> Plan:
    answer = heapwright.solve(platform, [FRAME])
    assert isinstance(answer, Plan)
    return answer


def failure(
    refused: KernelRefused, placement: Placement, device: str = "", port: str = ""
) -> AllocationFailed:
    failed = AllocationFailed(
        placement.buffer, device, refused.errno, refused.text, placement=placement, port=port
    )
    failed.__cause__ = refused
    return failed


def corrected_after(
    refused: KernelRefused, device: str = "", port: str = ""
) -> tuple[Platform, Placement, Nogood]:
    platform = two_heaps()
    [placement] = planned(platform).placements
    found = nogood(platform, failure(refused, placement, device, port))
    assert found is not None
    return corrected(platform, found), placement, found


REFUSED = [
    (NotImported(EFAULT, "VIDIOC_QBUF"), "camera", "capture"),
    (Full(ENOMEM, "system has no room for 1048576 bytes"), "", ""),
    (Absent(ENOENT, "no heap system"), "", ""),
    (NotPermitted(EACCES, "/dev/dma_heap/system may not be opened"), "", ""),
]


@pytest.mark.parametrize(("refused", "device", "port"), REFUSED)
def test_the_next_plan_leaves_the_refused_heap(refused: KernelRefused, device: str, port: str) -> None:
    platform, before, _ = corrected_after(refused, device, port)
    [after] = planned(platform).placements
    assert {before.heap, after.heap} == {"system", "pool"}


def test_a_port_that_refused_both_heaps_leaves_no_plan_and_says_what_was_learnt() -> None:
    platform, placement, found = corrected_after(NotImported(EFAULT, "VIDIOC_QBUF"), "camera", "capture")
    other = {"system", "pool"} - {placement.heap}
    answer = heapwright.solve(corrected(platform, found._replace(heap=other.pop())), [FRAME])
    assert answer.status == "infeasible"
    [reason] = [each for each in answer.conflict if each.kind == "importer-refuses"]
    assert "learnt: the kernel said EFAULT: VIDIOC_QBUF" in reason.source


def test_a_full_heap_still_makes_smaller_buffers() -> None:
    platform, placement, _ = corrected_after(Full(ENOMEM, "no room"))
    assert platform.heaps[placement.heap].largest == MIB - 1


def test_both_sides_have_their_words() -> None:
    _, placement, found = corrected_after(NotImported(EFAULT, "VIDIOC_QBUF"), "camera", "capture")
    assert str(found) == (
        f"profile and kernel disagree: camera.capture takes 1 MiB of {placement.heap} (made up for a test); "
        "the kernel says EFAULT: VIDIOC_QBUF"
    )
    assert found.data()["errno"] == "EFAULT"


@pytest.mark.parametrize(
    ("refused", "device"),
    [(KernelRefused(EINVAL, "VIDIOC_S_FMT"), "camera"), (Absent(ENOENT, "/dev/video9"), "camera")],
)
def test_what_is_not_about_the_buffer_teaches_nothing(refused: KernelRefused, device: str) -> None:
    platform = two_heaps()
    [placement] = planned(platform).placements
    assert nogood(platform, failure(refused, placement, device, "capture")) is None


def test_a_broken_promise_teaches_nothing() -> None:
    assert nogood(two_heaps(), AllocationFailed("frame", "", None, "a run too short")) is None


def test_a_heap_that_is_gone_is_gone_from_every_list() -> None:
    platform = board(
        heaps={"system": heap("dram"), "pool": heap("dram")},
        devices={
            "camera": device(
                "camera", imports=["system", "pool"], capture=port(takes_from=["system", "pool"])
            ),
            "panel": device("display", scanout=port()),
        },
    )
    gone = Nogood("absent", "frame", "system", "", "", MIB, ENOENT, "no heap", "profile")
    after = corrected(platform, gone)
    assert set(after.heaps) == {"pool"}
    assert after.devices["camera"].imports == ("pool",)
    assert after.devices["camera"].ports["capture"].takes_from == ("pool",)
