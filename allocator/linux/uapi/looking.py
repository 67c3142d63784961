"""Structures and request numbers that only looking at a machine needs.

Sources: include/uapi/linux/videodev2.h, include/uapi/drm/{drm,virtgpu_drm}.h.
tests/kernel compares every size and number with those headers.
"""

from __future__ import annotations

import ctypes
from ctypes import c_uint32, c_uint64
from typing import Final

from heapwright.allocator.linux.control import both


class FrameSize(ctypes.Structure):
    """struct v4l2_frmsizeenum; `sizes` is width and height, or min, max and step of each."""

    _fields_ = (
        ("index", c_uint32), ("pixel_format", c_uint32), ("type", c_uint32),
        ("sizes", c_uint32 * 6), ("reserved", c_uint32 * 2),
    )  # fmt: skip


class VirtioParameter(ctypes.Structure):
    """struct drm_virtgpu_getparam"""

    _fields_ = (("param", c_uint64), ("value", c_uint64))


ENUM_FRAMESIZES: Final = both("VIDIOC_ENUM_FRAMESIZES", "V", 74, FrameSize)
VIRTGPU_GETPARAM: Final = both("DRM_IOCTL_VIRTGPU_GETPARAM", "d", 0x43, VirtioParameter)
FRAMESIZE_DISCRETE: Final = 1
FORMAT_COMPRESSED: Final = 1
QUEUE_MMAP, QUEUE_USERPTR, QUEUE_DMABUF = 1, 2, 4
"""V4L2_BUF_CAP_SUPPORTS_*."""
CAP_CURSOR_WIDTH, CAP_CURSOR_HEIGHT = 0x8, 0x9
CAPTURES: Final = 0x1 | 0x1000
OUTPUTS: Final = 0x2 | 0x2000
CONVERTS: Final = 0x8000 | 0x4000
"""V4L2_CAP_VIDEO_*: of one plane or several."""
VIRTGPU_RESOURCE_BLOB, VIRTGPU_3D_FEATURES = 3, 1
