"""The kernel's structures and request numbers that allocating, importing and looking need.

Sources: include/uapi/linux/{dma-heap,dma-buf,udmabuf,videodev2}.h,
include/uapi/drm/{drm,drm_mode}.h. tests/kernel compares every size and number with
those headers. Sizes are bytes.
"""

from __future__ import annotations

import ctypes
from ctypes import c_char, c_int32, c_uint8, c_uint16, c_uint32, c_uint64
from typing import Final

from heapwright.allocator.linux.control import both, plain, reads, writes


class HeapAllocation(ctypes.Structure):
    """struct dma_heap_allocation_data"""

    _fields_ = (("len", c_uint64), ("fd", c_uint32), ("fd_flags", c_uint32), ("heap_flags", c_uint64))


class BufferSync(ctypes.Structure):
    """struct dma_buf_sync"""

    _fields_ = (("flags", c_uint64),)


class UdmabufCreate(ctypes.Structure):
    """struct udmabuf_create"""

    _fields_ = (("memfd", c_uint32), ("flags", c_uint32), ("offset", c_uint64), ("size", c_uint64))


class DrmVersion(ctypes.Structure):
    """struct drm_version"""

    _fields_ = (
        ("version_major", c_int32), ("version_minor", c_int32), ("version_patchlevel", c_int32),
        ("name_len", ctypes.c_size_t), ("name", ctypes.c_void_p),
        ("date_len", ctypes.c_size_t), ("date", ctypes.c_void_p),
        ("desc_len", ctypes.c_size_t), ("desc", ctypes.c_void_p),
    )  # fmt: skip


class DrmCapability(ctypes.Structure):
    """struct drm_get_cap, struct drm_set_client_cap"""

    _fields_ = (("capability", c_uint64), ("value", c_uint64))


class GemClose(ctypes.Structure):
    """struct drm_gem_close"""

    _fields_ = (("handle", c_uint32), ("pad", c_uint32))


class PrimeHandle(ctypes.Structure):
    """struct drm_prime_handle"""

    _fields_ = (("handle", c_uint32), ("flags", c_uint32), ("fd", c_int32))


class CreateDumb(ctypes.Structure):
    """struct drm_mode_create_dumb"""

    _fields_ = (
        ("height", c_uint32), ("width", c_uint32), ("bpp", c_uint32), ("flags", c_uint32),
        ("handle", c_uint32), ("pitch", c_uint32), ("size", c_uint64),
    )  # fmt: skip


class MapDumb(ctypes.Structure):
    """struct drm_mode_map_dumb"""

    _fields_ = (("handle", c_uint32), ("pad", c_uint32), ("offset", c_uint64))


class DestroyDumb(ctypes.Structure):
    """struct drm_mode_destroy_dumb"""

    _fields_ = (("handle", c_uint32),)


class Framebuffer(ctypes.Structure):
    """struct drm_mode_fb_cmd2"""

    _fields_ = (
        ("fb_id", c_uint32), ("width", c_uint32), ("height", c_uint32), ("pixel_format", c_uint32),
        ("flags", c_uint32), ("handles", c_uint32 * 4), ("pitches", c_uint32 * 4),
        ("offsets", c_uint32 * 4), ("modifier", c_uint64 * 4),
    )  # fmt: skip


class V4l2Capability(ctypes.Structure):
    """struct v4l2_capability"""

    _fields_ = (
        ("driver", c_char * 16), ("card", c_char * 32), ("bus_info", c_char * 32),
        ("version", c_uint32), ("capabilities", c_uint32), ("device_caps", c_uint32),
        ("reserved", c_uint32 * 3),
    )  # fmt: skip


class V4l2PixFormat(ctypes.Structure):
    """struct v4l2_pix_format"""

    _fields_ = (
        ("width", c_uint32), ("height", c_uint32), ("pixelformat", c_uint32), ("field", c_uint32),
        ("bytesperline", c_uint32), ("sizeimage", c_uint32), ("colorspace", c_uint32), ("priv", c_uint32),
        ("flags", c_uint32), ("ycbcr_enc", c_uint32), ("quantization", c_uint32), ("xfer_func", c_uint32),
    )  # fmt: skip


