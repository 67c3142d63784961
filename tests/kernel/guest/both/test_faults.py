"""A thousand cycles in which things go wrong leave no descriptor and no buffer behind."""

import errno
import os
import re
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import pytest

import heapwright
from heapwright.allocator.backend import AllocationFailed, KernelRefused
from heapwright.allocator.execute import Allocation, execute
from heapwright.allocator.linux.backend import LinuxBackend
from heapwright.allocator.linux.exporters import heap, mmap
from heapwright.allocator.linux.nodes import videos
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.question.load import pipelines_from
from tests.kernel.guest.devices import XR24, vivid
from tests.kernel.guest.machine import machine

BUFINFO = Path("/sys/kernel/debug/dma_buf/bufinfo")
CMA = heap.FOLDER / "default_cma_region"
MEBIBYTE = 1 << 20
DRIVER = Path("/sys/bus/platform/drivers/vivid")
QUESTION = pipelines_from([{
    "schema": "heapwright/pipeline/1", "name": "cycle", "conversions": "forbid",
    "buffers": {"frame": {
        "size": "320x180", "formats": ["XR24"], "written_by": "camera.capture",
        "read_by": ["gpu.sample", "cpu.read"],
    }},
}])  # fmt: skip


class Cycle:
    """One plan, carried out again and again."""

    def __init__(self) -> None:
        self.board: Platform = machine(camera={"node": str(vivid(0)), "by_cpu": True})
        answer = heapwright.solve(self.board, QUESTION, pins=["frame:heap=system"])
        assert isinstance(answer, Plan), answer
        self.plan = answer

    def allocate(self, names: tuple[str, ...] = ("system",)) -> Allocation:
        moved = tuple(each.model_copy(update={"names": names}) for each in self.plan.placements)
        plan = self.plan.model_copy(update={"placements": moved})
        return execute(self.board, QUESTION, plan, LinuxBackend(self.board))


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def buffers() -> int:
    """dma-bufs that exist anywhere in the machine."""
    found = re.search(r"Total (\d+) objects", BUFINFO.read_text())
    assert found is not None
    return int(found[1])


def nothing_wrong(cycle: Cycle, number: int) -> None:
    with cycle.allocate() as allocation:
        assert len(allocation.buffers) == cycle.plan.placements[0].count


def no_descriptor_left(cycle: Cycle, number: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(each) for each in os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + number % 5, hard))
    said: int | None = errno.EMFILE
    try:
        cycle.allocate().release()
    except AllocationFailed as failed:
        said = failed.errno
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert said == errno.EMFILE


def no_memory_left(cycle: Cycle, number: int) -> None:
    """A full CMA pool; without one, the contiguous camera's own buffers are more than there is in one run."""
    if CMA.exists():
        with pytest.raises(AllocationFailed) as failed:
            cycle.allocate(("default_cma_region",))
        assert failed.value.errno == errno.ENOMEM
    else:
        with pytest.raises(KernelRefused) as refused:
            mmap.allocate(vivid(1), "capture", XR24, 1920, 1080)
        assert refused.value.errno == errno.ENOMEM


def killed(cycle: Cycle, number: int) -> None:
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        with cycle.allocate():
            os.write(writes, b"!")
            signal.pause()
        os._exit(1)
    os.close(writes)
    assert os.read(reads, 1) == b"!"
    os.close(reads)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@contextmanager
def full_pool() -> Iterator[None]:
    """Nothing left of the CMA pool, where there is one."""
    with ExitStack() as held:
        size = 8 * MEBIBYTE
        while CMA.exists() and size >= 4096:
            try:
                held.enter_context(heap.allocate(CMA, size))
            except KernelRefused:
                size //= 2
        yield


def test_a_thousand_cycles_with_faults_leave_nothing_behind() -> None:
    cycle = Cycle()
    faults: list[Callable[[Cycle, int], None]] = []
    faults += 600 * [nothing_wrong] + 200 * [no_descriptor_left] + 150 * [no_memory_left] + 50 * [killed]
    Random(4).shuffle(faults)
    nothing_wrong(cycle, 0)
    fds, made = descriptors(), buffers()
    with full_pool():
        for number, fault in enumerate(faults):
            fault(cycle, number)
    assert len(faults) == 1000
    assert (descriptors(), buffers()) == (fds, made)


def test_a_device_that_goes_away_takes_nothing_with_it() -> None:
    fds, made = descriptors(), buffers()
    for _ in range(3):
        device = next(each.name for each in DRIVER.iterdir() if each.name.startswith("vivid."))
        allocation = Cycle().allocate()
        (DRIVER / "unbind").write_text(device)
        try:
            with pytest.raises(AllocationFailed):
                once_more(allocation)
        finally:
            allocation.release()
            (DRIVER / "bind").write_text(device)
        assert any(each.driver == "vivid" for each in videos())
    assert (descriptors(), buffers()) == (fds, made)


def once_more(allocation: Allocation) -> None:
    """Another buffer for the device that is gone."""
    backend, plan = allocation.backend, allocation.plan
    assert isinstance(backend, LinuxBackend)
    execute(backend.platform, QUESTION, plan, LinuxBackend(backend.platform)).release()
