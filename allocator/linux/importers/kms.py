"""Scan-out and writeback on an open card: atomic where the card can, SETCRTC elsewhere.

Sources: drivers/gpu/drm/drm_atomic_uapi.c drm_mode_atomic_ioctl();
drivers/gpu/drm/drm_writeback.c (WRITEBACK_FB_ID, WRITEBACK_OUT_FENCE_PTR: the fence
signals when the pixels are in memory); drivers/gpu/drm/drm_crtc.c drm_mode_setcrtc().
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
from collections.abc import Sequence
from errno import ENODEV, EOPNOTSUPP, ETIMEDOUT
from types import TracebackType
from typing import Final, NamedTuple, Self

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import kms
from heapwright.allocator.linux.control import call
from heapwright.allocator.linux.kms import Connected
from heapwright.allocator.linux.uapi import kms as uapi_kms

SECONDS: Final = 5.0
"""How long a writeback may take."""


class PropertyChange(NamedTuple):
    """One property to set: of which object, its kind, the property's name, the value."""

    object: int
    kind: int
    name: str
    value: int


class Pipe(NamedTuple):
    """What shows a picture: numbers of a CRTC, its primary plane, an output and a writeback."""

    crtc: int
    plane: int | None
    output: Connected | None
    writeback: Connected | None


class Display:
    """The picture of an open card; switched off at the end.

    The card must be ours: the first to open it is its master.
    """

    def __init__(self, card: int, *, atomic: bool = True) -> None:
        """`atomic=False` keeps to SETCRTC.

        Raises:
            KernelRefused: this card shows nothing.
        """
        self.card = card
        self.atomic = atomic and kms.ask_for_everything(card)
        self.pipe = _pipe(card, self.atomic)
        self._blobs: list[int] = []
        self._shown = False

    def show(self, framebuffer: int, width: int, height: int) -> None:
        """Scan out a framebuffer of that size.

        Raises:
            KernelRefused: EACCES where somebody else is master, EINVAL where the display cannot.
        """
        if self.atomic:
            self._commit(self._picture(framebuffer, width, height))
        else:
            self._set_crtc(framebuffer, width, height)
        self._shown = True

    def write_back(
        self, framebuffer: int, target: int, width: int, height: int, seconds: float = SECONDS
    ) -> None:
        """Scan out one framebuffer and have the display write what it shows into another; waits for it.

        Raises:
            KernelRefused: there is no writeback, it is refused, or takes too long (ETIMEDOUT).
        """
        writeback = self.pipe.writeback
        if not self.atomic or writeback is None:
            raise KernelRefused(EOPNOTSUPP, "this card writes no picture back")
        fence = ctypes.c_int32(-1)
        connector = (writeback.number, uapi_kms.OBJECT_CONNECTOR)
        changes = [
            *self._picture(framebuffer, width, height),
            PropertyChange(*connector, "CRTC_ID", self.pipe.crtc),
            PropertyChange(*connector, "WRITEBACK_FB_ID", target),
            PropertyChange(*connector, "WRITEBACK_OUT_FENCE_PTR", ctypes.addressof(fence)),
        ]
        try:
            self._commit(changes)
            self._shown = True
            _wait(fence.value, seconds)
        finally:
            if fence.value >= 0:
                os.close(fence.value)

    def _picture(self, framebuffer: int, width: int, height: int) -> list[PropertyChange]:
        crtc, plane = (self.pipe.crtc, uapi_kms.OBJECT_CRTC), (self.pipe.plane, uapi_kms.OBJECT_PLANE)
        if plane[0] is None:
            raise KernelRefused(ENODEV, "the card has no primary plane")
        of_plane = {
            "FB_ID": framebuffer, "CRTC_ID": self.pipe.crtc, "SRC_X": 0, "SRC_Y": 0,
            "SRC_W": width << 16, "SRC_H": height << 16,
            "CRTC_X": 0, "CRTC_Y": 0, "CRTC_W": width, "CRTC_H": height,
        }  # fmt: skip
        changes = [
            PropertyChange(*crtc, "MODE_ID", self._mode(width, height)),
            PropertyChange(*crtc, "ACTIVE", 1),
            *(PropertyChange(plane[0], plane[1], name, value) for name, value in of_plane.items()),
        ]
        if self.pipe.output is not None:
            output = self.pipe.output.number
            changes.append(PropertyChange(output, uapi_kms.OBJECT_CONNECTOR, "CRTC_ID", self.pipe.crtc))
        return changes

    def _mode(self, width: int, height: int) -> int:
        mode = _mode(self.pipe.output, width, height)
        wanted = uapi_kms.CreateBlob(data=ctypes.addressof(mode), length=ctypes.sizeof(mode))
        call(self.card, uapi_kms.CREATEPROPBLOB, wanted)
        self._blobs.append(int(wanted.blob_id))
        return self._blobs[-1]

    def _commit(self, changes: Sequence[PropertyChange]) -> None:
        objects = list(dict.fromkeys((each.object, each.kind) for each in changes))
        numbers: list[int] = []
        values: list[int] = []
        counts: list[int] = []
        for number, kind in objects:
            known = kms.properties(self.card, number, kind)
            own = [each for each in changes if each.object == number and each.name in known]
            numbers += [known[each.name].number for each in own]
            values += [each.value for each in own]
            counts.append(len(own))
        ids = (ctypes.c_uint32 * len(objects))(*(number for number, _ in objects))
        how_many = (ctypes.c_uint32 * len(counts))(*counts)
        properties = (ctypes.c_uint32 * len(numbers))(*numbers)
        to = (ctypes.c_uint64 * len(values))(*values)
        wanted = uapi_kms.Atomic(
            flags=uapi_kms.ATOMIC_ALLOW_MODESET, count_objs=len(objects), objs_ptr=ctypes.addressof(ids),
            count_props_ptr=ctypes.addressof(how_many), props_ptr=ctypes.addressof(properties),
            prop_values_ptr=ctypes.addressof(to),
        )  # fmt: skip
        call(self.card, uapi_kms.ATOMIC, wanted)

    def _set_crtc(self, framebuffer: int, width: int, height: int) -> None:
        if self.pipe.output is None:
            raise KernelRefused(ENODEV, "no output is connected")
        connectors = (ctypes.c_uint32 * 1)(self.pipe.output.number)
        wanted = uapi_kms.Crtc(
            set_connectors_ptr=ctypes.addressof(connectors), count_connectors=1, crtc_id=self.pipe.crtc,
            fb_id=framebuffer, mode_valid=1, mode=_mode(self.pipe.output, width, height),
        )  # fmt: skip
        call(self.card, uapi_kms.SETCRTC, wanted)

    def release(self) -> None:
        """Switch the picture off and give modes back; a second call does nothing."""
        if self._shown:
            self._shown = False
            with contextlib.suppress(KernelRefused):
                self._off()
        while self._blobs:
            with contextlib.suppress(KernelRefused):
                blob = uapi_kms.DestroyBlob(blob_id=self._blobs.pop())
                call(self.card, uapi_kms.DESTROYPROPBLOB, blob)

    def _off(self) -> None:
        if not self.atomic or self.pipe.plane is None:
            call(self.card, uapi_kms.SETCRTC, uapi_kms.Crtc(crtc_id=self.pipe.crtc))
            return
        connectors = [each for each in (self.pipe.output, self.pipe.writeback) if each is not None]
        self._commit([
            PropertyChange(self.pipe.plane, uapi_kms.OBJECT_PLANE, "FB_ID", 0),
            PropertyChange(self.pipe.plane, uapi_kms.OBJECT_PLANE, "CRTC_ID", 0),
            PropertyChange(self.pipe.crtc, uapi_kms.OBJECT_CRTC, "ACTIVE", 0),
            PropertyChange(self.pipe.crtc, uapi_kms.OBJECT_CRTC, "MODE_ID", 0),
            *(PropertyChange(each.number, uapi_kms.OBJECT_CONNECTOR, "CRTC_ID", 0) for each in connectors),
        ])  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self.release()


