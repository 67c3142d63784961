"""Files about a machine: device trees, `drm_info -j`, `v4l2-ctl`."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from typing import Any

import pytest

from heapwright.platforms.catalog import platform_from
from heapwright.platforms.errors import InputError, UnparsableInput
from heapwright.platforms.importers import drm_info, dtb, v4l2_ctl
from heapwright.platforms.importers.assemble import profile
from heapwright.platforms.importers.joining import joined
from heapwright.platforms.importers.records import Machine
from heapwright.platforms.schema import Platform
from tests.call_counts import calls

# A rockchip ISP, as Forlinx' OK3588 manual shows it (ENUM_FMT of /dev/video55), with the head that --all prints.
ISP = """\
Driver Info:
	Driver name      : rkisp_v5
	Card type        : rkisp_mainpath
	Driver version   : 5.10.66
ioctl: VIDIOC_ENUM_FMT
	Type: Video Capture Multiplanar

	[0]: 'UYVY' (UYVY 4:2:2)
		Size: Stepwise 32x32 - 4224x3136 with step 8/8
	[1]: 'NV16' (Y/CbCr 4:2:2)
		Size: Stepwise 32x32 - 4224x3136 with step 8/8
	[4]: 'NV12' (Y/CbCr 4:2:0)
		Size: Stepwise 32x32 - 4224x3136 with step 8/8
	[6]: 'NM12' (Y/CbCr 4:2:0 (N-C))
		Size: Stepwise 32x32 - 4224x3136 with step 8/8
"""
CAMERA = """\
Driver Info:
	Driver name      : uvcvideo
	Card type        : A camera
ioctl: VIDIOC_ENUM_FMT
	Type: Video Capture

	[0]: 'MJPG' (Motion-JPEG, compressed)
		Size: Discrete 1920x1080
			Interval: Discrete 0.033s (30.000 fps)
	[1]: 'YUYV' (YUYV 4:2:2)
		Size: Discrete 640x480
			Interval: Discrete 0.033s (30.000 fps)
		Size: Discrete 1280x720
"""
# The firmware's decoder of a Raspberry Pi, as v4l2-ctl --all --list-formats-ext prints it: what it reads is not listed.
DECODER = """\
Driver Info:
	Driver name      : bcm2835-codec
	Card type        : bcm2835-codec-decode
	Driver version   : 6.6.31
	Capabilities     : 0x84204000
		Video Memory-to-Memory Multiplanar
		Streaming
		Device Capabilities
	Device Caps      : 0x04204000
		Video Memory-to-Memory Multiplanar
		Streaming
Priority: 2
Format Video Capture Multiplanar:
	Width/Height      : 32/32
	Pixel Format      : 'YU12' (Planar YUV 4:2:0)
Format Video Output Multiplanar:
	Width/Height      : 32/32
	Pixel Format      : 'H264' (H.264)
Streaming Parameters Video Capture Multiplanar:
	Frames per second: 30.000 (30/1)
ioctl: VIDIOC_ENUM_FMT
	Type: Video Capture Multiplanar

	[0]: 'YU12' (Planar YUV 4:2:0)
		Size: Stepwise 32x32 - 1920x1920 with step 2/2
	[1]: 'NV12' (Y/CbCr 4:2:0)
		Size: Stepwise 32x32 - 1920x1920 with step 2/2
"""
READS = """\
ioctl: VIDIOC_ENUM_FMT
	Type: Video Output Multiplanar

	[0]: 'H264' (H.264, compressed)
	[1]: 'MJPG' (Motion-JPEG, compressed)
"""
XR24, NV12 = 0x34325258, 0x3231564E
X_TILED = 1 << 56 | 1


def card() -> dict[str, Any]:
    """What drm_info's json.c prints of a card, as far as it is read."""
    planes = [
        {"id": 30, "formats": [XR24, NV12], "properties": {
            "type": {"value": 1, "data": None},
            "IN_FORMATS": {"value": 31, "data": [
                {"modifier": 0, "formats": [XR24, NV12]}, {"modifier": X_TILED, "formats": [XR24]},
            ]},
        }},
        {"id": 40, "formats": [XR24], "properties": {"type": {"value": 2, "data": None}}},
    ]  # fmt: skip
    caps = {"DUMB_BUFFER": 1, "PRIME": 3, "CURSOR_WIDTH": 64, "CURSOR_HEIGHT": 64, "ASYNC_PAGE_FLIP": None}
    return {
        "driver": {"name": "i915", "desc": "Intel Graphics", "caps": caps},
        "fb_size": {"min_width": 0, "max_width": 16384, "min_height": 0, "max_height": 16384},
        "connectors": [{"id": 90, "type": 14}, {"id": 91, "type": 11}, {"id": 92, "type": 11}],
        "planes": planes,
    }


