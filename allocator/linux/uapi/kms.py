"""Mode setting: structures and request numbers of include/uapi/drm/drm_mode.h.

tests/kernel compares every size, offset and number with that header.
"""

from __future__ import annotations

import ctypes
from ctypes import c_char, c_uint16, c_uint32, c_uint64
from typing import Final

from heapwright.allocator.linux.control import both


class CardResources(ctypes.Structure):
    """struct drm_mode_card_res"""

    _fields_ = (
        ("fb_id_ptr", c_uint64), ("crtc_id_ptr", c_uint64), ("connector_id_ptr", c_uint64),
        ("encoder_id_ptr", c_uint64), ("count_fbs", c_uint32), ("count_crtcs", c_uint32),
        ("count_connectors", c_uint32), ("count_encoders", c_uint32), ("min_width", c_uint32),
        ("max_width", c_uint32), ("min_height", c_uint32), ("max_height", c_uint32),
    )  # fmt: skip


class ModeInfo(ctypes.Structure):
    """struct drm_mode_modeinfo"""

    _fields_ = (
        ("clock", c_uint32), ("hdisplay", c_uint16), ("hsync_start", c_uint16), ("hsync_end", c_uint16),
        ("htotal", c_uint16), ("hskew", c_uint16), ("vdisplay", c_uint16), ("vsync_start", c_uint16),
        ("vsync_end", c_uint16), ("vtotal", c_uint16), ("vscan", c_uint16), ("vrefresh", c_uint32),
        ("flags", c_uint32), ("type", c_uint32), ("name", c_char * 32),
    )  # fmt: skip


class Crtc(ctypes.Structure):
    """struct drm_mode_crtc"""

    _fields_ = (
        ("set_connectors_ptr", c_uint64), ("count_connectors", c_uint32), ("crtc_id", c_uint32),
        ("fb_id", c_uint32), ("x", c_uint32), ("y", c_uint32), ("gamma_size", c_uint32),
        ("mode_valid", c_uint32), ("mode", ModeInfo),
    )  # fmt: skip


class Encoder(ctypes.Structure):
    """struct drm_mode_get_encoder"""

    _fields_ = (
        ("encoder_id", c_uint32), ("encoder_type", c_uint32), ("crtc_id", c_uint32),
        ("possible_crtcs", c_uint32), ("possible_clones", c_uint32),
    )  # fmt: skip


class Connector(ctypes.Structure):
    """struct drm_mode_get_connector"""

    _fields_ = (
        ("encoders_ptr", c_uint64), ("modes_ptr", c_uint64), ("props_ptr", c_uint64),
        ("prop_values_ptr", c_uint64), ("count_modes", c_uint32), ("count_props", c_uint32),
        ("count_encoders", c_uint32), ("encoder_id", c_uint32), ("connector_id", c_uint32),
        ("connector_type", c_uint32), ("connector_type_id", c_uint32), ("connection", c_uint32),
        ("mm_width", c_uint32), ("mm_height", c_uint32), ("subpixel", c_uint32), ("pad", c_uint32),
    )  # fmt: skip


class Property(ctypes.Structure):
    """struct drm_mode_get_property"""

    _fields_ = (
        ("values_ptr", c_uint64), ("enum_blob_ptr", c_uint64), ("prop_id", c_uint32), ("flags", c_uint32),
        ("name", c_char * 32), ("count_values", c_uint32), ("count_enum_blobs", c_uint32),
    )  # fmt: skip


class PropertyEnum(ctypes.Structure):
    """struct drm_mode_property_enum"""

    _fields_ = (("value", c_uint64), ("name", c_char * 32))


class Blob(ctypes.Structure):
    """struct drm_mode_get_blob"""

    _fields_ = (("blob_id", c_uint32), ("length", c_uint32), ("data", c_uint64))


