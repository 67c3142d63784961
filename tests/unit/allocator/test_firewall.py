"""Firewalls by themselves: whatever the plan says, the bus stops devices outside the access list, counts them, and goes on.

The question of the thread: can it be tested that the system does not crash
badly when the wrong memory is given to those who expect the other sort?
"""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.allocator.backend import AllocationFailed, KernelRefused
from heapwright.allocator.execute import execute
from heapwright.allocator.faults import PlanFault
from heapwright.allocator.judge.judge import judge
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.allocator.kernel.frames import run_frame
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import SOURCE, board, buffer, changed, device, heap, image, memory, pipeline, port
from tests.unit.allocator.plans_by_hand import CAMERA, PANEL, kinds, placement, plan, read, written
from tests.unit.allocator.test_conversions import conversion

SHUT = {"cpu": "none", "access": ["camera", "panel"]}


def guarded(**facts: Any) -> dict[str, Any]:
    """A heap behind a firewall around memory of its own."""
    return heap("tz", **{**SHUT, **facts})


def careful(**devices: Any) -> dict[str, Any]:
    """The camera and the panel may handle protected content."""
    return {
        "camera": device("camera", capture=port(protected="allowed")),
        "panel": device("display", scanout=port(protected="allowed")),
        **devices,
    }


def secret(**facts: Any) -> Pipeline:
    return changed(pipeline(frame=buffer(protected=True, **facts)), "conversions", "allow")


def bump(platform: Platform, made: Plan, question: Pipeline) -> tuple[PlanFault, ...]:
    """What a frame of a bad plan runs into; the same board then carries out a good one."""
    pretended = SimulatedBoard(platform)
    with execute(platform, [question], made, pretended) as allocation:
        faults = run_frame(pretended, [question], allocation)
    assert pretended.faults == list(faults), "every incident is counted"
    good = placement(heap="system", attachments=(CAMERA, read("spare", "scanout")))
    harmless = pipeline(frame=buffer(read_by="display#2.scanout"))
    with execute(platform, [harmless], plan(good), pretended) as allocation:
        assert run_frame(pretended, [harmless], allocation) == (), "the service is alive"
    return faults


SPARE = {"spare": device("display", scanout=port())}


def test_open_memory_given_to_a_port_that_needs_protected_memory() -> None:
    picky = careful(panel=device("display", scanout=port(protected="required")), **SPARE)
    platform = board(devices=picky | {"camera": device("camera", capture=port())})
    faults = bump(platform, plan(), pipeline())
    assert kinds(faults) == {"protected-port"}
    assert {fault.device for fault in faults} == {"panel"}
    assert faults[0].text == "scanout faults on memory of system, which is open"


def test_protected_memory_given_to_an_outsider() -> None:
    platform = board(
        heaps={"system": heap("dram"), "vault": guarded()},
        devices=careful(npu=device("npu", input=port(protected="allowed")), **SPARE),
    )
    made = plan(placement(heap="vault", count=3, attachments=(CAMERA, PANEL, read("npu", "input"))))
    faults = bump(platform, made, secret(read_by=["display.scanout", "npu.input"]))
    assert {(fault.kind, fault.device) for fault in faults} == {("outside-firewall", "npu")}
    assert faults[0].text == "vault: access from outside the firewall"


def test_the_cpu_maps_protected_memory() -> None:
    cpu = device("cpu", read=port(protected="allowed"))
    platform = board(heaps={"system": heap("dram"), "vault": guarded()}, devices=careful(cpu=cpu, **SPARE))
    made = plan(placement(heap="vault", count=3, attachments=(CAMERA, PANEL, read("cpu", "read"))))
    pretended = SimulatedBoard(platform)
    with pytest.raises(AllocationFailed, match="cannot be mapped"):
        execute(platform, [secret(read_by=["display.scanout", "cpu.read"])], made, pretended)
    assert kinds(tuple(pretended.faults)) == {"cpu-access"}
    asked = secret()
    with execute(platform, [asked], plan(placement(heap="vault")), pretended) as allocation:
        with pytest.raises(KernelRefused):
            pretended.map(allocation.buffers[0])
        assert run_frame(pretended, [asked], allocation) == ()
    assert len(pretended.faults) == 2


