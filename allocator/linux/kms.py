"""What an open DRM card has: CRTCs, connectors, planes and their properties.

Sources: include/uapi/drm/drm_mode.h; drivers/gpu/drm/drm_mode_config.c
drm_mode_getresources(), drm_connector.c drm_mode_getconnector(), drm_plane.c
drm_mode_getplane(). Every list is asked for twice: how long, then what.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Mapping
from typing import NamedTuple

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import call
from heapwright.allocator.linux.uapi import kms as uapi_kms


class PropertyValue(NamedTuple):
    """A property of one object: its number for commits, and the value it has."""

    number: int
    value: int


class Connected(NamedTuple):
    """A connector: an output, or a writeback."""

    number: int
    writeback: bool
    connected: bool
    modes: tuple[uapi_kms.ModeInfo, ...]
    crtcs: tuple[int, ...]
    """CRTCs that one of its encoders can use."""


class DisplayPlane(NamedTuple):
    """A plane of the display: what it shows and where."""

    number: int
    crtcs: tuple[int, ...]
    formats: tuple[str, ...]
    """fourccs, without trailing blanks."""


class CardObjects(NamedTuple):
    """Numbers of the card's objects, in its own order, and the framebuffers it takes."""

    crtcs: tuple[int, ...]
    connectors: tuple[int, ...]
    smallest: tuple[int, int]
    largest: tuple[int, int]


def ask_for_everything(card: int) -> bool:
    """Announce that all planes and writeback are understood; whether the card does atomic commits.

    A paravirtual card hides its cursor plane from whoever does not say that it knows of
    hotspots (drivers/gpu/drm/drm_plane.c drm_mode_getplane_res(), since 6.8); its formats
    are framebuffers' formats all the same.
    """
    if not all(_says(card, each) for each in (uapi_kms.CLIENT_UNIVERSAL_PLANES, uapi_kms.CLIENT_ATOMIC)):
        return False
    for understood in (uapi_kms.CLIENT_WRITEBACK, uapi_kms.CLIENT_CURSOR_HOTSPOT):
        _says(card, understood)
    return True


def _says(card: int, capability: int) -> bool:
    """Whether the card lets its client announce that."""
    try:
        call(card, uapi.DRM_SET_CLIENT_CAP, uapi.DrmCapability(capability=capability, value=1))
    except KernelRefused:
        return False
    return True


def look(card: int) -> CardObjects:
    """The card's objects.

    Raises:
        KernelRefused: this card shows nothing (EOPNOTSUPP).
    """
    count = uapi_kms.CardResources()
    call(card, uapi_kms.GETRESOURCES, count)
    crtcs, connectors = _numbers(count.count_crtcs), _numbers(count.count_connectors)
    found = uapi_kms.CardResources(
        count_crtcs=len(crtcs), crtc_id_ptr=ctypes.addressof(crtcs),
        count_connectors=len(connectors), connector_id_ptr=ctypes.addressof(connectors),
    )  # fmt: skip
    call(card, uapi_kms.GETRESOURCES, found)
    return CardObjects(
        tuple(crtcs), tuple(connectors),
        (found.min_width, found.min_height), (found.max_width, found.max_height),
    )  # fmt: skip


def connector(card: int, number: int, crtcs: tuple[int, ...]) -> Connected:
    """One connector, with its modes as the driver has them now."""
    count = uapi_kms.Connector(connector_id=number)
    call(card, uapi_kms.GETCONNECTOR, count)
    modes = (uapi_kms.ModeInfo * count.count_modes)()
    encoders = _numbers(count.count_encoders)
    found = uapi_kms.Connector(
        connector_id=number, count_modes=len(modes), modes_ptr=ctypes.addressof(modes),
        count_encoders=len(encoders), encoders_ptr=ctypes.addressof(encoders),
    )  # fmt: skip
    call(card, uapi_kms.GETCONNECTOR, found)
    mask = 0
    for encoder in encoders:
        seen = uapi_kms.Encoder(encoder_id=encoder)
        call(card, uapi_kms.GETENCODER, seen)
        mask |= seen.possible_crtcs
    return Connected(
        number, found.connector_type == uapi_kms.CONNECTOR_WRITEBACK,
        found.connection == uapi_kms.CONNECTED, tuple(modes), _masked(crtcs, mask),
    )  # fmt: skip


