"""Which importer takes which buffer, and with which errno: the kernel's own answers."""

import errno
from pathlib import Path

import pytest

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux.control import opened
from heapwright.allocator.linux.exporters import heap, udmabuf
from heapwright.allocator.linux.importers.prime import Importer
from heapwright.allocator.linux.nodes import cards
from tests.kernel.guest.devices import GREY, XR24, queued, vivid

MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def contiguous() -> Path:
    return vivid(1)


def test_a_contiguous_importer_refuses_a_scattered_buffer_with_efault(contiguous: Path) -> None:
    # 1920 x 1080 x 4 = 8294400: far beyond the largest chunk of 1 MiB, so runs cannot hold it but by luck;
    # udmabuf's pages are never adjacent over 8 MiB.
    with udmabuf.allocate(8_294_400) as made:
        assert queued(contiguous, made, 1920, 1080, XR24) == errno.EFAULT


def test_a_buffer_shorter_than_the_image_is_refused_with_einval(contiguous: Path) -> None:
    with heap.allocate(heap.FOLDER / "system", 4096) as made:
        assert queued(contiguous, made, 1920, 1080, XR24) == errno.EINVAL


def test_one_chunk_of_64_kib_is_contiguous_by_luck(contiguous: Path) -> None:
    # 320 x 180 = 57600 bytes, in one order-4 chunk: taken, and still not guaranteed.
    with heap.allocate(heap.FOLDER / "system", 64 << 10) as made:
        assert queued(contiguous, made, 320, 180, GREY) == 0


def test_importing_one_buffer_twice_gives_one_handle() -> None:
    card = next(each for each in cards() if each.driver == "vgem")
    with (
        heap.allocate(heap.FOLDER / "system", MEBIBYTE) as made,
        opened(card.path) as fd,
        Importer(fd) as importer,
    ):
        assert importer.attach(made) == importer.attach(made)


def test_a_display_that_imports_nothing_says_so() -> None:
    # virtio-gpu without blob resources: virtgpu_gem_prime_import_sg_table() says ENODEV.
    card = next(each for each in cards() if each.driver == "virtio_gpu")
    with (
        heap.allocate(heap.FOLDER / "system", MEBIBYTE) as made,
        opened(card.path) as fd,
        Importer(fd) as importer,
        pytest.raises(KernelRefused) as refused,
    ):
        importer.attach(made)
    assert refused.value.errno == errno.ENODEV