def test_a_mapping_that_the_kernel_lets_through_is_stopped_by_the_bus() -> None:
    cpu = device("cpu", read=port(protected="allowed"))
    leaky = guarded(cpu="cached")
    platform = board(heaps={"system": heap("dram"), "vault": leaky}, devices=careful(cpu=cpu, **SPARE))
    made = plan(placement(heap="vault", count=3, attachments=(CAMERA, PANEL, read("cpu", "read"))))
    faults = bump(platform, made, secret(read_by=["display.scanout", "cpu.read"]))
    assert {(fault.kind, fault.device) for fault in faults} == {("outside-firewall", "cpu")}


def copying(**facts: Any) -> Platform:
    """A scaler inside the firewall that could copy to the outside."""
    scaler = device(
        "2d",
        source=port(protected="allowed"),
        target=port(protected="allowed"),
        converts=[{"from": "source", "to": "target", "may_change": ["memory"], "lossless": True}],
    )
    shut = {"access": ["camera", "panel", "scaler"], **facts}
    heaps = {"system": heap("dram"), "vault": guarded(**shut), "annex": guarded(**shut)}
    return board(heaps=heaps, devices=careful(scaler=scaler, **SPARE))


def copied(target: str) -> Plan:
    root = placement(heap="vault", attachments=(CAMERA, read("scaler", "source")))
    copy = placement(buffer="frame>1", heap=target, attachments=(written("scaler", "target"), PANEL))
    return plan(root, copy, conversions=(conversion(changes=("memory",)),))


def test_a_device_inside_copies_protected_content_out() -> None:
    faults = bump(copying(), copied("system"), secret())
    # The write is blocked, so the panel finds nothing.
    assert {(fault.kind, fault.device) for fault in faults} == {
        ("protected-flow", "scaler"),
        ("corrupt-read-back", "panel"),
    }
    assert "protected-needs-firewall" in kinds(judge(copying(), [secret()], copied("system")))
    assert bump(copying(), copied("annex"), secret()) == ()
    assert judge(copying(), [secret()], copied("annex")) == ()


def test_a_stage_carries_protected_content_out() -> None:
    gpu = device("gpu", sample=port(protected="allowed"), render=port(protected="allowed"))
    shut = guarded(access=["camera", "panel", "gpu"])
    platform = board(heaps={"system": heap("dram"), "vault": shut}, devices=careful(gpu=gpu, **SPARE))
    asked = pipeline(
        frame=buffer(protected=True, read_by="gpu.sample"), screen=buffer(written_by="gpu.render")
    )
    frame = placement(heap="vault", attachments=(CAMERA, read("gpu", "sample")))
    screen = placement(buffer="screen", attachments=(written("gpu", "render"), PANEL))
    faults = bump(platform, plan(frame, screen), asked)
    assert ("protected-flow", "gpu") in {(fault.kind, fault.device) for fault in faults}
    inside = screen.model_copy(update={"heap": "vault"})
    assert bump(platform, plan(frame, inside), asked) == ()


def test_only_a_declassifying_port_ends_it() -> None:
    gpu = device("gpu", sample=port(protected="allowed"), render=port(declassifies=True))
    shut = guarded(access=["camera", "gpu"])
    platform = board(
        heaps={"system": heap("dram"), "vault": shut},
        devices=careful(gpu=gpu, panel=device("display", scanout=port()), **SPARE),
    )
    asked = pipeline(
        frame=buffer(protected=True, read_by="gpu.sample"), screen=buffer(written_by="gpu.render")
    )
    frame = placement(heap="vault", attachments=(CAMERA, read("gpu", "sample")))
    screen = placement(buffer="screen", attachments=(written("gpu", "render"), PANEL))
    assert bump(platform, plan(frame, screen), asked) == ()


@pytest.mark.parametrize(("firewall", "strangers"), [("static", 0), ("per-buffer", 1)])
def test_a_per_buffer_firewall_opens_exactly_for_those_attached(firewall: str, strangers: int) -> None:
    npu = device("npu", input=port(protected="allowed"))
    shut = guarded(access=["camera", "panel", "npu"], firewall=firewall)
    platform = board(heaps={"vault": shut}, devices=careful(npu=npu))
    pretended = SimulatedBoard(platform)
    with execute(platform, [secret()], plan(placement(heap="vault")), pretended) as allocation:
        first = allocation.buffers[0]
        assert pretended.touch(first, "panel", "scanout") is None
        found = pretended.touch(first, "npu", "input")
        assert (found is not None) == bool(strangers)
    assert len(pretended.faults) == strangers


# Several domains on one board: drivers/tee/tee_heap.c names secure-video, secure-video-record, trusted-ui.


