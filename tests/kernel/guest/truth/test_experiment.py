"""A camera writes, a display scans out, another device and the processor read: planned, then done.

The camera has neither IOMMU nor scatter-gather, so its frames must be one physical run;
the others would take anything. Whoever picks a heap by name picks wrong.
"""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import heapwright
from heapwright.allocator.backend import AllocatedBuffer, AllocationFailed, KernelRefused
from heapwright.allocator.execute import execute
from heapwright.allocator.linux.backend import LinuxBackend
from heapwright.allocator.linux.control import opened
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.exporters import heap
from heapwright.allocator.linux.importers import cpu, v4l2
from heapwright.allocator.linux.importers.kms import Display
from heapwright.allocator.linux.importers.prime import Importer
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plan, Plane
from heapwright.solver.question.load import pipelines_from
from tests.kernel.guest.devices import OUTPUT, XR24, card, vivid
from tests.kernel.guest.machine import discovered, machine

PATTERN = b"\xa5\x5a\xc3\x3c"
WIDTH, HEIGHT = 1920, 1080
STRIDE = WIDTH * 4


def asked(**changes: Any) -> tuple[heapwright.Pipeline, ...]:
    frame = {
        "size": f"{WIDTH}x{HEIGHT}", "formats": ["XR24"], "written_by": "camera.capture",
        "read_by": ["display.scanout", "display#2.scanout", "cpu.read"], **changes,
    }  # fmt: skip
    document = {"schema": "heapwright/pipeline/1", "name": "preview", "conversions": "forbid"}
    return pipelines_from([document | {"buffers": {"frame": frame}}])


def planned(board: Platform, **changes: Any) -> Plan:
    answer = heapwright.solve(board, asked(**changes))
    assert isinstance(answer, Plan), answer
    return answer


def forced(plan: Plan, name: str) -> Plan:
    """The plan with its heap replaced by one picked by name."""
    moved = [each.model_copy(update={"heap": name, "names": (name,)}) for each in plan.placements]
    return plan.model_copy(update={"placements": tuple(moved)})


def attached(board: Platform, placement: Placement, node: Path) -> tuple[str, str]:
    """The device and port of a placement that have this node."""
    return next(
        (each.device, each.port)
        for each in placement.attachments
        if board.devices[each.device].node == str(node)
    )


def owned(buffer: AllocatedBuffer) -> OwnedDmabuf:
    (dmabuf,) = buffer.dmabufs
    assert isinstance(dmabuf, OwnedDmabuf)
    return dmabuf


def written_back(shown: OwnedDmabuf) -> bytes:
    """What a display shows of a buffer, as it writes it into another."""
    plane = Plane(offset=0, stride=STRIDE, size=STRIDE * HEIGHT)
    with (
        heap.allocate(heap.FOLDER / "system", plane.size) as copy, opened(card("vkms")) as fd,
        Importer(fd) as importer, Display(fd) as display,
    ):  # fmt: skip
        one, other = (importer.framebuffer("XR24", WIDTH, HEIGHT, [(each, plane)]) for each in (shown, copy))
        display.write_back(one, other, WIDTH, HEIGHT, seconds=120)
        return cpu.read(copy, plane.size)


BOARDS: dict[str, Callable[[], Platform]] = {"by hand": machine, "discovered": discovered}


@pytest.fixture(params=BOARDS)
def board(request: pytest.FixtureRequest) -> Platform:
    return BOARDS[request.param]()


