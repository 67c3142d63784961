"""With which errno a clash shows, by the way a port takes buffers.

The solver says which fact clashes; the kernel says a number at a call. Where one
fact may show in several ways (a driver's own choice), all are listed. A kind that is
not here is nothing the kernel looks at: it lets such buffers through, so there is
nothing to compare.

`adjusted` is V4L2's own refusal: VIDIOC_S_FMT succeeds and says what it took instead
(Documentation/userspace-api/media/v4l/vidioc-g-fmt.rst).
"""

from __future__ import annotations

from typing import Final, Literal

from heapwright.api.verify.cells import is_video
from heapwright.platforms.schema import Device

Way = Literal["v4l2", "drm", "cpu"]
ADJUSTED: Final = "adjusted"

DESCRIPTION: Final = frozenset({
    "format", "modifier", "modifier-side-condition", "extent", "coded-size", "rows", "stride-multiple",
    "stride-exact", "stride-range", "stride-set", "plane-strides", "plane-offset", "implied-plane-offset",
    "plane-buffers", "metadata-planes", "column-height",
})  # fmt: skip
"""What is wrong with the picture rather than with where it lies."""

REFUSALS: Final[dict[str, dict[Way, tuple[str, ...]]]] = {
    # drivers/media/common/videobuf2/videobuf2-dma-contig.c vb2_dc_map_dmabuf(): "contiguous chunk is too small";
    # drivers/gpu/drm/drm_gem_dma_helper.c drm_gem_dma_prime_import_sg_table()
    "contiguous-memory": {"v4l2": ("EFAULT",), "drm": ("EINVAL",)},
    # videobuf2-dma-contig.c vb2_dc_map_dmabuf(): "Error getting dmabuf scatterlist", whatever the mapping said;
    # drivers/gpu/drm/drm_prime.c drm_gem_prime_import_dev() passes on what dma_map_sgtable() said
    "address-reach": {"v4l2": ("EINVAL",), "drm": ("EINVAL", "EIO", "ENOMEM")},
    "iommu-reach": {"v4l2": ("EINVAL",), "drm": ("EINVAL", "EIO", "ENOMEM")},
    "iova-aperture": {"v4l2": ("EINVAL",), "drm": ("EINVAL", "EIO", "ENOMEM")},
    # drivers/media/common/videobuf2/videobuf2-vmalloc.c vb2_vmalloc_map_dmabuf(): dma_buf_vmap() failed
    "cpu-importer": {"v4l2": ("EFAULT",), "drm": ("EINVAL", "EFAULT", "ENOMEM")},
    # drivers/dma-buf/dma-buf.c dma_buf_mmap_internal(): the exporter has no mmap
    "cpu-access": {"cpu": ("EINVAL",), "v4l2": ("EFAULT",)},
    # drivers/gpu/drm/virtio/virtgpu_prime.c virtgpu_gem_prime_import_sg_table(): ENODEV; drivers/gpu/drm/drm_prime.c
    # drm_gem_prime_import_dev(): EINVAL without gem_prime_import_sg_table, and ENOSYS where the driver imports nothing
    "importer-refuses": {"v4l2": ("EINVAL", "ENOSYS"), "drm": ("ENODEV", "EINVAL", "ENOSYS")},
    "unreachable-memory": {"v4l2": ("EINVAL",), "drm": ("EINVAL", "ENOSYS", "ENODEV")},
    # videobuf2-core.c __prepare_dmabuf(): shorter than min_length; drivers/gpu/drm/drm_gem_framebuffer_helper.c
    # drm_gem_fb_init_with_funcs(): too small for its rows
    "minimum-size": {"v4l2": ("EINVAL",), "drm": ("EINVAL",)},
    "tail": {"v4l2": ("EINVAL",), "drm": ("EINVAL",)},
    # drivers/dma-buf/heaps/cma_heap.c, drivers/tee/tee_shm.c, drivers/gpu/drm/drm_dumb_buffers.c, vb2_dc_alloc(): ENOMEM;
    # drivers/dma-buf/udmabuf.c udmabuf_create(): EINVAL beyond size_limit_mb
    "capacity": dict.fromkeys(("v4l2", "drm", "cpu"), ("ENOMEM",)),
    "heap-limits": dict.fromkeys(("v4l2", "drm", "cpu"), ("ENOMEM", "EINVAL")),
    # drivers/gpu/drm/drm_framebuffer.c drm_internal_framebuffer_create(): EINVAL; drivers/gpu/drm/virtio/virtgpu_display.c: ENOENT
    **{kind: {"v4l2": (ADJUSTED, "EINVAL"), "drm": ("EINVAL", "ENOENT", "ERANGE")} for kind in DESCRIPTION},
}  # fmt: skip


def way_of(device: Device) -> Way:
    """How a device takes buffers."""
    if device.kind == "cpu":
        return "cpu"
    return "v4l2" if is_video(device) else "drm"


def refusals(kind: str, way: Way) -> tuple[str, ...]:
    """The errnos with which a clash of this kind shows; empty if the kernel does not look."""
    return REFUSALS.get(kind, {}).get(way, ())
