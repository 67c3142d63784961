"""Frames through real queues: what devices write is read back, through every exporter and importer."""

import pytest

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import kms, uapi
from heapwright.allocator.linux.control import opened
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.exporters import dumb, heap, mmap, udmabuf
from heapwright.allocator.linux.importers import cpu, v4l2
from heapwright.allocator.linux.importers.kms import Display
from heapwright.allocator.linux.importers.prime import Importer
from heapwright.solver.answer.plan import Plane
from tests.kernel.guest.devices import OUTPUT, XR24, card, vivid

PATTERN = b"\xa5\x5a\xc3\x3c"
SIZE = 640 * 480 * 4


def made(how: str) -> OwnedDmabuf:
    if how == "heap":
        return heap.allocate(heap.FOLDER / "system", SIZE, "frame")
    if how == "udmabuf":
        return udmabuf.allocate(SIZE, "frame")
    if how == "dumb":
        with opened(card("vgem")) as fd:
            return dumb.allocate(fd, 640, 480, 32, "frame").dmabuf
    return mmap.allocate(vivid(1), "capture", XR24, 640, 480, name="frame").dmabufs[0]


EXPORTERS = ["heap", "udmabuf", "dumb", "mmap"]


@pytest.mark.parametrize("how", EXPORTERS)
def test_a_camera_fills_every_page_of_a_buffer_from_each_exporter(how: str) -> None:
    with made(how) as frame, v4l2.port(vivid(0), "capture") as queue:
        cpu.fill(frame, PATTERN)
        settled = queue.format(XR24, 640, 480)
        assert (settled.stride, settled.size) == (2560, SIZE)
        v4l2.import_all(queue, [[frame]])
        assert v4l2.frame(queue) == 0
        changed, pages = cpu.pages_changed(frame, PATTERN, SIZE)
        assert changed == pages == 300


def test_an_output_takes_what_the_cpu_drew() -> None:
    with made("heap") as frame, v4l2.port(vivid(0, OUTPUT), "output") as queue:
        cpu.fill(frame, PATTERN)
        queue.format(XR24, 640, 480)
        # vivid keeps the newest buffer it was given (vivid-kthread-out.c): one comes back when there are two.
        v4l2.import_all(queue, [[frame], [frame]], SIZE)
        assert v4l2.frame(queue) == 0


def test_an_exported_buffer_outlives_its_queue() -> None:
    with made("mmap") as frame:
        cpu.fill(frame, PATTERN)
        assert cpu.pages_changed(frame, PATTERN, SIZE) == (0, 300)


def test_a_stride_of_ones_own_is_honoured() -> None:
    with v4l2.port(vivid(0), "capture") as queue:
        # vivid takes any integer that holds a row: 640 x 4 = 2560 at least.
        assert queue.format(XR24, 640, 480, 2816, keep=False)[3:5] == (2816, 2816 * 480)


def test_a_queue_without_buffers_does_not_stream() -> None:
    with v4l2.port(vivid(0), "capture") as queue, pytest.raises(KernelRefused):
        queue.stream()


def test_a_display_says_what_it_has() -> None:
    with opened(card("bochs-drm")) as fd:
        kms.ask_for_everything(fd)
        found = kms.look(fd)
        planes = kms.planes(fd, found.crtcs)
        assert "XR24" in planes[0].formats
        assert planes[0].crtcs == found.crtcs


@pytest.mark.parametrize("atomic", [True, False])
def test_a_display_shows_a_buffer_of_its_own(atomic: bool) -> None:
    with opened(card("bochs-drm")) as fd, Display(fd, atomic=atomic) as display, Importer(fd) as importer:
        shown = dumb.allocate(fd, 640, 480, 32)
        with shown.dmabuf:
            plane = Plane(offset=0, stride=shown.pitch, size=shown.pitch * 480)
            display.show(importer.framebuffer("XR24", 640, 480, [(shown.dmabuf, plane)]), 640, 480)
        assert uapi.DRM_ADDFB2.name == "DRM_IOCTL_MODE_ADDFB2"
