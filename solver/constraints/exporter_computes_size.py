"""A layout that only a driver knows needs an exporter that works out the size.

A dma-heap, udmabuf or TEE pool hands out as many bytes as it is told; of an opaque
modifier nobody can tell it. A DRM or V4L2 device allocates by format and extent.

Source: linux-7.2.13:include/uapi/linux/dma-heap.h struct dma_heap_allocation_data (a length and
nothing else); include/uapi/linux/videodev2.h VIDIOC_CREATE_BUFS; gbm_bo_create_with_modifiers2().
"""

from __future__ import annotations

from typing import Final

from solver.constraint import Case

NAME = "exporter-computes-size"
SCOPE = "room"
COMPUTES: Final = frozenset({"drm", "v4l2", "vendor"})


def broken(case: Case) -> bool:
    assert case.layout is not None
    return not case.layout.planes and case.heap.spec.via not in COMPUTES


def sentence(case: Case) -> str:
    return (
        f"only a driver knows how large {case.label} is in that modifier, and {case.heap.name} "
        f"({case.heap.spec.via}) allocates by size alone"
    )


def source(case: Case) -> str:
    return case.heap.source
