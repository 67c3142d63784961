"""DRM dumb buffers, exported by PRIME.

Sources: include/uapi/drm/drm_mode.h struct drm_mode_create_dumb;
drivers/gpu/drm/drm_dumb_buffers.c; drivers/gpu/drm/drm_prime.c.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from heapwright.allocator.linux import uapi
from heapwright.allocator.linux.control import call, room_in
from heapwright.allocator.linux.dmabuf import OwnedDmabuf


class Dumb(NamedTuple):
    """What the driver made of the request: it alone chooses pitch and size, in bytes."""

    dmabuf: OwnedDmabuf
    pitch: int


def allocate(card: int, width: int, height: int, bits: int, name: str = "") -> Dumb:
    """A dumb buffer of `width` x `height` pixels of `bits` each, on an open card.

    Its handle is closed again: the dma-buf keeps the memory.

    Raises:
        Full: the driver has no room.
        KernelRefused: it makes no such buffer.
    """
    wanted = uapi.CreateDumb(width=width, height=height, bpp=bits)
    with room_in("the card", width * height * bits // 8):
        call(card, uapi.DRM_CREATE_DUMB, wanted)
    try:
        shared = uapi.PrimeHandle(handle=wanted.handle, flags=os.O_RDWR | os.O_CLOEXEC)
        call(card, uapi.DRM_PRIME_HANDLE_TO_FD, shared)
        return Dumb(OwnedDmabuf(shared.fd, name), wanted.pitch)
    finally:
        call(card, uapi.DRM_DESTROY_DUMB, uapi.DestroyDumb(handle=wanted.handle))
