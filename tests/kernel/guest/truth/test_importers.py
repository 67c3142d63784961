"""Contiguous and protected heaps, and displays: what only the kernel we build has."""

import errno
from contextlib import ExitStack
from pathlib import Path

import pytest

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux.control import opened
from heapwright.allocator.linux.exporters import heap
from heapwright.allocator.linux.importers.prime import Importer
from heapwright.allocator.linux.nodes import cards
from heapwright.solver.answer.plan import Plane
from tests.kernel.guest.devices import XR24, queued, vivid

MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def contiguous() -> Path:
    return vivid(1)


def test_a_contiguous_importer_takes_a_cma_buffer(contiguous: Path) -> None:
    with heap.allocate(heap.FOLDER / "default_cma_region", 8_294_400) as made:
        assert queued(contiguous, made, 1920, 1080, XR24) == 0


def fill(held: ExitStack, made: list[int]) -> None:
    for _ in range(161):
        held.enter_context(heap.allocate(heap.FOLDER / "reserved", MEBIBYTE))
        made[0] += 1


def test_two_names_of_the_default_area_are_one_pool() -> None:
    # cma=160M: up to 160 slots of 1 MiB by one name, and then none left by the other.
    with ExitStack() as held:
        made = [0]
        with pytest.raises(KernelRefused) as full:
            fill(held, made)
        assert full.value.errno == errno.ENOMEM
        assert made[0] > 100
        with pytest.raises(KernelRefused) as also:
            heap.allocate(heap.FOLDER / "default_cma_region", MEBIBYTE)
        assert also.value.errno == errno.ENOMEM


def test_a_protected_buffer_cannot_be_mapped_and_can_be_imported() -> None:
    with heap.allocate(heap.FOLDER / "protected,secure-video", MEBIBYTE) as made:
        with pytest.raises(KernelRefused) as refused, made.mapped("read"):
            pass
        assert refused.value.errno == errno.EINVAL
        card = next(each for each in cards() if each.driver == "vgem")
        with opened(card.path) as fd, Importer(fd) as importer:
            assert importer.attach(made) > 0


def test_a_framebuffer_needs_room_for_its_last_row() -> None:
    card = next(each for each in cards() if each.driver == "vkms")
    plane = Plane(offset=0, stride=2560, size=2560 * 480)
    with (
        heap.allocate(heap.FOLDER / "system", 2560 * 480) as made,
        opened(card.path) as fd,
        Importer(fd) as importer,
    ):
        assert importer.framebuffer("XR24", 640, 480, [(made, plane)]) > 0
        with pytest.raises(KernelRefused) as refused:
            importer.framebuffer("XR24", 640, 481, [(made, plane)])
    assert refused.value.errno == errno.EINVAL
