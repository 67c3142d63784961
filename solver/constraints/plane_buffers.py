"""Planes lie in one dma-buf, or each in its own: ports must agree.

i915 wants all planes in one object, first at 0; MM21 and NV12M come in two
dma-bufs; MFC wants its two banks.

Source: linux-7.2.13:drivers/gpu/drm/i915/display/intel_fb.c intel_framebuffer_init();
drivers/media/platform/mediatek/vcodec/decoder/mtk_vcodec_dec.c vidioc_try_fmt().
"""

from __future__ import annotations

from solver.constraint import Touch

NAME = "plane-buffers"
SCOPE = "choice"


def sentence(label: str, touch: Touch) -> str:
    counts = sorted({n for rule in touch.port.images for n in rule.dmabufs})
    return f"{touch.title} takes {label} in {' or '.join(map(str, counts))} dma-buf(s) only"