Node = tuple[str, dict[str, bytes], list["Node"]]


def blob(root: Node) -> bytes:
    """A flattened device tree, version 17, laid out as the specification's chapter 5 says."""
    names = bytearray()
    at: dict[str, int] = {}

    def padded(data: bytes) -> bytes:
        return data + bytes(-len(data) % 4)

    def written(node: Node) -> bytes:
        name, properties, children = node
        out = struct.pack(">I", 1) + padded(name.encode() + b"\0")
        for key, value in properties.items():
            if key not in at:
                at[key] = len(names)
                names.extend(key.encode() + b"\0")
            out += struct.pack(">3I", 3, len(value), at[key]) + padded(value)
        return out + b"".join(map(written, children)) + struct.pack(">I", 2)

    structure = written(root) + struct.pack(">I", 9)
    start = 40 + 16
    head = struct.pack(
        ">10I", dtb.MAGIC, start + len(structure) + len(names), start, start + len(structure), 40, 17, 16, 0,
        len(names), len(structure),
    )  # fmt: skip
    return head + bytes(16) + structure + bytes(names)


def cells(*values: int) -> bytes:
    return struct.pack(f">{len(values)}Q", *values)


BOARD: Node = (
    "",
    {"#address-cells": b"\0\0\0\2", "#size-cells": b"\0\0\0\2", "model": b"Acme One\0"},
    [
        ("memory@40000000", {"device_type": b"memory\0", "reg": cells(0x4000_0000, 2 << 30)}, []),
        ("reserved-memory", {"#address-cells": b"\0\0\0\2", "#size-cells": b"\0\0\0\2", "ranges": b""}, [
            ("linux,cma", {
                "compatible": b"shared-dma-pool\0", "reusable": b"", "linux,cma-default": b"",
                "size": cells(64 << 20),
            }, []),
            ("tz@c0000000", {"no-map": b"", "reg": cells(0xB000_0000, 32 << 20)}, []),
        ]),
    ],
)  # fmt: skip


def board(machine: Machine) -> Platform:
    return platform_from(profile(machine, "board"), "board")


def test_a_device_tree_tells_memory_cma_and_carve_outs() -> None:
    found = board(dtb.machine(blob(BOARD), "acme.dtb"))
    assert found.title == "Acme One"
    assert (found.memory["dram"].base, found.memory["dram"].size) == (0x4000_0000, 2 << 30)
    assert (found.memory["cma"].inside, found.memory["cma"].size, found.memory["cma"].base) == (
        "dram", 64 << 20, None
    )  # fmt: skip
    assert found.memory["tz-c0000000"].base == 0xB000_0000
    assert found.memory["cma"].source == "device-tree: /reserved-memory/linux,cma"


def test_drm_info_tells_planes_formats_and_modifiers() -> None:
    found = board(drm_info.machine(json.dumps({"/dev/dri/card0": card()}).encode(), "info.json"))
    device = found.devices["i915"]
    by_modifiers = {rule.modifiers: rule.formats for rule in device.ports["scanout"].images}
    assert by_modifiers == {("LINEAR", "I915_X_TILED"): ("XR24",), ("LINEAR",): ("NV12",)}
    assert device.ports["scanout"].images[0].stride.multiple == "unknown"
    assert device.ports["cursor"].images[0].extent.max == (64, 64)
    assert device.connectors == ("eDP-1", "HDMI-A-1", "HDMI-A-2")
    assert "i915-dumb" in found.heaps


def test_connectors_are_counted_in_linear_time() -> None:
    def steps(connectors: int) -> int:
        told = {"/dev/dri/card0": card() | {"connectors": [{"type": 11}] * connectors}}
        text = json.dumps(told).encode()
        return calls(lambda: drm_info.machine(text, "info.json"))

    # Four times as many connectors: four times the steps, where asking each name before makes sixteen.
    assert steps(2000) < 5 * steps(500)


def test_v4l2_ctl_tells_formats_and_sizes() -> None:
    device = board(v4l2_ctl.machine(ISP.encode(), "isp.txt")).devices["rkisp_v5-rkisp_mainpath"]
    images = {(each, rule.dmabufs): rule for rule in device.ports["capture"].images for each in rule.formats}
    assert set(images) == {("UYVY", (1,)), ("NV16", (1,)), ("NV12", (1,)), ("NV12", (2,))}
    extent = images["NV12", (1,)].extent
    assert (extent.min, extent.max, extent.multiple) == ((32, 32), (4224, 3136), (8, 8))


