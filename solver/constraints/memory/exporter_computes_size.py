"""A layout that only a driver knows needs an exporter that works out the size.

A dma-heap, udmabuf or TEE pool hands out as many bytes as it is told; of an opaque
modifier nobody can tell it. A DRM or V4L2 device allocates by format and extent.

Source: linux-7.2.13:include/uapi/linux/dma-heap.h struct dma_heap_allocation_data (a length and
nothing else); include/uapi/linux/videodev2.h VIDIOC_CREATE_BUFS; gbm_bo_create_with_modifiers2().

Example:
    devices.camera.ports.capture.images[0].modifiers: [ACME_TILED]
    devices.panel.ports.scanout.images[0].modifiers: [ACME_TILED]
    heaps.system.via: {violates: dma-heap, passes: drm}
    clashes_with: [modifier]
"""

from typing import Final

from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_heap
from heapwright.solver.layout.modifiers import family, opaque, spelt

COMPUTES: Final = frozenset({"drm", "v4l2", "vendor"})


def _unknown(opaque: bool, via: str) -> bool:
    return opaque and via not in COMPUTES


def _words(case: Case) -> str:
    return (
        f"only a driver knows how large {case.label} is in {_modifier(case)}, and {case.heap.name} "
        f"({case.heap.spec.via}) allocates by size alone"
    )


def _modifier(case: Case) -> str:
    """The modifier by name; where several could be meant, what they have in common."""
    pinned = [str(pin.value) for pin in case.question.pins if pin.field == "modifier"]
    asked = case.question.spec.modifiers
    sets = [{*attachment.rule.modifiers} for attachment in case.attachments if attachment.rule is not None]
    if asked is not None:
        sets.append({spelt(text).name for text in asked})
    shared = set.intersection(*sets) if sets else set[str]()
    found = pinned or sorted(name for name in shared if family(name) is opaque)
    return " or ".join(found) if 1 <= len(found) <= 3 else "a modifier of its own"


KIND = ConstraintKind(
    name="exporter-computes-size",
    scope="room",
    reads=("layout.opaque", "heap.spec.via"),
    rule=_unknown,
    words=_words,
    source=of_heap,
)
