"""DRM cards: what they share, make, and scan out.

Sources: include/uapi/drm/drm.h DRM_CAP_*; include/uapi/drm/drm_mode.h; the blob
IN_FORMATS (struct drm_format_modifier_blob).
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from math import gcd
from pathlib import Path
from typing import Final

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import kms, uapi
from heapwright.allocator.linux.control import call, opened
from heapwright.allocator.linux.discover.files import folders
from heapwright.allocator.linux.discover.hardware import hardware
from heapwright.allocator.linux.discover.iommus import reach
from heapwright.allocator.linux.discover.permissions import permission
from heapwright.allocator.linux.nodes import driver_of
from heapwright.allocator.linux.uapi import kms as uapi_kms
from heapwright.allocator.linux.uapi import looking as uapi_looking
from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.fourcc.modifiers import canonical
from heapwright.platforms.importers.planes import TYPES, PlaneRecord, put_together, rotations
from heapwright.platforms.importers.records import CardRecord, PlanesRecord

ODD_WIDTHS: Final = (1, 3, 17, 333, 641, 1366)
ROWS: Final = 2
_CARD = re.compile(r"card(\d+)", re.ASCII)


def found(root: Path, notes: list[str]) -> Iterator[CardRecord]:
    """The cards that may be opened, in order of their numbers."""
    nodes = [
        (int(match[1]), each) for each in folders(root / "dev/dri") if (match := _CARD.fullmatch(each.name))
    ]
    for _, node in sorted(nodes):
        try:
            with opened(node) as fd:
                yield _card(root, node, fd)
        except KernelRefused as refused:
            notes.append(f"/dev/dri/{node.name} could not be read: {refused}")


def _card(root: Path, node: Path, fd: int) -> CardRecord:
    driver = driver_of(fd)
    path = f"/dev/dri/{node.name}"
    prime = _capability(fd, uapi.CAP_PRIME) or 0
    pitches = _pitches(fd)
    modes, planes, writeback = _shown(fd)
    cursor = tuple(
        _capability(fd, each) or 0 for each in (uapi_looking.CAP_CURSOR_WIDTH, uapi_looking.CAP_CURSOR_HEIGHT)
    )
    return CardRecord(
        node=path, driver=driver, imports=bool(prime & uapi.PRIME_IMPORTS),
        exports=bool(prime & uapi.PRIME_EXPORTS), dumb=bool(pitches), pitch_multiple=_multiple(pitches),
        modes=modes, planes=planes, cursor=(cursor[0], cursor[1]) if all(cursor) else None,
        writeback=writeback, connectors=_connectors(root, node.name),
        reach=reach(root / "sys/class/drm" / node.name / "device"),
        permission=permission(node, os.R_OK | os.W_OK), source=f"probed: {path} (driver {driver})",
        dumb_bits=tuple(sorted({bits for bits, _, _ in pitches})), blob=_blob(fd, driver),
        hardware=hardware(root / "sys/class/drm" / node.name / "device"),
    )  # fmt: skip


def _capability(fd: int, number: int) -> int | None:
    wanted = uapi.DrmCapability(capability=number)
    try:
        call(fd, uapi.DRM_GET_CAP, wanted)
    except KernelRefused:
        return None
    return int(wanted.value)


def _pitches(fd: int) -> list[tuple[int, int, int]]:
    """Bits a pixel, width, and the pitch that the driver gave a dumb buffer of two rows."""
    pitches = []
    for bits in (8, 16, 32):
        for width in ODD_WIDTHS:
            wanted = uapi.CreateDumb(width=width, height=ROWS, bpp=bits)
            try:
                call(fd, uapi.DRM_CREATE_DUMB, wanted)
            except KernelRefused:
                break
            call(fd, uapi.DRM_DESTROY_DUMB, uapi.DestroyDumb(handle=wanted.handle))
            pitches.append((bits, width, int(wanted.pitch)))
    return pitches


def _multiple(pitches: list[tuple[int, int, int]]) -> int | None:
    """What pitches are rounded to, in bytes: 1 where every row is as long as its pixels."""
    if not pitches:
        return None
    if all(pitch == width * bits // 8 for bits, width, pitch in pitches):
        return 1
    return gcd(*(pitch for _, _, pitch in pitches))


def _shown(fd: int) -> tuple[tuple[tuple[int, int], tuple[int, int]] | None, PlanesRecord, tuple[str, ...]]:
    """Extents of framebuffers, the planes, and formats of writeback; None where nothing is shown."""
    kms.ask_for_everything(fd)
    try:
        card = kms.look(fd)
    except KernelRefused:
        return None, PlanesRecord({}), ()
    if not card.crtcs:
        return None, PlanesRecord({}), ()
    planes = [_plane(fd, plane, card.crtcs) for plane in kms.planes(fd, card.crtcs)]
    return (card.smallest, card.largest), put_together(planes), _writeback(fd, card)


def _plane(fd: int, plane: kms.DisplayPlane, crtcs: tuple[int, ...]) -> PlaneRecord:
    known = kms.properties(fd, plane.number, uapi_kms.OBJECT_PLANE)
    kind = TYPES.get(known["type"].value, "overlay") if "type" in known else "primary"
    bits = kms.value_names(fd, known["rotation"].number) if "rotation" in known else ()
    mask = sum(1 << index for index, number in enumerate(crtcs) if number in plane.crtcs)
    return PlaneRecord(kind, mask, _formats(fd, plane, known), rotations(bits))


def _formats(
    fd: int, plane: kms.DisplayPlane, known: dict[str, kms.PropertyValue]
) -> dict[str, tuple[str, ...]]:
    """A plane's formats with modifiers by name; no modifiers where the driver tells none."""
    reported = known.get("IN_FORMATS")
    if reported is None or not reported.value:
        return {each: () for each in plane.formats if pixel_format(each)}
    pairs = kms.in_formats(kms.blob(fd, reported.value))
    return {
        fourcc: tuple(str(canonical(each)) for each in modifiers)
        for fourcc, modifiers in pairs.items()
        if pixel_format(fourcc) and modifiers
    }


