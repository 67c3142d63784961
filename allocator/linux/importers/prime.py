"""DRM: import by PRIME, and framebuffers on what was imported.

Sources: drivers/gpu/drm/drm_prime.c drm_gem_prime_fd_to_handle(): importing one
dma-buf twice on one open card gives the same handle, which is closed once;
drivers/gpu/drm/drm_framebuffer.c drm_mode_addfb2().
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import call
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.solver.answer.plan import Plane


def fourcc_code(fourcc: str) -> int:
    """DRM's number of a fourcc: `XR24` is 0x34325258."""
    return int.from_bytes(fourcc.ljust(4).encode(), "little")


class Importer:
    """An open card that buffers are imported into; handles and framebuffers are given back at the end."""

    def __init__(self, card: int) -> None:
        self.card = card
        self._handles: dict[int, int] = {}
        """Inode of the dma-buf → handle."""
        self._framebuffers: list[int] = []

    def attach(self, dmabuf: OwnedDmabuf) -> int:
        """The card's handle of a dma-buf.

        Raises:
            KernelRefused: the driver does not take it: ENODEV, ENOSYS, EINVAL.
        """
        if dmabuf.inode not in self._handles:
            wanted = uapi.PrimeHandle(fd=dmabuf.fd)
            call(self.card, uapi.DRM_PRIME_FD_TO_HANDLE, wanted)
            self._handles[dmabuf.inode] = int(wanted.handle)
        return self._handles[dmabuf.inode]

    def framebuffer(
        self, fourcc: str, width: int, height: int, planes: Sequence[tuple[OwnedDmabuf, Plane]],
        modifier: int | None = None,
    ) -> int:  # fmt: skip
        """A framebuffer on planes, with a modifier where the card knows them; its number.

        Raises:
            KernelRefused: the driver does not scan this out.
        """
        wanted = uapi.Framebuffer(width=width, height=height, pixel_format=fourcc_code(fourcc))
        for index, (dmabuf, plane) in enumerate(planes):
            wanted.handles[index] = self.attach(dmabuf)
            wanted.pitches[index], wanted.offsets[index] = plane.stride, plane.offset
            if modifier is not None:
                wanted.modifier[index] = modifier
        if modifier is not None:
            wanted.flags = uapi.FB_MODIFIERS
        call(self.card, uapi.DRM_ADDFB2, wanted)
        self._framebuffers.append(int(wanted.fb_id))
        return int(wanted.fb_id)

    def release(self) -> None:
        """Give framebuffers and handles back; a second call does nothing."""
        while self._framebuffers:
            with contextlib.suppress(KernelRefused):
                call(self.card, uapi.DRM_RMFB, ctypes.c_int(self._framebuffers.pop()))
        while self._handles:
            with contextlib.suppress(KernelRefused):
                call(self.card, uapi.DRM_GEM_CLOSE, uapi.GemClose(handle=self._handles.popitem()[1]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self.release()