def planes(card: int, crtcs: tuple[int, ...]) -> tuple[DisplayPlane, ...]:
    """The card's planes; all of them after `ask_for_everything`, else overlays alone."""
    count = uapi_kms.PlaneResources()
    call(card, uapi_kms.GETPLANERESOURCES, count)
    numbers = _numbers(count.count_planes)
    found = uapi_kms.PlaneResources(count_planes=len(numbers), plane_id_ptr=ctypes.addressof(numbers))
    call(card, uapi_kms.GETPLANERESOURCES, found)
    return tuple(_plane(card, number, crtcs) for number in numbers)


def _plane(card: int, number: int, crtcs: tuple[int, ...]) -> DisplayPlane:
    count = uapi_kms.GetPlane(plane_id=number)
    call(card, uapi_kms.GETPLANE, count)
    formats = _numbers(count.count_format_types)
    found = uapi_kms.GetPlane(
        plane_id=number, count_format_types=len(formats), format_type_ptr=ctypes.addressof(formats)
    )
    call(card, uapi_kms.GETPLANE, found)
    names = tuple(fourcc_name(each) for each in formats)
    return DisplayPlane(number, _masked(crtcs, found.possible_crtcs), names)


def properties(card: int, number: int, kind: int) -> dict[str, PropertyValue]:
    """Properties of an object by name; `kind` is a DRM_MODE_OBJECT_* number."""
    count = uapi_kms.ObjectProperties(obj_id=number, obj_type=kind)
    call(card, uapi_kms.OBJ_GETPROPERTIES, count)
    numbers, values = _numbers(count.count_props), (ctypes.c_uint64 * count.count_props)()
    found = uapi_kms.ObjectProperties(
        obj_id=number, obj_type=kind, count_props=len(numbers),
        props_ptr=ctypes.addressof(numbers), prop_values_ptr=ctypes.addressof(values),
    )  # fmt: skip
    call(card, uapi_kms.OBJ_GETPROPERTIES, found)
    named: dict[str, PropertyValue] = {}
    for each, value in zip(numbers, values, strict=True):
        seen = uapi_kms.Property(prop_id=each)
        call(card, uapi_kms.GETPROPERTY, seen)
        named[seen.name.decode()] = PropertyValue(each, value)
    return named


def value_names(card: int, number: int) -> tuple[str, ...]:
    """The names of the values, or bits, that a property can have."""
    count = uapi_kms.Property(prop_id=number)
    call(card, uapi_kms.GETPROPERTY, count)
    values = (uapi_kms.PropertyEnum * count.count_enum_blobs)()
    found = uapi_kms.Property(
        prop_id=number, count_enum_blobs=len(values), enum_blob_ptr=ctypes.addressof(values)
    )
    call(card, uapi_kms.GETPROPERTY, found)
    return tuple(each.name.decode() for each in values)


def blob(card: int, number: int) -> bytes:
    """The bytes of a blob property."""
    count = uapi_kms.Blob(blob_id=number)
    call(card, uapi_kms.GETPROPBLOB, count)
    data = ctypes.create_string_buffer(count.length)
    found = uapi_kms.Blob(blob_id=number, length=count.length, data=ctypes.addressof(data))
    call(card, uapi_kms.GETPROPBLOB, found)
    return data.raw


def in_formats(data: bytes) -> Mapping[str, tuple[int, ...]]:
    """A plane's IN_FORMATS blob: fourcc → modifiers.

    Source: include/uapi/drm/drm_mode.h struct drm_format_modifier_blob; each
    drm_format_modifier has a mask of 64 formats from `offset` on, then a modifier.
    """
    _, _, format_count, formats_at, modifier_count, modifiers_at = struct.unpack_from("<6I", data)
    formats = struct.unpack_from(f"<{format_count}I", data, formats_at)
    found: dict[str, list[int]] = {fourcc_name(each): [] for each in formats}
    for index in range(modifier_count):
        mask, offset, modifier = struct.unpack_from("<QI4xQ", data, modifiers_at + 24 * index)
        for bit in range(64):
            if mask >> bit & 1:
                found[fourcc_name(formats[offset + bit])].append(modifier)
    return {name: tuple(modifiers) for name, modifiers in found.items()}


def fourcc_name(code: int) -> str:
    """0x34325258 is `XR24`."""
    return code.to_bytes(4, "little").decode("ascii", "replace").rstrip()


def _numbers(count: int) -> ctypes.Array[ctypes.c_uint32]:
    return (ctypes.c_uint32 * count)()


def _masked(crtcs: tuple[int, ...], mask: int) -> tuple[int, ...]:
    return tuple(number for index, number in enumerate(crtcs) if mask >> index & 1)
