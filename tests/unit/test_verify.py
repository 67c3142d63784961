"""Profile beside machine, on machines made up here: what they do follows from a profile of their own.

The pretended machine answers every cell as its own profile predicts, without luck. A profile
with one wrong fact must then disagree with it, and the fact must be named.
"""

import errno
from collections.abc import Mapping
from typing import Any

import pytest

from heapwright.allocator.linux.observe.grades import Grade, Observation, Subject
from heapwright.api.verify.cells import Cell, about_ports, ports_of, sizes
from heapwright.api.verify.outcome import Judged, Outcome, judged, summary
from heapwright.api.verify.prediction import Expectation, Oracle, Prediction, happens
from heapwright.api.verify.refusals import ADJUSTED, framework_of, refusals
from heapwright.api.verify.report import as_json, blocks, sentence
from heapwright.api.verify.run import on_this, untried, verify
from heapwright.platforms.fourcc.formats import pixel_formats
from heapwright.platforms.schema import Platform
from heapwright.platforms.values import Extent
from heapwright.solver.answer.render import plain
from tests.builders import MIB, board, changed, device, heap, image, iommu, memory, port, raw_port

PICTURE = {"extent": {"min": "16x16", "max": "2560x1440"}}
CONTIGUOUS = "contiguous chunk is too small 4096/8294400"


def machine(**devices: Any) -> Platform:
    """A contiguous camera, one that copies, a panel, a card that imports nothing, the processor."""
    formats = ("XR24", "R8", "NV12")
    return board(
        memory={"cma": memory("64MiB", inside="dram", base=0x10000000)},
        heaps={
            "system": heap("dram", run="4KiB"),
            "cma": heap("cma"),
            "guarded": heap("cma", cpu="none", access="unknown", firewall="static"),
            "virtio-dumb": heap("dram", run="4KiB", via="drm", exporter="virtio"),
        },
        devices={
            "camera": device(
                "camera", dma={"bits": 32}, node="/dev/video0", capture=port(image(*formats, **PICTURE))
            ),
            "copier": device(
                "camera", by_cpu=True, node="/dev/video1", capture=port(image(*formats, **PICTURE))
            ),
            "panel": device(
                "display", node="/dev/dri/card0",
                scanout=port(image("XR24", "RG16", extent={"max": "4096x4096"}, stride={"multiple": 4})),
            ),
            "virtio": device(
                "display", imports="none", node="/dev/dri/card1", scanout=port(image("XR24")),
            ),
            "render": device("gpu", node="/dev/dri/card2", sample=raw_port()),
            "cpu0": device("cpu", read=port(image("XR24", "NV21"))),
            **devices,
        },
    )  # fmt: skip


TRUTH = machine()


class Machine:
    """Does what a profile predicts; where that leaves it to luck, it is out of luck."""

    def __init__(self, truth: Platform) -> None:
        self.truth = truth
        self.oracle = Oracle(truth)
        self.known: dict[Cell, Prediction] = {}

    def __call__(self, subject: Subject) -> Observation:
        extent = Extent(subject.width, subject.height)
        cell = Cell(subject.origin.heap, subject.target.device, subject.target.port, subject.format, extent)
        stride = subject.planes[0].stride if subject.format is not None else 0
        if stride != _row(subject):
            cell = cell._replace(stride=stride)
        if subject.format is None:
            cell = cell._replace(size=subject.size)
        if cell not in self.known:
            self.known[cell] = self.oracle.predict(cell)
        foreseen = self.known[cell]
        if foreseen.verdict is Expectation.WORKS:
            return Observation(Grade.PIXELS, changed=4, pages=4)
        return self._refusal(subject, foreseen)

    def _refusal(self, subject: Subject, foreseen: Prediction) -> Observation:
        kinds = {fact.kind for fact in foreseen.facts}
        name = foreseen.errnos[0] if foreseen.errnos else "EINVAL"
        if name == ADJUSTED:
            what = next(
                word for word in ("format", "extent", "stride") if any(word in kind for kind in kinds)
            )
            return Observation(Grade.ALLOCATED, f"VIDIOC_S_FMT: {what} became another")
        words = (CONTIGUOUS,) if kinds == {"contiguous-memory"} else ()
        described = kinds & {"format", "extent", "stride-multiple"}
        grade = Grade.IMPORTED if described else Grade.ATTACHED
        if kinds & {"capacity", "heap-limits"}:
            grade = Grade.OPENED
        call = "mmap of a dma-buf" if subject.target.kind == "cpu" else "an ioctl"
        return Observation(grade, call, getattr(errno, name), words)