def _pipe(card: int, atomic: bool) -> Pipe:
    """The first CRTC that a connected output can use, or a writeback alone."""
    found = kms.look(card)
    connectors = [kms.connector(card, number, found.crtcs) for number in found.connectors]
    outputs = [each for each in connectors if each.connected and not each.writeback and each.crtcs]
    writebacks = [each for each in connectors if each.writeback and each.crtcs]
    output = next(iter(outputs), None)
    crtcs = next((each.crtcs for each in (*outputs, *writebacks)), found.crtcs)
    if not crtcs:
        raise KernelRefused(ENODEV, "the card has no CRTC")
    plane = _primary(card, found.crtcs, crtcs[0]) if atomic else None
    return Pipe(crtcs[0], plane, output, next((w for w in writebacks if crtcs[0] in w.crtcs), None))


def _primary(card: int, crtcs: tuple[int, ...], crtc: int) -> int | None:
    for plane in kms.planes(card, crtcs):
        known = kms.properties(card, plane.number, uapi_kms.OBJECT_PLANE)
        if crtc in plane.crtcs and known["type"].value == uapi_kms.PLANE_PRIMARY:
            return plane.number
    return None


def _mode(output: Connected | None, width: int, height: int) -> uapi_kms.ModeInfo:
    """The output's mode of that size, or one made up: 60 Hz with the blanking of reduced CVT."""
    for mode in output.modes if output is not None else ():
        if (mode.hdisplay, mode.vdisplay) == (width, height):
            return mode
    across, down = width + 160, height + 30
    return uapi_kms.ModeInfo(
        clock=across * down * 60 // 1000, hdisplay=width, hsync_start=width + 48, hsync_end=width + 80,
        htotal=across, vdisplay=height, vsync_start=height + 3, vsync_end=height + 9, vtotal=down,
        vrefresh=60, name=f"{width}x{height}".encode(),
    )  # fmt: skip


def _wait(fence: int, seconds: float) -> None:
    if fence < 0:
        return
    ready = select.poll()
    ready.register(fence, select.POLLIN)
    if not ready.poll(int(seconds * 1000)):
        raise KernelRefused(ETIMEDOUT, f"nothing was written back within {seconds:g} s")