class V4l2PlaneFormat(ctypes.Structure):
    """struct v4l2_plane_pix_format"""

    _pack_ = 1
    _fields_ = (("sizeimage", c_uint32), ("bytesperline", c_uint32), ("reserved", c_uint16 * 6))


class V4l2PixFormatMultiplanar(ctypes.Structure):
    """struct v4l2_pix_format_mplane"""

    _pack_ = 1
    _fields_ = (
        ("width", c_uint32), ("height", c_uint32), ("pixelformat", c_uint32), ("field", c_uint32),
        ("colorspace", c_uint32), ("plane_fmt", V4l2PlaneFormat * 8), ("num_planes", c_uint8),
        ("flags", c_uint8), ("ycbcr_enc", c_uint8), ("quantization", c_uint8), ("xfer_func", c_uint8),
        ("reserved", c_uint8 * 7),
    )  # fmt: skip


class _FormatUnion(ctypes.Union):
    _fields_ = (
        ("pix", V4l2PixFormat), ("pix_mp", V4l2PixFormatMultiplanar), ("raw_data", c_uint8 * 200),
        ("align", ctypes.c_void_p),
    )  # fmt: skip


class V4l2Format(ctypes.Structure):
    """struct v4l2_format"""

    _fields_ = (("type", c_uint32), ("fmt", _FormatUnion))


class V4l2RequestBuffers(ctypes.Structure):
    """struct v4l2_requestbuffers"""

    _fields_ = (
        ("count", c_uint32), ("type", c_uint32), ("memory", c_uint32), ("capabilities", c_uint32),
        ("flags", c_uint8), ("reserved", c_uint8 * 3),
    )  # fmt: skip


class _Timeval(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("microseconds", ctypes.c_long))


class _Timecode(ctypes.Structure):
    _fields_ = (
        ("type", c_uint32), ("flags", c_uint32), ("frames", c_uint8), ("seconds", c_uint8),
        ("minutes", c_uint8), ("hours", c_uint8), ("userbits", c_uint8 * 4),
    )  # fmt: skip


class _Place(ctypes.Union):
    _fields_ = (
        ("offset", c_uint32),
        ("userptr", ctypes.c_ulong),
        ("planes", ctypes.c_void_p),
        ("fd", c_int32),
    )


class V4l2Buffer(ctypes.Structure):
    """struct v4l2_buffer"""

    _fields_ = (
        ("index", c_uint32), ("type", c_uint32), ("bytesused", c_uint32), ("flags", c_uint32),
        ("field", c_uint32), ("timestamp", _Timeval), ("timecode", _Timecode), ("sequence", c_uint32),
        ("memory", c_uint32), ("m", _Place), ("length", c_uint32), ("reserved2", c_uint32),
        ("request_fd", c_int32),
    )  # fmt: skip


class _PlanePlace(ctypes.Union):
    _fields_ = (("mem_offset", c_uint32), ("userptr", ctypes.c_ulong), ("fd", c_int32))


class V4l2Plane(ctypes.Structure):
    """struct v4l2_plane"""

    _fields_ = (
        ("bytesused", c_uint32), ("length", c_uint32), ("m", _PlanePlace), ("data_offset", c_uint32),
        ("reserved", c_uint32 * 11),
    )  # fmt: skip


class V4l2ExportBuffer(ctypes.Structure):
    """struct v4l2_exportbuffer"""

    _fields_ = (
        ("type", c_uint32), ("index", c_uint32), ("plane", c_uint32), ("flags", c_uint32),
        ("fd", c_int32), ("reserved", c_uint32 * 11),
    )  # fmt: skip


class V4l2FormatDescription(ctypes.Structure):
    """struct v4l2_fmtdesc"""

    _fields_ = (
        ("index", c_uint32), ("type", c_uint32), ("flags", c_uint32), ("description", c_char * 32),
        ("pixelformat", c_uint32), ("mbus_code", c_uint32), ("reserved", c_uint32 * 3),
    )  # fmt: skip