MACHINE = Machine(TRUTH)


def _row(subject: Subject) -> int:
    return subject.width * pixel_formats()[subject.format or "XR24"].planes[0].bytes


def wrong(found: list[Judged]) -> set[str]:
    return {each.blamed[0] if each.blamed else "?" for each in found if each.outcome is Outcome.DISAGREES}


def test_a_profile_agrees_with_the_machine_it_describes() -> None:
    found = verify(TRUTH, MACHINE)
    counted = summary(found)
    assert wrong(found) == set()
    assert counted.disagree == 0
    assert counted.cells > 60
    assert counted.luck < counted.cells * 0.15
    # The large picture on scattered pages, a mapping of guarded memory, whatever virtio is to import, formats.
    assert counted.refused > 10


WRONG_FACTS: Mapping[str, tuple[str, Any, str]] = {
    # path to change, what the profile says instead, the path that must be named
    "a heap that claims whole runs": ("heaps.system.run", "whole", "heaps.system.run"),
    "a heap that denies whole runs": ("heaps.cma.run", 4096, "heaps.cma.run"),
    "a heap that claims a mapping": ("heaps.guarded.cpu", "cached", "heaps.guarded.cpu"),
    "a heap that denies a mapping": ("heaps.system.cpu", "none", "heaps.system.cpu"),
    "a device said to copy": ("devices.camera.by_cpu", True, "devices.camera.by_cpu"),
    "a device said not to copy": ("devices.copier.by_cpu", False, "devices.copier.by_cpu"),
    "imports nobody makes": ("devices.virtio.imports", "any", "devices.virtio.imports"),
    "imports denied": ("devices.panel.imports", "none", "devices.panel.imports"),
    "too few address bits": ("devices.camera.dma.bits", 28, "devices.camera.dma.bits"),
    "any number of segments": ("devices.camera.dma.segments", 4096, "devices.camera.dma.segments"),
    "page tables it has not": ("devices.camera.dma.mmu", True, "devices.camera.dma.mmu"),
    "a heap smaller than it is": ("memory.cma.size", 4 * MIB, "memory.cma.size"),
    "a largest buffer": ("heaps.system.largest", 1 * MIB, "heaps.system.largest"),
}


@pytest.mark.parametrize("said", WRONG_FACTS)
def test_a_wrong_fact_is_found_and_named(said: str) -> None:
    path, value, named = WRONG_FACTS[said]
    profile = changed(TRUTH, path, value)
    found = verify(profile, MACHINE)
    assert summary(found).disagree > 0
    assert named in wrong(found)


def with_rule(truth: Platform, name: str, where: str, **rule: Any) -> Platform:
    """The platform with the one image rule of a port changed."""
    spec = truth.devices[name]
    old = spec.ports[where].images[0]
    new = type(old).model_validate({**dict(old), **rule})
    there = spec.ports[where].model_copy(update={"images": (new,)})
    spec = spec.model_copy(update={"ports": {**spec.ports, where: there}})
    return truth.model_copy(update={"devices": {**truth.devices, name: spec}})


