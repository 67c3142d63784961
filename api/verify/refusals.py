"""How the kernel shows each kind of conflict: with which errno, and on which facts of the profile it rests.

The solver says which fact clashes; the kernel says a number at a call. Where one
fact may show in several ways (a driver's own choice), all are listed. A kind that is
not here is nothing the kernel looks at: it lets such buffers through, so there is
nothing to compare.

`adjusted` is V4L2's own refusal: VIDIOC_S_FMT succeeds and says what it took instead
(Documentation/userspace-api/media/v4l/vidioc-g-fmt.rst).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple, get_args

from heapwright.api.verify.cells import Cell, is_video
from heapwright.api.verify.paths import (
    Paths,
    dma,
    formats,
    of_device,
    of_heap,
    of_iommu,
    of_memory,
    of_port,
    of_rule,
    taken,
)
from heapwright.platforms.schema import Device, Platform

Framework = Literal["v4l2", "drm", "iio", "cpu"]
ADJUSTED: Final = "adjusted"


class Refusal(NamedTuple):
    """One kind of conflict as the kernel shows it."""

    errnos: Mapping[Framework, tuple[str, ...]]
    facts: tuple[Paths, ...]
    """Where the profile says what it rests on, the likeliest first."""
    silent: bool = False
    """Whether it may show as missing bytes instead: a bounce buffer, a mapping of too few pages."""
    unseen: frozenset[Framework] = frozenset()
    """Where a buffer is taken without a trace until its bytes are needed: a card maps and pins what it shows."""


_ANYWHERE: Final[tuple[Framework, ...]] = get_args(Framework)
_CARD: Final[frozenset[Framework]] = frozenset({"drm"})
_NOT_MAPPED: Final[dict[Framework, tuple[str, ...]]] = {
    "v4l2": ("EINVAL",),
    "drm": ("EINVAL", "EIO", "ENOMEM"),
}
_REACH: Final = (of_device("dma.bits"), of_memory("base"))
_PICTURE: Final = {
    "extent": "extent", "coded-size": "coded", "rows": "rows", "modifier": "modifiers",
    "modifier-side-condition": "when", "stride-multiple": "stride", "stride-exact": "stride",
    "stride-range": "stride", "stride-set": "stride", "plane-strides": "stride",
    "implied-plane-offset": "implied_offset", "plane-offset": "offset", "plane-buffers": "dmabufs",
    "metadata-planes": "metadata", "column-height": "column_height",
}  # fmt: skip
DESCRIPTION: Final = frozenset({"format", *_PICTURE})
"""What is wrong with the picture rather than with where it lies."""
# drivers/gpu/drm/drm_framebuffer.c drm_internal_framebuffer_create(): EINVAL; drivers/gpu/drm/virtio/virtgpu_display.c: ENOENT
_NOT_DESCRIBED: Final[dict[Framework, tuple[str, ...]]] = {
    "v4l2": (ADJUSTED, "EINVAL"),
    "drm": ("EINVAL", "ENOENT", "ERANGE"),
}

REFUSALS: Final[dict[str, Refusal]] = {
    # drivers/media/common/videobuf2/videobuf2-dma-contig.c vb2_dc_map_dmabuf(): "contiguous chunk is too small";
    # drivers/gpu/drm/drm_gem_dma_helper.c drm_gem_dma_prime_import_sg_table()
    "contiguous-memory": Refusal({"v4l2": ("EFAULT",), "drm": ("EINVAL",)}, (of_heap("run"), dma)),
    # videobuf2-dma-contig.c vb2_dc_map_dmabuf(): "Error getting dmabuf scatterlist", whatever the mapping said;
    # drivers/gpu/drm/drm_prime.c drm_gem_prime_import_dev() passes on what dma_map_sgtable() said
    "address-reach": Refusal(_NOT_MAPPED, _REACH, silent=True),
    "iommu-reach": Refusal(_NOT_MAPPED, _REACH),
    "iova-aperture": Refusal(_NOT_MAPPED, _REACH),
    # drivers/iommu/iommu.c __iommu_map_domain_pgtbl(): "unaligned", EINVAL, which drivers/iommu/dma-iommu.c
    # iommu_dma_map_sg() passes on, and the two callers above
    "iommu-page": Refusal(
        {"v4l2": ("EINVAL",), "drm": ("EINVAL",)}, (of_iommu("page"), of_heap("align"), of_heap("run"))
    ),
    # drivers/media/platform/ti/omap3isp/ispvideo.c isp_video_buffer_prepare(): "aligned to 32 bytes boundary";
    # drivers/media/platform/ti/davinci/vpif_capture.c vpif_buffer_prepare(); no card looks at it
    "base-alignment": Refusal({"v4l2": ("EINVAL",)}, (of_port("base"), of_heap("align"))),
    # drivers/media/common/videobuf2/videobuf2-vmalloc.c vb2_vmalloc_map_dmabuf(): dma_buf_vmap() failed
    "cpu-importer": Refusal(
        {"v4l2": ("EFAULT",), "drm": ("EINVAL", "EFAULT", "ENOMEM")},
        (of_heap("cpu"), of_device("by_cpu")),
        silent=True,
        unseen=_CARD,
    ),
    # drivers/dma-buf/dma-buf.c dma_buf_mmap_internal(): the exporter has no mmap
    "cpu-access": Refusal({"cpu": ("EINVAL",), "v4l2": ("EFAULT",)}, (of_heap("cpu"),)),
    # drivers/gpu/drm/virtio/virtgpu_prime.c virtgpu_gem_prime_import_sg_table(): ENODEV; drivers/gpu/drm/drm_prime.c
    # drm_gem_prime_import_dev(): EINVAL without gem_prime_import_sg_table, and ENOSYS where the driver imports nothing
    "importer-refuses": Refusal(
        {"v4l2": ("EINVAL", "ENOSYS"), "drm": ("ENODEV", "EINVAL", "ENOSYS")}, (taken,)
    ),
    "unreachable-memory": Refusal(
        {"v4l2": ("EINVAL",), "drm": ("EINVAL", "ENOSYS", "ENODEV")},
        (of_port("memory"), of_memory("reached_by")),
    ),
    # drivers/gpu/drm/amd/amdgpu/amdgpu_display.c amdgpu_display_user_framebuffer_create(): "from imported dma_buf", EINVAL;
    # drivers/gpu/drm/xe/display/xe_display_bo.c xe_display_bo_framebuffer_lookup(): EREMOTE; others pin what they show:
    # drivers/gpu/drm/nouveau/nouveau_bo.c nouveau_bo_pin_locked(): "pinned elsewhere", EBUSY
    "local-only": Refusal(
        {"drm": ("EINVAL", "EREMOTE", "EBUSY")},
        (of_port("memory"), of_memory("reached_by")),
        unseen=_CARD,
    ),
    # drivers/gpu/drm/amd/amdgpu/amdgpu_object.c amdgpu_bo_pin(): EINVAL where it is pinned in another memory;
    # nouveau_bo_pin_locked(): EBUSY
    "pinned-elsewhere": Refusal(
        {"drm": ("EINVAL", "EBUSY")}, (of_heap("moves_to"), of_port("memory")), unseen=_CARD
    ),
    # drivers/iio/industrialio-buffer.c iio_buffer_attach_dmabuf(): "refuse to attach" where driver and dma-buf are the same
    "attach-once": Refusal({"iio": ("EBUSY",)}, (of_device("once"),)),
    # videobuf2-core.c __prepare_dmabuf(): shorter than min_length; drivers/gpu/drm/drm_gem_framebuffer_helper.c
    # drm_gem_fb_init_with_funcs(): too small for its rows
    "minimum-size": Refusal({"v4l2": ("EINVAL",), "drm": ("EINVAL",)}, (of_rule("minimum"),)),
    "tail": Refusal({"v4l2": ("EINVAL",), "drm": ("EINVAL",)}, (of_rule("tail"),)),
    # drivers/dma-buf/heaps/cma_heap.c, drivers/tee/tee_shm.c, drivers/gpu/drm/drm_dumb_buffers.c, vb2_dc_alloc(): ENOMEM;
    # drivers/dma-buf/udmabuf.c udmabuf_create(): EINVAL beyond size_limit_mb
    "capacity": Refusal(dict.fromkeys(_ANYWHERE, ("ENOMEM",)), (of_memory("size"),)),
    "heap-limits": Refusal(dict.fromkeys(_ANYWHERE, ("ENOMEM", "EINVAL")), (of_heap("largest"),)),
    "format": Refusal(_NOT_DESCRIBED, (formats,)),
    **{kind: Refusal(_NOT_DESCRIBED, (of_rule(field),)) for kind, field in _PICTURE.items()},
}


def framework_of(device: Device) -> Framework:
    """How a device takes buffers."""
    if device.kind == "cpu":
        return "cpu"
    if device.kind in ("adc", "dac"):
        return "iio"
    return "v4l2" if is_video(device) else "drm"


def refusals(kind: str, framework: Framework) -> tuple[str, ...]:
    """The errnos with which a conflict of this kind shows; empty if the kernel does not look."""
    return REFUSALS[kind].errnos.get(framework, ()) if kind in REFUSALS else ()


def facts(kind: str, cell: Cell, platform: Platform) -> Iterator[str]:
    """Where the profile says what a conflict of this kind rests on, the likeliest first."""
    for paths in REFUSALS[kind].facts if kind in REFUSALS else ():
        yield from paths(cell, platform)
