"""Through which kernel framework a device takes buffers, and how each of them says no.

A V4L2 driver imports at VIDIOC_QBUF (`drivers/media/common/videobuf2/`), a DRM
driver at DRM_IOCTL_PRIME_FD_TO_HANDLE (`drivers/gpu/drm/drm_prime.c`), the CPU
by mmap. The same want has another errno in each.
"""

from __future__ import annotations

import errno as errnos
from errno import EFAULT, EINVAL, ENOSYS
from typing import Final, Literal

from heapwright.allocator.backend import AllocatedBuffer, KernelRefused
from heapwright.allocator.faults import Objection, chunk_too_small, refused
from heapwright.allocator.hardware import DeviceFacts, HeapFacts

Api = Literal["cpu", "v4l2", "drm", "other"]
BY_NODE: Final[dict[str, Api]] = {"/dev/dri/": "drm", "/dev/accel/": "drm", "/dev/video": "v4l2"}
BY_KIND: Final[dict[str, Api]] = {
    "cpu": "cpu", "display": "drm", "gpu": "drm", "npu": "drm",
    "camera": "v4l2", "isp": "v4l2", "video-decoder": "v4l2", "video-encoder": "v4l2",
    "jpeg-codec": "v4l2", "2d": "v4l2",
}  # fmt: skip
"""The framework of a kind's drivers in Linux, where the device names no node."""


def api(device: DeviceFacts) -> Api:
    """Where the device's node is tells, and without one its kind."""
    node = device.facts.node or ""
    for prefix, found in BY_NODE.items():
        if node.startswith(prefix):
            return found
    return BY_KIND.get(device.facts.kind, "other")


def scattered(device: DeviceFacts, got: int, wanted: int) -> Objection:
    """The first run that a device without a scatter list gets is shorter than the buffer.

    videobuf2-dma-contig.c vb2_dc_map_dmabuf() says EFAULT, drm_gem_dma_helper.c
    drm_gem_dma_prime_import_sg_table() EINVAL and nothing more.
    """
    if api(device) == "v4l2":
        return chunk_too_small(got, wanted)
    return refused("contiguous-memory", f"only the first {got} of {wanted} bytes are contiguous")


def unmapped(device: DeviceFacts, heap: HeapFacts) -> Objection:
    """A driver that reaches buffers by the CPU gets one that cannot be mapped.

    videobuf2-vmalloc.c vb2_vmalloc_map_dmabuf() turns any failure of dma_buf_vmap() into EFAULT.
    """
    kind = "cpu-access" if api(device) == "cpu" else "cpu-importer"
    errno = EFAULT if api(device) == "v4l2" else EINVAL
    return Objection(kind, errno, f"{heap.name} cannot be mapped by the CPU")


def maps_at_import(device: DeviceFacts) -> bool:
    """Whether a driver that works by the CPU maps at once; DRM drivers do when they show the picture.

    drivers/gpu/drm/vkms/vkms_plane.c vkms_prepare_fb(), not drm_gem_shmem_helper.c at import.
    """
    return device.by_cpu and api(device) != "drm"


def unattachable(device: DeviceFacts, heap: HeapFacts) -> KernelRefused:
    """The exporter's memory is its device's own, and this device has no way into it.

    drivers/gpu/drm/drm_prime.c drm_gem_map_attach(): ENOSYS where the exporter has no list of pages.
    """
    errno = ENOSYS if heap.facts.via == "drm" else EINVAL
    return KernelRefused(errno, f"no peer-to-peer way into the memory of {heap.name}")


def takes(device: DeviceFacts, heap: HeapFacts) -> bool:
    """Whether the driver imports buffers of that heap at all; its own it always takes."""
    imports = device.imports
    return heap.facts.exporter == device.name or imports is None or heap.name in imports


def no_import(device: DeviceFacts, heap: HeapFacts) -> KernelRefused:
    """What a driver that does not import says.

    Without an import of its own drm_gem_prime_import_dev() says EINVAL before it attaches, and
    vb2_verify_memory_type() at REQBUFS; a driver with an import that refuses has words of its own.
    """
    errno = EINVAL if device.facts.refuses is None else getattr(errnos, device.facts.refuses)
    return KernelRefused(errno, f"{device.name} imports no buffers of {heap.name}")


def too_short(buffer: AllocatedBuffer) -> Objection | None:
    """A dma-buf that ends before the planes in it do.

    videobuf2-core.c __prepare_dmabuf() compares with sizeimage before it attaches;
    drm_framebuffer.c and the drivers' fb_create only when a framebuffer is made.
    """
    for index, dmabuf in enumerate(buffer.dmabufs):
        ends = (each.offset + each.size for each in buffer.placement.planes if each.dmabuf == index)
        need = max(ends, default=0)
        if dmabuf.size < need:
            return refused("tail", f"a buffer of {dmabuf.size} bytes for an image of {need}")
    return None