class PlaneResources(ctypes.Structure):
    """struct drm_mode_get_plane_res"""

    _fields_ = (("plane_id_ptr", c_uint64), ("count_planes", c_uint32))


class GetPlane(ctypes.Structure):
    """struct drm_mode_get_plane"""

    _fields_ = (
        ("plane_id", c_uint32), ("crtc_id", c_uint32), ("fb_id", c_uint32), ("possible_crtcs", c_uint32),
        ("gamma_size", c_uint32), ("count_format_types", c_uint32), ("format_type_ptr", c_uint64),
    )  # fmt: skip


class ObjectProperties(ctypes.Structure):
    """struct drm_mode_obj_get_properties"""

    _fields_ = (
        ("props_ptr", c_uint64), ("prop_values_ptr", c_uint64), ("count_props", c_uint32),
        ("obj_id", c_uint32), ("obj_type", c_uint32),
    )  # fmt: skip


class Atomic(ctypes.Structure):
    """struct drm_mode_atomic"""

    _fields_ = (
        ("flags", c_uint32), ("count_objs", c_uint32), ("objs_ptr", c_uint64), ("count_props_ptr", c_uint64),
        ("props_ptr", c_uint64), ("prop_values_ptr", c_uint64), ("reserved", c_uint64),
        ("user_data", c_uint64),
    )  # fmt: skip


class CreateBlob(ctypes.Structure):
    """struct drm_mode_create_blob"""

    _fields_ = (("data", c_uint64), ("length", c_uint32), ("blob_id", c_uint32))


class DestroyBlob(ctypes.Structure):
    """struct drm_mode_destroy_blob"""

    _fields_ = (("blob_id", c_uint32),)


GETRESOURCES: Final = both("DRM_IOCTL_MODE_GETRESOURCES", "d", 0xA0, CardResources)
SETCRTC: Final = both("DRM_IOCTL_MODE_SETCRTC", "d", 0xA2, Crtc)
GETENCODER: Final = both("DRM_IOCTL_MODE_GETENCODER", "d", 0xA6, Encoder)
GETCONNECTOR: Final = both("DRM_IOCTL_MODE_GETCONNECTOR", "d", 0xA7, Connector)
GETPROPERTY: Final = both("DRM_IOCTL_MODE_GETPROPERTY", "d", 0xAA, Property)
GETPROPBLOB: Final = both("DRM_IOCTL_MODE_GETPROPBLOB", "d", 0xAC, Blob)
GETPLANERESOURCES: Final = both("DRM_IOCTL_MODE_GETPLANERESOURCES", "d", 0xB5, PlaneResources)
GETPLANE: Final = both("DRM_IOCTL_MODE_GETPLANE", "d", 0xB6, GetPlane)
OBJ_GETPROPERTIES: Final = both("DRM_IOCTL_MODE_OBJ_GETPROPERTIES", "d", 0xB9, ObjectProperties)
ATOMIC: Final = both("DRM_IOCTL_MODE_ATOMIC", "d", 0xBC, Atomic)
CREATEPROPBLOB: Final = both("DRM_IOCTL_MODE_CREATEPROPBLOB", "d", 0xBD, CreateBlob)
DESTROYPROPBLOB: Final = both("DRM_IOCTL_MODE_DESTROYPROPBLOB", "d", 0xBE, DestroyBlob)

CLIENT_UNIVERSAL_PLANES, CLIENT_ATOMIC, CLIENT_WRITEBACK, CLIENT_CURSOR_HOTSPOT = 2, 3, 5, 6
"""DRM_CLIENT_CAP_* of include/uapi/drm/drm.h."""
CONNECTED, CONNECTOR_WRITEBACK = 1, 18
OBJECT_CRTC, OBJECT_CONNECTOR, OBJECT_PLANE = 0xCCCCCCCC, 0xC0C0C0C0, 0xEEEEEEEE
PLANE_PRIMARY = 1
ATOMIC_ALLOW_MODESET = 0x400