def test_what_is_known_of_a_driver_completes_what_a_file_tells() -> None:
    device = board(v4l2_ctl.machine(CAMERA.encode(), "camera.txt")).devices["uvcvideo-A-camera"]
    assert (device.kind, device.by_cpu, device.coherent) == ("camera", True, True)
    assert device.source.startswith("driver-knowledge: linux-7.3:drivers/media/usb/uvc/uvc_queue.c")
    assert [rule.extent.max for rule in device.ports["capture"].images] == [(640, 480), (1280, 720)]


def test_a_decoder_of_which_one_side_is_listed_is_no_camera() -> None:
    read = v4l2_ctl.machine(DECODER.encode(), "codec.txt")
    device = board(read).devices["bcm2835-codec-decode"]
    assert (device.kind, device.codecs, set(device.ports)) == (
        "video-decoder", ("h264",), {"bitstream", "frame"}
    )  # fmt: skip
    assert read.notes[1:] == (
        "codec.txt lists no formats of bcm2835-codec's output: only the current one is known, H264",
    )


def test_a_file_takes_strides_from_what_is_known_of_the_driver() -> None:
    device = board(v4l2_ctl.machine(DECODER.encode(), "codec.txt")).devices["bcm2835-codec-decode"]
    (rule,) = device.ports["frame"].images
    # platforms/drivers/bcm2835-codec-decode.yaml: 32 bytes, and planes of whole 16 rows; the extent is the file's.
    assert (rule.formats, rule.stride.multiple, rule.implied_offset.rows.multiple) == (
        ("YU12", "NV12"),
        32,
        16,
    )
    assert rule.source.startswith("driver-knowledge: raspberrypi/linux (downstream)")
    assert rule.extent.multiple is None and rule.extent.max == (1920, 1920)


def test_where_chroma_lies_in_an_unknown_codec_is_unknown() -> None:
    text = DECODER.replace("bcm2835-codec", "acme-codec")
    (rule,) = (
        board(v4l2_ctl.machine(text.encode(), "codec.txt")).devices["acme-codec-decode"].ports["frame"].images
    )
    assert (rule.stride.multiple, rule.implied_offset.rows.multiple) == ("unknown", "unknown")


def test_both_sides_are_read_where_both_are_listed() -> None:
    read = v4l2_ctl.machine((DECODER + READS).encode(), "codec.txt")
    assert board(read).devices["bcm2835-codec-decode"].codecs == ("h264", "jpeg")
    assert len(read.notes) == 1


def test_the_node_counts_and_not_its_whole_device() -> None:
    # A camera whose device has a codec beside it: Capabilities are of both, Device Caps of the node alone.
    whole = "\tCapabilities     : 0x84a04001\n\t\tVideo Capture\n\t\tVideo Memory-to-Memory\n"
    node = "\tDevice Caps      : 0x04200001\n\t\tVideo Capture\n"
    text = CAMERA.replace("ioctl:", f"{whole}{node}ioctl:")
    assert board(v4l2_ctl.machine(text.encode(), "camera.txt")).devices["uvcvideo-A-camera"].kind == "camera"


def test_formats_of_metadata_are_no_pictures() -> None:
    text = (
        CAMERA
        + "ioctl: VIDIOC_ENUM_FMT\n\tType: Metadata Capture\n\n\t[0]: 'UVCH' (UVC Payload Header Metadata)\n"
    )
    (queue,) = v4l2_ctl.machine(text.encode(), "camera.txt").videos[0].queues
    assert [form.code for form in queue.formats] == ["MJPG", "YUYV"]


@pytest.mark.parametrize(
    "text",
    [
        # An encoder reads raw pictures, of which the current format is one of several; and nothing may be told at all.
        DECODER.replace("'H264' (H.264)", "'YU12' (Planar YUV 4:2:0)"),
        DECODER.replace("Format Video Output Multiplanar:", "Format Metadata Output:"),
        READS + DECODER.replace("Type: Video Capture", "Type: Meta Capture"),
    ],
)
def test_a_raw_side_that_is_not_listed_is_asked_for(text: str) -> None:
    with pytest.raises(UnparsableInput) as refused:
        v4l2_ctl.machine(text.encode(), "codec.txt")
    said = str(refused.value)
    assert said.startswith("codec.txt: lists one side only of a memory-to-memory node: formats of its ")
    assert said.endswith("run v4l2-ctl -d /dev/videoN --all --list-formats-ext --list-formats-out-ext")


@pytest.mark.parametrize(
    ("version", "kernel"), [("6.6.31", "6.6.31"), ("0.1.0", "unknown"), ("v1.2", "unknown")]
)
def test_the_version_of_a_driver_is_its_kernel(version: str, kernel: str) -> None:
    # Before 3.1 each driver counted by itself: linux v4l_querycap() LINUX_VERSION_CODE.
    text = DECODER.replace("6.6.31", version)
    assert board(v4l2_ctl.machine(text.encode(), "codec.txt")).kernel == kernel


