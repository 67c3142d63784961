"""Planes lie in one dma-buf, or each in its own: ports must agree.

i915 wants all planes in one object, first at 0; MM21 and NV12M come in two
dma-bufs; MFC without an IOMMU wants its two banks, and all dma-bufs of a buffer come
from one heap, so nothing suits a rule with `banks`.

Source: linux-7.2.13:drivers/gpu/drm/i915/display/intel_fb.c intel_framebuffer_init();
drivers/media/platform/mediatek/vcodec/decoder/mtk_vcodec_dec.c vidioc_try_fmt().

Example:
    devices.camera.ports.capture.images[0]: {formats: [NV12], dmabufs: [2]}
    devices.panel.ports.scanout.images[0].formats: [NV12]
    devices.panel.ports.scanout.images[0].dmabufs: {violates: [1], passes: [1, 2]}
"""

from collections.abc import Sequence

from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.schema import ImageRule
from heapwright.solver.constraints.cases import BoundAttachment
from heapwright.solver.constraints.kind import ConstraintKind


def counts_of(rule: ImageRule) -> frozenset[int]:
    """In how many dma-bufs a rule takes an image."""
    return frozenset() if rule.banks else frozenset(rule.dmabufs)


def sentence(label: str, attachment: BoundAttachment) -> str:
    counts = sorted({n for rule in attachment.port.images for n in counts_of(rule)})
    if not counts:
        banks = " and ".join(dict.fromkeys(b for rule in attachment.port.images for b in rule.banks or ()))
        return f"{attachment.title} wants the planes of {label} in {banks}, and all come from one heap"
    return f"{attachment.title} takes {label} in {' or '.join(map(str, counts))} dma-buf(s) only"


def asked_sentence(label: str, asked: int | Sequence[int], formats: Sequence[str]) -> str:
    """That a pipeline asks for as many dma-bufs as no format can lie in."""
    counts = [asked] if isinstance(asked, int) else asked
    planes = {name: len(found.planes) for name in formats if (found := pixel_format(name)) is not None}
    named = "; ".join(f"{name} has {n} plane{'s' if n > 1 else ''}" for name, n in planes.items())
    return f"{label} is to lie in {' or '.join(map(str, counts))} dma-bufs; {named or 'no format that its ports share can'}"


KIND = ConstraintKind(name="plane-buffers", scope="choice", words=sentence)
