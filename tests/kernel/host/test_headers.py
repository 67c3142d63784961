"""Every structure, request number and flag that we send, as a C compiler reads the kernel's headers."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import Request
from heapwright.allocator.linux.uapi import kms as uapi_kms

MODULES: tuple[ModuleType, ...] = (uapi, uapi_kms)
INCLUDES = (
    "stddef.h", "stdio.h", "linux/dma-heap.h", "linux/dma-buf.h", "linux/udmabuf.h", "linux/videodev2.h",
    "drm/drm.h", "drm/drm_mode.h",
)  # fmt: skip
FLAGS = {
    "DMA_BUF_SYNC_READ": uapi.SYNC_READ,
    "DMA_BUF_SYNC_WRITE": uapi.SYNC_WRITE,
    "DMA_BUF_SYNC_START": uapi.SYNC_START,
    "DMA_BUF_SYNC_END": uapi.SYNC_END,
    "DRM_CAP_PRIME": uapi.CAP_PRIME,
    "DRM_PRIME_CAP_IMPORT": uapi.PRIME_IMPORTS,
    "DRM_PRIME_CAP_EXPORT": uapi.PRIME_EXPORTS,
    "DRM_CAP_DUMB_BUFFER": uapi.CAP_DUMB_BUFFER,
    "DRM_CAP_ADDFB2_MODIFIERS": uapi.CAP_ADDFB2_MODIFIERS,
    "DRM_MODE_FB_MODIFIERS": uapi.FB_MODIFIERS,
    "V4L2_BUF_TYPE_VIDEO_CAPTURE": uapi.V4L2_CAPTURE,
    "V4L2_BUF_TYPE_VIDEO_OUTPUT": uapi.V4L2_OUTPUT,
    "V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE": uapi.V4L2_CAPTURE_MULTIPLANAR,
    "V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE": uapi.V4L2_OUTPUT_MULTIPLANAR,
    "V4L2_CAP_VIDEO_CAPTURE_MPLANE": uapi.CAP_CAPTURE_MULTIPLANAR,
    "V4L2_CAP_VIDEO_OUTPUT_MPLANE": uapi.CAP_OUTPUT_MULTIPLANAR,
    "V4L2_CAP_VIDEO_M2M_MPLANE": uapi.CAP_M2M_MULTIPLANAR,
    "V4L2_MEMORY_MMAP": uapi.V4L2_MMAP,
    "V4L2_MEMORY_DMABUF": uapi.V4L2_DMABUF,
    "DRM_CLIENT_CAP_UNIVERSAL_PLANES": uapi_kms.CLIENT_UNIVERSAL_PLANES,
    "DRM_CLIENT_CAP_ATOMIC": uapi_kms.CLIENT_ATOMIC,
    "DRM_CLIENT_CAP_WRITEBACK_CONNECTORS": uapi_kms.CLIENT_WRITEBACK,
    "DRM_CLIENT_CAP_CURSOR_PLANE_HOTSPOT": uapi_kms.CLIENT_CURSOR_HOTSPOT,
    "DRM_MODE_CONNECTOR_WRITEBACK": uapi_kms.CONNECTOR_WRITEBACK,
    "DRM_MODE_OBJECT_CRTC": uapi_kms.OBJECT_CRTC,
    "DRM_MODE_OBJECT_CONNECTOR": uapi_kms.OBJECT_CONNECTOR,
    "DRM_MODE_OBJECT_PLANE": uapi_kms.OBJECT_PLANE,
    "DRM_MODE_ATOMIC_ALLOW_MODESET": uapi_kms.ATOMIC_ALLOW_MODESET,
}


def structures() -> Iterator[tuple[str, type[ctypes.Structure]]]:
    """Each C name with our class: the first line of its docstring says which ones it stands for."""
    for module in MODULES:
        for name, found in vars(module).items():
            if isinstance(found, type) and issubclass(found, ctypes.Structure) and not name.startswith("_"):
                line = (found.__doc__ or "").splitlines()[0].rstrip(".")
                assert line.startswith("struct "), f"{name} does not say which struct it is"
                for each in line.split(", "):
                    yield each, found


def expected() -> dict[str, int]:
    """C expressions and the value that our bindings give them."""
    values: dict[str, int] = dict(FLAGS)
    for c_name, found in structures():
        values[f"sizeof({c_name})"] = ctypes.sizeof(found)
        for field in found._fields_:
            values[f"offsetof({c_name}, {field[0]})"] = getattr(found, field[0]).offset
            values[f"sizeof((({c_name} *)0)->{field[0]})"] = getattr(found, field[0]).size
    for module in MODULES:
        requests = (each for each in vars(module).values() if isinstance(each, Request))
        values |= {each.name: each.number for each in requests}
    return values


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """The same expressions, by a C compiler on the kernel's headers; without a compiler the tests fail."""
    folder = tmp_path_factory.mktemp("headers")
    lines = [f"#include <{each}>" for each in INCLUDES]
    lines += ["int main(void) {"]
    lines += [f'printf("%llu\\n", (unsigned long long)({each}));' for each in expected()]
    lines += ["return 0; }"]
    (folder / "asked.c").write_text("\n".join(lines))
    headers = Path(os.environ["HEAPWRIGHT_HEADERS"])
    machine = subprocess.run(["gcc", "-print-multiarch"], check=True, capture_output=True, text=True)
    command = ["gcc", "-w", f"-isystem{headers}", f"-isystem{headers / machine.stdout.strip()}"]
    command += ["-o", str(folder / "asked"), str(folder / "asked.c")]
    subprocess.run(command, check=True)
    output = subprocess.run([folder / "asked"], check=True, capture_output=True, text=True).stdout
    return dict(zip(expected(), (int(line) for line in output.splitlines()), strict=True))


def test_sizes_offsets_and_numbers_are_those_of_the_headers(compiled: dict[str, int]) -> None:
    mask = (1 << 32) - 1
    ours = expected()
    wrong = {
        each: (ours[each], there) for each, there in compiled.items() if ours[each] & mask != there & mask
    }
    assert wrong == {}


def test_every_structure_and_request_was_asked_about(compiled: dict[str, int]) -> None:
    # 17 structures of the heaps, PRIME, dumb buffers and queues and 13 of mode setting at least.
    assert len({name for name, _ in structures()}) >= 30
    assert len([each for each in compiled if each.isupper()]) >= 35