def domains() -> Platform:
    heaps = {
        "secure-video": guarded(access=["decoder", "panel"]),
        "secure-video-record": guarded(access=["camera", "encoder"], memory=["sdp-record"]),
        "trusted-ui": guarded(access=["gpu", "panel"], memory=["sdp-ui"]),
    }
    ready = port(protected="allowed")
    devices = {
        "camera": device("camera", capture=ready),
        "panel": device("display", scanout=ready),
        "decoder": device("video-decoder", frame=ready),
        "encoder": device("video-encoder", frame=ready),
        "gpu": device("gpu", render=ready),
    }
    places = {name: memory("1MiB", inside="dram") for name in ("sdp-record", "sdp-ui")}
    return board(memory=places, heaps=heaps, devices=devices)


FILM = secret(written_by="video-decoder.frame")
RECORD = secret(read_by="video-encoder.frame")
DIALOG = secret(written_by="gpu.render")


def _seen(question: Pipeline, where: str, *attached: Any) -> Placement:
    return placement(heap=where, attachments=attached)


@pytest.mark.parametrize(
    ("question", "attached", "own"),
    [
        (FILM, (written("decoder", "frame"), PANEL), "secure-video"),
        (RECORD, (CAMERA, read("encoder", "frame")), "secure-video-record"),
        (DIALOG, (written("gpu", "render"), PANEL), "trusted-ui"),
    ],
)
@pytest.mark.parametrize("where", ["secure-video", "secure-video-record", "trusted-ui"])
def test_every_domain_lets_in_its_own_alone(
    question: Pipeline, attached: tuple[Any, ...], own: str, where: str
) -> None:
    platform, made = domains(), plan(placement(heap=where, attachments=attached))
    faults = judge(platform, [question], made)
    pretended = SimulatedBoard(platform)
    with execute(platform, [question], made, pretended) as allocation:
        stopped = run_frame(pretended, [question], allocation)
    if where == own:
        assert faults == stopped == ()
    else:
        assert kinds(faults) == {"outside-firewall"}
        assert "outside-firewall" in kinds(stopped)


def test_an_audience_holds_for_every_domain() -> None:
    # The panel is inside two domains; only one of them lets nobody in whom the file does not name.
    film = changed(FILM, "buffers.frame.protected", {"audience": ["video-decoder", "display"]})
    made = plan(placement(heap="secure-video", attachments=(written("decoder", "frame"), PANEL)))
    assert judge(domains(), [film], made) == ()
    wider = changed(domains(), "heaps.secure-video.access", ["decoder", "panel", "gpu"])
    assert kinds(judge(wider, [film], made)) == {"audience"}
    lent = changed(wider, "heaps.secure-video.firewall", "per-buffer")
    assert judge(lent, [film], made) == ()


def test_where_protected_content_may_be_copied_to() -> None:
    # From one domain into another: the scaler stands in both, the panel in the second alone.
    ready = port(protected="allowed")
    scaler = device(
        "2d",
        source=ready,
        target=ready,
        converts=[{"from": "source", "to": "target", "may_change": ["memory"], "source": SOURCE}],
    )
    heaps = {
        "secure-video": guarded(access=["camera", "scaler"]),
        "trusted-ui": guarded(access=["scaler", "panel"], memory=["sdp-ui"]),
    }
    places = {"sdp-ui": memory("1MiB", inside="dram")}
    platform = board(memory=places, heaps=heaps, devices=careful(scaler=scaler))
    root = placement(heap="secure-video", attachments=(CAMERA, read("scaler", "source")))
    copy = placement(buffer="frame>1", heap="trusted-ui", attachments=(written("scaler", "target"), PANEL))
    steps = (conversion(changes=("memory",), lossless=False),)
    assert judge(platform, [secret()], plan(root, copy, conversions=steps)) == ()
    whose = changed(secret(), "buffers.frame.protected", {"audience": ["camera", "display"]})
    # The scaler of both firewalls is not in the audience, though the file never names it.
    assert kinds(judge(platform, [whose], plan(root, copy, conversions=steps))) == {"audience"}


def test_images_of_a_refusing_port_are_never_protected() -> None:
    platform = board(heaps={"vault": guarded()}, devices={"panel": device("display", scanout=port(image()))})
    pretended = SimulatedBoard(platform)
    with execute(platform, [secret()], plan(placement(heap="vault")), pretended) as allocation:
        assert kinds(run_frame(pretended, [secret()], allocation)) == {"protected-port"}
