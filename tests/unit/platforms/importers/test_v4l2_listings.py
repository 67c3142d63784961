"""Listings of `v4l2-ctl` as people post them: no node that moves pictures is lost in silence."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.catalog import platform_from
from heapwright.platforms.errors import UnparsableInput
from heapwright.platforms.fourcc.formats import no_such_format
from heapwright.platforms.fourcc.modifiers import parse_modifier
from heapwright.platforms.fourcc.videodev import is_bayer, number, picture
from heapwright.platforms.importers import assemble, v4l2_ctl
from heapwright.platforms.importers.records import Machine
from heapwright.platforms.schema import Device
from tests.call_counts import calls

COMMAND = "run v4l2-ctl -d /dev/videoN --all --list-formats-ext --list-formats-out-ext"


def node(
    driver: str, *abilities: str, name: str = "it", captures: str = "", puts_out: str = "", more: str = ""
) -> str:
    """One node as `v4l2-ctl --all --list-formats-ext --list-formats-out-ext` prints it."""
    able = "".join(f"\t\t{each}\n" for each in abilities)
    lists = "".join(
        f"ioctl: VIDIOC_ENUM_FMT\n\tType: Video {way}\n\n{formats}" for way, formats in (("Capture", captures), ("Output", puts_out))
    )  # fmt: skip
    return (
        f"Driver Info:\n\tDriver name      : {driver}\n\tCard type        : {name}\n\tBus info         : platform:it\n"
        f"\tDriver version   : 6.12.0\n\tCapabilities     : 0x84a00001\n\t\tVideo Capture\n\t\tMetadata Capture\n"
        f"\tDevice Caps      : 0x04a00000\n{able}"
        f"Media Driver Info:\n\tDriver name      : {driver}\n\tModel            : {name}\nEntity Info:\n\tName             : {name}\n"
        f"{more}{lists}"
    )


def form(code: str, text: str = "some format", sizes: str = "") -> str:
    return f"\t[0]: '{code}' ({text})\n" + (f"\t\tSize: {sizes}\n" if sizes else "")


STEPS = "Stepwise 64x64 - 1920x1088 with step 16/16"
CAMERA = node("acme-cam", "Video Capture", name="cam", captures=form("YUYV", sizes="Discrete 640x480"))
METADATA = node("acme-cam", "Metadata Capture", name="cam-meta")
DECODER = node(
    "mtk-vcodec-dec", "Video Memory-to-Memory Multiplanar", name="vdec",
    captures=form("MM21", "Mediatek 8-bit Block Format"), puts_out=form("S264", "H.264 Parsed Slice Data, compressed", STEPS),
)  # fmt: skip


def read(text: str) -> Machine:
    return v4l2_ctl.machine(text.encode(), "it.txt")


def devices(text: str) -> dict[str, Device]:
    found = platform_from(assemble.profile(read(text), "it")).devices
    return {name: device for name, device in found.items() if device.kind != "cpu"}


def only(text: str) -> Device:
    (device,) = devices(text).values()
    return device


def notes(text: str) -> str:
    return "\n".join(assemble.notes(read(text)))


def layouts(device: Device, port: str) -> set[tuple[str, str, int]]:
    return {
        (fourcc, modifier, rule.dmabufs[0])
        for rule in device.ports[port].images for fourcc in rule.formats for modifier in rule.modifiers
    }  # fmt: skip


def test_a_format_without_sizes_keeps_its_device_and_its_sizes_are_unknown() -> None:
    device = only(DECODER.replace("MM21", "NV12").replace("mtk-vcodec-dec", "acme-dec"))
    assert (device.kind, set(device.ports)) == ("video-decoder", {"frame", "bitstream"})
    (rule,) = device.ports["frame"].images
    assert (rule.formats, rule.extent.max, rule.stride.multiple) == (("NV12",), "unknown", "unknown")
    assert (
        "it.txt" not in notes(DECODER).splitlines()[-1]
        and "no sizes are told of its capture's MM21, so they are unknown (v4l2-ctl --list-formats-ext lists them"
        in notes(DECODER)
    )


def test_the_sizes_that_the_driver_is_known_for_stand_in() -> None:
    # platforms/drivers/mtk-vcodec-decoder.yaml has the extent of MM21.
    (rule,) = only(DECODER).ports["frame"].images
    assert rule.extent.max != "unknown" and rule.source is not None
    assert rule.source.startswith("driver-knowledge: ")


MODIFIED = {
    "MM21": ("NV12", "MTK_16L_32S_TILE", 2), "MT21": ("NV12", "MTK(16L32S,COMPRESS_V1)", 2),
    "MT2T": ("NV15", "MTK(16L32S,10BIT_LSBTILED)", 2), "MT2R": ("NV15", "MTK(16L32S,10BIT_LSBRASTER)", 2),
    "NC12": ("NV12", "BROADCOM_SAND128", 1), "NC30": ("P030", "BROADCOM_SAND128", 1), "ST12": ("NV12", "ALLWINNER_TILED", 1),
    "TM12": ("NV12", "SAMSUNG_64_32_TILE", 2), "VM12": ("NV12", "SAMSUNG_16_16_TILE", 2),
}  # fmt: skip
"""include/uapi/linux/videodev2.h V4L2_PIX_FMT_* beside include/uapi/drm/drm_fourcc.h DRM_FORMAT_MOD_*."""


@pytest.mark.parametrize(("code", "layout"), MODIFIED.items())
@pytest.mark.parametrize("sizes", ["", STEPS])
def test_a_code_that_only_v4l2_has_becomes_a_format_with_its_modifier(
    code: str, layout: Any, sizes: str
) -> None:
    text = node(
        "acme-dec", "Video Memory-to-Memory", captures=form(code, sizes=sizes), puts_out=form("S265", "HEVC, compressed"),
    )  # fmt: skip
    device = only(text)
    assert device.kind == "video-decoder"
    assert layouts(device, "frame") == {layout}
    assert picture(number(code)) == layout
    assert parse_modifier(layout[1]).value is not None


@pytest.mark.parametrize(("code", "layout"), MODIFIED.items())
def test_who_writes_such_a_code_in_a_pipeline_is_told_the_same(
    code: str, layout: tuple[str, str, int]
) -> None:
    said = no_such_format(code)
    assert f"; write {layout[0]} with modifiers: [" in said and layout[1] in said
    assert ("dmabufs: [2]" in said) == (layout[2] == 2)


def test_what_drm_has_no_name_for_is_named_and_its_device_stays() -> None:
    # VT12: NV12 in tiles of 4x4, which no modifier of DRM is.
    text = node(
        "acme-dec", "Video Memory-to-Memory", captures=form("VT12"), puts_out=form("S265", "HEVC, compressed")
    )
    assert only(text).kind == "video-decoder"
    assert "it: DRM has no formats for V4L2's VT12" in notes(text)


def test_nodes_one_after_the_other_are_each_a_device() -> None:
    found = devices(CAMERA + METADATA + DECODER)
    assert [device.kind for device in found.values()] == ["camera", "video-decoder"]
    said = "it.txt: cam-meta (driver acme-cam) moves metadata and no pictures: it is no device"
    assert said in notes(CAMERA + METADATA + DECODER)


def test_a_node_of_metadata_alone_is_no_error() -> None:
    assert devices(METADATA) == {}
    assert "moves metadata and no pictures" in notes(METADATA)


def test_of_several_nodes_one_that_lacks_its_list_does_not_take_the_others_with_it() -> None:
    bare = node("acme-enc", "Video Memory-to-Memory", name="enc")
    assert [device.kind for device in devices(bare + CAMERA).values()] == ["camera"]
    assert (
        f"a list of formats (--list-formats-ext --list-formats-out-ext) of enc is missing; {COMMAND}"
        in notes(bare + CAMERA)
    )
    with pytest.raises(UnparsableInput, match="of enc is missing; run v4l2-ctl"):
        read(bare)


@pytest.mark.parametrize(
    "text", [CAMERA, DECODER, CAMERA + METADATA + DECODER], ids=["camera", "decoder", "three"]
)
def test_quote_marks_and_lost_indentation_change_nothing(text: str) -> None:
    quoted = "".join(f"> {line}\n" for line in text.splitlines())
    twice = "".join(f">> {line}\n" for line in text.splitlines())
    flat = "".join(f"{' '.join(line.split())}\n" for line in text.splitlines())
    for other in (quoted, twice, flat, text.replace("\n", "\r\n")):
        assert assemble.profile(read(other), "it") == assemble.profile(read(text), "it")


def test_the_current_format_is_found_without_indentation() -> None:
    current = "Format Video Capture:\nPixel Format : 'NV12'\nFormat Video Output:\nWidth/Height : 48/48\nPixel Format : 'H264' (H.264)\n"
    text = node("acme-dec", "Video Memory-to-Memory", captures=form("NV12", sizes=STEPS), more=current)
    assert only(text).kind == "video-decoder" and only(text).codecs == ("h264",)
    assert "only the current one is known, H264" in notes(text)


@pytest.mark.parametrize(
    "text", ["> Format Video Capture:\n>  Pixel Format : 'YUYV'\n", form("MM21"), "hello\n"]
)
def test_a_text_without_a_driver_says_what_to_run(text: str) -> None:
    with pytest.raises(UnparsableInput, match="'Driver name' is missing; run v4l2-ctl -d"):
        read(text)


BAYER = form("RG10", "10-bit Bayer RGRG/GBGB")


@pytest.mark.parametrize(
    ("driver", "abilities", "captures", "puts_out", "kind", "ports"),
    [
        ("acme", "Video Capture", form("NV12"), "", "camera", {"capture"}),
        ("acme", "Video Capture", BAYER + form("YUYV"), "", "camera", {"capture"}),
        ("acme", "Video Output", "", form("XR24"), "display", {"scanout"}),
        ("acme", "Video Output", "", BAYER + form("YUYV"), "isp", {"input"}),
        ("acme", "Video Memory-to-Memory", form("NV12"), BAYER, "isp", {"input", "output"}),
        ("acme", "Video Memory-to-Memory", form("NV12"), form("YUYV"), "2d", {"source", "target"}),
        ("acme", "Video Memory-to-Memory", form("JPEG", "JFIF, compressed"), form("YUYV"), "jpeg-codec", {"source", "target"}),
        ("acme", "Video Memory-to-Memory", form("H264", "H.264, compressed"), form("NV12"), "video-encoder", {"frame", "bitstream"}),
        # Known as image processors, with a node for each queue.
        ("bcm2835-isp", "Video Capture", form("NV12"), "", "isp", {"output"}),
        ("bcm2835-isp", "Video Output", "", form("YUYV"), "isp", {"input"}),
        ("pispbe", "Video Capture Multiplanar", form("NV12"), "", "isp", {"output"}),
        # Virtual devices that move Bayer, and are known as what they are.
        ("vivid", "Video Output", "", BAYER + form("XR24"), "display", {"scanout"}),
        ("vim2m", "Video Memory-to-Memory", form("RGB3"), BAYER + form("RGB3"), "2d", {"source", "target"}),
        # An ISP that is fed by its sensor alone is a camera.
        ("rkisp1", "Video Capture Multiplanar", form("NV12"), "", "camera", {"capture"}),
    ],
)  # fmt: skip
def test_what_a_node_moves_where_tells_what_it_is(
    driver: str, abilities: str, captures: str, puts_out: str, kind: str, ports: set[str]
) -> None:
    device = only(node(driver, abilities, captures=captures, puts_out=puts_out))
    assert (device.kind, set(device.ports)) == (kind, ports)


def test_a_camera_of_coded_pictures_alone_is_said_to_be_no_device() -> None:
    text = node("uvcvideo", "Video Capture", captures=form("MJPG", "Motion-JPEG, compressed", STEPS))
    assert devices(text) == {}
    assert (
        "it (driver uvcvideo) is no device: it moves MJPG alone, and what is coded comes from no port"
        in notes(text)
    )


def test_a_node_that_tells_no_formats_is_said_to_be_no_device() -> None:
    machine = read(CAMERA)
    bare = machine._replace(videos=tuple(video._replace(queues=()) for video in machine.videos))
    assert "cam (driver acme-cam) is no device: it tells no formats" in assemble.notes(bare)


def test_a_side_that_the_node_does_not_have_is_not_made_of_its_empty_list() -> None:
    both = node("acme", "Video Capture", captures=form("NV12", sizes=STEPS), puts_out="")
    assert only(both).kind == "camera"


def test_listings_of_old_versions_are_read() -> None:
    old = (
        "ioctl: VIDIOC_ENUM_FMT\n\tIndex       : 0\n\tType        : Video Capture\n\tPixel Format: 'MJPG' (compressed)\n"
        "\tName        : Motion-JPEG\n\t\tSize: Discrete 1280x720\n\n\tIndex       : 1\n\tType        : Video Capture\n"
        "\tPixel Format: 'YUYV'\n\tName        : YUYV 4:2:2\n\t\tSize: Discrete 640x480\n"
    )
    text = node("acme-cam", "Video Capture", name="cam").partition("ioctl:")[0] + old
    device = only(text)
    assert device.kind == "camera" and layouts(device, "capture") == {("YUYV", "LINEAR", 1)}
    assert device.ports["capture"].images[0].extent.max == (640, 480)
    assert list(devices(text)) == ["acme-cam-cam"]


def test_nodes_are_told_apart_in_linear_time() -> None:
    def steps(nodes: int) -> int:
        return calls(lambda: read(CAMERA * nodes))

    assert steps(80) < 5 * steps(20)


def test_bayer_codes_are_v4l2s_and_no_fourcc_of_drms() -> None:
    assert is_bayer("RG16") and is_bayer("BA81") and not is_bayer("RGBP") and not is_bayer("NV12")
