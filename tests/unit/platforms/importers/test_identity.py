"""What the running machine, and each sort of file about one, tells of which hardware is behind a node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heapwright.allocator.linux.discover.hardware import hardware, tree
from heapwright.platforms.catalog import platform_from
from heapwright.platforms.errors import UnparsableInput
from heapwright.platforms.importers import assemble, drm_info, dtb, v4l2_ctl
from heapwright.platforms.importers.joining import joined
from heapwright.platforms.importers.records import Hardware, Machine, TreeDevice
from tests.unit.platforms.importers.test_files import blob, card

TGL = {
    "bus_type": 0,
    "device_data": {"vendor": 0x8086, "device": 0x9A49, "subsystem_vendor": 0, "subsystem_device": 0},
}
CODEC = """\
Driver Info:
	Driver name      : hantro-vpu
	Card type        : {card}
	Bus info         : {bus}
	Driver version   : 6.12.3
	Device Caps      : 0x04204000
		Video Memory-to-Memory Multiplanar
ioctl: VIDIOC_ENUM_FMT
	Type: Video Capture Multiplanar

	[0]: 'NV12' (Y/CbCr 4:2:0)
		Size: Stepwise 48x48 - 3840x2160 with step 16/16
ioctl: VIDIOC_ENUM_FMT
	Type: Video Output Multiplanar

	[0]: 'S264' (H.264 Parsed Slice Data, compressed)
