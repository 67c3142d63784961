"""Some hardware knows a few strides only: a list, or powers of two.

Source: linux-7.2.13:drivers/gpu/drm/i915/display/intel_fb.c (powers of two for
pre-gen4 tiles); drivers/gpu/drm/gma500/framebuffer.c psb_framebuffer_init().

Example:
    buffers.frame.size: 128x16  # 512 bytes a row
    devices.panel.ports.scanout.images[0].stride.set: {violates: [256], passes: [256, 1024]}
"""

from __future__ import annotations

from heapwright.platforms.values import Extent
from heapwright.solver.constraints.kind import BoundAttachment
from heapwright.solver.layout.layout import Demand

NAME = "stride-set"
SCOPE = "layout"


def states(attachment: BoundAttachment) -> bool:
    return attachment.rule is not None and (
        attachment.rule.stride.set is not None or attachment.rule.stride.power_of_two
    )


def demand(attachment: BoundAttachment, need: Demand, image: Extent) -> None:
    assert attachment.rule is not None
    if attachment.rule.stride.set is not None:
        need.sets += (attachment.rule.stride.set,)
    need.power_of_two = need.power_of_two or attachment.rule.stride.power_of_two


def sentence(label: str, attachment: BoundAttachment) -> str:
    assert attachment.rule is not None
    allowed = attachment.rule.stride.set
    if allowed is None:
        return f"{attachment.title} needs a power of two as the stride of {label}"
    return f"{attachment.title} knows the strides {', '.join(map(str, sorted(allowed)))} only, for {label}"