def test_drm_info_tells_the_kernel() -> None:
    told = card()
    told["driver"]["kernel"] = {"sysname": "Linux", "release": "6.12.95+deb12-amd64", "version": "#1 SMP"}
    text = json.dumps({"/dev/dri/card0": told}).encode()
    assert board(drm_info.machine(text, "info.json")).kernel == "6.12.95"


def test_files_of_different_kernels_are_told_apart() -> None:
    files = [
        v4l2_ctl.machine(text.encode(), "file") for text in (DECODER, DECODER.replace("6.6.31", "6.12.0"))
    ]
    assert (
        joined(files, "files").notes[-1]
        == "the files are of different kernels (6.6.31, 6.12.0); 6.6.31 is taken"
    )


def test_a_card_that_could_not_be_opened_is_said() -> None:
    text = json.dumps({"/dev/dri/card0": None, "/dev/dri/card1": card()}).encode()
    read = drm_info.machine(text, "info.json")
    assert len(read.cards) == 1
    assert read.notes[-1] == "info.json tells nothing of '/dev/dri/card0': drm_info could not open it"


def test_files_about_one_machine_are_put_together() -> None:
    files = [
        dtb.machine(blob(BOARD), "acme.dtb"),
        drm_info.machine(json.dumps({"/dev/dri/card0": card()}).encode(), "info.json"),
        v4l2_ctl.machine(CAMERA.encode(), "camera.txt"),
    ]
    found = board(joined(files, "files"))
    assert found.title == "Acme One"
    assert set(found.devices) == {"cpu0", "i915", "uvcvideo-A-camera"}
    assert {"dram", "cma"} <= set(found.memory)


@pytest.mark.parametrize(
    ("read", "data", "said"),
    [
        (dtb.machine, b"\x7fELF" + bytes(60), "expected the magic number 0xd00dfeed, got 0x7f454c46"),
        (dtb.machine, b"", "is no sound device tree: expected a header of 40 bytes, got 0"),
        (dtb.machine, blob(("", {}, []))[:-4] + b"\0\0\0\4", "it ends in the middle of a node"),
        (drm_info.machine, b"[1, 2]", "expected an object with a card for each node, got a list"),
        (drm_info.machine, b"{", r"is no output of drm_info -j: not JSON: .*line 1"),
        (drm_info.machine, b"\xff{}", "not UTF-8 text"),
        (drm_info.machine, b"[" * 100_000, "is no output of drm_info -j: nested too deep"),
        (drm_info.machine, b'{"/dev/dri/card0": ' + b"9" * 5000 + b"}", "a number is beyond 64 bits"),
        (
            drm_info.machine,
            b'{"platform": "acme-one"}',
            "'platform' is no card: expected an object with its driver",
        ),
        (drm_info.machine, b'{"c": {"driver": []}}', "expected an object with a driver, got a list"),
        (drm_info.machine, b'{"c": {"driver": {}}}', "expected the driver's name, got nothing"),
        (
            drm_info.machine,
            b'{"c": {"driver": {"name": "x"}, "planes": [1]}}',
            "expected an object with a plane, got '1'",
        ),
        (
            drm_info.machine,
            b'{"c": {"driver": {"name": "x"}, "connectors": "HDMI"}}',
            "expected a list of connectors, got 'HDMI'",
        ),
        (drm_info.machine, b"{}", "tells nothing: it has no card"),
        (
            drm_info.machine,
            b'{"/dev/dri/card0": null}',
            "tells nothing: no card could be opened: '/dev/dri/card0'",
        ),
        (v4l2_ctl.machine, b"", "'Driver name' is missing"),
        (v4l2_ctl.machine, b"Driver name : vivid\n", "a list of formats"),
    ],
)
def test_other_files_are_refused_in_words(
    read: Callable[[bytes, str], Machine], data: bytes, said: str
) -> None:
    with pytest.raises(UnparsableInput, match=said):
        read(data, "file")


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (dtb.machine, blob(BOARD)),
        (drm_info.machine, json.dumps({"/dev/dri/card0": card()}).encode()),
        (v4l2_ctl.machine, ISP.encode()),
        (v4l2_ctl.machine, (DECODER + READS).encode()),
    ],
)
def test_damaged_files_are_read_or_refused(read: Callable[[bytes, str], Machine], data: bytes) -> None:
    chance = random.Random(4)
    refused = 0
    for _ in range(200):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(damaged))
            damaged[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        try:
            board(
                read(
                    bytes(damaged[: chance.choice([len(damaged), chance.randrange(1, len(damaged))])]), "file"
                )
            )
        except InputError:
            refused += 1
    assert 0 < refused < 200 or read is v4l2_ctl.machine
