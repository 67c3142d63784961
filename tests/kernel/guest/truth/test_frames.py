"""Frames through the displays and converters that only the kernel we build has."""

import pytest

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux.control import opened
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.exporters import heap, udmabuf
from heapwright.allocator.linux.importers import cpu, v4l2
from heapwright.allocator.linux.importers.kms import Display
from heapwright.allocator.linux.importers.prime import Importer
from heapwright.allocator.linux.nodes import videos
from heapwright.platforms.fourcc.videodev import v4l2_code
from heapwright.solver.answer.plan import Plane
from tests.kernel.guest.devices import M2M, M2M_MULTIPLANAR, card

SIZE = 640 * 480 * 4
PLANE = Plane(offset=0, stride=2560, size=SIZE)
DRAWN = bytes((0x10, 0x20, 0x30, 0xFF))
SOURCES = ["system", "default_cma_region", "udmabuf"]


def made(source: str, size: int = SIZE) -> OwnedDmabuf:
    return udmabuf.allocate(size) if source == "udmabuf" else heap.allocate(heap.FOLDER / source, size)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("target", SOURCES)
def test_what_is_scanned_out_is_written_back(source: str, target: str) -> None:
    with (
        made(source) as shown, made(target) as written, opened(card("vkms")) as fd,
        Importer(fd) as importer, Display(fd) as display,
    ):  # fmt: skip
        cpu.fill(shown, DRAWN)
        cpu.fill(written, b"\0")
        one, other = (importer.framebuffer("XR24", 640, 480, [(each, PLANE)]) for each in (shown, written))
        display.write_back(one, other, 640, 480)
        found = cpu.read(written, SIZE)
        assert all(found[at : at + 3] == DRAWN[:3] for at in range(0, SIZE, 4))


def test_without_atomic_commits_a_buffer_is_shown_all_the_same() -> None:
    with (
        made("system") as shown, opened(card("vkms")) as fd,
        Importer(fd) as importer, Display(fd, atomic=False) as display,
    ):  # fmt: skip
        display.show(importer.framebuffer("XR24", 640, 480, [(shown, PLANE)], 0), 640, 480)
        with pytest.raises(KernelRefused, match="writes no picture back"):
            display.write_back(0, 0, 640, 480)


def test_a_converter_reads_one_buffer_and_writes_the_other() -> None:
    node = next(each for each in videos() if each.driver == "vim2m")
    assert node.capabilities & (M2M | M2M_MULTIPLANAR)
    fourcc, size = v4l2_code("RG16"), 640 * 480 * 2
    assert fourcc is not None
    with (
        made("system", size) as source, made("default_cma_region", size) as target,
        v4l2.converter(node.path) as (reads, writes),
    ):  # fmt: skip
        cpu.fill(source, b"\x5a\xa5")
        cpu.fill(target, b"\xff")
        for queue in (reads, writes):
            assert queue.format(fourcc, 640, 480).size == size
        v4l2.import_all(reads, [[source]], size)
        v4l2.import_all(writes, [[target]])
        v4l2.converted(reads, writes)
        assert cpu.pages_changed(target, b"\xff", size) == (150, 150)
