"""From records of a machine to its profile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from heapwright.platforms.catalog import platform_from
from heapwright.platforms.importers.assemble import profile
from heapwright.platforms.importers.records import (
    Area,
    Bank,
    BusFacts,
    CardRecord,
    HeapNodeRecord,
    IommuGroup,
    Machine,
    PlanesRecord,
    QueueDirection,
    QueueRecord,
    ScanoutFormat,
    Sizes,
    Strides,
    Video,
    VideoFormat,
)
from heapwright.platforms.importers.writing import as_yaml
from heapwright.platforms.knowledge.drivers import drivers
from heapwright.platforms.knowledge.exporters import EXPORTER_SCHEMA, exporters
from heapwright.platforms.reading.yaml_source import read_text
from heapwright.platforms.schema import Device, Platform

GRID = Sizes((32, 32), (4096, 2160))
CMA = Area("reserved", "cma", 0x7000_0000, 64 << 20, 0, "probed: x", True)
HUGE = Area("hugepages", "huge", None, 200 << 20, 0, "probed: x")
BANK = Bank(0x4000_0000, 1 << 30, 0, "probed: x")


def machine(**told: object) -> Machine:
    return Machine("", "6.12.95", 4096, (BANK,))._replace(**told)  # type: ignore[arg-type]


def board(found: Machine) -> Platform:
    return platform_from(profile(found, "board"), "board")


def heaps(*names: str) -> tuple[HeapNodeRecord, ...]:
    return tuple(HeapNodeRecord(name, "", f"probed: /dev/dma_heap/{name}") for name in names)


def raw(strides: Strides | None = None, code: str = "NV12", sizes: Sizes = GRID) -> VideoFormat:
    return VideoFormat(code, code, False, (sizes,), strides)


def coded(code: str) -> VideoFormat:
    return VideoFormat(code, None, True, ())


def video(driver: str, userptr: bool = True, **queues: VideoFormat) -> Video:
    directions: tuple[QueueDirection, ...] = ("output", "capture")
    made = tuple(
        QueueRecord(each, (queues[each],), True, userptr, True) for each in directions if each in queues
    )  # fmt: skip
    return Video("/dev/video0", "", driver, "card", made, BusFacts(), "", "probed: /dev/video0")


def card(driver: str, **told: object) -> CardRecord:
    planes = PlanesRecord({"primary": (ScanoutFormat("XR24", ("LINEAR",)),)})
    return CardRecord(
        "/dev/dri/card0", driver, True, True, True, 1, ((1, 1), (4096, 4096)), planes, None, (), (), BusFacts(), "",
        "probed: /dev/dri/card0",
    )._replace(**told)  # type: ignore[arg-type]  # fmt: skip


def only_device(found: Machine) -> Device:
    return next(device for name, device in board(found).devices.items() if name != "cpu0")


def test_names_of_one_cma_area_are_one_heap() -> None:
    # drivers/dma-buf/heaps/cma_heap.c add_cma_heaps() of 7.3: the default area twice, every other once.
    other = Area("vpu", "cma", 0x6000_0000, 32 << 20, 0, "probed: x")
    found = board(machine(areas=(CMA, other), heaps=heaps("default_cma_region", "reserved", "system", "vpu")))
    assert {name: heap.names for name, heap in found.heaps.items()} == {
        "cma": ("default_cma_region", "reserved"), "system": ("system",), "cma-vpu": ("vpu",),
    }  # fmt: skip
    assert found.heaps["cma-vpu"].memory == ("cma-vpu",)


def test_the_older_name_alone_is_the_same_heap() -> None:
    assert board(machine(areas=(CMA,), heaps=heaps("reserved"))).heaps["cma"].run == "whole"


def test_a_heap_that_nobody_knows_promises_nothing() -> None:
    heap = board(machine(heaps=heaps("vidbuf_cached"))).heaps["vidbuf_cached"]
    assert (heap.memory, heap.run, heap.cpu) == ("unknown", "unknown", "unknown")


@pytest.mark.parametrize(
    ("queues", "kind", "ports"),
    [
        ({"capture": raw()}, "camera", {"capture"}),
        ({"output": raw()}, "display", {"scanout"}),
        ({"output": coded("H264"), "capture": raw()}, "video-decoder", {"bitstream", "frame"}),
        ({"output": raw(), "capture": coded("HEVC")}, "video-encoder", {"bitstream", "frame"}),
        ({"output": raw(), "capture": coded("JPEG")}, "jpeg-codec", {"source", "target"}),
        ({"output": raw(), "capture": raw()}, "2d", {"source", "target"}),
    ],
)
def test_formats_tell_what_a_video_node_is(
    queues: dict[str, VideoFormat], kind: str, ports: set[str]
) -> None:
    device = only_device(machine(videos=(video("acme", **queues),)))
    assert (device.kind, set(device.ports)) == (kind, ports)


def test_a_node_of_two_coded_sides_is_no_device() -> None:
    found = board(machine(videos=(video("acme", output=coded("H264"), capture=coded("HEVC")),)))
    assert set(found.devices) == {"cpu0"}


def test_free_rounded_and_ignored_strides() -> None:
    rules = [
        only_device(machine(videos=(video("acme", capture=raw(each)),))).ports["capture"].images[0].stride
        for each in (
            Strides("free", most=32768),
            Strides("rounded", 64),
            Strides("ignored", width_multiple=2),
        )
    ]
    assert [(rule.multiple, rule.max) for rule in rules[:2]] == [(1, 32768), (64, None)]
    assert rules[2].exact is not None and rules[2].exact.width_multiple == 1


def test_a_codec_that_hears_no_stride_rounds_to_its_blocks() -> None:
    blocks = Strides("ignored", width_multiple=16, rows_multiple=16)
    encoder = only_device(machine(videos=(video("acme", output=raw(blocks), capture=coded("H264")),)))
    decoder = only_device(machine(videos=(video("acme", output=coded("H264"), capture=raw(blocks)),)))
    read, written = encoder.ports["frame"].images[0], decoder.ports["frame"].images[0]
    assert read.minimum is not None and read.minimum.rows_multiple == 16 and read.coded is None
    assert written.coded is not None and written.coded.multiple == (16, 16)
    assert read.stride.exact == written.stride.exact


def test_a_driver_nobody_knows_is_taken_to_need_contiguous_memory() -> None:
    device = only_device(machine(videos=(video("acme", capture=raw()),)))
    assert (device.dma.bits, device.dma.mmu, device.by_cpu, device.coherent) == (
        "unknown",
        False,
        False,
        "unknown",
    )


def test_a_device_in_a_translated_group_is_behind_an_iommu() -> None:
    behind = video("acme", capture=raw())._replace(reach=BusFacts("group-3", 32))
    found = machine(videos=(behind,), groups=(IommuGroup("group-3", "probed: y"),))
    assert (only_device(found).dma.iommu, only_device(found).dma.bits) == ("group-3", 32)


@pytest.mark.parametrize(("userptr", "by_cpu", "run"), [(True, True, 4096), (False, False, "whole")])
def test_user_pointers_tell_which_vivid_it_is(userptr: bool, by_cpu: bool, run: object) -> None:
    found = board(machine(areas=(CMA,), videos=(video("vivid", userptr, capture=raw()),)))
    assert found.devices["vivid-card"].by_cpu == by_cpu
    assert found.heaps["vivid-card-mmap"].run == run
    assert found.heaps["vivid-card-mmap"].memory == (("dram",) if userptr else ("cma",))


@pytest.mark.parametrize(
    ("kernel", "imports", "memory"), [("6.12.95", "none", "local"), ("7.3.4", "any", "dram")]
)
def test_bochs_changed_with_the_kernel(kernel: str, imports: str, memory: str) -> None:
    found = board(machine(kernel=kernel, cards=(card("bochs-drm", reach=BusFacts(None, 32, 16 << 20)),)))
    assert found.devices["bochs-drm"].imports == imports
    assert found.heaps["bochs-drm-dumb"].memory == (("bochs-drm-vram",) if memory == "local" else ("dram",))
    assert found.heaps["bochs-drm-dumb"].requires_p2p == (memory == "local")


@pytest.mark.parametrize(("kernel", "wrong"), [("6.12.95", True), ("7.3.4", False)])
def test_huge_pages_are_kept_from_who_would_see_them_wrong(kernel: str, wrong: bool) -> None:
    # linux-6.12 vmap_udmabuf() repeats the first page of each huge page; a DMA importer sees the right ones.
    node = HeapNodeRecord("udmabuf", "", "probed: /dev/udmabuf")
    found = board(
        machine(
            kernel=kernel, areas=(HUGE,), udmabuf=node, cards=(card("vgem", modes=None),),
            videos=(video("vivid", capture=raw()),),
        )
    )  # fmt: skip
    imports = found.devices["vivid-card"].imports
    assert (imports != "any" and "udmabuf-huge" not in imports) == wrong
    assert found.devices["vgem"].imports == "any"


def test_strides_of_a_display_come_from_its_rules_or_are_unknown() -> None:
    def multiple(driver: str) -> object:
        return only_device(machine(cards=(card(driver),))).ports["scanout"].images[0].stride.multiple

    assert multiple("vkms") is None
    assert multiple("acme") == "unknown"


def test_every_bundled_driver_can_be_recognised_or_has_no_name() -> None:
    assert all(each.device["source"] for each in drivers())
    assert all(data["schema"] == EXPORTER_SCHEMA for data in exporters().values())


def test_what_is_written_reads_as_what_was_meant() -> None:
    found = machine(areas=(CMA,), heaps=heaps("reserved", "system"), videos=(video("vivid", capture=raw()),))
    text = as_yaml(profile(found, "board"), ("a note\nof two lines",))
    assert text.startswith("# a note of two lines\nschema: ")
    assert platform_from(read_text(text, "board.yaml")) == board(found)


def sources(value: object) -> Iterator[str]:
    """What stands at every `source` of a profile."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [str(inner)] if key == "source" else sources(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from sources(inner)


def test_every_fact_says_how_it_is_known() -> None:
    found = profile(
        machine(
            has_cpu=True,
            heaps=heaps("system"),
            videos=(video("vicodec", output=coded("FWHT"), capture=raw()),),
        ),
        "board",
    )
    kinds = ("probed: ", "device-tree: ", "driver-knowledge: ")
    told = [*sources(found)]
    assert [text for text in told if not text.startswith(kinds)] == []
    assert {text.partition(":")[0] for text in told} >= {"probed", "driver-knowledge"}
