"""What the kernel makes of requests for buffers: sizes, refusals, names, mappings."""

import errno
import os
from pathlib import Path

import pytest

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux.control import Absent, NotPermitted, open_node, opened
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.allocator.linux.exporters import bounds, dumb, heap, udmabuf
from heapwright.allocator.linux.nodes import cards

SYSTEM = heap.FOLDER / "system"


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize(("asked", "given"), [(1, 4096), (4096, 4096), (4097, 8192), (8_294_400, 8_294_400)])
def test_the_system_heap_rounds_up_to_pages(asked: int, given: int) -> None:
    with heap.allocate(SYSTEM, asked) as made:
        assert made.size == given


def test_a_buffer_of_no_bytes_is_refused() -> None:
    with pytest.raises(KernelRefused) as refused:
        heap.allocate(SYSTEM, 0)
    assert refused.value.errno == errno.EINVAL


def test_a_heap_that_is_not_there_is_absent_and_the_others_are_named() -> None:
    with pytest.raises(Absent, match=r"no heap toaster in /dev/dma_heap; there is .*system"):
        heap.node(["toaster"])


def test_the_first_name_that_exists_opens_a_heap() -> None:
    assert heap.node(["toaster", "system"]) == SYSTEM


def test_a_node_that_may_not_be_opened_says_which_rule_would_help() -> None:
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            heap.allocate(SYSTEM, 4096)
        except NotPermitted as refused:
            os._exit(0 if 'SUBSYSTEM=="dma_heap"' in refused.text and refused.errno == errno.EACCES else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_more_than_the_machine_has_is_refused_before_the_kernel_kills() -> None:
    with pytest.raises(KernelRefused, match="the kernel was not asked") as refused:
        heap.allocate(SYSTEM, bounds.available() + (1 << 20))
    assert refused.value.errno == errno.ENOMEM


def test_more_than_the_cgroup_has_is_refused_before_the_kernel_kills() -> None:
    group = Path("/sys/fs/cgroup/heapwright")
    (group.parent / "cgroup.subtree_control").write_text("+memory")
    group.mkdir(exist_ok=True)
    (group / "memory.max").write_text(str(64 << 20))
    child = os.fork()
    if child == 0:
        (group / "cgroup.procs").write_text(str(os.getpid()))
        try:
            heap.allocate(SYSTEM, 100 << 20)
        except KernelRefused as refused:
            os._exit(0 if "left in this cgroup" in refused.text else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_what_is_written_through_one_mapping_is_read_through_another() -> None:
    with heap.allocate(SYSTEM, 1 << 20) as made:
        with made.mapped("write") as view:
            view[4096:4100] = b"heap"
        with made.mapped("read") as view:
            assert bytes(view[4096:4100]) == b"heap"


def test_buffers_are_told_apart_by_inode_and_carry_their_name() -> None:
    with heap.allocate(SYSTEM, 4096, "frame") as one, heap.allocate(SYSTEM, 4096) as other:
        assert one.inode != other.inode
        with OwnedDmabuf(os.dup(one.fd)) as same:
            assert same.inode == one.inode
        assert os.readlink(f"/proc/self/fd/{one.fd}") == "/dmabuf:frame"
        assert "exp_name:\tsystem" in Path(f"/proc/self/fdinfo/{one.fd}").read_text()


def test_a_name_longer_than_the_kernel_takes_is_cut() -> None:
    with heap.allocate(SYSTEM, 4096, "n" * 64) as made:
        assert os.readlink(f"/proc/self/fd/{made.fd}") == "/dmabuf:" + "n" * 31


@pytest.mark.parametrize("huge", [False, True])
def test_udmabuf_gives_whole_pages(huge: bool) -> None:
    with udmabuf.allocate(4097, huge=huge) as made:
        assert made.size == (2 << 20 if huge else 8192)


def test_udmabuf_beyond_its_limit_is_refused_by_the_older_kernel_alone() -> None:
    # size_limit_mb is 64 in 6.12 and INT_MAX in 7.3 (drivers/dma-buf/udmabuf.c).
    limit = int(Path("/sys/module/udmabuf/parameters/size_limit_mb").read_text()) << 20
    if limit > bounds.available():
        with udmabuf.allocate(65 << 20) as made:
            assert made.size == 65 << 20
    else:
        with pytest.raises(KernelRefused) as refused:
            udmabuf.allocate(limit + (1 << 20))
        assert refused.value.errno == errno.EINVAL


def test_dumb_buffers_come_with_the_pitch_of_their_driver() -> None:
    node = next(each for each in cards() if each.driver == "vgem" or each.driver == "bochs-drm")
    with opened(node.path) as card:
        made = dumb.allocate(card, 641, 480, 32)
        with made.dmabuf:
            # 641 x 4 = 2564 (drivers/gpu/drm/drm_gem_shmem_helper.c); bochs rounds to 8 at most.
            assert made.pitch in (2564, 2568)
            assert made.dmabuf.size >= made.pitch * 480


def test_a_thousand_buffers_leave_no_descriptor_behind() -> None:
    before = open_descriptors()
    for number in range(1000):
        with heap.allocate(SYSTEM, 4096 * (1 + number % 8), "cycle"):
            pass
    assert open_descriptors() == before


def test_when_no_descriptor_is_left_nothing_is_left_behind() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = open_descriptors()
    held: list[OwnedDmabuf] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (before + 20, hard))
    try:
        with pytest.raises(KernelRefused) as refused:
            held.extend(heap.allocate(SYSTEM, 4096) for _ in range(30))
        assert refused.value.errno == errno.EMFILE
    finally:
        for each in held:
            each.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert open_descriptors() == before


def test_a_card_that_is_not_there_is_absent() -> None:
    with pytest.raises(Absent):
        open_node(Path("/dev/dri/card99"))
