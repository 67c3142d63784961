"""Carrying out a plan with a backend that does as it is told, or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from errno import EFAULT, ENOMEM

import pytest

from heapwright.allocator.backend import (
    AllocatedBuffer,
    AllocationFailed,
    Backend,
    Dmabuf,
    Import,
    KernelRefused,
    Segment,
)
from heapwright.allocator.execute import execute
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import AttachedPort, Placement
from tests.builders import board, buffer, device, heap, pipeline, port
from tests.unit.allocator.plans_by_hand import CAMERA, placement, plan, read


class Recorder:
    """A backend that notes what is asked of it; a test replaces what it is about."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.mapped = 0
        self.alive = 0
        self.give: Callable[[Placement], tuple[Dmabuf, ...]] = lambda placement: tuple(
            Dmabuf(size, None) for size in placement.sizes
        )
        self.see: Callable[[AttachedPort], Import] = lambda attached: Import(attached, None, 0)

    def allocate(self, placement: Placement) -> AllocatedBuffer:
        dmabufs = self.give(placement)
        self.made.append(placement.buffer)
        self.alive += 1
        return AllocatedBuffer(placement, dmabufs)

    def join(self, placement: Placement, parts: Sequence[AllocatedBuffer]) -> AllocatedBuffer:
        self.alive -= len(parts) - 1
        return AllocatedBuffer(placement, tuple(each for part in parts for each in part.dmabufs))

    def attach(self, buffer: AllocatedBuffer, attached: AttachedPort) -> Import:
        return self.see(attached)

    def map(self, buffer: AllocatedBuffer) -> None:
        self.mapped += 1

    def release(self, buffer: AllocatedBuffer) -> None:
        self.alive -= 1


def refused(backend: Recorder, platform: Platform | None = None) -> AllocationFailed:
    with pytest.raises(AllocationFailed) as caught:
        execute(platform or board(), [pipeline()], plan(), backend)
    assert backend.alive == 0
    return caught.value


def test_every_buffer_is_made_and_given_back() -> None:
    backend: Backend = (recorder := Recorder())
    with execute(board(), [pipeline()], plan(), backend) as allocation:
        assert recorder.alive == 2
        assert [len(each.imports) for each in allocation.of("test", "frame")] == [2, 2]
    assert recorder.alive == 0
    allocation.release()
    assert recorder.alive == 0


def test_the_largest_alignment_comes_first() -> None:
    heaps = {"system": heap("dram"), "cma": heap("dram", align="64KiB")}
    asked = pipeline(small=buffer(), large=buffer())
    backend = Recorder()
    both = plan(placement(buffer="small"), placement(buffer="large", heap="cma"))
    execute(board(heaps=heaps), [asked], both, backend)
    assert backend.made == ["large", "large", "small", "small"]


def test_the_cpu_maps_what_it_touches() -> None:
    backend = Recorder()
    platform = board(devices={"cpu0": device("cpu", read=port())})
    asked = pipeline(frame=buffer(read_by="cpu.read"))
    execute(platform, [asked], plan(placement(attachments=(CAMERA, read("cpu0", "read")))), backend)
    assert backend.mapped == 2


def test_what_the_kernel_says_is_passed_on() -> None:
    def no(_: Placement) -> tuple[Dmabuf, ...]:
        raise KernelRefused(ENOMEM, "no room")

    backend = Recorder()
    backend.give = no
    failed = refused(backend)
    assert (failed.buffer, failed.device, failed.errno, failed.text) == ("frame", "", ENOMEM, "no room")
    assert str(failed) == "buffer 'frame': ENOMEM: no room"


def test_a_refused_attachment_releases_everything() -> None:
    def no(attached: AttachedPort) -> Import:
        raise KernelRefused(EFAULT, f"{attached.port} says no")

    backend = Recorder()
    backend.see = no
    failed = refused(backend)
    assert (failed.device, failed.errno) == ("camera", EFAULT)
    assert str(failed) == "buffer 'frame', device 'camera': EFAULT: capture says no"


@pytest.mark.parametrize(
    ("facts", "segments", "size", "text"),
    [
        ({}, None, 1023, "1023 bytes instead of 1024"),
        ({"align": "64KiB"}, ((4096, 4096),), 4096, "system put it at 0x1000, not on a multiple of 65536"),
        ({}, ((0, 2048), (8192, 2048)), 4096, "system gave a run of 2048 bytes instead of 4096"),
        ({"run": "8KiB"}, ((0, 4096), (8192, 4096)), 8192, "system gave a run of 4096 bytes instead of 8192"),
    ],
)
def test_broken_promises(
    facts: dict[str, str], segments: tuple[tuple[int, int], ...] | None, size: int, text: str
) -> None:
    backend = Recorder()
    runs = None if segments is None else tuple(Segment(*each) for each in segments)
    backend.give = lambda _: (Dmabuf(size, runs),)
    failed = refused(backend, board(heaps={"system": heap("dram", **facts)}))
    assert (failed.errno, failed.text) == (None, text)


def test_runs_that_follow_each_other_are_one() -> None:
    backend = Recorder()
    backend.give = lambda _: (Dmabuf(4096, (Segment(0, 2048), Segment(2048, 2048))),)
    execute(board(), [pipeline()], plan(), backend)


def test_the_number_of_dmabufs_is_promised_too() -> None:
    backend = Recorder()
    backend.give = lambda _: (Dmabuf(1024, None), Dmabuf(1024, None))
    assert refused(backend).text == "2 dma-bufs instead of 1"


def test_a_bounce_is_no_import() -> None:
    backend = Recorder()
    backend.see = lambda attached: Import(attached, None, 1024)
    failed = refused(backend)
    assert failed.errno is None
    assert failed.text == "accepted, but 1024 bytes go through a bounce buffer, so frames would be lost"


def test_an_address_beyond_the_mask_is_noticed() -> None:
    backend = Recorder()
    backend.see = lambda attached: Import(attached, ((Segment(0x10000, 4096),),), 0)
    platform = board(devices={"panel": device("display", dma={"bits": 16}, scanout=port())})
    failed = refused(backend, platform)
    assert (failed.device, failed.text) == (
        "panel",
        "accepted at 0x10000, beyond the 16 address bits of the device",
    )


def test_a_plan_for_another_question_or_board() -> None:
    backend = Recorder()
    with pytest.raises(AllocationFailed, match="test asks for no such buffer"):
        execute(board(), [pipeline()], plan(placement(buffer="other")), backend)
    with pytest.raises(AllocationFailed, match="bench has no such device"):
        execute(board(), [pipeline()], plan(placement(attachments=(read("nobody", "scanout"),))), backend)
    assert backend.alive == 0