"""


def _cards(**more: Any) -> bytes:
    return json.dumps({"/dev/dri/card0": card() | more}).encode()


def _told(machine: Machine) -> str:
    return "\n".join(assemble.notes(machine))


def test_drm_info_tells_the_pci_id_of_a_card() -> None:
    machine = drm_info.machine(_cards(device=TGL), "info.json")
    assert machine.cards[0].hardware == Hardware(pci="8086:9a49")
    device = platform_from(assemble.profile(machine, "it")).devices["i915"]
    assert device.source.startswith("driver-knowledge: linux-7.2.13:drivers/gpu/drm/i915/display")
    assert "could be" not in _told(machine)


def test_a_card_that_is_not_told_apart_is_said_with_all_that_it_could_be() -> None:
    # drm_info of before version 2.4 has no device.
    machine = drm_info.machine(_cards(), "info.json")
    device = platform_from(assemble.profile(machine, "it")).devices["i915"]
    files = "i915-display-dg2 or i915-display-mtl or i915-display-tgl"
    sentence = (
        f"card i915 (driver i915) could be what {files} is about, and nothing of it is taken: "
        "of the device only the driver's name i915 is known, no PCI id and no compatible that they state"
    )
    assert sentence in _told(machine)
    assert sentence in device.source


def test_drm_info_tells_what_a_card_of_the_device_tree_is_compatible_with() -> None:
    told = {"bus_type": 2, "device_data": {"compatible": ["fsl,imx8mp-lcdif", "acme,lcdif"]}}
    machine = drm_info.machine(_cards(device=told), "info.json")
    assert machine.cards[0].hardware == Hardware(("fsl,imx8mp-lcdif", "acme,lcdif"))
    assert drm_info.machine(_cards(device={"bus_type": 1}), "info.json").cards[0].hardware == Hardware()


@pytest.mark.parametrize(
    "device",
    [3, {"bus_type": 0, "device_data": {"vendor": "8086", "device": 1}}, {"bus_type": 2, "device_data": {"compatible": [3]}},
     {"bus_type": 2, "device_data": {"compatible": "fsl,x"}}],
)  # fmt: skip
def test_a_device_of_another_shape_is_refused_in_words(device: Any) -> None:
    with pytest.raises(UnparsableInput, match="is no output of drm_info -j"):
        drm_info.machine(_cards(device=device), "info.json")


def _board(*strings: tuple[str, bytes], disabled: str = "") -> Machine:
    nodes: Any = [
        (name, {"compatible": text, **({"status": b"disabled\0"} if name == disabled else {})}, [])
        for name, text in strings
    ]
    return dtb.machine(
        blob(("", {"#address-cells": b"\0\0\0\2", "#size-cells": b"\0\0\0\1"}, nodes)), "board.dtb"
    )


G1, G2 = ("video-codec@38300000", b"nxp,imx8mm-vpu-g1\0"), ("video-codec@38310000", b"nxp,imx8mq-vpu-g2\0")


def test_a_device_tree_tells_its_devices_that_are_not_disabled() -> None:
    machine = _board(G1, G2, disabled=G2[0])
    assert machine.tree == (TreeDevice("video-codec@38300000", ("nxp,imx8mm-vpu-g1",)),)
    assert machine.tree[0].platform == "38300000.video-codec"


def test_a_listing_and_a_device_tree_together_tell_which_codec_it_is() -> None:
    def codec(bus: str, *trees: Machine) -> tuple[str, str]:
        text = CODEC.format(card="a codec", bus=bus)
        whole = joined([v4l2_ctl.machine(text.encode(), "codec.txt"), *trees], "it")
        (device,) = [
            each
            for each in platform_from(assemble.profile(whole, "it")).devices.values()
            if each.kind != "cpu"
        ]
        return device.source, _told(whole)

    both = _board(G1, G2)
    by_place, said = codec("platform:38300000.video-codec", both)
    assert "imx8mm_vpu_g1_variant" in by_place and "could be" not in said
    by_presence, said = codec("platform:hantro-vpu", _board(G1))
    assert "imx8mm_vpu_g1_variant" in by_presence and "could be" not in said
    for bus, trees in (("platform:hantro-vpu", [both]), ("platform:38300000.video-codec", [])):
        source, said = codec(bus, *trees)
        assert "could be what hantro-g1 or hantro-g2" in said and "could be what hantro-g1" in source


def test_a_codec_may_say_in_its_card_what_it_is_compatible_with() -> None:
    text = CODEC.format(card="nxp,imx8mm-vpu-g1-dec", bus="platform:hantro-vpu")
    machine = v4l2_ctl.machine(text.encode(), "codec.txt")
    assert "could be" not in _told(machine)
    (device,) = [
        each for each in platform_from(assemble.profile(machine, "it")).devices.values() if each.kind != "cpu"
    ]
    assert "imx8mm_vpu_g1_variant" in device.source


def _linked(folder: Path, target: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(target)


def test_the_running_machine_tells_ids_of_pci(tmp_path: Path) -> None:
    device = tmp_path / "sys/devices/pci0000:00/0000:00:02.0"
    _linked(device / "subsystem", tmp_path / "sys/bus/pci")
    (device / "vendor").write_text("0x8086\n")
    (device / "device").write_text("0x9A49\n")
    _linked(tmp_path / "sys/class/drm/card0/device", device)
    assert hardware(tmp_path / "sys/class/drm/card0/device") == Hardware(pci="8086:9a49")
    # virtio has files of the same names, and sits on a PCI device; the camera of an IPU6 is auxiliary.
    inner = device / "virtio0"
    _linked(inner / "subsystem", tmp_path / "sys/bus/virtio")
    (inner / "vendor").write_text("0x1af4\n")
    (inner / "device").write_text("0x0010\n")
    assert hardware(inner, "pci:0000:00:02.0") == Hardware(pci="8086:9a49", bus="pci:0000:00:02.0")


def test_the_running_machine_tells_what_its_device_tree_says(tmp_path: Path) -> None:
    node = tmp_path / "sys/firmware/devicetree/base/vop@fdd90000"
    node.mkdir(parents=True)
    (node / "compatible").write_bytes(b"rockchip,rk3588-vop\0acme,vop\0")
    device = tmp_path / "sys/devices/platform/fdd90000.vop"
    _linked(device / "of_node", node)
    assert hardware(device) == Hardware(("rockchip,rk3588-vop", "acme,vop"))
    _linked(tmp_path / "sys/bus/platform/devices/fdd90000.vop", device)
    (tmp_path / "sys/bus/platform/devices/regulatory.0").mkdir()
    assert tree(tmp_path) == (TreeDevice("vop@fdd90000", ("rockchip,rk3588-vop", "acme,vop")),)


def test_a_machine_that_tells_nothing_is_read(tmp_path: Path) -> None:
    assert hardware(tmp_path / "nowhere", "usb-1") == Hardware(bus="usb-1")
    assert tree(tmp_path) == ()