@pytest.mark.parametrize(
    ("name", "where", "rule", "named"),
    [
        ("camera", "capture", {"formats": ["XR24", "R8"]}, "formats"),
        ("camera", "capture", {"formats": ["XR24", "R8", "NV12", "NV21"]}, "formats"),
        ("panel", "scanout", {"formats": ["XR24"]}, "formats"),
        ("panel", "scanout", {"formats": ["XR24", "RG16", "R8"]}, "formats"),
        ("camera", "capture", {"stride": {"multiple": 64}}, "stride"),
        ("panel", "scanout", {"stride": {"multiple": 64}}, "stride"),
        ("camera", "capture", {"extent": {"min": Extent(16, 16), "max": Extent(1280, 720)}}, "extent"),
        ("camera", "capture", {"extent": {"min": Extent(16, 16), "max": Extent(3840, 2160)}}, "extent"),
    ],
)
def test_a_wrong_image_rule_is_found_and_named(name: str, where: str, rule: Any, named: str) -> None:
    found = verify(with_rule(TRUTH, name, where, **rule), MACHINE, only=[name])
    assert f"devices.{name}.ports.{where}.images[0].{named}" in wrong(found)


def test_what_nobody_knows_is_open_and_no_cell() -> None:
    profile = changed(TRUTH, "devices.panel.imports", "unknown")
    found = verify(profile, MACHINE)
    assert wrong(found) == set()
    cells = [each for each in found if each.cell.device == "panel" and each.cell.heap == "system"]
    assert {each.outcome for each in cells} == {Outcome.OPEN}
    assert summary(found).cells == len([each for each in found if each.outcome is not Outcome.OPEN])


def test_luck_is_luck_whatever_happens_but_not_with_any_errno() -> None:
    cell = Cell("system", "camera", "capture", "R8", Extent(320, 180))
    foreseen = Oracle(machine()).predict(cell)
    assert foreseen.verdict is Expectation.LUCK
    took = Observation(Grade.PIXELS, changed=15, pages=15)
    assert judged(cell, foreseen, took).outcome is Outcome.LUCK
    assert judged(cell, foreseen, Observation(Grade.ATTACHED, "QBUF", errno.EFAULT)).outcome is Outcome.LUCK
    assert (
        judged(cell, foreseen, Observation(Grade.ATTACHED, "QBUF", errno.EINVAL)).outcome is Outcome.DISAGREES
    )


@pytest.mark.parametrize(
    ("size", "may"),
    [
        (57_600, True),  # 15 pages of one block
        (1_382_400, True),  # 338 pages: may come from one block of 1024
        (4 * MIB, True),  # the largest block there is
        (8 * MIB, True),  # eight chunks of 1 MiB may lie side by side
        (8_294_400, False),  # 2025 pages: seven chunks and a remainder from elsewhere
    ],
)
def test_luck_ends_where_one_block_and_whole_chunks_end(size: int, may: bool) -> None:
    assert happens(size) is may


def test_missing_bytes_are_a_disagreement() -> None:
    cell = Cell("system", "copier", "capture", "XR24", Extent(1920, 1080))
    foreseen = Oracle(machine()).predict(cell)
    seen = judged(cell, foreseen, Observation(Grade.PIXELS, changed=4, pages=2025))
    assert seen.outcome is Outcome.DISAGREES
    assert "4 of 2025 pages right" in sentence(seen)


def test_a_bounce_that_loses_frames_is_what_unreachable_memory_foretells() -> None:
    cell = Cell("system", "camera", "capture", "XR24", Extent(1920, 1080))
    profile = changed(machine(), "devices.camera.dma", {"bits": 28, "mmu": True})
    foreseen = Oracle(profile).predict(cell)
    assert [fact.kind for fact in foreseen.facts] == ["address-reach"]
    assert judged(cell, foreseen, Observation(Grade.PIXELS, changed=0, pages=15)).outcome is Outcome.AGREES


