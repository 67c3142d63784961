"""What `discover` reads of CMA, protected heaps, vkms, vim2m and vicodec."""

from functools import cache
from pathlib import Path

from heapwright.allocator.linux.discover import machine
from heapwright.platforms.catalog import platform_from
from heapwright.platforms.importers.assemble import profile
from heapwright.platforms.schema import Platform


@cache
def platform() -> Platform:
    return platform_from(profile(machine(), "here"), "here")


def test_two_names_of_the_cma_area_are_one_heap() -> None:
    # drivers/dma-buf/heaps/cma_heap.c add_cma_heaps() registers the default area twice.
    heap = platform().heaps["cma"]
    assert heap.names == ("default_cma_region", "reserved")
    assert (heap.memory, heap.run) == (("cma",), "whole")
    assert not [
        name for name, other in platform().heaps.items() if name != "cma" and "reserved" in other.names
    ]


def test_the_cma_area_is_as_large_as_the_command_line_says_and_where_debugfs_says() -> None:
    area = platform().memory["cma"]
    assert area.size == 160 << 20
    assert area.base == int(Path("/sys/kernel/debug/cma/reserved/base_pfn").read_text()) << 12
    # three protected pools of 8 MiB come from it for good
    assert area.held == 24 << 20
    assert area.inside == "dram"


def test_three_protected_heaps_that_nobody_is_known_to_reach() -> None:
    heaps = {name: heap for name, heap in platform().heaps.items() if name.startswith("protected,")}
    assert sorted(heaps) == [
        "protected,secure-video", "protected,secure-video-record", "protected,trusted-ui"
    ]  # fmt: skip
    assert {heap.access for heap in heaps.values()} == {"unknown"}
    assert {heap.cpu for heap in heaps.values()} == {"none"}


def test_buffers_of_a_contiguous_driver_come_from_the_same_pool() -> None:
    assert platform().heaps["vivid-001-vid-cap-mmap"].memory == ("cma",)


def test_vkms_scans_out_and_writes_back() -> None:
    display = platform().devices["vkms"]
    assert display.by_cpu
    assert {"XR24", "AR24", "NV12"} <= set(display.ports["scanout"].images[0].formats)
    # drivers/gpu/drm/vkms/vkms_writeback.c vkms_wb_formats[]
    assert set(display.ports["writeback"].images[0].formats) == {
        "AR24",
        "XR24",
        "AB24",
        "XR48",
        "AR48",
        "RG16",
    }


def test_vkms_has_a_plane_and_a_cursor_that_turn_by_any_angle() -> None:
    # drivers/gpu/drm/vkms/vkms_config.c vkms_config_default_create(); vkms_plane.c vkms_plane_init()
    ports = platform().devices["vkms"].ports
    assert (ports["scanout"].how_many, ports["cursor"].how_many) == (1, 1)
    for name in ("scanout", "cursor"):
        assert [rule.when and rule.when.rotate for rule in ports[name].images] == [(0, 90, 180, 270)]


def test_vim2m_halves_widths_and_hears_no_stride() -> None:
    rules = platform().devices["vim2m"].ports["source"].images
    assert {rule.extent.multiple for rule in rules} == {(2, 1)}
    assert {rule.extent.max for rule in rules} == {(640, 480)}
    assert all(rule.stride.exact is not None for rule in rules)


def test_vicodec_rounds_to_its_blocks() -> None:
    encoder = platform().devices["vicodec-stateful-encoder"]
    assert (encoder.kind, encoder.codecs) == ("video-encoder", ("fwht",))
    by_format = {fourcc: rule for rule in encoder.ports["frame"].images for fourcc in rule.formats}
    # codec-fwht.h vic_round_dim(): 8 in every plane, so 16 where chroma is halved
    exact = {each: by_format[each].stride.exact for each in ("NV12", "YUYV", "XR24")}
    assert {name: rule and rule.width_multiple for name, rule in exact.items()} == {
        "NV12": 16, "YUYV": 16, "XR24": 8
    }  # fmt: skip
    assert by_format["NV12"].minimum is not None and by_format["NV12"].minimum.rows_multiple == 16
    decoder = platform().devices["vicodec-stateful-decoder"]
    coded = {fourcc: rule.coded for rule in decoder.ports["frame"].images for fourcc in rule.formats}
    assert coded["NV12"] is not None and coded["NV12"].multiple == (16, 16)