def _writeback(fd: int, card: kms.CardObjects) -> tuple[str, ...]:
    written: dict[str, None] = {}
    for number in card.connectors:
        known = kms.properties(fd, number, uapi_kms.OBJECT_CONNECTOR)
        reported = known.get("WRITEBACK_PIXEL_FORMATS")
        if reported is not None and reported.value:
            data = kms.blob(fd, reported.value)
            codes = (int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data) - 3, 4))
            written |= {name: None for name in map(kms.fourcc_name, codes) if pixel_format(name)}
    return tuple(written)


def _connectors(root: Path, card: str) -> tuple[str, ...]:
    """Connectors by the names that compositors use: `HDMI-A-1`."""
    names = (each.name for each in folders(root / "sys/class/drm"))
    found = (name.removeprefix(f"{card}-") for name in names if name.startswith(f"{card}-"))
    return tuple(name for name in found if not name.startswith("Writeback"))


def _blob(fd: int, driver: str) -> bool:
    """Whether virtio-gpu has blob resources without virgl: then it imports (virtgpu_prime.c)."""
    if driver != "virtio_gpu":
        return False
    return _parameter(fd, uapi_looking.VIRTGPU_RESOURCE_BLOB) == 1 and not _parameter(
        fd, uapi_looking.VIRTGPU_3D_FEATURES
    )


def _parameter(fd: int, number: int) -> int:
    value = ctypes.c_int32(0)
    wanted = uapi_looking.VirtioParameter(param=number, value=ctypes.addressof(value))
    try:
        call(fd, uapi_looking.VIRTGPU_GETPARAM, wanted)
    except KernelRefused:
        return 0
    return value.value