def test_memory_that_is_no_whole_page_of_the_iommu_is_refused_as_invalid() -> None:
    profile = board(
        heaps={"system": heap("dram", run="4KiB")},
        iommus={"mmu0": iommu(page="16KiB")},
        devices={"camera": device("camera", node="/dev/video0", dma={"iommu": "mmu0"}, capture=port())},
    )
    foreseen = Oracle(profile).predict(Cell("system", "camera", "capture", "XR24", Extent(640, 480)))
    assert (foreseen.verdict, foreseen.errnos) == (Expectation.REFUSED, ("EINVAL",))
    assert foreseen.paths == ("iommus.mmu0.page", "heaps.system.align", "heaps.system.run")


def test_a_queue_refuses_a_start_off_its_alignment_and_no_card_looks() -> None:
    profile = board(
        devices={
            "camera": device("camera", node="/dev/video0", capture=port(base={"multiple": 8192})),
            "panel": device("display", node="/dev/dri/card0", scanout=port(base={"multiple": 8192})),
        }
    )
    queue = Oracle(profile).predict(Cell("system", "camera", "capture", "XR24", Extent(640, 480)))
    assert (queue.verdict, queue.errnos) == (Expectation.REFUSED, ("EINVAL",))
    assert queue.paths == ("devices.camera.ports.capture.base", "heaps.system.align")
    card = Oracle(profile).predict(Cell("system", "panel", "scanout", "XR24", Extent(640, 480)))
    assert card.verdict is Expectation.OPEN


def test_a_card_that_shows_from_its_own_memory_may_say_so_only_when_it_pins() -> None:
    profile = board(
        memory={"vram": memory("64MiB", local=["panel"])},
        devices={"panel": device("display", node="/dev/dri/card0", scanout=port(memory=["vram"]))},
    )
    cell = Cell("system", "panel", "scanout", "XR24", Extent(640, 480))
    foreseen = Oracle(profile).predict(cell)
    assert (foreseen.verdict, foreseen.errnos) == (Expectation.REFUSED, ("EINVAL", "EREMOTE", "EBUSY"))
    refused = Observation(Grade.IMPORTED, "DRM_IOCTL_MODE_ADDFB2", errno.EREMOTE)
    assert judged(cell, foreseen, refused).outcome is Outcome.AGREES
    assert judged(cell, foreseen, Observation(Grade.PRESENTED)).outcome is Outcome.OPEN
    assert judged(cell, foreseen, Observation(Grade.PIXELS, changed=4, pages=4)).outcome is Outcome.DISAGREES


def test_a_converter_refuses_a_second_attachment_as_busy() -> None:
    converter = board(devices={"adc0": device("adc", once=True, capture=raw_port())}).devices["adc0"]
    assert refusals("attach-once", framework_of(converter)) == ("EBUSY",)


def test_cells_that_may_not_be_tried_are_told_apart() -> None:
    barred = Observation(Grade.NOTHING, "/dev/video0 may not be opened", errno.EACCES)
    found = verify(TRUTH, lambda _: barred, only=["camera"])
    assert untried(found) == found


def test_heaps_of_other_kernels_are_not_asked() -> None:
    late = board(heaps={"system": heap("dram"), "huge": heap("dram", since="6.13")})
    assert set(on_this(late, "6.12.95+deb12-amd64").heaps) == {"system"}
    assert set(on_this(late, "7.3.4-truth").heaps) == {"system", "huge"}


def test_devices_without_a_node_are_not_asked() -> None:
    assert {name for name, *_ in ports_of(board())} == set()
    assert list(sizes(board())) == []
    assert list(about_ports(board(), {})) == []


def test_the_matrix_names_facts_and_ends_in_json_too() -> None:
    profile = changed(TRUTH, "heaps.system.run", "whole")
    found = verify(profile, MACHINE)
    text = plain(blocks(profile, found))
    assert "heaps.system.run" in text
    assert "now whole" in text
    assert "contiguous chunk is too small" in text
    data = as_json(profile, found)
    assert data["summary"]["disagree"] == summary(found).disagree
    assert len(data["cells"]) == len(found)
