"""Our structures and request numbers against the kernel's own headers, by its own compiler."""

import ctypes
import subprocess
from pathlib import Path

import pytest

from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import Request
from heapwright.allocator.linux.uapi import looking as uapi_looking

HEADERS = ("linux/dma-heap.h", "linux/dma-buf.h", "linux/udmabuf.h", "linux/videodev2.h")
SIZES: dict[str, type[ctypes.Structure]] = {
    "struct dma_heap_allocation_data": uapi.HeapAllocation,
    "struct dma_buf_sync": uapi.BufferSync,
    "struct udmabuf_create": uapi.UdmabufCreate,
    "struct v4l2_capability": uapi.V4l2Capability,
    "struct v4l2_pix_format": uapi.V4l2PixFormat,
    "struct v4l2_plane_pix_format": uapi.V4l2PlaneFormat,
    "struct v4l2_pix_format_mplane": uapi.V4l2PixFormatMultiplanar,
    "struct v4l2_format": uapi.V4l2Format,
    "struct v4l2_requestbuffers": uapi.V4l2RequestBuffers,
    "struct v4l2_buffer": uapi.V4l2Buffer,
    "struct v4l2_plane": uapi.V4l2Plane,
    "struct v4l2_exportbuffer": uapi.V4l2ExportBuffer,
    "struct v4l2_fmtdesc": uapi.V4l2FormatDescription,
    "struct v4l2_frmsizeenum": uapi_looking.FrameSize,
}
DRM = ("DRM_", "DRM_IOCTL_")


def requests() -> list[Request]:
    found = [value for module in (uapi, uapi_looking) for value in vars(module).values()]
    return [each for each in found if isinstance(each, Request) and not each.name.startswith(DRM)]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Every size and number as a C program prints it."""
    folder: Path = tmp_path_factory.mktemp("uapi")
    lines = [f'printf("%lu {name}\\n", (unsigned long)sizeof({name}));' for name in SIZES]
    lines += [f'printf("%lu {each.name}\\n", (unsigned long){each.name});' for each in requests()]
    includes = "".join(f"#include <{each}>\n" for each in HEADERS)
    source = folder / "told.c"
    source.write_text(
        f"#include <stdio.h>\n{includes}int main(void) {{\n" + "\n".join(lines) + "\nreturn 0;\n}\n"
    )
    subprocess.run(["gcc", "-o", folder / "told", source], check=True, capture_output=True)
    out = subprocess.run([folder / "told"], check=True, capture_output=True, text=True).stdout
    return {name: int(number) for number, name in (line.split(" ", 1) for line in out.splitlines())}


@pytest.mark.parametrize("name", sorted(SIZES))
def test_structures_are_as_long_as_the_kernel_s(name: str, told: dict[str, int]) -> None:
    assert ctypes.sizeof(SIZES[name]) == told[name]


def test_request_numbers_are_the_kernel_s(told: dict[str, int]) -> None:
    asked = {each.name: each.number & 0xFFFFFFFF for each in requests()}
    assert asked == {name: told[name] for name in asked}
    assert len(asked) >= 16