HEAP_ALLOC: Final = both("DMA_HEAP_IOCTL_ALLOC", "H", 0, HeapAllocation)
BUF_SYNC: Final = writes("DMA_BUF_IOCTL_SYNC", "b", 0, BufferSync)
BUF_SET_NAME: Final = writes("DMA_BUF_SET_NAME_B", "b", 1, 8)
UDMABUF_CREATE: Final = writes("UDMABUF_CREATE", "u", 0x42, UdmabufCreate)
DRM_VERSION: Final = both("DRM_IOCTL_VERSION", "d", 0x00, DrmVersion)
DRM_GEM_CLOSE: Final = writes("DRM_IOCTL_GEM_CLOSE", "d", 0x09, GemClose)
DRM_GET_CAP: Final = both("DRM_IOCTL_GET_CAP", "d", 0x0C, DrmCapability)
DRM_SET_CLIENT_CAP: Final = writes("DRM_IOCTL_SET_CLIENT_CAP", "d", 0x0D, DrmCapability)
DRM_PRIME_HANDLE_TO_FD: Final = both("DRM_IOCTL_PRIME_HANDLE_TO_FD", "d", 0x2D, PrimeHandle)
DRM_PRIME_FD_TO_HANDLE: Final = both("DRM_IOCTL_PRIME_FD_TO_HANDLE", "d", 0x2E, PrimeHandle)
DRM_RMFB: Final = both("DRM_IOCTL_MODE_RMFB", "d", 0xAF, 4)
DRM_CREATE_DUMB: Final = both("DRM_IOCTL_MODE_CREATE_DUMB", "d", 0xB2, CreateDumb)
DRM_MAP_DUMB: Final = both("DRM_IOCTL_MODE_MAP_DUMB", "d", 0xB3, MapDumb)
DRM_DESTROY_DUMB: Final = both("DRM_IOCTL_MODE_DESTROY_DUMB", "d", 0xB4, DestroyDumb)
DRM_ADDFB2: Final = both("DRM_IOCTL_MODE_ADDFB2", "d", 0xB8, Framebuffer)
VIDIOC_QUERYCAP: Final = reads("VIDIOC_QUERYCAP", "V", 0, V4l2Capability)
VIDIOC_ENUM_FMT: Final = both("VIDIOC_ENUM_FMT", "V", 2, V4l2FormatDescription)
VIDIOC_S_FMT: Final = both("VIDIOC_S_FMT", "V", 5, V4l2Format)
VIDIOC_REQBUFS: Final = both("VIDIOC_REQBUFS", "V", 8, V4l2RequestBuffers)
VIDIOC_QUERYBUF: Final = both("VIDIOC_QUERYBUF", "V", 9, V4l2Buffer)
VIDIOC_QBUF: Final = both("VIDIOC_QBUF", "V", 15, V4l2Buffer)
VIDIOC_EXPBUF: Final = both("VIDIOC_EXPBUF", "V", 16, V4l2ExportBuffer)
VIDIOC_DQBUF: Final = both("VIDIOC_DQBUF", "V", 17, V4l2Buffer)
VIDIOC_STREAMON: Final = writes("VIDIOC_STREAMON", "V", 18, 4)
VIDIOC_STREAMOFF: Final = writes("VIDIOC_STREAMOFF", "V", 19, 4)
VIDIOC_TRY_FMT: Final = both("VIDIOC_TRY_FMT", "V", 64, V4l2Format)
DRM_DROP_MASTER: Final = plain("DRM_IOCTL_DROP_MASTER", "d", 0x1F)

SYNC_READ, SYNC_WRITE, SYNC_START, SYNC_END = 1, 2, 0, 4
CAP_PRIME, PRIME_IMPORTS, PRIME_EXPORTS = 0x5, 1, 2
CAP_DUMB_BUFFER, CAP_ADDFB2_MODIFIERS = 0x1, 0x10
FB_MODIFIERS: Final = 2
V4L2_CAPTURE, V4L2_OUTPUT, V4L2_CAPTURE_MULTIPLANAR, V4L2_OUTPUT_MULTIPLANAR = 1, 2, 9, 10
CAP_CAPTURE_MULTIPLANAR, CAP_OUTPUT_MULTIPLANAR, CAP_M2M_MULTIPLANAR = 0x1000, 0x2000, 0x4000
V4L2_MMAP, V4L2_DMABUF = 1, 4
