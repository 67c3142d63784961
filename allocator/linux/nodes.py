"""The cards and video nodes of the running machine, by the driver behind each.

Source: include/uapi/drm/drm.h DRM_IOCTL_VERSION; include/uapi/linux/videodev2.h VIDIOC_QUERYCAP.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import call, opened

_NAME_BYTES = 64


class DeviceNode(NamedTuple):
    """A device node: the driver's name, and for V4L2 what it can do."""

    path: Path
    driver: str
    card: str = ""
    capabilities: int = 0
    bus: str = ""
    """Which instance of the driver: `platform:vivid-001`."""


def cards(folder: Path = Path("/dev/dri")) -> Iterator[DeviceNode]:
    """DRM primary nodes that may be opened, in order of their numbers."""
    for path in _numbered(folder, "card"):
        try:
            with opened(path) as fd:
                yield DeviceNode(path, driver_of(fd))
        except KernelRefused:
            continue


def videos(folder: Path = Path("/dev")) -> Iterator[DeviceNode]:
    """V4L2 video nodes that may be opened, in order of their numbers."""
    for path in _numbered(folder, "video"):
        try:
            with opened(path, os.O_RDWR | os.O_NONBLOCK) as fd:
                found = uapi.V4l2Capability()
                call(fd, uapi.VIDIOC_QUERYCAP, found)
                driver, card, bus = (each.decode() for each in (found.driver, found.card, found.bus_info))
                yield DeviceNode(path, driver, card, found.device_caps, bus)
        except KernelRefused:
            continue


def driver_of(card: int) -> str:
    """The name of the driver behind an open card."""
    name = ctypes.create_string_buffer(_NAME_BYTES)
    wanted = uapi.DrmVersion(name_len=_NAME_BYTES, name=ctypes.addressof(name))
    call(card, uapi.DRM_VERSION, wanted)
    return name.value.decode()


def _numbered(folder: Path, stem: str) -> list[Path]:
    if not folder.is_dir():
        return []
    found = [each for each in folder.iterdir() if each.name.removeprefix(stem).isdigit()]
    return sorted(
        (each for each in found if each.name.startswith(stem)), key=lambda p: int(p.name[len(stem) :])
    )
