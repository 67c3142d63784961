"""What our allocating costs over the bare calls: interleaved pairs, medians, printed as a table.

Every buffer but a backend's first is measured: that one opens the heap for all of them.
"""

import fcntl
import os
from statistics import median
from time import perf_counter_ns

import pytest

from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.backend import LinuxBackend
from heapwright.allocator.linux.exporters import heap
from heapwright.solver.answer.plan import Placement, Plane
from tests.kernel.guest.machine import machine

PAIRS = 200
NODES = {"system": "system", "cma": "default_cma_region"}
MICROSECOND = 1000


def placement(name: str, size: int) -> Placement:
    """A raw buffer, as a plan would say."""
    return Placement(
        pipeline="overhead", buffer="frame", heap=name, names=(NODES[name],), format=None, modifier=None,
        modifier_value=None, width=0, height=0, coded_width=0, coded_height=0,
        planes=(Plane(offset=0, stride=0, size=size),), size=size, allocated=size, sizes=(size,), count=1,
        attachments=(),
    )  # fmt: skip


def bare(node: str, size: int) -> int:
    """A buffer without us: open the heap, ask, close it, name what came."""
    wanted = uapi.HeapAllocation(len=size, fd_flags=os.O_RDWR | os.O_CLOEXEC)
    fd = os.open(node, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.ioctl(fd, uapi.HEAP_ALLOC.number, wanted)
    os.close(fd)
    fcntl.ioctl(wanted.fd, uapi.BUF_SET_NAME.number, b"frame.0\0")
    return int(wanted.fd)


@pytest.mark.parametrize("name", NODES)
@pytest.mark.parametrize("mebibytes", [1, 8])
def test_allocating_costs_little_more_than_the_bare_calls(
    name: str, mebibytes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    backend, wanted = LinuxBackend(machine()), placement(name, mebibytes << 20)
    node = str(heap.FOLDER / NODES[name])
    ours: list[int] = []
    theirs: list[int] = []

    def one_of_ours() -> None:
        started = perf_counter_ns()
        buffer = backend.allocate(wanted)
        ours.append(perf_counter_ns() - started)
        backend.release(buffer)

    def one_of_theirs() -> None:
        started = perf_counter_ns()
        fd = bare(node, wanted.size)
        theirs.append(perf_counter_ns() - started)
        os.close(fd)

    first_of_all = backend.allocate(placement(name, 1 << 20))
    for pair in range(PAIRS):  # who comes second finds the pages that the first gave back
        first, second = (one_of_ours, one_of_theirs) if pair % 2 else (one_of_theirs, one_of_ours)
        first()
        second()
    backend.release(first_of_all)
    over = median(mine - other for mine, other in zip(ours, theirs, strict=True))
    share = over / median(theirs)
    with capsys.disabled():
        columns = f"{median(theirs) / MICROSECOND:9.0f} {median(ours) / MICROSECOND:9.0f}"
        print(
            f"\noverhead {name:7} {mebibytes} MiB, µs bare, ours, more: {columns} {over / MICROSECOND:7.0f} {share:7.1%}"
        )
    assert over <= max(median(theirs) / 10, 200 * MICROSECOND)