def test_a_frame_goes_from_the_camera_to_every_reader(board: Platform) -> None:
    plan = planned(board)
    [placement] = plan.placements
    assert "default_cma_region" in placement.names
    backend = LinuxBackend(board)
    camera, output = (attached(board, placement, node) for node in (vivid(1), vivid(0, OUTPUT)))
    with execute(board, asked(), plan, backend) as allocation:
        buffers = allocation.of("preview", "frame")
        for each in buffers:
            cpu.fill(owned(each), PATTERN)
        capturing = backend.queue(*camera)
        capturing.stream()
        filled = capturing.take()
        frame = next(owned(each) for each in buffers if backend.seat(each, *camera) == filled)
        # 1920 x 1080 x 4 = 8294400 bytes in 2025 pages.
        assert cpu.pages_changed(frame, PATTERN, STRIDE * HEIGHT) == (2025, 2025)
        showing = backend.queue(*output)
        showing.stream()
        assert showing.take() in range(len(buffers))
        seen, shown = cpu.read(frame, STRIDE * HEIGHT), written_back(frame)
        for channel in range(3):  # the fourth byte is nothing of the picture
            assert seen[channel::4] == shown[channel::4]


def test_with_the_heap_picked_by_name_the_plan_says_why_not(board: Platform) -> None:
    answer = heapwright.solve(board, asked(), pins=["frame:heap=system"])
    assert answer.status == "infeasible"
    (told,) = [each.text for each in answer.conflict if each.kind == "contiguous-memory"]
    assert "one physical run" in told
    assert "system" in told


def test_with_the_heap_picked_by_name_the_kernel_says_efault(board: Platform) -> None:
    plan = planned(board, count=8)
    with pytest.raises(AllocationFailed) as failed:
        execute(board, asked(count=8), forced(plan, "system"), LinuxBackend(board)).release()
    camera, _ = attached(board, plan.placements[0], vivid(1))
    assert (failed.value.device, failed.value.errno) == (camera, errno.EFAULT)
    assert "VIDIOC_QBUF" in failed.value.text


def test_protected_buffers_go_where_the_plan_lets_them_and_nowhere_else() -> None:
    document = {
        "schema": "heapwright/pipeline/1", "name": "film", "conversions": "forbid",
        "buffers": {"frame": {
            "size": "640x480", "formats": ["XR24"], "written_by": "display.writeback",
            "read_by": "display.scanout", "protected": True, "count": 2,
        }},
    }  # fmt: skip
    writes = {"access": "write", "images": [{"formats": ["XR24"]}], "protected": "allowed", "source": "test"}
    display = machine().devices["display"]
    ports = {"scanout": display.ports["scanout"].model_dump(by_alias=True), "writeback": writes}
    board = machine(output={"kind": "2d", "ports": {}}, camera={"ports": {}}, display={
        "ports": ports, "by_cpu": False, "dma": {"bits": 32},
    })  # fmt: skip
    question = pipelines_from([document])
    plan = heapwright.solve(board, question)
    assert isinstance(plan, Plan), plan
    assert [each.heap for each in plan.placements] == ["vault"]
    with execute(board, question, plan, LinuxBackend(board)) as allocation:
        for frame in allocation.of("film", "frame"):
            with pytest.raises(KernelRefused) as refused, owned(frame).mapped("read"):
                pass
            assert refused.value.errno == errno.EINVAL


def test_a_reader_by_the_processor_gets_no_protected_buffer_from_plan_or_kernel() -> None:
    answer = heapwright.solve(machine(), asked(protected=True))
    assert answer.status == "infeasible"
    with (
        heap.allocate(heap.FOLDER / "protected,secure-video", 640 * 480 * 4) as made,
        v4l2.port(vivid(0), "capture") as queue,
    ):
        queue.format(XR24, 640, 480)
        with pytest.raises(KernelRefused) as refused:
            v4l2.import_all(queue, [[made]])
    assert refused.value.errno == errno.EFAULT


def test_an_open_buffer_is_never_planned_for_a_port_that_requires_protection() -> None:
    board = machine(camera={"ports": {"capture": {
        "access": "write", "protected": "required", "images": [{"formats": ["XR24"]}], "source": "test",
    }}})  # fmt: skip
    answer = heapwright.solve(board, asked())
    assert answer.status == "infeasible"
    assert "protected-port" in {each.kind for each in answer.conflict}
