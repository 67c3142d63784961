"""The backend on devices with two queues: both belong to one open file."""

import heapwright
from heapwright.allocator.execute import execute
from heapwright.allocator.linux.backend import LinuxBackend
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.importers import cpu, v4l2
from heapwright.allocator.linux.nodes import videos
from heapwright.platforms.catalog import platform_from
from heapwright.solver.answer.plan import Plan
from heapwright.solver.question.load import pipelines_from
from tests.kernel.guest.machine import SOURCE, document

SIZE = 640 * 480 * 2


def test_a_picture_goes_through_a_converter() -> None:
    board, port = document(), {"images": [{"formats": ["RG16"]}], "source": SOURCE}
    node = next(str(each.path) for each in videos() if each.driver == "vim2m")
    board["devices"] = {"cpu0": board["devices"]["cpu0"], "mirror": {
        "kind": "2d", "driver": "vim2m", "by_cpu": True, "coherent": True, "node": node, "source": SOURCE,
        "ports": {"source": {**port, "access": "read"}, "target": {**port, "access": "write"}},
    }}  # fmt: skip
    for name in ("read", "write"):
        board["devices"]["cpu0"]["ports"][name] = {**port, "access": name}
    board["heaps"].pop("vault")
    platform = platform_from(board)
    image = {"size": "640x480", "formats": ["RG16"]}
    question = pipelines_from([{
        "schema": "heapwright/pipeline/1", "name": "mirror", "conversions": "forbid",
        "buffers": {
            "drawn": {**image, "written_by": "cpu.write", "read_by": "2d.source"},
            "seen": {**image, "written_by": "2d.target", "read_by": "cpu.read"},
        },
    }])  # fmt: skip
    plan = heapwright.solve(platform, question)
    assert isinstance(plan, Plan), plan
    backend = LinuxBackend(platform)
    with execute(platform, question, plan, backend) as allocation:
        drawn, seen = (
            [each for buffer in allocation.of("mirror", name) for each in buffer.dmabufs]
            for name in ("drawn", "seen")
        )
        for each in (*drawn, *seen):
            assert isinstance(each, OwnedDmabuf)
            cpu.fill(each, b"\x5a\xa5" if each in drawn else b"\xff")
        v4l2.converted(backend.queue("mirror", "source"), backend.queue("mirror", "target"))
        changed = [cpu.pages_changed(each, b"\xff", SIZE) for each in seen if isinstance(each, OwnedDmabuf)]
        # 640 x 480 x 2 = 614400 bytes in 150 pages.
        assert (150, 150) in changed
